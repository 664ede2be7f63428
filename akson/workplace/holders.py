"""Tilgang: who can open one patient's record now, by what; that something is closed; who acts for the patient.

What stands here is what the rules of access go by (akson/access/facts.py), in words. Of blocks it tells no more than
the banner does: that there are some, never what they are about or whom they name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from akson.access.facts import Facts, Opening, Relation
from akson.access.override import LONGEST
from akson.access.roles import Permission
from akson.base.web.messages import texts
from akson.base.web.render import clock, full_date, local
from akson.base.web.screens import Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.patient.chart import Chart, open_chart
from akson.patient.reading import representative, words
from akson.record.consents import is_proxy
from akson.record.represented import representing
from akson.record.working import Place, Worker, places, working
from akson.workplace.words import uncapital

SCREENS = Screens(__name__)
WANTED: Final = {"Consent": 200, "RelatedPerson": 50}
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_OPENING: Final = "https://akson.no/fhir/opening"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """One who can open the record. until: when that ends; empty when nothing is said of it."""

    who: str  # "Hjemmetjenesten sone nord", "Jonas Eikeland, fastlege"
    basis: str  # "fastlegeliste", "avtale om time"
    until: str
    ends: datetime | None = None
    opened: bool = False  # by own decision
    emergency: bool = False


@dataclass(frozen=True, kw_only=True)
class Holders:
    """Who can open one record, and what stands beside it. blocked: "" when nothing is."""

    holders: tuple[Holder, ...]
    blocked: str
    consents: tuple[tuple[str, str], ...]
    acting: tuple[tuple[str, str], ...]


@SCREENS.screen("/p/{patient}/tilgang", needs=Permission.AT_WORK, title="holders.title", methods=("GET",),
                menu=Menu(text="holders.menu", icon="lock", order=90, keys="g t"))  # fmt: skip
async def holders(work: Work, visit: Visit, patient: str) -> Page:
    """Show who can open the record now, on which basis and until when."""
    chart = await open_chart(work, patient, WANTED, page="tilgang")
    view = Holders(
        holders=tuple(await _holders(work, chart.facts)), blocked=_blocked(chart.facts, work.now),
        consents=tuple(_consents(chart, work.now)), acting=await _acting(work, chart),
    )  # fmt: skip
    return Page("tilgang.html", title=texts().plain("holders.title"), patient=chart.banner, view=view)


async def _holders(work: Work, facts: Facts) -> list[Holder]:
    """Return everyone, those with a lasting tie first; two statements."""
    relations = [one for one in facts.relations if one.holds(work.now)]
    openings = [one for one in facts.openings if one.holds(work.now) and _lasts(one)]
    keys = [*((one.unit, one.person) for one in relations), *((one.unit, one.person) for one in openings)]
    units, persons = {unit for unit, _ in keys if unit}, {person for _, person in keys if person}
    known = {one.owner: one for one in await places(work, units)}
    workers = {one.owner: one for one in await working(work, [], persons)}
    tied = [_related(one, known, workers) for one in relations]
    taken = [_opened(one, known, workers) for one in openings]
    return [*_together(tied), *(one for one in dict.fromkeys(taken) if one.who)]


def _together(tied: Iterable[Holder]) -> Iterator[Holder]:
    """Yield each who is tied to the patient once, with every basis; an end is told only when all of them end."""
    by: dict[str, list[Holder]] = {}
    for one in tied:
        by.setdefault(one.who, []).append(one)
    for who, ones in by.items():
        bases = list(dict.fromkeys(one.basis for one in ones))
        last = max(ones, key=lambda one: one.ends or _NEVER)
        if who:
            yield replace(last, basis=", ".join([bases[0], *map(uncapital, bases[1:])]))


def _lasts(opening: Opening) -> bool:
    """Say whether an opening is one that opens anything: an end, and no further off than the longest may be."""
    return bool(opening.start and opening.end and opening.end - opening.start <= LONGEST * 2)


def _related(one: Relation, known: Mapping[int, Place], workers: Mapping[int, Worker]) -> Holder:
    until = full_date(local(one.end).date()) if one.end else ""
    return Holder(who=_who(one.unit, one.person, known, workers), until=until, ends=one.end,
                  basis=texts().plain(f"holders.by_{one.kind}"))  # fmt: skip


def _opened(one: Opening, known: Mapping[int, Place], workers: Mapping[int, Worker]) -> Holder:
    key = "holders.by_emergency" if one.emergency else "holders.by_reason"
    until = f"{full_date(local(one.end).date())} {clock(one.end)}" if one.end else ""
    return Holder(who=_who(one.unit, one.person, known, workers), basis=texts().plain(key), until=until, opened=True,
                  emergency=one.emergency)  # fmt: skip


def _who(unit: int, person: int, known: Mapping[int, Place], workers: Mapping[int, Worker]) -> str:
    place, worker = known.get(unit), workers.get(person)
    named_ = (worker.name, worker.role) if worker else ()
    return ", ".join(filter(None, (*named_, place.name if place else worker.unit if worker else "")))


def _blocked(facts: Facts, now: datetime) -> str:
    """Return that something is closed, as the banner does, and no more."""
    holding = [block for block in facts.blocks if block.holds(now) and block.at_work]
    count = sum(len(block.documents) for block in holding)
    if not holding:
        return ""
    return texts().plain("patient.blocked_items", count=count) if count else texts().plain("patient.blocked_for_some")


def _consents(chart: Chart, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what the patient has agreed to: neither blocks nor what staff have opened."""
    for hit in chart["Consent"]:
        one = hit.resource
        categories = [code for category in one.get("category", ()) for code in category.get("coding", ())]
        agreed = (one.get("provision") or {}).get("type") == "permit" and one.get("status") == "active"
        if agreed and not is_proxy(one) and not any(code.get("system") == _OPENING for code in categories):
            told = next(filter(None, map(words, one.get("category", ()))), texts().plain("holders.consent"))
            yield told, str(one.get("dateTime", ""))[:10]


async def _acting(work: Work, chart: Chart) -> tuple[tuple[str, str], ...]:
    """Return those who may act for the patient, by the very facts that let them in; one statement."""
    acting = await representing(work, chart.identity.owner)
    told = {hit.reference: hit.resource for kind in ("RelatedPerson", "Consent") for hit in chart[kind]}
    return tuple((representative(one), texts().plain(f"holders.acts_{acting[name].kind}"))
                 for name, one in told.items() if name in acting)  # fmt: skip
