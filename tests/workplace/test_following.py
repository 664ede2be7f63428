"""Whom looks are followed more closely for: marked beforehand by the privacy officer, with a reason and an end."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from akson.base.work import Purpose
from akson.patient.cases import JOB
from akson.patient.watching import job
from akson.record import journal
from akson.registers.identifiers import Fnr
from seeds.citizens.astrid import ASTRID
from seeds.citizens.protected import LENA
from tests.offices import let_pass, stranger
from tests.portal.pages import citizen, show
from tests.seeded import MEMBERS, Town
from tests.workplace.browsing import browsing
from tests.workplace.test_watching import found

WHY = "Omtalt i lokalavisen denne uka"
NOBODY, ELSEWHERE, LOCAL, OWN = "17837000068", "03825136036", "01427000008", MEMBERS["per"].fnr.value
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
        page = await browser.open(path)
        assert WHY in page.text and "Nordli" not in page.html and ASTRID.fnr.value not in page.html
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


async def answered(town: Town, number: str) -> list[tuple[int, str, str, int]]:
    """Follow a number, look at the mark, end it; return all that the officer is answered, ids aside."""
    async with browsing(town.office, await town.at_work("per")) as browser:
        shown = [await browser.send("/fulgt", **{**FORM, "fnr": number}), await browser.open("/fulgt")]
        (path,) = {part.split('"')[0] for part in shown[-1].html.split('href="') if part.startswith("/fulgt/")}
        let_pass(town.office, timedelta(seconds=1))
        shown += [await browser.open(path), await browser.send(path, grunn="Slutt"), await browser.open("/fulgt")]
        shown += [await browser.open(path)]
    let_pass(town.office, -timedelta(seconds=1))
    return [
        (one.status, _timeless(str(one.answer.headers)), _timeless(one.html.replace(path, "/fulgt/x")), one.statements)
        for one in shown
    ]


def _timeless(text: str) -> str:
    return re.sub(r'name="_once" value="[^"]*"|expires=[^;]*', "", text)


async def test_the_officer_learns_nothing_of_whether_a_number_is_here_or_whose_it_is(town: Town) -> None:
    """Nobody, a resident, a strictly confidential one, another municipality's patient, the officer, a dead number."""
    owners = {name: await resident(town, "Vik", fnr) for name, fnr in (("elsewhere", ELSEWHERE), ("self", OWN))}
    async with town.office.work(stranger("7005555"), Purpose.TREATMENT) as work:
        work.saw(owners["elsewhere"], "Observation/x", rule="attested_by_own_organisation")
    nobody = await answered(town, NOBODY)
    assert [one[0] for one in nobody] == [303, 200, 200, 303, 200, 404]
    for number in (ASTRID.fnr.value, LENA.fnr.value, ELSEWHERE, OWN):
        assert await answered(town, number) == nobody
    rows = await town.office.database.fetch(
        "SELECT patients, seen::text FROM access_log WHERE seen::text LIKE '%kontroll%'"
    )
    lena = await town.office.database.fetchval("SELECT owner FROM resource WHERE id = $1", town.id("Patient/lena"))
    assert len(rows) == 8 and [lena] in [row["patients"] for row in rows]  # who is here reads of both in their log


async def resident(town: Town, family: str, number: str, **more: Any) -> int:
    told = {"resourceType": "Patient", "name": [{"family": family, "given": ["Per"]}],
            "identifier": [Fnr(number).identifier()], **more}  # fmt: skip
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        return (await journal.create(work, told)).owner


async def test_who_comes_here_later_is_followed_from_then_on(town: Town) -> None:
    await marked(town, fnr=NOBODY)
    owner = await resident(town, "Vik", NOBODY)
    assert await signs(town, owner) == ["known"]
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert "Vik" not in (await browser.open("/fulgt")).html


async def test_a_local_number_is_refused_since_it_tells_nobody_who_it_is(town: Town) -> None:
    async with browsing(town.office, await town.at_work("per")) as browser:
        page = await browser.send("/fulgt", **{**FORM, "fnr": LOCAL})
    assert page.status == 422 and "lokalt hjelpenummer" in page.text


async def test_an_officer_who_follows_who_lives_with_them_is_found_as_anybody_is_and_no_other_mark_is(
    town: Town,
) -> None:
    home = {"address": [{"use": "home", "line": ["Fjellveien 3"], "postalCode": "9996", "city": "Fjordvik"}]}
    await resident(town, "Tveit", OWN, **home)
    wife = await resident(town, "Vik", NOBODY, **home)
    await marked(town, fnr=NOBODY)
    async with browsing(town.office, await town.at_work("per")) as browser:
        await browser.send("/fulgt", **FORM)
    let_pass(town.office, timedelta(days=9))
    while await job.turn(town.office.database, town.office.clock()):
        pass
    rows = await town.office.database.fetch("SELECT actor_name, patient, signs FROM finding")
    assert [tuple(row) for row in rows] == [("Per Tveit", wife, ["address", "unwritten"])]


async def test_a_mark_made_by_number_ends_from_a_finding_too_and_what_was_looked_at_meanwhile_stands(
    town: Town,
) -> None:
    id_ = await found(town, identifier=[Fnr(NOBODY).identifier()])
    owner = await town.office.database.fetchval("SELECT patient FROM finding")
    await marked(town, fnr=NOBODY)
    async with browsing(town.office, await town.at_work("per")) as browser:
        assert await signs(town, owner) == ["known"]
        assert "Fjern merket" in (await browser.open(f"/funn/{id_}")).text
        await browser.send(f"/funn/{id_}", gjor="ukjent")
        assert "Merk som kjent person" in (await browser.open(f"/funn/{id_}")).text
        assert "Ingen følges tettere" in (await browser.open("/fulgt")).text
    let_pass(town.office, timedelta(days=9))
    while await job.turn(town.office.database, town.office.clock()):
        pass
    kept = "SELECT count(*) FROM finding WHERE actor_name = 'Sara Nygård' AND 'known' = ANY (signs)"
    assert await town.office.database.fetchval(kept) == 1


async def test_a_mark_goes_some_time_after_its_last_day_with_all_that_was_said_of_it(town: Town) -> None:
    path = await marked(town)
    await marked(town, fnr=NOBODY, til="2027-05-01")
    async with browsing(town.office, await town.at_work("per")) as browser:
        await browser.send(path, grunn="Saken er over")
    count = "SELECT count(*) FROM watch_known"
    for days, left in ((100, 3), (40, 1), (120, 0)):  # the first was to last through the year
        let_pass(town.office, timedelta(days=days))
        await job.forget(town.office.database, town.office.clock())
        assert await town.office.database.fetchval(count) == left


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
