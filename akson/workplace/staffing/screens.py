"""Pages about staff: the administrator's, /ansatte and below, and the manager's of the own unit, /tilganger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.forms import Fault, Filled
from akson.base.web.render import local
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.record.session import undo
from akson.workplace.staffing import actions, reading, shifts
from akson.workplace.staffing.forms import EMPLOYED

SCREENS = Screens(__name__)


@SCREENS.screen("/ansatte", needs="manage", title="staffing.title", methods=("GET",),
                menu=Menu(text="staffing.title", icon="user", order=30, keys="g u"))  # fmt: skip
async def units(work: Work, visit: Visit) -> Page:
    """Show the units, how many work in each, and when somebody last said that the list is right."""
    return Page("units.html", units=await reading.units(work))


@SCREENS.screen("/ansatte/{unit}", needs="manage", title="staffing.title", under="/ansatte")
async def members(work: Work, visit: Visit, unit: str) -> Page | Go:
    """Show who works at a unit; when one is sent, end a role or confirm the list."""
    here, people = await reading.unit(work, unit)
    if not visit.sent:
        return Page("members.html", title=here.name, unit=here, members=people)
    if visit.form.get("gjor") == "bekreft":
        await actions.confirm(work, unit, local(work.now).date())
        return Go(here.href, said="staffing.said_confirmed")
    ended = next((one for one in people if one.id == visit.form.get("rolle", "")), None)
    if ended is None:
        raise Refused("AK-J001")
    await actions.end(work, ended.id, sent.version(visit.form.get("versjon", "")))
    return Go(here.href, said="staffing.said_ended")


@SCREENS.screen("/ansatte/{unit}/ny", needs="manage", title="staffing.new", under="/ansatte")
async def new(work: Work, visit: Visit, unit: str) -> Page | Go:
    """Give somebody a role at a unit."""
    here, _ = await reading.unit(work, unit)
    if not visit.sent:
        return Page("new.html", unit=here, form=EMPLOYED.blank(since=local(work.now).date()))
    filled = _in_order(EMPLOYED.read(visit.form))
    if filled.valid:
        try:
            await actions.employ(work, unit, _answers(work, filled.values))
            return Go(here.href, said="staffing.said_new")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return Page("new.html", status=422, unit=here, form=filled)


@SCREENS.screen("/ansatte/{unit}/vakt", needs="manage", title="staffing.new_shift", under="/ansatte")
async def shift(work: Work, visit: Visit, unit: str) -> Page | Go:
    """Put somebody on call at a unit, from one hour to another."""
    here, _ = await reading.unit(work, unit)
    today = local(work.now).date()
    if not visit.sent:
        return Page("shift.html", unit=here, form=shifts.SHIFT.blank(from_day=today, to_day=today))
    filled = shifts.checked(shifts.SHIFT.read(visit.form), work.now)
    if filled.valid:
        try:
            fnr = actions.number(str(filled.values["fnr"]), synthetic=work.office.synthetic)
            await shifts.put_on_call(work, unit, {**filled.values, "fnr": fnr})
            return Go(here.href, said="staffing.said_shift")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return Page("shift.html", status=422, unit=here, form=filled)


@SCREENS.screen("/tilganger", needs=Permission.CONFIRM_STAFF, title="staffing.review",
                menu=Menu(text="staffing.review", icon="user", order=25, keys="g u"))  # fmt: skip
async def review(work: Work, visit: Visit) -> Page | Go:
    """Show a manager who has access at the own unit; when sent, keep that the list is right."""
    here, people = await reading.own_unit(work)
    if visit.sent:
        await actions.confirm(work, here.id, local(work.now).date())
        return Go("/tilganger", said="staffing.said_confirmed")
    return Page("own.html", title=here.name, unit=here, members=people)


def _answers(work: Work, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the answers with numbers that hold. Raises Refused, its path the field."""
    office = work.office
    read = {
        "fnr": actions.number(values["fnr"], synthetic=office.synthetic),
        "hpr": actions.authorisation(values["hpr"], values["role"]),
    }
    return {**values, **read}


def _in_order(filled: Filled) -> Filled:
    """Return the answers, with a fault where a role would end before it begins."""
    since, until = filled.values.get("since"), filled.values.get("until")
    wrong = isinstance(since, date) and isinstance(until, date) and until < since
    return filled.with_fault(Fault("staffing.before"), "until") if wrong else filled
