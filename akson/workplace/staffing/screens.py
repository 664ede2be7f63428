"""Pages about staff: the administrator's, /ansatte and below, and the manager's of the own unit, /tilganger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, cast

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.forms import Fault, Filled
from akson.base.web.render import local
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import addresses
from akson.record.session import Within, undo
from akson.workplace.staffing import actions, objecting, places, reading, shifts
from akson.workplace.staffing.forms import EMPLOYED
from akson.workplace.staffing.model import Member, Unit

SCREENS = Screens(__name__)
LONGEST_WORD: Final = 500


@SCREENS.screen("/ansatte", needs="manage", title="staffing.title", methods=("GET",),
                menu=Menu(text="staffing.title", icon="user", order=30, keys="g u"))  # fmt: skip
async def units(work: Work, visit: Visit) -> Page:
    """Show the units, how many work in each, and when somebody last said that the list is right."""
    return Page("units.html", units=await reading.units(work))


@SCREENS.screen("/ansatte/{unit}", needs="manage", title="staffing.title", under="/ansatte")
async def members(work: Work, visit: Visit, unit: str) -> Page | Go:
    """Show who works at a unit; when one is sent, end a role, confirm the list, or answer the manager about a role."""
    here, people = await reading.unit(work, unit)
    if not visit.sent:
        return Page("members.html", title=here.name, unit=here, members=people)
    if visit.form.get("gjor") == "bekreft":
        await actions.confirm(work, unit, local(work.now).date())
        return Go(here.href, said="staffing.said_confirmed")
    ended = _chosen(visit, people)
    if visit.form.get("gjor") == "svar":
        return await _answer(work, visit, here, ended)
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


@SCREENS.screen("/enheter/ny", needs="manage", title="staffing.new_unit", under="/ansatte")
async def new_unit(work: Work, visit: Visit) -> Page | Go:
    """Open a unit."""
    above = await places.above(work)
    asked = places.opened(above)
    if not visit.sent:
        return Page("place_new.html", form=asked.blank(del_av=above[0].id))
    filled = places.named(asked.read(visit.form))
    if filled.valid:
        try:
            made = await places.open_unit(work, filled.values)
            return Go(f"/ansatte/{made.id}", said="staffing.said_opened")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return Page("place_new.html", status=422, form=filled)


@SCREENS.screen("/ansatte/{unit}/enhet", needs="manage", title="staffing.change_unit", under="/ansatte")
async def place(work: Work, visit: Visit, unit: str) -> Page | Go:
    """Show what a unit is called and what is left there; when sent, rename or close it."""
    here, _ = await reading.unit(work, unit)
    today = local(work.now).date()
    name, close = places.NAMED.blank(navn=here.name), places.CLOSED.blank(dag=today)
    closes = visit.form.get("gjor") == "avslutt"
    if visit.sent:
        filled = places.ended(places.CLOSED.read(visit.form), today) if closes else _named(visit)
        try:
            if filled.valid:
                return await (_close if closes else _rename)(work, visit, here, filled)
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
        name, close = (name, filled) if closes else (filled, close)
    left = [one.text for one in await places.left(work, unit)]
    written = await addresses.all_of_unit(Within(work), work.office.ids.open(unit) or 0)
    return Page("place.html", status=422 if visit.sent else 200, unit=here, name=name, close=close, left=left,
                written=", ".join(map(str, written)))  # fmt: skip


@SCREENS.screen("/tilganger", needs=Permission.CONFIRM_STAFF, title="staffing.review",
                menu=Menu(text="staffing.review", icon="user", order=25, keys="g u"))  # fmt: skip
async def review(work: Work, visit: Visit) -> Page | Go:
    """Show a manager who has access at the own unit; when sent, keep that it is right, or who should have none."""
    here, people = await reading.own_unit(work)
    if visit.sent and visit.form.get("gjor") == "nei":
        return await _speak_against(work, visit, here, _chosen(visit, people))
    if visit.sent:
        await actions.confirm(work, here.id, local(work.now).date())
        return Go("/tilganger", said="staffing.said_confirmed")
    return Page("own.html", title=here.name, unit=here, members=people)


def _chosen(visit: Visit, people: Iterable[Member]) -> Member:
    """Return whose role was chosen. Raises Refused AK-J001 for one that is not on the list."""
    found = next((one for one in people if one.id == visit.form.get("rolle", "")), None)
    if found is None:
        raise Refused("AK-J001")
    return found


async def _answer(work: Work, visit: Visit, here: Unit, one: Member) -> Go:
    words = visit.form.get("ord", "").strip()[:LONGEST_WORD]
    if one.against is None:
        raise Refused("AK-J001")
    if not words:
        raise Refused("AK-W031")
    await objecting.answer(work, one.against, sent.version(visit.form.get("versjon", "")), words)
    return Go(here.href, said="staffing.said_answered")


async def _speak_against(work: Work, visit: Visit, here: Unit, one: Member) -> Go:
    """Keep it once: who has said it already has said it."""
    if one.own:
        raise Refused("AK-J001")
    if one.against is None or not one.against.open:
        await objecting.against(work, here.id, one.id, visit.form.get("ord", "").strip()[:LONGEST_WORD])
    return Go("/tilganger", said="staffing.said_against")


def _named(visit: Visit) -> Filled:
    return places.named(places.NAMED.read(visit.form))


async def _rename(work: Work, visit: Visit, here: Unit, filled: Filled) -> Go:
    await places.rename(work, here.id, sent.version(visit.form.get("versjon", "")), str(filled.values["navn"]))
    return Go(here.href, said="staffing.said_renamed")


async def _close(work: Work, visit: Visit, here: Unit, filled: Filled) -> Go:
    await places.close(work, here.id, sent.version(visit.form.get("versjon", "")), cast("date", filled.values["dag"]))
    return Go("/ansatte", said="staffing.said_closed")


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
