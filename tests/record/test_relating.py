"""Care relations: they arise from what happens, and end by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.patient.openings import open_with_reason
from akson.record import journal
from akson.record.facts import facts_of
from akson.record.office import Office
from akson.record.projecting import Lookup
from akson.record.stored import Stored
from tests.offices import Clock, patient, staff, unit

WHO = {"reference": "Practitioner/lie"}
UNIT = {"reference": "Organization/sor"}
BASIS = [{"reference": "ServiceRequest/x"}]
WEEK = timedelta(days=7)


def appointment(actor: dict[str, Any], status: str = "booked", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Appointment", "status": status, "start": "2026-11-23T10:00:00+01:00",
            "end": "2026-11-23T10:30:00+01:00", "participant": [{"actor": actor, "status": "accepted"}]} | more  # fmt: skip


def referral(performer: dict[str, Any], status: str = "active", **more: Any) -> dict[str, Any]:
    return {"resourceType": "ServiceRequest", "status": status, "intent": "order", "performer": [performer]} | more


def assignment(owner: dict[str, Any], status: str = "requested", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Task", "status": status, "intent": "order", "owner": owner, "basedOn": BASIS} | more


@pytest.mark.parametrize(("resource", "told"), [
    (appointment(WHO), ("appointment", "2026-11-16T09:00:00+00:00", "2026-11-30T09:30:00+00:00")),
    (appointment(WHO, "arrived", end=None), ("appointment", "2026-11-16T09:00:00+00:00", "2026-11-30T09:00:00+00:00")),
    (appointment(WHO, "fulfilled"), None),
    (appointment(WHO, "cancelled"), None),
    (appointment(WHO, "proposed"), None),
    (appointment(WHO, start=None), None),
    (appointment(WHO, participant=[{"actor": WHO, "status": "declined"}]), None),
    (appointment({"reference": "Location/x"}), None),
    (referral(UNIT), None),  # nobody says since when, so it would never end
    (referral(UNIT, occurrencePeriod={"start": "2026-11-01"}), None),
    (referral(UNIT, occurrencePeriod={"end": "2026-12-31"}), ("referral", None, "2026-12-31T22:59:59.999999+00:00")),
    (referral(UNIT, authoredOn="2026-11-01"), ("referral", None, "2027-04-29T23:00:00+00:00")),
    (referral(UNIT, authoredOn="2026-11-01", occurrencePeriod={"end": "2026-12-31"}), ("referral", None, "2026-12-31T22:59:59.999999+00:00")),
    (referral(UNIT, "completed"), None),
    (referral(UNIT, "draft"), None),
    (referral(UNIT, intent="proposal"), None),
    (assignment(UNIT), None),
    (assignment(WHO, authoredOn="2026-11-01", restriction={"period": {"end": "2026-11-30"}}), ("task", None, "2026-11-30T22:59:59.999999+00:00")),
    (assignment(UNIT, "completed"), None),
    (assignment(UNIT, basedOn=None), None),
])  # fmt: skip
def test_what_each_says_of_who_gives_care_and_for_how_long(
    resource: dict[str, Any], told: tuple[str, str | None, str | None] | None
) -> None:
    given = {name: value for name, value in resource.items() if value is not None}
    rows = facts_of(given, Lookup(lambda id_: {"lie": 7, "sor": 8}.get(id_)))
    found = [msgspec.json.decode(row.data)["value"] for row in rows]
    assert [(one["kind"], one["start"], one["end"]) for one in found] == ([told] if told else [])
    assert all((one["unit"], one["person"]) in ((8, 0), (0, 7)) for one in found)


async def write(office: Office, who: Actor, resource: dict[str, Any]) -> Stored:
    async with office.work(who, Purpose.TREATMENT) as work:
        if id_ := resource.get("id"):
            return await journal.update(work, resource, id_=id_)
        return await journal.create(work, resource)


async def sees(office: Office, who: Actor, person: Stored) -> bool:
    try:
        async with office.work(who, Purpose.TREATMENT) as work:
            return bool(await journal.read(work, "Patient", person.id))
    except Refused as refused:
        assert refused.code == "AK-A001"
        return False


CORRECTION: dict[str, dict[str, Any]] = {
    "appointment": {"priority": 1}, "referral": {"priority": "urgent"}, "assignment": {"description": "Haster"},
}  # fmt: skip
WAYS = ["appointment", "referral", "assignment"]


def asking(way: str, person: Stored, south: Actor, doctor: Actor) -> dict[str, Any]:
    """Return what asks the unit in the south, or its doctor, to do something for the person."""
    whose = {"reference": person.reference}
    if way == "appointment":
        mine = [{"actor": {"reference": one}, "status": "accepted"} for one in (person.reference, doctor.id)]
        return appointment({}, participant=mine)
    if way == "referral":
        return referral({"reference": south.unit_id}, subject=whose, authoredOn="2026-11-23")
    return assignment({"reference": south.unit_id}, authoredOn="2026-11-23", **{"for": whose})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("over", ["by what happens", "by time"])
async def test_what_each_resource_says_of_who_gives_care_lets_them_in_and_ends(
    office: Office, way: str, over: str
) -> None:
    north, south = await unit(office, "Nord"), await unit(office, "Sør")
    gp, doctor = await staff(office, north, "Lie", "fastlege"), await staff(office, south, "Moe", "sykehjemslege")
    person = await patient(office, at=north)
    assert not await sees(office, doctor, person)
    asked = await write(office, gp, asking(way, person, south, doctor))
    assert await sees(office, doctor, person)
    if over == "by time":
        cast(Clock, office.clock).pass_(WEEK + timedelta(days=1) if way == "appointment" else timedelta(days=181))
    else:
        done = "fulfilled" if way == "appointment" else "completed"
        await write(office, doctor, asked.resource | {"status": done})
    assert not await sees(office, doctor, person)


@pytest.mark.parametrize("way", WAYS)
async def test_under_an_opening_one_may_ask_others_but_lets_nobody_in(office: Office, way: str) -> None:
    north, south = await unit(office, "Nord"), await unit(office, "Sør")
    gp, doctor, colleague = [
        await staff(office, north, "Lie", "fastlege"), await staff(office, south, "Moe", "sykehjemslege"), await staff(office, south, "Dahl"),
    ]  # fmt: skip
    person = await patient(office, at=north)
    async with office.work(doctor, Purpose.TREATMENT) as work:
        await open_with_reason(work, person.id, template="B4", reason="Lie spør om råd")
    asked = await write(office, doctor, asking(way, person, south, colleague))
    assert not await sees(office, colleague, person)
    await write(office, gp, asked.resource | CORRECTION[way])
    assert not await sees(office, colleague, person)  # what has let nobody in does not begin to by a correction
    await write(office, gp, asking(way, person, south, colleague))
    assert await sees(office, colleague, person)


async def test_a_message_to_read_lets_nobody_in(office: Office) -> None:
    north, south = await unit(office, "Nord"), await unit(office, "Sør")
    gp, doctor = await staff(office, north, "Lie", "fastlege"), await staff(office, south, "Moe")
    person = await patient(office, at=north)
    asked = asking("assignment", person, south, doctor)
    del asked["basedOn"]
    await write(office, gp, asked)
    assert not await sees(office, doctor, person)
