"""Innsyn: everyone who has looked, what the citizen has closed, and who may act on the citizen's behalf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from akson.access.roles import called
from akson.audit import view
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.work import Work
from akson.patient.alerting.choosing import chosen
from akson.patient.reading import display, moment, reference
from akson.portal import (
    alerts,
    appeals,
    apps,
    bereaved,
    blocked,
    blocks,
    cases,
    demands,
    given,
    looks,
    model,
    proxies,
    refusals,
    youth,
)
from akson.portal.opening import Opened
from akson.portal.plain import phone, sentence
from akson.record import journal
from akson.record.authors import Author, authors
from akson.record.bereaved import dead
from akson.record.lookers import looked_at
from akson.record.staff import ELSEWHERE
from akson.record.working import Worker, working

Resource = Mapping[str, Any]
WANTED: Final = {"Consent": 200, "RelatedPerson": 50, "Task": 200}
SEE_AS: Final = "/min/innsyn/se-som"  # where one sees the record as another does
SHOWN: Final = {**WANTED, "Communication": 200}  # on the page itself
ROWS: Final = 100  # of the log on one page
NOT_TOLD: Final = view.Looks(visits=(), before=None)


async def insight(work: Work, opened: Opened, before: datetime | None) -> model.Insight:
    """Return one page of who looked; blocks, representatives, apps beside it; nine statements beside
    the record, one when there are cases about entries, and one when whom cases are about is hidden.

    before  where the page begins; None for the newest
    """
    seen = await _seen(work, opened, before or work.now) if opened.log else NOT_TOLD
    others = [visit for visit in seen.visits if not visit.own]
    asked = await cases.about_looks(work, opened)
    about = await demands.named(work, asked)
    older = {"eldre": seen.before.isoformat().replace("+00:00", "Z")} if seen.before else {}
    holding, keepers = _decided(opened, [*filter(blocks.in_force, opened["Consent"])]), _keepers(opened)
    read = await _read(work, [*_things(holding), *keepers])
    held = await refusals.kept(work, opened)
    return model.Insight(
        looks=tuple(
            cases.noted(looks.full(day, opened["Consent"], work.now, me=work.actor.id, decides=opened.decides,
                                   block_href=_block_href(opened, day[0]), ask_href=cases.ask_href(opened, day[0])),
                        day[0], asked)
            for day in looks.by_day(others)
        ),
        unnamed=texts().plain("insight.unnamed", name=opened.given) if opened.secret else "",
        log=opened.log, total=len(others), own=len(seen.visits) - len(others),
        more_href=opened.href("/min/innsyn", **older) if older else "",
        blocks=await _blocks(work, opened, holding, read),
        persons=(*youth.entries(work, opened), *await proxies.entries(work, opened)),
        refused=refusals.entries(opened, held), appealable=refusals.appealable(opened, held),
        dead=bereaved.entries(await dead(work)) if opened.own else (),
        apps=await apps.entries(work, opened), given=() if before else await given.entries(work, opened),
        block_href=opened.href("/min/innsyn/sperr") if opened.decides and not opened.secret else "",
        close_href=opened.href("/min/innsyn/sperr/mer") if opened.decides else "",
        asked=tuple(appeals.told(opened, cases.told(opened, one, about, work.now), one, asked, work.now)
                    for one in asked),
        give_href=opened.href(proxies.GIVE) if proxies.may_give(work, opened) else "",
        contact=_whom_to_ask([read[name] for name in keepers if name in read]),
        stop_href="/min/innsyn/stopp" if opened.own else "", see_as_href=opened.href(SEE_AS) if opened.decides else "",
        alerts_href=alerts.PATH if opened.own else "",
        alerts=alerts.in_words(await chosen(work, opened.identity.owner)) if opened.own else "",
    )  # fmt: skip


async def _seen(work: Work, opened: Opened, before: datetime) -> view.Looks:
    owner = opened.identity.owner
    return await looked_at(work, owner, before, ROWS, opened.unreleased(work.now))


def of_worker(worker: Worker) -> str:
    """Return "Berit Solli, sykepleier, Hjemmetjenesten sone nord"."""
    return ", ".join(filter(None, (worker.name, worker.role, worker.unit)))


def _block_href(opened: Opened, visit: view.Visit) -> str:
    kind, _, id_ = visit.actor.partition("/")
    here = kind == "Practitioner" and not id_.startswith(ELSEWHERE)
    return opened.href("/min/innsyn/sperr", hvem=id_) if here and opened.decides and not opened.secret else ""


async def closed(work: Work, opened: Opened, consents: Sequence[Resource]) -> tuple[model.Entry, ...]:
    """Return blocks in words, to those who decide them and nobody else; three statements."""
    holding = _decided(opened, consents)
    return await _blocks(work, opened, holding, await _read(work, _things(holding)))


def _decided(opened: Opened, consents: Sequence[Resource]) -> Sequence[Resource]:
    return consents if opened.decides else ()


async def _blocks(
    work: Work, opened: Opened, holding: Sequence[Resource], read: Mapping[str, Resource]
) -> tuple[model.Entry, ...]:
    """Return blocks in words. read: what they name; two statements."""
    by = await authors(work, opened.identity.owner, "Consent", [one["id"] for one in holding])
    persons = [work.office.ids.open(name.partition("/")[2]) or 0 for one in holding for name in _actors(one)
               if name.startswith("Practitioner/")]  # fmt: skip
    known = {f"Practitioner/{one.id}": of_worker(one) for one in await working(work, [], persons)}
    return tuple(_block(opened, one, known, read, _by(work, by.get(one["id"]))) for one in holding)


def _things(holding: Sequence[Resource]) -> list[str]:
    """Return what blocks name, members of staff apart: entries and organisations."""
    return [name for one in holding for name in (*_data(one), *_actors(one)) if not name.startswith("Practitioner/")]


async def _read(work: Work, names: Sequence[str]) -> dict[str, Resource]:
    return {name: hit.resource for name, hit in (await journal.read_many(work, [*dict.fromkeys(names)])).items()}


def _by(work: Work, author: Author | None) -> str:
    """Return who wrote a block down, unless it was the one who reads."""
    if author is None or author.id == work.actor.id:
        return ""
    role = called(author.role) if author.id.startswith("Practitioner/") else ""
    key = "insight.carried_from" if author.id.startswith("Device/") else "insight.written_by"
    named = ", ".join(filter(None, (author.name, role, author.unit_name)))
    return texts().plain(key, who=named) if named else ""  # who acts for somebody with a hidden address is not told


def _block(
    opened: Opened, consent: Resource, known: Mapping[str, str], read: Mapping[str, Resource], by: str
) -> model.Entry:
    """Return one block in words: whom or what it is about, what it means, since when, who wrote it."""
    t, means = texts().plain, blocked.means(consent)
    consent = blocked.placeless(consent) if opened.secret else consent
    names = {reference(one["reference"]): display(one["reference"]) for one in _named(consent)}
    whom = [known.get(name) or names[name] or read.get(name, {}).get("name", "") for name in _actors(consent)]
    roles = [display(one.get("reference")) for one in consent["provision"].get("actor", ()) if not _refers(one)]
    called_ = ", ".join(filter(None, (*whom, *roles))) or t("insight.everyone")
    title = blocked.title(consent["provision"], called_, lambda name: read.get(name, {}))
    since = moment(consent.get("dateTime"))
    dated = t("insight.since", day=full_date(local(since).date())) if since else ""
    text = sentence(t(f"insight.means_{means}"), dated, *blocked.lasts(consent["provision"], since), by)
    return model.Entry(title=title, text=text, icon="lock",
                       href=opened.href("/min/innsyn/sperring", sperre=str(consent["id"])))  # fmt: skip


def _named(consent: Resource) -> list[Resource]:
    return [one for one in consent["provision"].get("actor", ()) if _refers(one)]


def _refers(actor: Resource) -> bool:
    return bool(reference(actor.get("reference")))


def _actors(consent: Resource) -> list[str]:
    return [name for a in consent["provision"].get("actor", ()) if (name := reference(a.get("reference")))]


def _data(consent: Resource) -> list[str]:
    return [name for d in consent["provision"].get("data", ()) if (name := reference(d.get("reference")))]


def _keepers(opened: Opened) -> list[str]:
    return [name for one in opened["Patient"] if (name := reference(one.get("managingOrganization")))]


def _whom_to_ask(keepers: Sequence[Resource]) -> tuple[model.Entry, ...]:
    """Return how to reach whoever answers for the record."""
    return tuple(
        model.Entry(title=texts().plain("insight.ask", who=unit.get("name", "")), href=f"tel:{given['value']}",
                    text=texts().plain("insight.ask_about", phone=phone(given["value"])), icon="phone")
        for unit in keepers
        for given in unit.get("telecom", ())[:1]
    )  # fmt: skip
