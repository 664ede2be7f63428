"""Reporting a child who has no record here, or whom nobody knows by number: from the start, not from a child's page.

No record is made by it: who has seen a neighbour's child gives no care, and a number with a slip in it would make a
person. The report stands alone, for who wrote it. With the number of somebody here it is made as from their page.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from akson.access.duty import by_whom
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Field, Filled
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import addresses, concerning
from akson.exchange.concern import Person
from akson.patient import identity
from akson.record.session import Within
from akson.record.stored import marks_on
from akson.registers.identifiers import Fnr
from akson.workplace import drafting, messages, reporting
from akson.workplace.model import Message
from akson.workplace.reporting import PAGE
from akson.workplace.writing import Draft

FORBIDDEN: Final = 403
SCREENS = Screens(__name__)


def child_fields() -> tuple[Field, ...]:
    """Ask who the child is, as far as somebody knows."""
    return (
        Field(name="fnr", label="concern.number", help="concern.number_help", required=False, longest=20),
        Field(name="navn", label="concern.name", help="concern.name_help", longest=200),
        Field(name="alder", label="concern.age", help="concern.age_help", required=False, longest=50),
        Field(name="bosted", label="concern.place", help="concern.place_help", required=False, longest=300),
    )


@SCREENS.screen(PAGE, needs=Permission.AT_WORK, title="concern.title")
async def report(work: Work, visit: Visit) -> Page | Go:
    """Write a report to the barnevern of a child without a record here: shown as they will read it, then sent."""
    reporting.refuse_others(work)
    if not visit.sent and "melding" in visit.query:
        return Page("bekymring.html", who=None, message=await _shown(work, visit.query["melding"]))
    receivers = tuple((str(her_id), name) for her_id, name in await addresses.barnevern(Within(work)))
    asks = reporting.form(receivers, *child_fields())
    filled = asks.read(visit.form) if visit.sent else await reporting.blank(work, asks, receivers)
    taken = await drafting.step(work, visit, reporting.why_not_told(filled), partial(_shown_or_sent, work))
    if isinstance(taken, Go):
        return taken
    filled, draft = taken
    return Page("bekymring.html", status=drafting.status(filled), message=None, who=None, age=None, form=filled,
                draft=draft, action=PAGE, back="/sok",
                stopped="" if receivers else texts().plain("concern.nobody"))  # fmt: skip


async def _shown_or_sent(work: Work, filled: Filled, *, send: bool) -> Draft | Go:
    """Show or send a report; one with the number of somebody who may be told of here goes into their record."""
    number = _number(work, str(filled.values["fnr"] or ""))
    known, _ = await identity.find(work, number) if number else ((), False)
    if known:
        return await reporting.shown_or_sent(work, await reporting.child_of(work, known[0].id), filled, send=send)
    named = filter(None, (filled.values["navn"], filled.values["alder"]))
    child = Person(name=", ".join(map(str, named)), fnr=number, place=str(filled.values["bosted"] or ""), told=True)
    written, to = await reporting.document(work, filled, child)
    if not send:
        return reporting.draft(written, to)
    made = await concerning.report(work, written, patient="", to=to)
    return Go(f"{PAGE}?melding={made.id}", said="concern.said_sent")


def _number(work: Work, written: str) -> str:
    """Return a national number as it stands, "" where none was written.

    Raises  Refused AK-R001 to AK-R004 what is no number
    """
    if not written.strip():
        return ""
    try:
        number = Fnr.parse(written, synthetic=work.office.synthetic)
    except Refused as wrong:
        wrong.path = "fnr"
        raise
    return number.value


async def _shown(work: Work, wanted: str) -> Message:
    """Return a report of the actor's own, and where it is.

    Raises  Refused AK-J001 when it is none: of a message in a record that is closed to the actor no more is told
    """
    try:
        message = await messages.find(work, "", wanted)
    except Refused as refused:
        raise Refused("AK-J001") if refused.status == FORBIDDEN else refused from None
    if by_whom(work.actor.id) not in marks_on(message.resource):
        raise Refused("AK-J001")
    mail = await messages.followed(work, message.owner, [message], [])
    return replace(await messages.shown(work, mail, message, root=""), undo="", refresh="", action="")
