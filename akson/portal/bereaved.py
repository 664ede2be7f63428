"""Insight after death: a relative asks, follows the case, reads what was given and takes it along, while it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from starlette.responses import Response

from akson.access.rights import ANSWERED_WITHIN
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web import printing
from akson.base.web.forms import Form, LongText
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.patient import bereaved as asking
from akson.patient.cases import case_of
from akson.portal import cases, copying, emergencies, model, paper
from akson.portal.opening import Opened, carried_out, opened
from akson.record import bereaved, journal
from akson.record.bereaved import Dead
from akson.record.cases import MOST_WORDS
from akson.record.stored import Stored

SCREENS = Screens(__name__)
NEEDS: Final = Permission.OWN_RECORD
PAGE: Final = "/min/innsyn/etterlatt"
READ: Final = f"{PAGE}/journal"
FORM: Final = Form(LongText(name="ord", label="bereaved.words", help="bereaved.words_help", longest=MOST_WORDS, rows=5))


def entries(dead: list[Dead]) -> tuple[model.Entry, ...]:
    """Return the rows that lead here, for who is a close relative of somebody who has died."""
    t = texts().plain
    return tuple(model.Entry(title=t("bereaved.of", name=one.name), text=t("bereaved.about"), icon="doc", href=PAGE)
                 for one in dead)  # fmt: skip


@SCREENS.screen(PAGE, needs=NEEDS, title="bereaved.title")
async def ask(work: Work, visit: Visit) -> Page | Go:
    """Show what a relative has asked about the dead, and let them ask."""
    own = await _own(work, visit)
    found = await bereaved.dead(work)
    if not found:
        raise Refused("AK-J001")
    chosen = visit.form.get("avdod", "")
    form = await carried_out(
        work, visit, FORM, lambda form: asking.ask(work, _one(found, chosen), str(form.values["ord"]))
    )
    if form is None:
        return Go(PAGE, said="cases.sent")
    return own.page("min_etterlatt.html", status=422 if form.sent else 200, dead=await _drawn(work, own, found),
                    chosen=chosen, form=form, blank=FORM.blank(),
                    by=full_date(local(work.now + ANSWERED_WITHIN).date()))  # fmt: skip


@SCREENS.screen(READ, needs=NEEDS, title="bereaved.title")
async def read(work: Work, visit: Visit) -> Page | Response:
    """Show what was given of one dead person's record, and let the relative take it along."""
    own = await _own(work, visit)
    one = _one(await bereaved.dead(work), visit.asked.get("avdod", ""))
    found = await journal.read_many(work, [item for item, _ in one.given])
    told = _paper(list(found.values()), one, work.now)
    if visit.sent:
        made = await asyncio.to_thread(printing.printed, told, work.now)
        return copying.file(work, made, "application/pdf", "pdf")
    (dead,) = await _drawn(work, own, [one])
    return own.page("min_etterlatt_les.html", dead=dead, parts=told.parts, action=READ)


async def _own(work: Work, visit: Visit) -> Opened:
    own = await opened(work, visit, {}, page=f"{emergencies.READ_ON}/etterlatt")
    if not own.own:
        raise Refused("AK-A001")
    return own


def _one(found: list[Dead], id_: str) -> Dead:
    """Return the one asked for. Raises Refused AK-J001, the same whether nobody is called so or it is no relative."""
    one = next((one for one in found if one.id == id_), None)
    if one is None:
        raise Refused("AK-J001")
    return one


async def _drawn(work: Work, own: Opened, dead: Sequence[Dead]) -> tuple[model.Deceased, ...]:
    """Return each of the dead as the page tells of them; one statement."""
    tasks = await journal.read_many(work, [f"Task/{id_}" for one in dead for id_ in one.cases])
    return tuple(_deceased(work, own, one, [tasks.get(f"Task/{id_}") for id_ in one.cases]) for one in dead)


def _deceased(work: Work, own: Opened, one: Dead, tasks: Iterable[Stored | None]) -> model.Deceased:
    cases_ = filter(None, map(case_of, filter(None, tasks)))
    found = sorted(cases_, key=lambda case: case.asked, reverse=True)
    ends = max((until for _, until in one.given if until), default=None)
    return model.Deceased(
        id=one.id, name=one.name, asked=tuple(cases.told(own, case, {}, work.now) for case in found),
        waits=any(not case.closed for case in found), read_href=f"{READ}?avdod={one.id}" if one.given else "",
        until=texts().plain("bereaved.until", day=full_date(_last_day(ends))) if ends else "",
    )  # fmt: skip


def _last_day(ends: datetime) -> datetime:
    return local(ends - timedelta(microseconds=1))


def _paper(found: list[Stored], one: Dead, now: datetime) -> printing.Paper:
    """Return what was given as a document: the headings under which something stands."""
    made = paper.paper([hit.resource for hit in found], name=one.name, born=None, now=now)
    parts = tuple(part for part in made.parts if part.lines)
    return msgspec.structs.replace(made, parts=parts, lead=texts().plain("bereaved.paper_lead"))
