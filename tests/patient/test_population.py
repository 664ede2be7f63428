"""Folkeregisteret over a real socket: what it says of our patients stands here at once, and nobody else is asked about."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from akson.base.jobs import deliver
from akson.base.work import Actor, Purpose
from akson.doors.persons import SCOPE, Persontjenesten
from akson.patient import deaths, population
from akson.record import journal
from akson.record.facts import PROTECTION
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.session import session
from akson.record.stored import Stored
from akson.registers.identifiers import synthetic_fnr
from akson.registers.persons import Person, read
from peers.persons import Register
from peers.tokens import Door
from tests.offices import FNR, JOB, let_pass, patient, unit
from tests.signin.provider import behind_provider, needs_provider

FHN = "urn:oid:2.16.578.1.12.4.1.4.3"
OURS, STRANGER = (synthetic_fnr(date(1939, 10, number), 7, female=True).value for number in (4, 5))
PEOPLE = [{"nin": nin, "given": "Olaug", "family": "Nes", "street": "Nordgata", "house": "44", "postal": "9996",
           "city": "FJORDVIK"} for nin in (OURS, STRANGER)]  # fmt: skip


@dataclass(frozen=True)
class World:
    """An office with one patient, and the register as a process of its own."""

    office: Office
    page: httpx.AsyncClient
    id: str
    unit: Actor

    async def tells(self, **changed: Any) -> None:
        assert (await self.page.put("/control/people", json={"nin": OURS} | changed)).status_code == 204

    async def works(self) -> None:
        """Let a minute pass and the worker do all it has to do."""
        let_pass(self.office, timedelta(minutes=1))
        while await population.turn(self.office):
            pass
        while await deliver(self.office.database, [deaths.consumer(self.office)], self.office.clock()):
            pass

    async def stands(self) -> dict[str, Any]:
        async with self.office.work(JOB, Purpose.SYSTEM) as work:
            return (await journal.read(work, "Patient", self.id)).resource

    async def found(self, type_: str) -> list[dict[str, Any]]:
        async with self.office.work(JOB, Purpose.SYSTEM) as work:
            return [hit.resource for hit in (await search(work, type_, [("patient", self.id)])).hits]


@pytest.fixture
async def world(office: Office, tmp_path: Path) -> AsyncIterator[World]:
    known = tmp_path / "people.json"
    known.write_text(json.dumps(PEOPLE))
    service = behind_provider("peers.persons", "--people", str(known), folder=tmp_path, scope=SCOPE)
    async with service as (url, page, machine):
        office.persons = Persontjenesten(url=url, machine=machine)
        made = await patient(office, identifier=[{"system": FNR, "value": OURS}])
        while await deliver(office.database, [population.consumer(office)], office.clock()):
            pass
        yield World(office, page, made.id, await unit(office, "Sone nord"))


@needs_provider
async def test_what_the_register_tells_stands_here_and_nobody_else_is_asked_about(world: World) -> None:
    await world.works()
    person = await world.stands()
    assert (person["name"][0]["given"], person["name"][0]["family"]) == (["Olaug"], "Nes")
    assert (person["address"][0]["line"], person["address"][0]["postalCode"]) == (["Nordgata 44"], "9996")
    await world.tells(family="Vik", protection="StrictlyConfidential")
    await world.page.put("/control/people", json={"nin": STRANGER, "family": "Ukjent"})
    await world.works()
    person = await world.stands()
    assert person["name"][0]["family"] == "Vik" and person["name"][1] | {"text": ""} == {
        "use": "old", "family": "Nes", "given": ["Olaug"], "text": ""}  # fmt: skip
    assert person["meta"]["security"][0]["code"] == "kode6" and "address" not in person
    await world.tells(protection="Unclassified")
    await world.works()
    assert "security" not in (await world.stands())["meta"]
    version = (await world.stands())["meta"]["versionId"]
    await world.works()
    assert (await world.stands())["meta"]["versionId"] == version
    assert (await world.page.get("/control")).json()["asked"] == [OURS]


@needs_provider
async def test_people_tell_it_on_its_page_what_happens_to_whom(world: World) -> None:
    await world.works()
    page = world.page
    assert OURS in (await page.get("/", params={"q": "nes olaug"})).text
    assert OURS not in (await page.get("/", params={"q": "en annen"})).text
    for wrong in ({"nin": OURS}, {"nin": "7", "family": "Vik"}, {"nin": OURS, "died": "i går"},
                  {"nin": OURS, "protection": "Hemmelig"}, {"mood": "noe"}):  # fmt: skip
        assert (await page.post("/set", data=wrong)).status_code == 400
    for told in ({"street": "Torget", "house": "9"}, {"protection": "Confidential"}, {"died": "2026-11-22"}):
        assert (await page.post("/set", data={"nin": OURS} | told)).status_code == 303
    await world.works()
    person = await world.stands()
    assert (person["address"][0]["line"], person["deceasedDateTime"]) == (["Torget 9"], "2026-11-22")
    assert person["meta"]["security"][0]["code"] == "kode7"
    assert (await page.post("/set", data={"nin": OURS, "lives": "ja"})).status_code == 303
    await world.works()
    assert "deceasedDateTime" not in await world.stands()
    assert (await page.post("/set", data={"mood": "borte"})).status_code == 303
    await world.works()
    assert (await population.standing(world.office))["away_since"]


def test_what_has_become_of_somebody_is_there_when_it_begins_again(tmp_path: Path) -> None:
    """Else a person who died would live again, and the feed begin anew below what was read of it."""
    known = tmp_path / "people.json"
    known.write_text(json.dumps(PEOPLE))
    begun = Register.read(known, Door("", "", "", httpx.AsyncClient()))
    begun.change(OURS, {"died": "2026-11-22"})
    begun.change(STRANGER, {"family": "Vik"})
    again = Register.read(known, begun.door)
    assert (again.people, again.events) == (begun.people, begun.events) and len(again.events) == 2
    again.change(OURS, {"died": ""})
    assert [int(one["sequenceNumber"]) for one in again.events] == [1000, 1001, 1002]


@needs_provider
async def test_while_it_is_away_what_it_said_stands_and_then_nothing_is_lost(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.works()
    for mood in ("borte", "uleselig"):
        await world.tells(family=f"Vik{len(mood)}")
        await world.page.put("/control/mood", json={"mood": mood})
        await world.works()
        assert (await world.stands())["name"][0]["family"] == "Nes" and "does not answer" in caplog.text
        state = await population.standing(world.office)
        assert state["away_since"] and state["why"] in ("status 503", "the answer is not as expected")
    await world.page.put("/control/mood", json={"mood": "vanlig"})
    let_pass(world.office, population.WHEN_AWAY)
    await world.works()
    state = await population.standing(world.office)
    assert (await world.stands())["name"][0]["family"] == "Vik8" and state["away_since"] is None


@needs_provider
@pytest.mark.parametrize(("told", "others"), [
    *(({"status": status}, status in (400, 422)) for status in (400, 422, 401, 429, 500)),
    ({"family": "Nes\x01"}, True),  # no resource can hold it
])  # fmt: skip
async def test_one_who_cannot_be_asked_about_or_is_told_what_cannot_be_kept_does_not_keep_the_others_waiting(
    world: World, caplog: pytest.LogCaptureFixture, told: dict[str, Any], others: bool
) -> None:
    await world.tells(**told)
    await patient(world.office, identifier=[{"system": FHN, "value": "80000000004"}])
    other = await patient(world.office, identifier=[{"system": FNR, "value": STRANGER}])
    while await deliver(world.office.database, [population.consumer(world.office)], world.office.clock()):
        pass
    await world.works()
    asked = (await world.page.get("/control")).json()["asked"]
    assert OURS in asked and set(asked) <= {OURS, STRANGER}  # nobody by another sort of number
    assert ((await population.standing(world.office))["away_since"] is None) is others
    if others:
        rows = await world.office.database.fetch("SELECT patient, register <> '' AS known FROM population")
        assert {row["patient"]: row["known"] for row in rows} == {world.id: False, other.id: True}
        waits = await world.office.database.fetchval("SELECT due FROM population WHERE patient = $1", world.id)
        assert waits > world.office.clock() + population.WHEN_AWAY
    assert OURS not in caplog.text


@needs_provider
async def test_whom_the_feed_names_is_asked_about_first_and_again_when_it_does_so_meanwhile(world: World) -> None:
    await world.works()
    (before,) = await world.office.database.fetch("SELECT register FROM population WHERE patient = $1", world.id)
    await world.office.database.execute(
        "INSERT INTO population (patient, due) SELECT 'x' || n, $1 FROM generate_series(1, 40) n",
        world.office.clock() - timedelta(days=1),
    )
    now = world.office.clock()
    named = population.SQL.heard, 2000, now, now, [before["register"]]
    await world.office.database.execute(*named)
    taken = await world.office.database.fetch(population.SQL.claim, now, now + population.LEASE, 20)
    (ours,) = [row for row in taken if row["patient"] == world.id]
    await world.office.database.execute(*named)  # another worker reads on in the feed before the answer is kept
    later = now + population.AGAIN
    await world.office.database.execute(population.SQL.asked, world.id, before["register"], None, later, ours["due"])
    again = await world.office.database.fetch(population.SQL.claim, now, now + population.LEASE, 1)
    assert [row["patient"] for row in again] == [world.id]


@needs_provider
async def test_whom_the_register_calls_otherwise_is_found_by_number_and_a_death_it_told_can_be_taken_back(
    world: World,
) -> None:
    await world.tells(died="2026-11-22")
    await world.works()
    await world.office.database.execute(
        "UPDATE population SET register = 'merged', due = '-infinity' WHERE patient = $1", world.id
    )
    for silent in (["death"], ["death", "status"]):  # an answer without those parts, twice: it says nothing
        await world.tells(died="2026-11-22" if silent == ["death"] else "", without=silent)
        await world.works()
        assert (await world.stands())["deceasedDateTime"] == "2026-11-22"
    await world.tells(without=[])
    await world.works()
    assert "deceasedDateTime" not in await world.stands()


@needs_provider
async def test_a_death_ends_what_was_planned_and_those_who_gave_care_are_told_once(world: World) -> None:
    await world.works()
    about, place = {"reference": f"Patient/{world.id}"}, {"reference": world.unit.unit_id}
    async with world.office.work(JOB, Purpose.SYSTEM) as work:
        for status in ("active", "planned"):
            await journal.create(work, {"resourceType": "EpisodeOfCare", "status": status, "patient": about,
                                        "managingOrganization": place, "period": {"start": "2026-09-01"}})  # fmt: skip
        await journal.create(work, {"resourceType": "Appointment", "status": "booked", "start": "2026-12-01T09:00:00Z",
                                    "end": "2026-12-01T09:30:00Z",
                                    "participant": [{"actor": about, "status": "accepted"}]})  # fmt: skip
    await world.tells(died="2026-11-22")
    await world.works()
    await world.tells(died="2026-11-22", house="45")  # another event about the same person
    await world.works()
    assert (await world.stands())["deceasedDateTime"] == "2026-11-22"
    assert {one["status"] for one in await world.found("EpisodeOfCare")} == {"finished", "cancelled"}
    (appointment,) = await world.found("Appointment")
    assert (appointment["status"], appointment["cancelationReason"]["coding"][0]["code"]) == ("cancelled", "pat-dec")
    (task,) = await world.found("Task")
    assert task["owner"]["reference"] == world.unit.unit_id and "22.11.2026" in task["description"]
    await world.tells(died="")
    await world.works()
    assert "deceasedDateTime" not in await world.stands()
    for house in ("46", "47"):  # they are told once
        await world.tells(house=house)
        await world.works()
    assert await _tasks(world) == ["22.11.2026", "22.11.2026 urgent"]
    for died in ("2026-11-22", "", "2026-11-23"):  # the same day again, by mistake
        if died:
            async with world.office.work(JOB, Purpose.SYSTEM) as work:
                await journal.create(work, {"resourceType": "EpisodeOfCare", "status": "active", "patient": about,
                                            "managingOrganization": place, "period": {"start": "2026-11-01"}})  # fmt: skip
        await world.tells(died=died)
        await world.works()
    assert await _tasks(world) == [*["22.11.2026"] * 2, *["22.11.2026 urgent"] * 2, "23.11.2026"]


def appointed(scope: str | None, *tasks: str, **more: Any) -> dict[str, Any]:
    """Return a guardianship as the API writes it."""
    areas = [{"guardianServiceEstablishment": "kommune", "guardianServiceTask": task} for task in tasks]
    guardian = {"identificationNumber": STRANGER, "guardianshipScope": scope, "isGuardianshipInPersonalScope": False,
                "name": {"givenName": "Olaug", "familyName": "Nes"}, "guardianServiceArea": areas or None}  # fmt: skip
    return {"guardianshipType": "Adult", "validFrom": "2026-01-01T00:00:00+01:00", "isValid": True,
            "guardian": guardian, **more}  # fmt: skip


async def acts(world: World) -> list[list[str]]:
    """Return what each guardian is let in to, as access knows it."""
    rows = await world.office.database.fetch(
        "SELECT f.data::json -> 'value' ->> 'areas' AS areas FROM fact f JOIN resource r ON r.owner = f.owner"
        " WHERE r.id = $1 AND f.kind = 'representation' AND f.data::json #>> '{value,kind}' = 'guardian'", world.id,
    )  # fmt: skip
    return [json.loads(row["areas"] or "[]") for row in rows]


@needs_provider
async def test_who_is_guardian_and_for_what_is_the_registers_to_say_and_ends_when_it_says_so_no_more(
    world: World,
) -> None:
    said = (
        ([appointed("PersonalInterests")], [["personlig"]]),
        ([appointed("PersonalAndFinancialInterests", "helseOgOmsorg", "skoleOgUtdanning")], [["personlig"]]),
        ([appointed("PersonalInterests", "skoleOgUtdanning")], [[]]),  # personal, and for the school alone
        ([appointed("FinancialInterests", "helseOgOmsorg")], [[]]),
        ([appointed("NoeNytt")], [[]]), ([appointed(None)], [[]]),
        ([appointed("FinancialInterests"), appointed("PersonalInterests")], [[], ["personlig"]]),
        ([appointed("PersonalInterests", validTo="snart"), appointed("PersonalInterests")], [[], ["personlig"]]),
        ([appointed("PersonalInterests", validFrom="31.12.2026")], [[]]), ([appointed("PersonalInterests")], [["personlig"]]),
        ([appointed("PersonalInterests", isValid=False)], []),
        ([appointed("PersonalInterests", guardianshipType="ManagementOutsideGuardianship")], []),
        ([appointed("PersonalInterests")], [["personlig"]]), ([], []), ([appointed("PersonalInterests")], [["personlig"]]),
        (None, []),
    )  # fmt: skip
    for told, lets in said:
        await world.tells(guardianships=told)
        await world.works()
        assert sorted(await acts(world)) == sorted(lets), told
    assert "PersonalInterests" not in str(await world.found("RelatedPerson"))


@needs_provider
async def test_a_guardian_others_wrote_down_gets_the_registers_mandate_and_kin_stay_kin(world: World) -> None:
    role = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "GUARD"}
    kin = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "DAU"}
    about = {"resourceType": "RelatedPerson", "patient": {"reference": f"Patient/{world.id}"}}
    number = {"identifier": [{"system": FNR, "value": STRANGER}]}
    for codings, more in (
        ([role], number | {"telecom": [{"system": "phone", "value": "99999999"}]}),
        ([kin], number),
        ([role], {}),
    ):
        async with world.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, about | more | {"relationship": [{"coding": codings}]})
    await world.works()
    assert await acts(world) == [[]]  # of the one without a number nobody is let in, and nobody ends it
    await world.tells(guardianships=[appointed("PersonalInterests")])
    await world.works()
    assert await acts(world) == [["personlig"]]
    before = {one["id"]: one["meta"]["versionId"] for one in await world.found("RelatedPerson")}
    await world.tells(house="45")
    await world.works()
    assert {one["id"]: one["meta"]["versionId"] for one in await world.found("RelatedPerson")} == before
    await world.tells(guardianships=[])
    await world.works()
    assert await acts(world) == []
    stands = await world.found("RelatedPerson")
    assert len(stands) == 3 and [one.get("active") for one in stands].count(False) == 1


async def _tasks(world: World) -> list[str]:
    """Return the day and the haste of each task, which are all of the unit."""
    found = await world.found("Task")
    assert {one["owner"]["reference"] for one in found} <= {world.unit.unit_id}
    days = [(re.findall(r"\d\d\.\d\d\.\d{4}", one["description"])[0], one["priority"]) for one in found]
    return sorted(day + (" urgent" if priority == "urgent" else "") for day, priority in days)


async def _dead(office: Office, appointments: int) -> Stored:
    """Return somebody who has died, and had so many appointments."""
    made = await patient(office)
    about = {"reference": made.reference}
    async with office.work(JOB, Purpose.SYSTEM) as work:
        for day in range(1, appointments + 1):
            await journal.create(work, {"resourceType": "Appointment", "status": "booked",
                                        "start": f"2026-12-0{day}T09:00:00Z", "end": f"2026-12-0{day}T09:30:00Z",
                                        "participant": [{"actor": about, "status": "accepted"}]})  # fmt: skip
    async with office.work(JOB, Purpose.SYSTEM) as work:
        dead = made.resource | {"deceasedDateTime": "2026-11-22"}
        await journal.update(work, dead, id_=made.id, if_match=made.version)
    return made


async def test_all_that_was_planned_ends_however_much_there_is(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deaths, "PAGE", "2")
    made = await _dead(office, 5)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await deaths.close(work, made.id)
        found = await search(work, "Appointment", [("patient", made.id), ("status", "cancelled"), ("_count", "50")])
    assert len(found.hits) == 5


async def test_what_ends_costs_the_same_few_statements_however_much_there_is(office: Office) -> None:
    costs = []
    for appointments in (1, 1, 7):  # the first writes down who wrote
        made, before = await _dead(office, appointments), office.database.statements
        async with office.work(JOB, Purpose.SYSTEM) as work:
            await deaths.close(work, made.id)
            costs.append((session(work).statements, office.database.statements - before))
    assert costs[1] == costs[2]


PERSON = {"resourceType": "Patient", "name": [{"use": "official", "family": "Nes", "given": ["Olaug"]}],
          "address": [{"use": "home", "line": ["Nordgata 44"], "postalCode": "9996", "city": "Fjordvik"}]}  # fmt: skip
TOLD = {"id": "p", "numbers": (), "given": ("Olaug",), "family": "Nes", "line": "Nordgata 44", "postal_code": "9996",
        "city": "FJORDVIK"}  # fmt: skip


@pytest.mark.parametrize(
    ("had", "told", "said", "changed"),
    [
        ({}, {}, None, set()),
        ({}, {"family": "", "given": (), "line": "", "postal_code": ""}, None, set()),  # what is not told stands
        ({}, {"line": "Torget 1"}, None, {"address"}),
        ({}, {"protection": "kode6"}, None, {"address", "meta"}),
        ({}, {"protection": "kode7"}, None, {"meta"}),
        ({"deceasedDateTime": "2026-11-22T04:40:00+01:00"}, {"died": date(2026, 11, 22)}, None, set()),
        ({"deceasedBoolean": True}, {"died": date(2026, 11, 22)}, None, {"deceasedBoolean", "deceasedDateTime"}),
        ({"deceasedDateTime": "2026-11-22"}, {}, None, set()),  # somebody else told it
        ({"deceasedDateTime": "2026-11-22"}, {}, date(2026, 11, 22), set()),  # and is silent now
        ({"deceasedDateTime": "2026-11-22"}, {"alive": True}, date(2026, 11, 22), {"deceasedDateTime"}),
        ({"deceasedDateTime": "2026-11-22"}, {"alive": True}, None, set()),  # somebody else told it
        ({"deceasedDateTime": "2026-11-20"}, {"alive": True}, date(2026, 11, 22), set()),
        ({"deceasedBoolean": True}, {"alive": True}, date(2026, 11, 22), set()),
    ],
)
def test_what_changes_in_a_patient(
    had: dict[str, Any], told: dict[str, Any], said: date | None, changed: set[str]
) -> None:
    before = PERSON | had
    after = population.merged(before, Person(**(TOLD | told)), said)
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == changed


HIDDEN = {"meta": {"security": [{"system": PROTECTION, "code": "kode6"}]}}
HOME = [{"streetAddress": {"addressName": "Torget"}, "addressConfidentiality": "Unclassified"}]


@pytest.mark.parametrize(
    ("parts", "stays"),
    [
        ({}, True),
        ({"addressProtection": None}, True),
        ({"addressProtection": []}, True),
        ({"addressProtection": [{"isValid": True}]}, True),
        ({"residentialAddress": HOME}, True),  # an address that is told alone is not believed
        ({"residentialAddress": [HOME[0] | {"addressConfidentiality": "Confidential"}]}, True),
        ({"residentialAddress": [HOME[0] | {"addressConfidentiality": "Confidential"}], "addressProtection": []}, True),
        ({"addressProtection": [{"protectionLevel": "Noe nytt"}]}, True),
        ({"addressProtection": [{"protectionLevel": "Unclassified", "isValid": False}]}, True),
        ({"addressProtection": [{"protectionLevel": "Confidential", "isValid": False}]}, True),  # of another mark
        ({"addressProtection": [{"protectionLevel": "Unclassified"}], "residentialAddress": HOME}, False),
        ({"addressProtection": [{"protectionLevel": "StrictlyConfidential", "isValid": False}]}, False),
    ],
)
def test_only_an_answer_that_tells_of_protection_lifts_the_mark(parts: dict[str, Any], stays: bool) -> None:
    before = {name: value for name, value in PERSON.items() if name != "address"} | HIDDEN
    after = population.merged(before, read(json.dumps({"id": "p"} | parts).encode()), None)
    assert (after == before) is stays and ("security" in after["meta"]) is stays


LEVELS = {
    "": "Unclassified",
    "klientadresse": "ClientAddress",
    "kode7": "Confidential",
    "kode6": "StrictlyConfidential",
}


@pytest.mark.parametrize("stands", LEVELS)
@pytest.mark.parametrize("person", [None, *LEVELS])
@pytest.mark.parametrize("address", [None, *LEVELS])
def test_a_mark_is_lowered_by_what_is_said_of_the_person_and_raised_by_either(
    stands: str, person: str | None, address: str | None
) -> None:
    """All that can be told of a person's protection and of an address's, whatever stands here."""
    parts: dict[str, Any] = {}
    if person is not None:
        parts["addressProtection"] = [{"protectionLevel": LEVELS[person], "isValid": True}]
    if address is not None:
        parts["residentialAddress"] = [HOME[0] | {"addressConfidentiality": LEVELS[address]}]
    marked = {"meta": {"security": [{"system": PROTECTION, "code": stands}]}} if stands else {}
    after = population.merged(PERSON | marked, read(json.dumps({"id": "p"} | parts).encode()), None)
    found = [one["code"] for one in after.get("meta", {}).get("security", ())]
    told = [one for one in (person, address, stands if person is None else "") if one is not None]
    strongest = min(told, key=list(reversed(LEVELS)).index)
    assert found == ([strongest] if strongest else [])
    assert ("address" in after) is (strongest != "kode6")


DEAD = {"deceasedDate": "2026-11-22T00:00:00Z"}


@pytest.mark.parametrize(
    ("parts", "died", "alive"),
    [
        ({}, None, False),
        ({"death": None}, None, False),
        ({"death": {}, "status": []}, None, False),
        ({"death": DEAD}, date(2026, 11, 22), False),
        ({"death": DEAD, "status": [{"status": "Resident"}]}, date(2026, 11, 22), False),  # they contradict each other
        ({"death": DEAD | {"isValid": False}}, None, True),
        ({"death": DEAD | {"isValid": False}, "status": [{"status": "Deceased"}]}, None, False),
        ({"death": None, "status": [{"status": "Deceased"}]}, None, False),
        ({"death": None, "status": [{"status": "Resident"}]}, None, True),
        ({"status": [{"status": "Deceased", "isValid": False}, {"status": "Resident", "isValid": True}]}, None, True),
        ({"status": [{"status": "Resident", "isValid": False}]}, None, False),
        ({"status": [{"status": "Emigrated"}]}, None, True),
        ({"status": [{"status": "Disappeared"}]}, None, False),
        ({"status": [{"status": "Discontinued"}]}, None, False),
        ({"status": [{"status": "Noe nytt"}, {"status": "Resident"}]}, None, False),
        ({"status": [{"isValid": True}]}, None, False),
    ],
)
def test_who_lives_is_said_plainly_or_not_at_all(parts: dict[str, Any], died: date | None, alive: bool) -> None:
    person = read(json.dumps({"id": "p"} | parts).encode())
    assert (person.died, person.alive) == (died, alive)
