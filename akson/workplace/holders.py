"""Tilgang: what one patient has agreed to, whether they can consent, who can open the record now, and who has.

What stands here is what the rules of access go by (akson/access/facts.py), in words. Of blocks it tells no more than
the banner does: that there are some, never what they are about or whom they name. The log is told to who may tell the
patient of it (akson/access/consenting.py), and that it was read stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from akson.access.asking import Act, Ask
from akson.access.consenting import tells_who_looked
from akson.access.facts import Facts, Opening, Relation
from akson.access.override import LONGEST
from akson.access.roles import Permission, called, has
from akson.audit.view import Visit as Look
from akson.audit.view import looked_at
from akson.base.web.messages import texts
from akson.base.web.render import clock, full_date, local, said
from akson.base.web.screens import Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.patient import agreeing, capacity
from akson.patient.chart import Chart, open_chart
from akson.patient.reading import representative, words
from akson.record.authors import Author, authors
from akson.record.consents import is_proxy
from akson.record.releasing import not_told
from akson.record.represented import Representative, representing
from akson.record.session import Within
from akson.record.working import Place, Worker, places, working
from akson.workplace.words import uncapital

SCREENS = Screens(__name__)
WANTED: Final = {"Consent": 200, "RelatedPerson": 50, capacity.TYPE: 100}
PAGE: Final = "/p/{patient}/tilgang"
_LOOKS: Final = 20  # visits that are shown
_LOG: Final = 400  # rows of the log that are read for them
_STATES: Final = {"given": "know", "refused": "limit", "withdrawn": "", "over": ""}  # how each is coloured
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
class Agreement:
    """One consent that staff wrote down. level: of its badge, "" for none; version: to withdraw it by, or 0."""

    id: str
    about: str
    told: str
    level: str
    facts: str  # "Skriftlig, 23.11.2026, til 01.02.2027"
    by: str
    taken: str  # "Elin Moe, sykepleier"
    remark: str
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """One assessment of the capacity to consent."""

    matter: str
    told: str
    level: str
    reason: str
    facts: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One person's looks, close to each other."""

    when: str
    who: str
    unit: str
    did: str
    why: str
    refused: bool


@dataclass(frozen=True, kw_only=True)
class Holders:
    """Who can open one record, and what stands beside it. blocked: "" when nothing is; looks: None when not told."""

    holders: tuple[Holder, ...]
    blocked: str
    agreed: tuple[Agreement, ...]
    consents: tuple[tuple[str, str], ...]
    assessed: tuple[Assessment, ...]
    acting: tuple[tuple[str, str], ...]
    looks: tuple[Seen, ...] | None
    agree_href: str
    assess_href: str


@SCREENS.screen(PAGE, needs=Permission.AT_WORK, title="holders.title", methods=("GET",),
                menu=Menu(text="holders.menu", icon="lock", order=90, keys="g t"))  # fmt: skip
async def holders(work: Work, visit: Visit, patient: str) -> Page:
    """Show what is agreed to, who can open the record now, on which basis and until when, and who has looked."""
    chart = await open_chart(work, patient, WANTED, page="tilgang")
    root, role = f"/p/{chart.identity.id}", work.actor.role
    writes = has(role, Permission.WRITE_NOTES)
    view = Holders(
        holders=tuple(await _holders(work, chart.facts)), blocked=_blocked(chart.facts, work.now),
        agreed=await _agreed(work, chart, ends=writes), consents=tuple(_consents(chart, work.now)),
        assessed=await _assessed(work, chart), acting=await _acting(work, chart), looks=await _looks(work, chart),
        agree_href=f"{root}/samtykke" if writes else "",
        assess_href=f"{root}/samtykkekompetanse" if has(role, capacity.NEEDS) else "",
    )  # fmt: skip
    return Page("tilgang.html", title=texts().plain("holders.title"), patient=chart.banner, view=view)


async def _agreed(work: Work, chart: Chart, *, ends: bool) -> tuple[Agreement, ...]:
    """Return what staff have written down, with who did; one statement when there is any."""
    found = agreeing.agreed(chart["Consent"], local(work.now).date())
    by = await authors(work, chart.identity.owner, agreeing.TYPE, [one.stored.id for one in found])
    return tuple(_agreement(one, _signed(by, one.stored.id), ends=ends) for one in found)


def _agreement(one: agreeing.Agreed, taken: str, *, ends: bool) -> Agreement:
    t = texts().plain
    until = t("holders.consent_until", day=full_date(one.until)) if one.until else ""
    ended = t("holders.consent_ended", day=_day(one.ended_on), who=one.ended) if one.ended else ""
    return Agreement(
        id=one.stored.id, about=one.about, told=agreeing.told(one.state), level=_STATES[one.state], by=one.by,
        facts=", ".join(filter(None, (one.form, _day(one.day), until))), taken=taken,
        remark=" ".join(filter(None, (one.remark, ended))),
        version=one.stored.version if ends and one.state == "given" else 0,
    )  # fmt: skip


async def _assessed(work: Work, chart: Chart) -> tuple[Assessment, ...]:
    """Return the assessments of the capacity to consent, with who made them; one statement when there is any."""
    found = capacity.assessments(chart[capacity.TYPE])
    by = await authors(work, chart.identity.owner, capacity.TYPE, [one.stored.id for one in found])
    return tuple(
        Assessment(matter=one.matter, told=one.told, level="know" if one.outcome == "has" else "limit",
                   reason=one.reason, facts=", ".join(filter(None, (_signed(by, one.stored.id), _day(one.day)))))
        for one in found
    )  # fmt: skip


def _signed(by: Mapping[str, Author], id_: str) -> str:
    """Return who wrote something first, with the role: "Elin Moe, sykepleier"."""
    author = by.get(id_)
    return ", ".join(filter(None, (author.name, called(author.role)))) if author else ""


def _day(day: date | None) -> str:
    return full_date(day) if day else ""


async def _looks(work: Work, chart: Chart) -> tuple[Seen, ...] | None:
    """Return who has looked, for who may tell the patient; None for others. One statement, and a row in the log.

    It tells what the citizen's own log does to whom it tells least: nothing of a report to the barnevern.
    """
    if not tells_who_looked(Ask(work.actor, work.purpose, chart.facts, None, Act.READ, work.now)):
        return None
    unseen = not_told(chart.facts, work.now, own=False)
    found = await looked_at(Within(work), chart.identity.owner, work.now, _LOG, unseen)
    read = work.seen[-1]
    work.saw(chart.identity.owner, "page tilgangslogg", rule=read.rule, basis=read.basis)
    return tuple(_seen(one, work.now) for one in found.visits[:_LOOKS])


def _seen(visit: Look, now: datetime) -> Seen:
    first, last = clock(visit.begun), clock(visit.ended)
    did = ", ".join(visit.did)
    return Seen(
        when=f"{said(local(visit.begun).date(), now)} {first if first == last else f'{first}–{last}'}",
        who=", ".join(filter(None, (visit.who, called(visit.role)))), unit=visit.unit, why=", ".join(visit.why),
        did=f"{did[:1].upper()}{did[1:]}", refused=visit.refused,
    )  # fmt: skip


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
        if (
            agreed
            and not is_proxy(one)
            and not agreeing.is_written_down(one)
            and not any(code.get("system") == _OPENING for code in categories)
        ):
            told = next(filter(None, map(words, one.get("category", ()))), texts().plain("holders.consent"))
            yield told, str(one.get("dateTime", ""))[:10]


async def _acting(work: Work, chart: Chart) -> tuple[tuple[str, str], ...]:
    """Return those who may act for the patient, by the very facts that let them in; one statement."""
    acting = await representing(work, chart.identity.owner)
    told = {hit.reference: hit.resource for kind in ("RelatedPerson", "Consent") for hit in chart[kind]}
    return tuple((representative(one), texts().plain(f"holders.acts_{_as(acting[name])}"))
                 for name, one in told.items() if name in acting)  # fmt: skip


def _as(one: Representative) -> str:
    return "guardian_in_part" if one.kind == "guardian" and one.areas else one.kind
