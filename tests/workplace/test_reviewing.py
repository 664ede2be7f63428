"""Records that staff opened themselves: the manager goes through them, who opened answers, the officer gets reports."""

from __future__ import annotations

from datetime import timedelta

import pytest

from akson.base.work import Purpose
from akson.patient.openings import open_in_emergency, open_with_reason
from akson.patient.watching import job
from akson.record import journal
from tests.offices import JOB, let_pass
from tests.seeded import Town
from tests.workplace.browsing import browsing

WHY = "Datteren ringer om tung pust"


async def opened(town: Town, who: str = "sara", person: str = "astrid") -> str:
    """Let somebody open a record with a reason; return the id of the opening."""
    async with town.office.work(await town.at_work(who), Purpose.TREATMENT) as work:
        return (await open_with_reason(work, town.id(f"Patient/{person}"), template="B2", reason=WHY)).id


def later(town: Town) -> None:
    let_pass(town.office, timedelta(minutes=1))


async def test_the_manager_reviews_what_staff_of_the_unit_opened(town: Town) -> None:
    id_ = await opened(town)
    async with town.office.work(await town.at_work("knut"), Purpose.EMERGENCY) as work:
        await open_in_emergency(work, town.id("Patient/astrid"), reason="Bevisstløs på gaten", danger=True)
    await opened(town, "hanne", "henrik")
    async with browsing(town.office, await town.at_work("guri")) as browser:
        page = await browser.open("/apninger")
        assert "Ikke gjennomgått" in page.text and "Sara Nygård" in page.text and WHY in page.text
        assert "Jeg svarer på telefon eller gir råd" in page.text and "Bevisstløs" not in page.text
        assert "Hanne" not in page.text and "Nordli" not in page.html and "NORDLI" not in page.html
        assert page.statements <= 6
        assert (await browser.send("/apninger", apning=id_, gjor="reviewed")).leads_to == "/apninger"
        again = await browser.open("/apninger")
        assert "Gjennomgått av Guri Holt" in again.text and "Ikke gjennomgått" not in again.text
        assert (await browser.send("/apninger", apning=id_, gjor="asked", ord="Hvorfor?")).status == 404
    rows = await town.office.database.fetch(
        "SELECT seen::text FROM access_log WHERE actor_name = 'Guri Holt' ORDER BY at, seq"
    )
    *pages, attempt = [row["seen"] for row in rows]
    assert pages and all("page aapninger" in seen for seen in pages) and "unknown AK-J001" in attempt


async def test_a_question_is_answered_by_who_opened(town: Town) -> None:
    id_ = await opened(town)
    sara, guri = await town.at_work("sara"), await town.at_work("guri")
    async with browsing(town.office, guri) as browser:
        assert (await browser.send("/apninger", apning=id_, gjor="asked")).status == 422
        assert (await browser.send("/apninger", apning=id_, gjor="asked", ord="Hvem ringte?")).status == 303
    later(town)
    async with browsing(town.office, sara) as browser:
        page = await browser.open("/mine-apninger")
        assert "Venter på svar" in page.text and "Hvem ringte?" in page.text and "Guri Holt spør" in page.text
        assert page.statements <= 6
        for wrong in ({"gjor": "reviewed"}, {"gjor": "reported", "ord": "x"}, {"apning": "x", "gjor": "answered"}):
            assert (await browser.send("/mine-apninger", **{"apning": id_, **wrong})).status == 404
        assert (await browser.send("/mine-apninger", apning=id_, gjor="answered", ord="Kari Vik")).status == 303
        assert (await browser.send("/mine-apninger", apning=id_, gjor="answered", ord="Igjen")).status == 404
    later(town)
    async with browsing(town.office, guri) as browser:
        assert "Sara Nygård svarer" in (await browser.open("/apninger")).text
        assert (await browser.send("/apninger", apning=id_, gjor="reviewed")).status == 303


async def test_what_is_reported_is_a_finding_for_the_privacy_officer(town: Town) -> None:
    id_ = await opened(town)
    async with browsing(town.office, await town.at_work("guri")) as browser:
        assert (await browser.send("/apninger", apning=id_, gjor="reported")).status == 422
        sent = await browser.send("/apninger", apning=id_, gjor="reported", ord="Ingen ringte legevakten")
        assert sent.status == 303
        assert "Meldt til personvernombudet av Guri Holt" in (await browser.open("/apninger")).text
    for _ in range(2):  # the surveillance finds the same look, and does not forget who reported it
        async with browsing(town.office, await town.at_work("per")) as browser:
            listed = await browser.open("/funn")
            assert "Meldt av lederen" in listed.text and "Sara Nygård, lege i vakt, Fjordvik legevakt" in listed.text
            found = await town.office.database.fetchval("SELECT id FROM finding WHERE reported <> ''")
            page = await browser.open(f"/funn/{found}")
            assert "Ingen ringte legevakten" in page.text and "Astrid Marie Nordli" in page.text
        let_pass(town.office, timedelta(days=9))
        while await job.turn(town.office.database, town.office.clock()):
            pass
    assert "ingen spor av hjelp" in listed.text


@pytest.mark.parametrize(("who", "path"), [
    ("per", "/apninger"), ("sara", "/apninger"), ("camilla", "/apninger"), ("per", "/mine-apninger"),
    ("guri", "/mine-apninger"), ("tommy", "/apninger"),
])  # fmt: skip
async def test_each_page_is_for_those_whose_work_it_is(town: Town, who: str, path: str) -> None:
    async with browsing(town.office, await town.at_work(who)) as browser:
        assert (await browser.open(path)).status == 403


async def test_the_reason_is_hidden_where_it_would_tell_of_one_who_is_strictly_confidential(town: Town) -> None:
    await opened(town)
    label = {"system": "https://akson.no/fhir/protection", "code": "kode6"}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        person = await journal.read(work, "Patient", town.id("Patient/astrid"))
        await journal.update(work, {**person.resource, "meta": {"security": [label]}}, id_=person.id)
    async with browsing(town.office, await town.at_work("guri")) as browser:
        page = await browser.open("/apninger")
    assert WHY not in page.html and "Begrunnelsen vises ikke her" in page.text
