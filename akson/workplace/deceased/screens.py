"""Whether a death stands in the record: confirmed here by health personnel, and taken back: /p/{patient}/dodsfall."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

from akson.access.roles import Permission, has
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.forms import Confirm, Day, Field, Filled, Form, TimeOfDay
from akson.base.web.messages import texts
from akson.base.web.render import full_date
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import dying
from akson.exchange.dying import Notice
from akson.fhir.dates import interval
from akson.patient import dead
from akson.patient.chart import OSLO, local, open_chart
from akson.patient.reading import display, reference
from akson.record import journal
from akson.record.session import undo
from akson.record.stored import Stored
from akson.workplace import messages

SCREENS = Screens(__name__)
_PAGE: Final = "dodsfall"
_WITH_CLOCK: Final = len("2026-11-22T")
CONFIRM: Final = Form(
    Day(name="dag", label="deceased.day"), TimeOfDay(name="klokken", label="deceased.clock", required=False),
    Confirm(name="kontrollert", label="deceased.checked"),
)  # fmt: skip
TAKE_BACK: Final = Form(Field(name="hvorfor", label="deceased.why", help="deceased.why_help", longest=300))


@SCREENS.screen("/p/{patient}/dodsfall", needs=Permission.WRITE_ADMINISTRATION, title="deceased.title",
                under="/p/{patient}/samhandling")  # fmt: skip
async def death(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Show whether a death stands in the record; enter the one that somebody told of, or take it back."""
    if not dead.may_enter(work.actor):
        raise Refused("AK-X102")
    chart = await open_chart(work, patient, page=_PAGE)
    person, asked = chart["Patient"][0], visit.query.get("melding", "")
    message = await messages.find(work, patient, asked) if asked else None
    told = await _told(work, message) if message else None
    stands = str(person.resource.get("deceasedDateTime") or "")
    filled = (TAKE_BACK if stands else CONFIRM).read(visit.form) if visit.sent else _blank(stands, told)
    if filled.valid:
        try:
            return await _done(work, visit, person, filled, stands)
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    about = f"?melding={asked}" if asked else ""
    return Page("dodsfall.html", status=422 if visit.sent else 200, patient=chart.banner, form=filled,
                stands=_words(stands), version=person.version, action=visit.path + about,
                by=display(message.resource.get("sender")) if message and told else "",
                told=_words(told.at) if told else "", withdrawn=told is not None and told.withdrawn,
                back=f"/p/{patient}/samhandling{about}",
                tell=f"/p/{patient}/samhandling/ny/dodsfall" if has(work.actor.role, Permission.WRITE_MESSAGES) else "",
                )  # fmt: skip


async def _told(work: Work, message: Stored) -> Notice | None:
    """Return what a message tells of a death, or None."""
    about = [reference(each) for each in message.resource.get("about", ())]
    beside = await journal.read_many(work, about)
    return dying.notice(message.resource, [each.resource for each in beside.values()])


def _blank(stands: str, told: Notice | None) -> Filled:
    """Return the form as first shown: with the time that was told, for who reads it to confirm."""
    if stands:
        return TAKE_BACK.blank()
    if told is None or not told.at or told.withdrawn:
        return CONFIRM.blank()
    at = local(interval(told.at)[0])
    clock = f"{at:%H:%M}" if len(told.at) > _WITH_CLOCK else None
    return CONFIRM.blank(dag=f"{at:%Y-%m-%d}", klokken=clock)


async def _done(work: Work, visit: Visit, person: Stored, filled: Filled, stands: str) -> Go:
    """Enter the death, or take it back."""
    drawn, page = sent.version(visit.form.get("versjon", "")), visit.path
    if asked := visit.query.get("melding", ""):
        page += f"?melding={asked}"
    if stands:
        work.reason = str(filled.values["hvorfor"])
        await dead.take_back(work, person, drawn=drawn)
        return Go(page, said="deceased.said_taken_back")
    await dead.confirm(work, person, _at(filled), drawn=drawn)
    return Go(page, said="deceased.said_confirmed")


def _at(filled: Filled) -> date | datetime:
    day, clock = filled.values["dag"], filled.values["klokken"]
    if not isinstance(day, date):
        raise TypeError(day)
    return datetime.combine(day, clock, OSLO) if isinstance(clock, time) else day


def _words(at: str) -> str:
    """Return when, as people read it: "22.11.2026 klokken 04.40"; "" for nothing."""
    if not at:
        return ""
    moment = local(interval(at)[0])
    day = full_date(moment.date())
    return texts().plain("deceased.at", day=day, clock=f"{moment:%H.%M}") if len(at) > _WITH_CLOCK else day
