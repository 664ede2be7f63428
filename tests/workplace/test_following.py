"""Whom looks are followed more closely for: marked beforehand by the privacy officer, with a reason and an end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.base.work import Purpose
from akson.patient.cases import JOB
from akson.patient.watching import job
from akson.record import journal
from seeds.citizens.astrid import ASTRID
from tests.offices import let_pass
from tests.portal.pages import citizen, show
from tests.seeded import MEMBERS, Town
from tests.workplace.browsing import browsing
from tests.workplace.test_watching import found

WHY = "Omtalt i lokalavisen denne uka"
FORM = {"fnr": ASTRID.fnr.value, "grunn": WHY, "til": "2026-12-31"}


async def marked(town: Town, **more: str) -> str:
    """Let the officer follow Astrid; return the address of the mark."""
    async with browsing(town.office, await town.at_work("per")) as browser:
        sent = await browser.send("/fulgt", **{**FORM, **more})
        assert (sent.status, sent.leads_to) == (303, "/fulgt")
        let_pass(town.office, timedelta(seconds=1))
        listed = await browser.open("/fulgt")
        assert WHY in listed.text and "Per Tveit" in listed.text and "Nordli" not in listed.text
        return next(part.split('"')[0] for part in listed.html.split('href="') if part.startswith("/fulgt/"))


async def test_a_look_at_one_who_is_followed_stands_out_until_the_mark_ends(town: Town) -> None:
    owner = await town.office.database.fetchval("SELECT owner FROM resource WHERE id = $1", town.id("Patient/astrid"))
    await marked(town)
    assert await signs(town, owner) == ["known"]
    let_pass(town.office, timedelta(days=40))
    assert await signs(town, owner) == []
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert WHY not in (await browser.open("/fulgt")).text


async def signs(town: Town, owner: int) -> list[str]:
    """Let one of another town's staff look, and the log be gone through; return why it stands out."""
    async with town.office.work(await town.at_work("sara"), Purpose.TREATMENT) as work:
        work.saw(owner, "page oversikt", basis="enheten gir hjelp", rule="unit_cares_for_patient")
    day = town.office.clock().date()
    let_pass(town.office, timedelta(minutes=10))
    while await job.turn(town.office.database, town.office.clock()):
        pass
    rows = await town.office.database.fetch("SELECT signs FROM finding WHERE patient = $1 AND day = $2", owner, day)
    return [sign for row in rows for sign in row["signs"] if sign == "known"]


async def test_the_citizen_reads_of_a_control_and_not_of_the_mark_and_staff_of_neither(town: Town) -> None:
    path = await marked(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert "Nordli" in (await browser.open(path)).text
    let_pass(town.office, timedelta(minutes=1))
    told = (await show(town, await citizen(town, "astrid"), "/min/innsyn")).text
    assert "Per Tveit" in told and "Kontrollerte hvem som har åpnet journalen" in told
    assert WHY not in told and "ttere" not in told
    for who in ("jonas", "gunnar", "camilla"):
        async with browsing(town.office, await town.at_work(who)) as browser:
            assert [(await browser.open(one)).status for one in ("/fulgt", path)] == [403, 403]
            assert (await browser.send("/fulgt", **FORM)).status == 403


async def test_it_ends_with_a_reason_and_all_that_was_said_stays(town: Town) -> None:
    path = await marked(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert (await browser.send(path, grunn=" ")).status == 422
        assert (await browser.send(path, grunn="Saken er over")).leads_to == "/fulgt"
        let_pass(town.office, timedelta(seconds=1))
        assert "Ingen følges tettere" in (await browser.open("/fulgt")).text
        assert (await browser.open(path)).status == 404
    rows = await town.office.database.fetch("SELECT known, reason, by_name FROM watch_known ORDER BY at")
    assert [tuple(row) for row in rows] == [(True, WHY, "Per Tveit"), (False, "Saken er over", "Per Tveit")]


@pytest.mark.parametrize(("wrong", "says"), [
    ({"fnr": "123"}, "11 sifre"),
    ({"grunn": ""}, "Må fylles ut"),
    ({"til": "2026-11-22"}, "fra i morgen"),
    ({"til": "2027-12-24"}, "til om et år"),
    ({"til": "snart"}, "dato"),
])  # fmt: skip
async def test_a_mark_without_person_reason_or_end_is_none_and_nothing_typed_is_lost(
    town: Town, wrong: dict[str, str], says: str
) -> None:
    async with browsing(town.office, await town.at_work("per")) as browser:
        page = await browser.send("/fulgt", **{**FORM, **wrong})
    assert page.status == 422 and says in page.text, page.text
    assert await town.office.database.fetchval("SELECT count(*) FROM watch_known") == 0


async def test_whom_the_officer_may_not_know_of_is_answered_as_nobody_and_logged(town: Town) -> None:
    own: dict[str, Any] = {"resourceType": "Patient", "identifier": [MEMBERS["per"].fnr.identifier()]}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        owner = (await journal.create(work, own)).owner
    answers = set()
    async with browsing(town.office, await town.at_work("per")) as browser:
        for number in (MEMBERS["per"].fnr.value, "17837000068"):
            page = await browser.send("/fulgt", **{**FORM, "fnr": number})
            answers.add((page.status, page.text.replace(number, "")))
    assert len(answers) == 1 and "Vi finner ingen" in answers.pop()[1]
    row = await town.office.database.fetchval("SELECT seen::text FROM access_log WHERE seen::text LIKE '%kontroll%'")
    assert str(owner) in row and "refuse" in row


async def test_a_mark_from_a_finding_stands_on_the_list_and_in_the_log(town: Town) -> None:
    id_ = await found(town)
    async with browsing(town.office, await town.at_work("per")) as browser:
        before = await town.office.database.fetchval(
            "SELECT count(*) FROM access_log WHERE seen::text LIKE '%page funn%'"
        )
        await browser.send(f"/funn/{id_}", gjor="kjent")
        after = await town.office.database.fetchval(
            "SELECT count(*) FROM access_log WHERE seen::text LIKE '%page funn%'"
        )
        let_pass(town.office, timedelta(seconds=1))
        assert "Merket fra et funn" in (await browser.open("/fulgt")).text
    assert after == before + 1
