"""What RelatedPersons say of access, and how a change of it counts at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from akson.access.facts import decode
from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.record import journal
from akson.record.facts import facts_of
from akson.record.office import Office
from akson.record.projecting import Lookup
from akson.record.representing import related_person
from akson.record.search.searching import search
from akson.record.stored import Stored
from tests.offices import FNR, JOB, citizen, patient, staff, unit

MOTHER = "08849700422"
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
OURS = "https://akson.no/fhir/"
RESPONSIBLE = "http://hl7.no/fhir/CodeSystem/no-basis-parental-responsibility"
KIN = "urn:oid:2.16.578.1.12.4.1.1.9033"


def related(*codings: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"resourceType": "RelatedPerson", "identifier": [{"system": FNR, "value": MOTHER}],
            "relationship": [{"coding": [{"system": s, "code": c}]} for s, c in codings], **more}  # fmt: skip


@pytest.mark.parametrize(("codings", "kinds"), [
    ([(ROLE, "MTH")], ["parent"]),
    ([(ROLE, "MTH"), (RESPONSIBLE, "felles")], ["parent"]),
    ([(ROLE, "MTH"), (RESPONSIBLE, "mor")], ["parent"]),
    ([(ROLE, "MTH"), (RESPONSIBLE, "far")], ["family"]),
    ([(ROLE, "FTH"), (RESPONSIBLE, "mor")], ["family"]),
    ([(ROLE, "MTH"), (RESPONSIBLE, "ukjent")], ["family"]),
    ([(ROLE, "DAU")], ["family"]),
    ([(KIN, "DA")], ["family"]),
    ([("http://terminology.hl7.org/CodeSystem/v2-0131", "SO")], []),
    ([(KIN, "DA"), (ROLE, "POWATT")], ["proxy", "family"]),
    ([(ROLE, "GUARD")], ["guardian"]),
    ([(ROLE, "NBOR")], []),
    ([(OURS + "representation", "barnevern")], ["barnevern"]),
    ([("x", "barnevern")], []),
])  # fmt: skip
def test_what_a_relationship_means_to_access(codings: list[tuple[str, str]], kinds: list[str]) -> None:
    rows = list(related_person(related(*codings), Lookup(lambda _: None)))
    assert [msgspec.json.decode(row.data)["value"]["kind"] for row in rows] == kinds
    assert list(related_person(related(*codings, active=False), Lookup(lambda _: None))) == []


@pytest.mark.parametrize(("areas", "kept"), [
    ([], None), (["timer", "legemidler"], ["legemidler", "timer"]), (["alt mulig"], [""]),
])  # fmt: skip
def test_a_proxy_says_what_it_is_for_and_an_unknown_area_gives_nothing(
    areas: list[str], kept: list[str] | None
) -> None:
    said = related((ROLE, "POWATT"), *((OURS + "proxy-area", area) for area in areas))
    (row,) = related_person(said, Lookup(lambda _: None))
    assert msgspec.json.decode(row.data)["value"].get("areas") == kept


MANDATE, AREA = OURS + "guardian-mandate", OURS + "proxy-area"


@pytest.mark.parametrize(("said", "kept"), [
    ([(MANDATE, "personligeInteresser")], ["personlig"]),
    ([(MANDATE, "personligeOgOekonomiskeInteresser")], ["personlig"]),
    ([(MANDATE, "utlendingssakerPersonligeOgOekonomiskeInteresser")], ["personlig"]),
    ([(MANDATE, "helseOgOmsorg"), (MANDATE, "pensjon")], ["personlig"]),
    ([(MANDATE, "personligeInteresser"), (AREA, "timer")], ["timer"]),  # the narrower of the two
    ([(AREA, "timer"), (AREA, "legemidler")], ["legemidler", "timer"]),
    ([(AREA, "personlig")], [""]),
    ([(MANDATE, "oekonomiskeInteresser"), (AREA, "timer")], None),
    ([(MANDATE, "oekonomiskeInteresser")], None),
    ([(MANDATE, "noe nytt")], None),
    ([(MANDATE, "personligeInteresser"), (MANDATE, "pensjon")], None),  # personal, but for that task alone
    ([(MANDATE, "oekonomiskeInteresser"), (MANDATE, "helseOgOmsorg")], None),  # money, in the health services
    ([(MANDATE, "personligeInteresser"), (MANDATE, "pensjon"), (AREA, "timer")], None),
    ([("x", "personligeInteresser")], None),
    ([], None),
])  # fmt: skip
def test_a_guardian_is_for_what_the_mandate_says_and_for_nothing_when_it_is_not_told(
    said: list[tuple[str, str]], kept: list[str] | None
) -> None:
    (row,) = related_person(related((ROLE, "GUARD"), *said), Lookup(lambda _: None))
    assert msgspec.json.decode(row.data)["value"].get("areas") == kept


async def write(office: Office, actor: Actor, resource: dict[str, Any], standing: Stored | None = None) -> Stored:
    async with office.work(actor, Purpose.TREATMENT) as work:
        if standing is None:
            return await journal.create(work, resource)
        return await journal.update(work, resource, id_=standing.id)


async def finds(office: Office, actor: Actor, *types: str) -> set[str]:
    async with office.work(actor, Purpose.OWN) as work:
        return {type_ for type_ in types for hit in (await search(work, type_, [])).hits if hit.owner != actor.key}


async def test_the_barneverns_taking_over_counts_at_once_and_so_does_its_end(office: Office) -> None:
    north = await unit(office, "Nord")
    nurse, child = (
        await staff(office, north, "Lie", "helsesykepleier"),
        await patient(office, at=north, birthDate="2020-01-01"),
    )
    mother = citizen(await patient(office, identifier=[{"system": FNR, "value": MOTHER}]))
    await write(office, JOB, related((ROLE, "MTH"), patient={"reference": child.reference}))
    assert await finds(office, mother, "Patient") == {"Patient"}
    taken = {"resourceType": "RelatedPerson", "patient": {"reference": child.reference},
             "relationship": [{"coding": [{"system": OURS + "representation", "code": "barnevern"}]}]}  # fmt: skip
    stands = await write(office, nurse, taken)
    assert await finds(office, mother, "Patient") == set()
    with pytest.raises(Refused, match="AK-A066"):
        async with office.work(mother, Purpose.OWN) as work:
            await journal.read(work, "Patient", child.id)
    await write(office, nurse, stands.resource | {"active": False}, stands)
    assert await finds(office, mother, "Patient") == {"Patient"}


async def test_a_proxy_for_appointments_finds_those_and_no_more(office: Office) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    daughter = citizen(await patient(office, identifier=[{"system": FNR, "value": MOTHER}]))
    await write(
        office, JOB, related((ROLE, "POWATT"), (OURS + "proxy-area", "timer"), patient={"reference": person.reference})
    )
    who = {"actor": {"reference": person.reference}, "status": "accepted"}
    await write(office, nurse, {"resourceType": "Appointment", "status": "proposed", "participant": [who]})
    await write(office, nurse, {"resourceType": "Condition", "subject": {"reference": person.reference}})
    found = await finds(office, daughter, "Patient", "Appointment", "Condition", "Observation")
    assert found == {"Patient", "Appointment"}


async def test_staff_open_no_record_of_their_close_family_whoever_wrote_down_the_kinship(office: Office) -> None:
    north = await unit(office, "Nord")
    nurse, person = await staff(office, north, "Lie"), await patient(office, at=north)
    daughter = await patient(office, identifier=[{"system": FNR, "value": MOTHER}])
    await write(office, nurse, related((ROLE, "DAU"), patient={"reference": person.reference}))
    with pytest.raises(Refused, match="AK-A021"):
        async with office.work(replace(nurse, person=daughter.owner), Purpose.TREATMENT) as work:
            await journal.read(work, "Patient", person.id)
    assert await finds(office, citizen(daughter), "Patient") == set()
    async with office.work(nurse, Purpose.TREATMENT) as work:
        assert await journal.read(work, "Patient", person.id)


@pytest.mark.parametrize(("told", "died"), [
    ("2026-11-20", "2026-11-19T23:00:00+00:00"),  # midnight in Norway
    ("2026-11-20T13:05:00+01:00", "2026-11-20T12:05:00+00:00"),
    ("2026-11", "2026-11-29T23:00:00+00:00"),
    ("2026", "2026-12-30T23:00:00+00:00"),
    (None, None),
])  # fmt: skip
def test_the_day_of_death_begins_in_norway_and_of_a_month_or_a_year_it_is_the_last(
    told: str | None, died: str | None
) -> None:
    said = {"deceasedDateTime": told} if told else {"deceasedBoolean": True}
    rows = facts_of({"resourceType": "Patient", "id": "p", **said}, Lookup(lambda _: None))
    known = decode(1, 1, b"[" + rows[0].data + b"]", is_person=True)
    assert known.deceased and (known.died.isoformat() if known.died else None) == died
