"""Writing down what a patient agrees to, that it is withdrawn, and whether the patient is able to consent."""

from __future__ import annotations

from datetime import date
from typing import Final

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Day, Fault, Field, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.web.sent import version
from akson.base.work import Work
from akson.patient import agreeing, capacity
from akson.patient.chart import open_chart
from akson.record import journal
from akson.record.session import undo
from akson.record.stored import Stored
from akson.workplace.holders import PAGE

SCREENS = Screens(__name__)
_LONGEST: Final = 1000  # letters of a remark
_GIVEN: Final = ("given", "refused")


def _subjects() -> Choices:
    return tuple((one, agreeing.told(f"about_{one}")) for one in agreeing.SUBJECTS)


def _answers() -> Choices:
    return tuple((one, agreeing.told(one)) for one in _GIVEN)


def _givers() -> Choices:
    return tuple((one, agreeing.told(f"by_{one}")) for one in agreeing.GIVERS)


def _forms() -> Choices:
    return tuple((one, agreeing.told(f"form_{one}")) for one in agreeing.FORMS)


def _outcomes() -> Choices:
    return tuple((one, texts().plain(f"capacity.{one}")) for one in capacity.OUTCOMES)


FORM: Final = Form(
    Choice(name="om", label="agree.about", choices=_subjects, drawn="select"),
    Choice(name="samtykker", label="agree.answer", choices=_answers, drawn="segments"),
    Choice(name="av", label="agree.by", choices=_givers, drawn="select"),
    Field(name="navn", label="agree.name", help="agree.name_help", required=False),
    Choice(name="form", label="agree.form", choices=_forms, drawn="segments"),
    Day(name="dag", label="agree.day"),
    Day(name="til", label="agree.until", help="agree.until_help", required=False),
    LongText(name="merknad", label="agree.remark", help="agree.remark_help", required=False, longest=_LONGEST),
)
CAPACITY: Final = Form(
    LongText(name="gjelder", label="capable.matter", help="capable.matter_help", longest=500, rows=2),
    Choice(name="utfall", label="capable.outcome", choices=_outcomes),
    LongText(name="hvorfor", label="capable.reason", help="capable.reason_help", longest=4000, rows=5),
    Day(name="dag", label="capable.day"),
)


@SCREENS.screen("/p/{patient}/samtykke", needs=Permission.WRITE_NOTES, title="agree.title", under=PAGE)
async def agree(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Write down a consent, or that one is withdrawn."""
    if visit.form.get("do") == "withdraw":
        return await _withdraw(work, visit, patient)
    today = local(work.now).date()
    filled = _whole(FORM.read(visit.form), today) if visit.sent else FORM.blank(dag=today, av="patient", form="oral")
    if filled.valid:
        try:
            await agreeing.write_down(work, patient, _said(filled))
            return Go(PAGE.format(patient=patient), said="agree.written")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return await _page(work, patient, filled, "samtykke")


@SCREENS.screen("/p/{patient}/samtykkekompetanse", needs=capacity.NEEDS, title="capable.title", under=PAGE)
async def assess(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Write down whether the patient is able to consent in one matter, and why."""
    today = local(work.now).date()
    filled = _not_ahead(CAPACITY.read(visit.form), today) if visit.sent else CAPACITY.blank(dag=today)
    if filled.valid:
        matter, outcome, reason = (str(filled.values[name]) for name in ("gjelder", "utfall", "hvorfor"))
        try:
            await capacity.assess(work, patient, matter=matter, outcome=outcome, reason=reason, day=_day(filled, "dag"))
            return Go(PAGE.format(patient=patient), said="capable.written")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return await _page(work, patient, filled, "samtykkekompetanse")


async def _page(work: Work, patient: str, filled: Filled, name: str) -> Page:
    chart = await open_chart(work, patient, page=name)
    return Page(f"{name}.html", status=422 if filled.sent else 200, patient=chart.banner, form=filled,
                action=f"/p/{patient}/{name}", back=PAGE.format(patient=patient))  # fmt: skip


async def _withdraw(work: Work, visit: Visit, patient: str) -> Go:
    consent = await _own(work, patient, visit.form.get("samtykke", ""))
    await agreeing.withdraw(work, consent, version(visit.form.get("version", "")))
    return Go(PAGE.format(patient=patient), said="agree.withdrawn")


async def _own(work: Work, patient: str, id_: str) -> Stored:
    """Return a consent of this patient. Raises Refused AK-J001 when it is another's, or an access refusal."""
    found = await journal.whole(work, agreeing.TYPE, id_)
    if found.owner != (await journal.read(work, "Patient", patient)).owner:
        raise Refused("AK-J001")
    return found


def _said(filled: Filled) -> agreeing.Said:
    about, answer, by, form = (str(filled.values[name]) for name in ("om", "samtykker", "av", "form"))
    until = filled.values["til"]
    return agreeing.Said(
        about=about, given=answer == "given", by=by, name=str(filled.values["navn"] or ""), form=form,
        day=_day(filled, "dag"), until=until if isinstance(until, date) else None,
        remark=str(filled.values["merknad"] or ""),
    )  # fmt: skip


def _day(filled: Filled, name: str) -> date:
    day = filled.values[name]
    if not isinstance(day, date):
        raise TypeError(name)
    return day


def _whole(filled: Filled, today: date) -> Filled:
    """Return the form with a fault when its answers do not fit together."""
    filled = _not_ahead(filled, today)
    given, until = filled.values.get("dag"), filled.values.get("til")
    if isinstance(given, date) and isinstance(until, date) and until < given:
        filled = filled.with_fault(Fault("agree.until_before"), "til")
    if filled.values.get("av", "patient") != "patient" and not filled.values.get("navn"):
        filled = filled.with_fault(Fault("agree.name_needed"), "navn")
    return filled


def _not_ahead(filled: Filled, today: date) -> Filled:
    day = filled.values.get("dag")
    ahead = isinstance(day, date) and day > today
    return filled.with_fault(Fault("agree.ahead"), "dag") if ahead else filled
