"""Who may write what access is decided by: nobody writes their own way in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.patient.openings import open_in_emergency, open_with_reason
from akson.record import journal
from akson.record.consents import OPENING
from akson.record.facts import PROTECTION
from akson.record.office import Office
from akson.record.stored import Stored
from tests.offices import FNR, JOB, NOW, VENDOR, Clock, patient, staff, unit

OWN_NUMBER = "08849700422"
OTHER_NUMBER = "14834142059"
KODE6 = {"security": [{"system": PROTECTION, "code": "kode6"}]}


async def write(office: Office, who: Actor, resource: dict[str, Any], purpose: Purpose = Purpose.TREATMENT) -> Stored:
    async with office.work(who, purpose) as work:
        if id_ := resource.get("id"):
            return await journal.update(work, resource, id_=id_)
        return await journal.create(work, resource)


async def refusal(office: Office, who: Actor, resource: dict[str, Any], purpose: Purpose = Purpose.TREATMENT) -> str:
    """Return the code that the write is refused with, "" when it is not."""
    try:
        await write(office, who, resource, purpose)
    except Refused as refused:
        return refused.code
    return ""


def episode(person: Stored, place: Actor, status: str = "active") -> dict[str, Any]:
    return {"resourceType": "EpisodeOfCare", "status": status, "patient": {"reference": person.reference},
            "managingOrganization": {"reference": place.unit_id}}  # fmt: skip


def related(person: Stored, code: str) -> dict[str, Any]:
    return {
        "resourceType": "RelatedPerson",
        "patient": {"reference": person.reference},
        "identifier": [{"system": FNR, "value": OWN_NUMBER}],
        "relationship": [{"coding": [{"code": code}]}],
    }


async def test_an_opening_cannot_be_made_into_a_lasting_way_in(office: Office) -> None:
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    berit, mariam = await staff(office, south, "Solli"), await staff(office, north, "Yusuf")
    await patient(office, identifier=[{"system": FNR, "value": OWN_NUMBER}])
    astrid = await patient(office, at=north)
    async with office.work(berit, Purpose.TREATMENT) as work:
        await open_with_reason(work, astrid.id, template="B4", reason="Mariam spør om råd")
    assert await refusal(office, berit, episode(astrid, south)) == "AK-A001"
    assert await refusal(office, berit, related(astrid, "proxy")) == "AK-A042"
    assert await refusal(office, berit, related(astrid, "MTH")) == "AK-A001"
    assert await refusal(office, berit, episode(astrid, south, "finished")) == ""
    assert await refusal(office, mariam, episode(astrid, south)) == ""
    assert await refusal(office, mariam, related(astrid, "GUARD")) == "AK-A042"


async def test_who_wrote_in_a_record_may_look_back_at_it_to_learn_and_write_nothing(office: Office) -> None:
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    mariam, berit = await staff(office, north, "Yusuf"), await staff(office, south, "Solli")
    astrid = await patient(office)
    service = await write(office, JOB, episode(astrid, north), Purpose.SYSTEM)
    seen = await write(office, mariam, measured(astrid))
    await write(office, JOB, episode(astrid, north, "finished") | {"id": service.id}, Purpose.SYSTEM)
    assert await refusal(office, mariam, measured(astrid)) == "AK-A001"  # the service has ended

    async def opens(who: Actor, template: str) -> str:
        try:
            async with office.work(who, Purpose.TREATMENT) as work:
                await open_with_reason(work, astrid.id, template=template, reason="Vil se hvordan det gikk")
        except Refused as refused:
            return refused.code
        return ""

    assert await opens(berit, "B5") == "AK-A074"  # she was never there
    assert await opens(berit, "B4") == ""  # and to have opened the record is no care
    assert await opens(berit, "B5") == "AK-A074"
    assert await opens(mariam, "B5") == ""
    async with office.work(mariam, Purpose.TREATMENT) as work:
        assert (await journal.read(work, "Observation", seen.id)).resource["status"] == "final"
        assert {one.basis for one in work.seen} == {"ser tilbake for å lære"}
    assert await refusal(office, mariam, measured(astrid)) == "AK-A001"


def measured(person: Stored) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "Vekt"},
            "subject": {"reference": person.reference}}  # fmt: skip


def contact(person: Stored, place: Actor, status: str = "in-progress", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Encounter", "status": status, "class": {"code": "EMER"},
            "subject": {"reference": person.reference}, "serviceProvider": {"reference": place.unit_id}} | more  # fmt: skip


@pytest.mark.parametrize("emergency", [False, True])
async def test_under_an_opening_a_contact_is_written_while_it_goes_on_and_lets_nobody_in(
    office: Office, emergency: bool
) -> None:
    north, watch = await unit(office, "Sone nord"), await unit(office, "Legevakt")
    sara, colleague = [await staff(office, watch, name, "legevaktlege") for name in ("Nygård", "Lie")]
    mariam, astrid = await staff(office, north, "Yusuf"), await patient(office, at=north)
    admitted = await write(office, mariam, contact(astrid, north))
    assert await refusal(office, sara, contact(astrid, watch)) == "AK-A001"  # nothing is opened yet
    async with office.work(sara, Purpose.EMERGENCY if emergency else Purpose.TREATMENT) as work:
        if emergency:
            await open_in_emergency(work, astrid.id, reason="Funnet bevisstløs", danger=True)
        else:
            await open_with_reason(work, astrid.id, template="B4", reason="Astrid er her nå")
    here = await write(office, sara, contact(astrid, watch))
    steps: list[tuple[dict[str, Any], str]] = [
        (contact(astrid, watch, "onleave", id=here.id), ""),
        (contact(astrid, watch, "in-progress", id=here.id), ""),
        (contact(astrid, north), ""),  # nor does one in another's name
        (contact(astrid, north, "finished", id=admitted.id), "AK-A001"),  # what lets others in stays theirs
        (contact(astrid, watch, id=admitted.id), "AK-A001"),
        (episode(astrid, watch), "AK-A001"),
    ]
    assert [await refusal(office, sara, resource) for resource, _ in steps] == [code for _, code in steps]
    assert await refusal(office, colleague, contact(astrid, watch)) == "AK-A001"
    cast(Clock, office.clock).pass_(timedelta(days=3))
    assert await refusal(office, sara, contact(astrid, watch, "finished", id=here.id)) == "AK-A001"


@pytest.mark.parametrize(("change", "relations"), [
    ({"priority": {"text": "haster"}}, 1),
    ({"priority": {"text": "haster"}, "meta": {"security": [{"code": "R"}]}}, 1),
    ({"status": "arrived"}, 2),
    ({"period": {"start": "2026-11-23"}}, 2),
    ({"participant": [{"individual": {"display": "Nygård"}}]}, 2),
    ({"status": "finished"}, 1),
])  # fmt: skip
@pytest.mark.parametrize("marked", [False, True])
async def test_a_contact_that_lets_nobody_in_begins_to_only_when_who_may_let_in_says_so(
    office: Office, change: dict[str, Any], relations: int, marked: bool
) -> None:
    north, watch = await unit(office, "Sone nord"), await unit(office, "Legevakt")
    sara, mariam = await staff(office, watch, "Nygård", "legevaktlege"), await staff(office, north, "Yusuf")
    astrid = await patient(office, at=north)
    async with office.work(sara, Purpose.TREATMENT) as work:
        await open_with_reason(work, astrid.id, template="B4", reason="Astrid er her nå")
    marks: dict[str, Any] = {"meta": {"security": [{"code": "R"}]}} if marked else {}
    here = await write(office, sara, contact(astrid, watch, **marks))
    for _ in range(2):  # what is written again without a change states no more than it did
        await write(office, mariam, contact(astrid, watch, id=here.id) | marks | change)
    assert await relations_of(office, astrid) == relations
    cast(Clock, office.clock).pass_(timedelta(days=3))
    assert await refusal(office, sara, contact(astrid, watch, "finished")) == ("" if relations == 2 else "AK-A001")


async def relations_of(office: Office, person: Stored) -> int:
    rows = await office.database.fetch("SELECT FROM fact WHERE owner = $1 AND kind = 'relation'", person.owner)
    return len(rows)


async def test_a_contact_weighed_again_states_its_relation_when_the_writer_has_come_to_give_care(
    office: Office,
) -> None:
    north, watch = await unit(office, "Sone nord"), await unit(office, "Legevakt")
    sara, astrid = await staff(office, watch, "Nygård", "legevaktlege"), await patient(office, at=north)
    async with office.work(sara, Purpose.TREATMENT) as work:
        await open_with_reason(work, astrid.id, template="B4", reason="Astrid er her nå")
    async with office.work(sara, Purpose.TREATMENT) as work:
        await journal.create(work, contact(astrid, watch))
        await write(office, JOB, episode(astrid, watch), Purpose.SYSTEM)  # before what is queued is written
    assert await relations_of(office, astrid) == 3


async def test_a_contact_told_of_by_the_unit_that_cares_still_lets_in_who_receives(office: Office) -> None:
    north, watch = await unit(office, "Sone nord"), await unit(office, "Legevakt")
    sara, mariam = await staff(office, watch, "Nygård", "legevaktlege"), await staff(office, north, "Yusuf")
    astrid = await patient(office, at=north)
    await write(office, mariam, contact(astrid, watch, "arrived"))
    assert await refusal(office, sara, contact(astrid, watch, "finished")) == ""


async def test_who_acts_for_a_person_is_not_changed_by_staff_but_a_telephone_number_is(office: Office) -> None:
    north = await unit(office, "Sone nord")
    mariam = await staff(office, north, "Yusuf")
    await patient(office, identifier=[{"system": FNR, "value": OWN_NUMBER}])
    astrid = await patient(office, at=north)
    made = await write(office, JOB, related(astrid, "proxy"), Purpose.SYSTEM)
    mine = related(astrid, "proxy") | {"id": made.id}
    assert await refusal(office, mariam, mine | {"telecom": [{"system": "phone", "value": "40000000"}]}) == ""
    assert await refusal(office, mariam, mine | {"active": False}) == "AK-A042"
    assert await refusal(office, JOB, mine | {"active": False}, Purpose.SYSTEM) == ""


def numbered(person: Stored | None = None, *numbers: str, **more: Any) -> dict[str, Any]:
    named = {"id": person.id} if person else {}
    identified = {"identifier": [{"system": FNR, "value": number} for number in numbers]} if numbers else {}
    return {"resourceType": "Patient", "name": [{"family": "Nordli"}]} | identified | named | more


async def test_a_number_that_somebody_has_is_moved_by_the_registers_alone(office: Office) -> None:
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    mariam, berit = await staff(office, north, "Yusuf"), await staff(office, south, "Solli")
    astrid = await patient(office, at=north, identifier=[{"system": FNR, "value": OWN_NUMBER}])
    async with office.work(berit, Purpose.TREATMENT) as work:
        await open_with_reason(work, astrid.id, template="B4", reason="Mariam spør om råd")
    phone = {"telecom": [{"system": "phone", "value": "40000000"}]}
    for who in (mariam, berit):
        assert await refusal(office, who, numbered(astrid, OWN_NUMBER, **phone)) == ""
        for numbers in ([OTHER_NUMBER], [OWN_NUMBER, OTHER_NUMBER], []):
            assert await refusal(office, who, numbered(astrid, *numbers)) == "AK-A042"
    assert await refusal(office, VENDOR, numbered(astrid, OTHER_NUMBER), Purpose.SYSTEM) == "AK-A042"
    assert await refusal(office, JOB, numbered(astrid, OTHER_NUMBER), Purpose.SYSTEM) == ""
    assert await refusal(office, mariam, numbered(astrid, OTHER_NUMBER, **phone)) == ""
    assert await refusal(office, mariam, numbered(None, OWN_NUMBER)) == ""  # it is nobody's now


async def test_who_has_no_number_is_given_one_by_those_who_give_care_and_not_under_an_opening(office: Office) -> None:
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    mariam, berit = await staff(office, north, "Yusuf"), await staff(office, south, "Solli")
    tourist, newborn = await patient(office, at=north), await patient(office)
    for emergency in (False, True):
        async with office.work(berit, Purpose.EMERGENCY if emergency else Purpose.TREATMENT) as work:
            if emergency:
                await open_in_emergency(work, tourist.id, reason="Funnet bevisstløs", danger=True)
            else:
                await open_with_reason(work, tourist.id, template="B4", reason="Mariam spør om råd")
        assert await refusal(office, berit, numbered(tourist, OWN_NUMBER)) == "AK-A001"
    assert await refusal(office, berit, numbered(tourist)) == ""
    assert await refusal(office, mariam, numbered(tourist, OWN_NUMBER)) == ""
    assert await refusal(office, VENDOR, numbered(newborn, OTHER_NUMBER), Purpose.SYSTEM) == ""


async def test_nobody_at_work_parts_a_citizen_from_the_record_by_deleting_whose_it_is(office: Office) -> None:
    north = await unit(office, "Sone nord")
    mariam = await staff(office, north, "Yusuf")
    astrid = await patient(office, at=north, identifier=[{"system": FNR, "value": OWN_NUMBER}])
    tourist = await patient(office, at=north)
    for person, code in ((astrid, "AK-A042"), (tourist, "")):
        try:
            async with office.work(mariam, Purpose.TREATMENT) as work:
                await journal.delete(work, "Patient", person.id)
            refused = ""
        except Refused as no:
            refused = no.code
        assert refused == code
    assert await refusal(office, mariam, numbered(None, OWN_NUMBER)) == "AK-J006"
    signed_in = await office.register.citizen(OWN_NUMBER, "demo:4")
    assert signed_in and signed_in.key == astrid.owner


async def test_a_number_is_not_moved_by_deleting_the_person_in_between(office: Office) -> None:
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    mariam, berit = await staff(office, north, "Yusuf"), await staff(office, south, "Solli")
    astrid = await patient(office, at=north, identifier=[{"system": FNR, "value": OWN_NUMBER}])
    async with office.work(berit, Purpose.TREATMENT) as work:
        await open_with_reason(work, astrid.id, template="B4", reason="Mariam spør om råd")
    with pytest.raises(Refused, match="AK-A042"):
        async with office.work(berit, Purpose.TREATMENT) as work:
            await journal.delete(work, "Patient", astrid.id)
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        await journal.delete(work, "Patient", astrid.id)
    for who, purpose in ((mariam, Purpose.TREATMENT), (VENDOR, Purpose.SYSTEM)):
        assert await refusal(office, who, numbered(astrid, OTHER_NUMBER), purpose) == "AK-A042"
        assert await refusal(office, who, numbered(astrid), purpose) == ""
        assert await refusal(office, who, numbered(astrid, OTHER_NUMBER), purpose) == "AK-A042"
    assert await refusal(office, JOB, numbered(astrid, OWN_NUMBER), Purpose.SYSTEM) == ""


def practitioner(*numbers: str, **more: Any) -> dict[str, Any]:
    identified = {"identifier": [{"system": FNR, "value": number} for number in numbers]} if numbers else {}
    return {"resourceType": "Practitioner", "name": [{"family": "Rud"}]} | identified | more


async def test_an_administrator_takes_no_role_by_deleting_the_self_that_has_the_number(office: Office) -> None:
    north = await unit(office, "Sone nord")
    made = await write(office, JOB, practitioner(OWN_NUMBER), Purpose.SYSTEM)
    camilla = replace(north, id=made.reference, key=made.owner, name="Rud", role="administrator")
    nobodys = await write(office, camilla, practitioner(), Purpose.ADMINISTRATION)
    for one, code in ((made, "AK-A043"), (nobodys, "")):
        try:
            async with office.work(camilla, Purpose.ADMINISTRATION) as work:
                await journal.delete(work, "Practitioner", one.id)
            refused = ""
        except Refused as no:
            refused = no.code
        assert refused == code
    assert await refusal(office, camilla, practitioner(OWN_NUMBER), Purpose.ADMINISTRATION) == "AK-J006"


async def test_protection_is_added_by_those_who_give_care_and_lessened_by_the_register_alone(office: Office) -> None:
    north = await unit(office, "Sone nord")
    mariam = await staff(office, north, "Yusuf")
    plain = await patient(office, at=north)
    person: dict[str, Any] = {"resourceType": "Patient", "id": plain.id, "name": [{"family": "Nordli"}]}
    moved = {"address": [{"city": "Fjordvik"}]}
    assert await refusal(office, mariam, person | moved) == ""
    assert await refusal(office, mariam, person | {"meta": KODE6}) == ""
    assert await refusal(office, mariam, person | {"meta": KODE6} | moved) == ""
    lower = {"security": [{"system": PROTECTION, "code": "kode7"}]}
    assert [await refusal(office, mariam, person | more) for more in ({}, {"meta": lower})] == ["AK-A042"] * 2
    assert await refusal(office, JOB, person, Purpose.SYSTEM) == ""


Changed = Callable[[dict[str, Any]], object]


def _period(start: timedelta, lasts: timedelta) -> dict[str, str]:
    return {"start": (NOW + start).isoformat(), "end": (NOW + start + lasts).isoformat()}


@pytest.mark.parametrize(("change", "code"), [
    (lambda c: None, ""),
    (lambda c: c["category"][0]["coding"][0].update(code="B9"), "AK-A070"),
    (lambda c: c["category"][0]["coding"][0].update(code="B5"), "AK-A070"),  # to learn, without saying so
    (lambda c: c["provision"].update(purpose=[{"code": "TRAIN"}]), "AK-A070"),
    (lambda c: c["category"][0]["coding"][0].update(system="https://example.org"), "AK-A070"),
    (lambda c: c["category"][0].update(text="råd"), "AK-A071"),
    (lambda c: c["category"][0].pop("text"), "AK-A071"),
    (lambda c: c["provision"].update(purpose=[{"code": "ETREAT"}]), "AK-A072"),
    (lambda c: c["category"][0]["coding"][0].update(code="emergency"), "AK-A072"),
    (lambda c: c["provision"].update(period=_period(timedelta(), timedelta(hours=8))), "AK-A073"),
    (lambda c: c["provision"].update(period=_period(-timedelta(hours=1), timedelta(hours=2))), "AK-A073"),
    (lambda c: c["provision"].update(period=_period(timedelta(days=1), timedelta(hours=2))), "AK-A073"),
    (lambda c: c["provision"]["actor"].pop(1), "AK-A073"),
    (lambda c: c["provision"].update(provision=[{"type": "deny"}]), "AK-A073"),
    (lambda c: c["provision"].update(provision=[{"type": "permit", "provision": [{"type": "deny"}]}]), "AK-A073"),
    (lambda c: c["provision"].update(provision=[{"type": "permit"}]), ""),
])  # fmt: skip
async def test_an_opening_through_the_api_is_held_to_what_the_screen_asks(
    office: Office, change: Changed, code: str
) -> None:
    place = await unit(office, "Sone sør")
    berit, astrid = await staff(office, place, "Solli"), await patient(office)
    consent: dict[str, Any] = {
        "resourceType": "Consent", "status": "active", "patient": {"reference": astrid.reference},
        "scope": {"text": "x"}, "policyRule": {"text": "pasientjournalloven § 19"},
        "category": [{"coding": [{"system": OPENING, "code": "B4"}], "text": "Mariam spør om råd"}],
        "provision": {"type": "permit", "period": _period(timedelta(), timedelta(hours=2)),
                      "actor": [{"role": {"text": "x"}, "reference": {"reference": r}} for r in (berit.id, berit.unit_id)]},
    }  # fmt: skip
    change(consent)
    assert await refusal(office, berit, consent) == code
    if not code:
        reasons = await office.database.fetch("SELECT reason FROM access_log WHERE actor_name = 'Solli'")
        assert [row["reason"] for row in reasons] == ["Mariam spør om råd"]


async def test_another_persons_opening_is_not_taken_for_them(office: Office) -> None:
    place = await unit(office, "Sone sør")
    berit, other = await staff(office, place, "Solli"), await staff(office, place, "Lie")
    astrid = await patient(office)
    consent = {
        "resourceType": "Consent", "status": "active", "patient": {"reference": astrid.reference},
        "scope": {"text": "x"}, "policyRule": {"text": "x"},
        "category": [{"coding": [{"system": OPENING, "code": "emergency"}], "text": "Bevisstløs på gulvet"}],
        "provision": {"type": "permit", "period": _period(timedelta(), timedelta(hours=1)),
                      "purpose": [{"code": "ETREAT"}],
                      "actor": [{"role": {"text": "x"}, "reference": {"reference": r}} for r in (other.id, other.unit_id)]},
    }  # fmt: skip
    assert await refusal(office, berit, consent, Purpose.EMERGENCY) == "AK-A073"
    assert await refusal(office, other, consent, Purpose.TREATMENT) == "AK-A072"
    assert await refusal(office, other, consent, Purpose.EMERGENCY) == ""
