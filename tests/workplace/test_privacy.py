"""The privacy officer's desk: cases by deadline, the log and not the record, one answer each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from akson.base.jobs import News, deliver
from akson.base.work import Purpose
from akson.doors.running import consumers
from akson.fhir import types
from akson.patient import cases
from akson.patient.openings import open_in_emergency
from akson.record import journal
from akson.record.stored import Stored
from akson.registers.identifiers import synthetic_fnr
from seeds.citizens.astrid import ASTRID
from tests.offices import JOB, VENDOR, let_pass
from tests.seeded import MEMBERS, Town
from tests.workplace.browsing import browsing

ANSWER = {"svar": "Jonas svarte på en melding om deg.", "utfall": "lawful"}


async def heard(town: Town) -> None:
    """Let all news reach those who want them."""
    while await deliver(town.office.database, consumers(town.office), town.office.clock()):
        pass


async def case(town: Town) -> str:
    """Let the GP look, and Astrid say that it was without reason; return the id of the case."""
    office = town.office
    who = await town.at_work("jonas")
    async with office.work(who, Purpose.TREATMENT) as work:
        await journal.chart(work, town.id("Patient/astrid"), {"Condition": 5})
    citizen = await office.register.citizen(ASTRID.fnr.value, "demo:4")
    assert citizen is not None
    async with office.work(citizen, Purpose.OWN) as work:
        asked = await cases.ask(
            work, {"reference": citizen.id, "display": citizen.name}, "suspicion", words="Han er naboen min",
            who=who.id, period=(office.clock(), office.clock()),
        )  # fmt: skip
    await heard(town)
    return asked.id


async def emergency(town: Town) -> Stored:
    """Let the doctor on duty open a record in an emergency, and that be heard; return the opening."""
    taken = await opened(town)
    await heard(town)
    return taken


async def opened(town: Town) -> Stored:
    async with town.office.work(await town.at_work("sara"), Purpose.EMERGENCY) as work:
        return await open_in_emergency(work, town.id("Patient/henrik"), reason="Bevisstløs på gaten", danger=True)


async def test_a_case_shows_the_looks_of_the_log_and_nothing_of_the_record(town: Town) -> None:
    task = await case(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert (await browser.open("/start")).leads_to == "/personvern"
        desk = await browser.open("/personvern")
        assert "Mistenker oppslag uten grunn" in desk.text and "Senere, 1" in desk.text
        page = await browser.open(f"/personvern/{task}")
    assert "Åpnet journalen, leste problemer og diagnoser" in page.text and "fastlegeliste" in page.text
    assert "Jonas Eikeland, fastlege, Nordre legesenter" in page.text and "Han er naboen min" in page.text
    assert "Hjertesvikt" not in page.html and ASTRID.fnr.value not in page.html
    assert desk.statements <= 9 and page.statements <= 7
    rows = await town.office.database.fetch(
        "SELECT seen::text FROM access_log WHERE actor_name = 'Per Tveit' AND seen::text LIKE '%page personvern%'"
    )
    assert len(rows) == 1


async def test_an_answer_takes_an_outcome_and_closes_the_case_once(town: Town) -> None:
    task = await case(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        version = (await browser.open(f"/personvern/{task}")).hidden("version")
        for form in ({**ANSWER, "svar": ""}, {**ANSWER, "utfall": ""}, {**ANSWER, "utfall": "kanskje"}):
            assert (await browser.send(f"/personvern/{task}", version=version, **form)).status == 422
        assert (await browser.send(f"/personvern/{task}", version="x", **ANSWER)).status == 422
        sent = await browser.send(f"/personvern/{task}", version=version, **ANSWER)
        assert (sent.status, sent.leads_to) == (303, "/personvern")
        again = await browser.send(f"/personvern/{task}", version="2", **ANSWER)
        assert again.status == 422 and "bare én gang" in again.text
        assert "Besvart, 1" in (await browser.open("/personvern")).text  # the worklist has not heard of it yet
        await heard(town)
        assert "Besvart, 1" in (await browser.open("/personvern")).text
        assert ANSWER["svar"] in (await browser.open(f"/personvern/{task}")).text


async def test_an_emergency_is_looked_into_once_whatever_is_delivered_twice(town: Town) -> None:
    taken = await emergency(town)
    news = News(taken.owner, 1, [types.code_of("Consent")], [taken.id], [1])
    await cases.consumer(town.office).handle(news)
    await heard(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        desk = await browser.open("/personvern")
        assert (
            "Nødåpninger som ikke er vurdert, 1" in desk.text
            and "Sara Nygård, lege i vakt, Fjordvik legevakt" in desk.text
        )
        assert "Henrik" in desk.text
        (path,) = {one for one in desk.html.split('"') if one.startswith("/personvern/")}
        page = await browser.open(path)
        assert "Vurder nødåpningen" in page.text and "«Bevisstløs på gaten»" in page.text
        sent = await browser.send(path, version=page.hidden("version"), svar="Vurdert.", utfall="lawful")
        assert sent.status == 303
        await heard(town)
        assert "Nødåpninger som ikke er vurdert" not in (await browser.open("/personvern")).text


async def test_what_a_program_calls_an_emergency_without_a_time_opens_nothing_and_is_no_case(town: Town) -> None:
    taken = await opened(town)
    unlike = {name: value for name, value in taken.resource.items() if name not in ("id", "meta")}
    del unlike["provision"]["period"]
    async with town.office.work(VENDOR, Purpose.SYSTEM) as work:
        made = await journal.create(work, unlike)
    await cases.consumer(town.office).handle(News(made.owner, 1, [types.code_of("Consent")], [made.id], [1]))
    await heard(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert "Nødåpninger som ikke er vurdert, 1" in (await browser.open("/personvern")).text


@pytest.mark.parametrize("whose", ["", "henrik"])
async def test_whoever_opened_in_an_emergency_cannot_take_the_place_of_its_case(town: Town, whose: str) -> None:
    taken, sara = await opened(town), await town.at_work("sara")
    about = {"for": {"reference": town.names[f"Patient/{whose}"]}} if whose else {}
    async with town.office.work(sara, Purpose.TREATMENT) as work:
        await journal.update(
            work, {"resourceType": "Task", "status": "completed", "intent": "order", **about}, id_=f"opening-{taken.id}"
        )
    await heard(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert "Nødåpninger som ikke er vurdert, 1" in (await browser.open("/personvern")).text


async def test_what_is_late_stands_first_and_in_red(town: Town) -> None:
    await case(town)
    let_pass(town.office, timedelta(days=31))
    async with browsing(town.office, await town.at_work("per")) as browser:
        page = await browser.open("/personvern")
    assert "Over fristen, 1" in page.text and "data-now" in page.html


@pytest.mark.parametrize("who", ["jonas", "mariam", "siri", "camilla"])
async def test_the_desk_is_the_officers(town: Town, who: str) -> None:
    task = await case(town)
    async with browsing(town.office, await town.at_work(who)) as browser:
        for path in ("/personvern", f"/personvern/{task}"):
            assert (await browser.open(path)).status == 403
        assert "Mistenker" not in (await browser.open("/start")).text


async def test_an_officer_opens_no_record_and_no_other_task(town: Town) -> None:
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert (await browser.open(f"/personvern/{town.id('Task/erik-5')}")).status == 404
        assert (await browser.open(f"/p/{town.id('Patient/astrid')}")).status == 403


async def test_nobody_answers_a_case_about_their_other_self(town: Town) -> None:
    looked = await town.at_work("jonas")
    other = synthetic_fnr(date(1970, 1, 1), 41, female=False)
    task = await case(town)
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        numbers = [MEMBERS["jonas"].fnr.identifier(), other.identifier()]
        await journal.create(work, {"resourceType": "Patient", "identifier": numbers})
        twin = await journal.create(work, {"resourceType": "Practitioner", "identifier": [other.identifier()]})
    officer = replace(await town.at_work("per"), id=twin.reference, key=twin.owner)
    assert officer.id != looked.id
    async with browsing(town.office, officer) as browser:
        version = (await browser.open(f"/personvern/{task}")).hidden("version")
        sent = await browser.send(f"/personvern/{task}", version=version, **ANSWER)
        assert sent.status == 422 and "Saken er mellom innbyggeren og den som skal svare" in sent.text
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert (await browser.send(f"/personvern/{task}", version=version, **ANSWER)).status == 303
