"""Shifts on call: a unit's patients are open to who is on duty there, while the shift lasts and its employment does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.render import local
from akson.base.work import Actor, Purpose
from akson.record import journal
from akson.record.facts import ON_CALL
from akson.record.search.searching import search
from akson.record.working import working
from akson.registers.codes import ROLE
from seeds.staff import CAMILLA, ELIN, GRO, INGRID, MARIAM, OLAV, SARA
from tests.offices import JOB, VENDOR, let_pass, set_clock
from tests.seeded import Town
from tests.workplace.browsing import browsing
from tests.workplace.test_staffing import nord

HOURS = timedelta(hours=1)
ELINS = {"fnr": ELIN.fnr.value, "role": "sykepleier"}  # she works in the other zone


def answers(town: Town, start: timedelta, end: timedelta, **changes: str) -> dict[str, str]:
    """Return the form for a shift from and to some time from now."""
    at = [local(town.office.clock() + moment) for moment in (start, end)]
    days = {f"{name}_day": one.date().isoformat() for name, one in zip(("from", "to"), at, strict=True)}
    times = {f"{name}_time": one.strftime("%H:%M") for name, one in zip(("from", "to"), at, strict=True)}
    return {**ELINS, **days, **times, **changes}


async def put(town: Town, start: timedelta, end: timedelta, **changes: str) -> tuple[int, str]:
    """Let the administrator put somebody on call in zone north; return the status, and the page it ends on."""
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        sent = await browser.send(f"{nord(town)}/vakt", **answers(town, start, end, **changes))
        return sent.status, (await browser.open(sent.leads_to)).text if sent.status == 303 else sent.text


async def acts_for(town: Town, fnr: str = ELIN.fnr.value) -> list[str]:
    """Return the units that somebody may act for now."""
    return [one.unit_name for one in await town.office.register.staff(fnr, town.office.clock(), "demo:4")]


async def on_call(town: Town) -> Actor:
    """Return Elin as she is on call in zone north."""
    every = await town.office.register.staff(ELIN.fnr.value, town.office.clock(), "demo:4")
    return next(one for one in every if one.unit_name == MARIAM.unit.name)


async def reads(town: Town, actor: Actor) -> bool:
    """Tell whether somebody reads the record of Astrid, whom zone north cares for."""
    try:
        async with town.office.work(actor, Purpose.TREATMENT) as work:
            await journal.read(work, "Patient", town.id("Patient/astrid"))
            return bool((await search(work, "Condition", [("patient", town.names["Patient/astrid"])])).hits)
    except Refused:
        return False


async def test_who_is_on_call_reads_the_units_patients_while_it_lasts_and_no_longer(town: Town) -> None:
    at_home = await town.at_work("elin")
    status, text = await put(town, 2 * HOURS, 10 * HOURS)
    assert status == 303 and "Elin Haugen" in text and "Vakt fra 23.11.2026 13.00 til 23.11.2026 21.00" in text
    assert await acts_for(town) == [ELIN.unit.name] and not await reads(town, at_home)
    let_pass(town.office, 2 * HOURS)
    assert sorted(await acts_for(town)) == sorted([ELIN.unit.name, MARIAM.unit.name])
    shift = await on_call(town)
    assert await reads(town, shift) and not await reads(town, at_home)
    let_pass(town.office, 8 * HOURS - timedelta(milliseconds=1))
    assert await town.office.register.still_employed(shift, town.office.clock())
    let_pass(town.office, timedelta(milliseconds=1))
    assert await acts_for(town) == [ELIN.unit.name]
    assert not await town.office.register.still_employed(shift, town.office.clock())
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        assert "Elin Haugen" not in (await browser.open(nord(town))).text


async def test_a_shift_ends_with_the_employment_it_rests_on_the_same_moment(town: Town) -> None:
    await put(town, -HOURS, 10 * HOURS)
    shift = await on_call(town)
    await ended(town, "PractitionerRole/elin")
    assert await acts_for(town) == []
    assert not await town.office.register.still_employed(shift, town.office.clock())
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        assert "Elin Haugen" not in [one.name for one in await working(work, [shift.unit])]
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        assert "Elin Haugen" not in (await browser.open(nord(town))).text


async def ended(town: Town, key: str) -> None:
    """End an employment at once."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        role = await journal.read(work, "PractitionerRole", town.id(key))
        await journal.update(work, role.resource | {"active": False}, id_=role.id)


@dataclass(frozen=True)
class Case:
    """A shift of Elin's in zone north, as a program may write it. rests: what its extension says; None: nothing at all."""

    called: str
    rests: dict[str, Any] | None
    holds: bool


def _named(key: str) -> dict[str, Any]:
    return {"valueReference": {"reference": key}}


CASES = [
    Case("no shift at all", None, True),
    Case("her employment", _named("PractitionerRole/elin"), True),
    Case("somebody else's", _named("PractitionerRole/mariam"), False),
    Case("something else of hers", _named("Practitioner/elin"), False),
    Case("nothing there is", _named("PractitionerRole/finnes-ikke"), False),
    Case("a word", {"valueString": "PractitionerRole/elin"}, False),
    Case("another shift", _named("PractitionerRole/SHIFT"), False),
]


@pytest.mark.parametrize("case", CASES, ids=[case.called for case in CASES])
async def test_a_shift_holds_only_on_an_employment_of_the_same_person(town: Town, case: Case) -> None:
    async def written(rests: dict[str, Any] | None, unit: str) -> str:
        extension = {"extension": [{"url": ON_CALL, **rests}]} if rests is not None else {}
        async with town.office.work(VENDOR, Purpose.SYSTEM) as work:
            made = await journal.create(work, {
                "resourceType": "PractitionerRole", **extension, "active": True,
                "practitioner": {"reference": town.names["Practitioner/elin"]}, "organization": {"reference": unit},
                "code": [{"coding": [{"system": ROLE, "code": "sykepleier"}]}],
            })  # fmt: skip
            return made.reference

    rests = case.rests
    if rests is not None and "valueReference" in rests:
        named = rests["valueReference"]["reference"]
        first = await written(_named(town.names["PractitionerRole/elin"]), town.names[GRO.unit.link["reference"]])
        rests = _named(first if named.endswith("SHIFT") else town.names.get(named, named))
    await written(rests, (await town.at_work("mariam")).unit_id)
    assert (MARIAM.unit.name in await acts_for(town)) is case.holds


REFUSED = [
    ({"fnr": "12345678901"}, "Fødselsnummer"), ({"fnr": ""}, "Må fylles ut"),
    ({"fnr": OLAV.fnr.value}, "ikke noe arbeidsforhold i denne rollen"),
    ({"fnr": ELIN.fnr.value, "role": "legevaktlege"}, "ikke noe arbeidsforhold i denne rollen"),
    ({"fnr": MARIAM.fnr.value}, "denne rollen her fra før"),
    ({"fnr": CAMILLA.fnr.value, "role": "sykepleier"}, "ikke noe arbeidsforhold"),
    ({"from_time": "25:00"}, "ikke et klokkeslett"), ({"to_time": ""}, "Må fylles ut"), ({"role": "leder"}, "Velg ett"),
    ({"to_day": "2026-11-22"}, "slutte etter at den begynner"), ({"to_day": "2026-12-02"}, "høyst sju dager"),
    ({"from_day": "2026-11-20", "to_day": "2026-11-21"}, "over allerede"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), REFUSED)
async def test_what_is_wrong_with_a_shift_is_told_and_nothing_is_written(
    town: Town, changes: dict[str, str], said: str
) -> None:
    before = await town.office.database.fetchval("SELECT count(*) FROM resource_version")
    status, text = await put(town, HOURS, 8 * HOURS, **changes)
    assert status == 422 and said in text
    assert await town.office.database.fetchval("SELECT count(*) FROM resource_version") == before


async def test_a_doctor_of_a_practice_is_on_call_at_the_emergency_ward_once_at_a_time(town: Town) -> None:
    legevakt = f"/ansatte/{town.id(SARA.unit.link['reference'])}/vakt"
    form = answers(town, HOURS, 9 * HOURS, fnr=INGRID.fnr.value, role="legevaktlege")
    later = answers(town, 10 * HOURS, 12 * HOURS, fnr=INGRID.fnr.value, role="legevaktlege")
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        assert [(await browser.send(legevakt, **one)).status for one in (form, form, later)] == [303, 422, 303]
    let_pass(town.office, 2 * HOURS)
    assert SARA.unit.name in await acts_for(town, INGRID.fnr.value)


async def test_only_who_manages_staff_puts_anybody_on_call_and_nobody_themselves(town: Town) -> None:
    for who in ("mariam", "siri", "per"):
        async with browsing(town.office, await town.at_work(who)) as browser:
            assert (await browser.send(f"{nord(town)}/vakt", **answers(town, HOURS, 8 * HOURS))).status == 403
    assert await acts_for(town) == [ELIN.unit.name]


async def test_a_shift_over_the_change_to_winter_time_ends_at_the_clock_on_the_wall(town: Town) -> None:
    set_clock(town.office, datetime.fromisoformat("2026-10-24T12:00:00+00:00"))
    night = {"from_day": "2026-10-24", "from_time": "22:00", "to_day": "2026-10-25", "to_time": "08.00"}
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        assert (await browser.send(f"{nord(town)}/vakt", **ELINS, **night)).status == 303
    for now, units in (("2026-10-25T06:59:59.999+00:00", 2), ("2026-10-25T07:00:00+00:00", 1)):
        moment = datetime.fromisoformat(now)
        assert len(await town.office.register.staff(ELIN.fnr.value, moment, "demo:4")) == units


@pytest.mark.parametrize(("last", "minute"), [("03:00", "01:00"), ("08:00", "06:00")])
async def test_a_shift_over_the_change_to_summer_time_ends_at_the_clock_on_the_wall(
    town: Town, last: str, minute: str
) -> None:
    set_clock(town.office, datetime.fromisoformat("2026-03-28T12:00:00+00:00"))
    night = {"from_day": "2026-03-28", "from_time": "22:00", "to_day": "2026-03-29", "to_time": last}
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        assert (await browser.send(f"{nord(town)}/vakt", **ELINS, **night)).status == 303
    end = datetime.fromisoformat(f"2026-03-29T{minute}:00+00:00")
    for now, units in ((end - timedelta(milliseconds=1), 2), (end, 1)):
        assert len(await town.office.register.staff(ELIN.fnr.value, now, "demo:4")) == units
