"""What the surveillance found, on the privacy officer's desk: whose it is, what it tells, what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from akson.base.jobs import deliver
from akson.base.work import Purpose
from akson.doors.running import consumers
from akson.patient.cases import JOB
from akson.patient.watching import findings, job
from akson.record import journal
from tests.offices import let_pass, stranger
from tests.seeded import MEMBERS, Town
from tests.workplace.browsing import browsing

HOME = {"use": "home", "line": ["Fjellveien 3"], "postalCode": "9996", "city": "Fjordvik"}
SAID = {"utfall": "unlawful", "ord": "Ingen oppgave hos naboen. Lederen er varslet."}


async def resident(town: Town, family: str, *, key: str = "", **more: Any) -> int:
    person: dict[str, Any] = {
        "resourceType": "Patient",
        "name": [{"family": family, "given": ["Per"]}],
        "address": [HOME],
    }
    person |= {"identifier": [MEMBERS[key].fnr.identifier()]} if key else {}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        return (await journal.create(work, person | more)).owner


async def found(town: Town, who: str = "tommy", **more: Any) -> str:
    """Let one of staff look at the record of somebody they live with; return the id of the finding."""
    await resident(town, "Lien", key=who)
    owner = await resident(town, "Vik", **more)
    async with town.office.work(await town.at_work(who), Purpose.TREATMENT) as work:
        work.saw(owner, "page oversikt", basis="enheten gir hjelp", rule="unit_cares_for_patient")
    let_pass(town.office, timedelta(days=9))
    while await job.turn(town.office.database, town.office.clock()):
        pass
    return str(await town.office.database.fetchval("SELECT id FROM finding WHERE patient = $1", owner))


async def heard(town: Town) -> None:
    while await deliver(town.office.database, consumers(town.office), town.office.clock()):
        pass


async def test_the_list_says_why_and_who_and_the_finding_whose_record_which_its_log_tells(town: Town) -> None:
    id_ = await found(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        listed = await browser.open("/funn")
        assert "Samme adresse, ingen spor av hjelp" in listed.text and "Ikke vurdert, 1" in listed.text
        assert "Tommy Lien, helsefagarbeider, Hjemmetjenesten sone nord" in listed.text and "Vik" not in listed.text
        page = await browser.open(f"/funn/{id_}")
    assert "Per Vik" in page.text and "Leste oversikten" in page.text and "enheten gir hjelp" in page.text
    assert "registrert på samme adresse" in page.text and "Fjellveien" not in page.html
    assert listed.statements <= 6 and page.statements <= 8
    rows = await town.office.database.fetch("SELECT seen::text FROM access_log WHERE actor_name = 'Per Tveit'")
    assert [("page funn" in row["seen"]) for row in rows] == [True]


async def test_a_day_with_too_many_records_is_shown_to_the_officer_and_to_nobody_it_is_about(town: Town) -> None:
    for owner in range(1, 41):
        async with town.office.work(await town.at_work("berit"), Purpose.TREATMENT) as work:
            work.saw(owner, "page oversikt")
        let_pass(town.office, timedelta(days=1 if owner < 6 else 0))
    while await job.turn(town.office.database, town.office.clock() + timedelta(hours=1)):
        pass
    (row,) = await town.office.database.fetch("SELECT id, actor FROM finding WHERE strength >= 4")
    per = await town.at_work("per")
    async with browsing(town.office, per) as browser:
        assert "Uvanlig mange journaler" in (await browser.open("/funn")).text
        page = await browser.open(f"/funn/{row['id']}")
        assert "35 journaler på én dag" in page.text and "Oppslagene i loggen" not in page.text
    async with browsing(town.office, replace(per, key=row["actor"])) as browser:
        assert "Uvanlig mange journaler" not in (await browser.open("/funn")).text
        assert (await browser.open(f"/funn/{row['id']}")).status == 404
    async with browsing(town.office, replace(per, unit=1)) as browser:
        assert (await browser.open(f"/funn/{row['id']}")).status == 404


async def test_a_day_of_searches_that_led_nowhere_says_how_many_and_names_nobody(town: Town) -> None:
    for _ in range(101):
        async with town.office.work(await town.at_work("tommy"), Purpose.TREATMENT) as work:
            work.saw(0, "search identity Patient _count,_sort,name")
    let_pass(town.office, timedelta(hours=1))
    while await job.turn(town.office.database, town.office.clock()):
        pass
    id_ = await town.office.database.fetchval("SELECT id FROM finding")
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert "Uvanlig mange søk" in (await browser.open("/funn")).text
        page = await browser.open(f"/funn/{id_}")
        assert "101 søk etter personer på én dag" in page.text and "Vanlig er 0." in page.text
        assert "101 søk uten åpning etterpå" in page.text and "0 journal" not in page.text
        assert (await browser.send(f"/funn/{id_}", **SAID)).leads_to == "/funn"


async def test_an_outcome_with_words_is_said_once(town: Town) -> None:
    id_ = await found(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        for wrong in ({**SAID, "ord": ""}, {**SAID, "utfall": ""}, {**SAID, "utfall": "kanskje"}):
            assert (await browser.send(f"/funn/{id_}", **wrong)).status == 422
        assert (await browser.send(f"/funn/{id_}", **SAID)).leads_to == "/funn"
        again = await browser.send(f"/funn/{id_}", **SAID | {"utfall": "lawful"})
        assert again.status == 422 and "alt vurdert" in again.text
        listed = await browser.open("/funn")
        assert "Vurdert sist, 1" in listed.text and "oppslaget hadde ikke grunn" in listed.text
        assert SAID["ord"] in (await browser.open(f"/funn/{id_}")).text


async def test_a_finding_becomes_a_case_that_the_citizen_reads_of(town: Town) -> None:
    id_ = await found(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        sent = await browser.send(f"/funn/{id_}", utfall="case", ord="Må spørre Tommy")
        assert sent.leads_to == "/funn"
        await heard(town)
        desk = await browser.open("/personvern")
        assert "Skilte seg ut i loggen" in desk.text and "Per Vik" in desk.text
        assert "Ble en sak" in (await browser.open(f"/funn/{id_}")).text
    rows = await town.office.database.fetch("SELECT labels FROM resource WHERE id = $1", f"finding-{id_}")
    assert [row["labels"] for row in rows]


async def test_what_a_stranger_looked_at_becomes_a_case_of_the_officer_who_answers_for_the_record(town: Town) -> None:
    who = stranger("7005555")
    owner = await resident(town, "Vik")
    per = await town.at_work("per")
    async with town.office.work(who, Purpose.TREATMENT) as work:
        work.saw(owner, "Observation/x", rule="attested_by_own_organisation")
    id_ = await town.office.database.fetchval(
        "INSERT INTO finding (actor, day, unit, patient, controller, actor_id, actor_name, actor_role, unit_name, first,"
        " last, opened, refused, signs, strength, at) VALUES (5, $1::timestamptz::date, 0, $2, $3, $4, $5, $6, $7, $1, $1, 1, 0,"
        " '{known}', 8, $1) RETURNING id",
        town.office.clock(), owner, per.unit, who.id, who.name, who.role, who.unit_name,
    )  # fmt: skip
    async with browsing(town.office, per) as browser:
        page = await browser.open(f"/funn/{id_}")
        assert "Ingunn Hauge" in page.text
        assert (await browser.send(f"/funn/{id_}", utfall="case", ord="Spør sykehuset")).leads_to == "/funn"
        await heard(town)
        desk = await browser.open("/personvern")
        assert "Skilte seg ut i loggen" in desk.text and "Per Vik" in desk.text


async def test_a_known_person_is_marked_and_the_mark_taken_away(town: Town) -> None:
    id_ = await found(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        for do, then in (("kjent", "Fjern merket"), ("ukjent", "Merk som kjent person")):
            assert (await browser.send(f"/funn/{id_}", gjor=do)).status == 303
            let_pass(town.office, timedelta(seconds=1))
            assert then in (await browser.open(f"/funn/{id_}")).text


@pytest.mark.parametrize("who", ["jonas", "mariam", "tommy", "camilla"])
async def test_findings_are_the_officers(town: Town, who: str) -> None:
    id_ = await found(town)
    async with browsing(town.office, await town.at_work(who)) as browser:
        assert (await browser.open("/funn")).status == 403
        assert (await browser.open(f"/funn/{id_}")).status == 403


async def test_no_officer_sees_what_is_about_themselves_their_family_or_who_has_closed_the_record_to_them(
    town: Town,
) -> None:
    own = await found(town, "per")
    per = await town.at_work("per")
    family = await found(town)
    patient = await town.office.database.fetchval("SELECT patient FROM finding WHERE id = $1::uuid", family)
    name = await town.office.database.fetchval("SELECT id FROM resource WHERE owner = $1 AND person", patient)
    closed = {
        "resourceType": "Consent", "status": "active", "patient": {"reference": f"Patient/{name}"},
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTOUT"}]},
        "provision": {"type": "deny", "actor": [{
            "role": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]},
            "reference": {"reference": per.id}}]},
    }  # fmt: skip
    async with browsing(town.office, per) as browser:
        assert "Ikke vurdert, 1" in (await browser.open("/funn")).text
        async with town.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, closed)
        assert "Ingenting skiller seg ut" in (await browser.open("/funn")).text
        for id_ in (own, family, "x", "7f1c2b30-5d2e-4a7b-9f1d-0c6f4f3f2a11"):
            assert (await browser.open(f"/funn/{id_}")).status == 404
            assert (await browser.send(f"/funn/{id_}", **SAID)).status == 404


async def test_what_is_not_for_the_officer_takes_no_place_on_the_list(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    per, database, now = await town.at_work("per"), town.office.database, town.office.clock()
    nobody = 4  # whose record has gone
    for person, strength in ((nobody, 9), (nobody + 1, 9), (0, 8)):
        await database.execute(
            "INSERT INTO finding (actor, day, unit, patient, controller, actor_id, actor_name, actor_role, unit_name, first,"
            " last, opened, refused, signs, strength, at) VALUES (5, $1::timestamptz::date, 0, $2, $3, 'Practitioner/x',"
            " 'Moe', 'lege', 'Nord', $1, $1, 1, 0, '{known}', $4, $1)", now, person, per.unit, strength,
        )  # fmt: skip
    monkeypatch.setattr(findings, "MOST", 1)
    monkeypatch.setattr(findings, "MOST_CLOSED", 1)
    async with browsing(town.office, per) as browser:
        assert "Ikke vurdert, 1" in (await browser.open("/funn")).text
        await database.execute(
            "INSERT INTO finding_outcome (finding, outcome, words, by_id, by_name, at)"
            " SELECT id, 'lawful', 'Greit', 'Practitioner/y', 'Lie', $1::timestamptz + patient * interval '1 hour' FROM finding",
            now,
        )
        assert "Vurdert sist, 1" in (await browser.open("/funn")).text
