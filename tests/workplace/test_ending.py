"""The page about records whose time is over: who sees it, whom it names, and what two make of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from akson.base.work import Purpose
from akson.patient.cases import JOB
from akson.record import ending, holds, journal
from akson.record.terms import Terms
from tests.offices import set_clock
from tests.seeded import ELEVEN, Town
from tests.workplace.browsing import Browser, Shown, browsing

REASON = "Ingen har bruk for dette lenger"
DECIDE = {"gjor": "avgjor", "utfall": "erase", "begrunnelse": REASON}
CONFIRM = {"gjor": "bekreft", "svar": "confirm", "hvorfor": REASON}
PROTECTED = {"meta": {"security": [{"system": "https://akson.no/fhir/protection", "code": "kode6"}]}}


async def old(town: Town, *people: dict[str, Any]) -> None:
    """Let there be people of whom nobody has written since 1999, and the job have looked at everybody."""
    sara = await town.at_work("sara")
    set_clock(town.office, datetime(1999, 4, 1, 9, 0, tzinfo=UTC))
    for person in people:
        async with town.office.work(JOB, Purpose.SYSTEM) as work:
            made = await journal.create(work, {"resourceType": "Patient", **person})
            care = {
                "managingOrganization": {"reference": sara.unit_id},
                "period": {"start": "1999-04-01", "end": "1999-04-02"},
            }
            await journal.create(work, {"resourceType": "EpisodeOfCare", "status": "active", **care,
                                        "patient": {"reference": made.reference}})  # fmt: skip
        async with town.office.work(sara, Purpose.TREATMENT) as work:
            await journal.create(work, {"resourceType": "Condition", "subject": {"reference": made.reference}})
    set_clock(town.office, ELEVEN)
    town.office.terms = Terms(last=20)
    await look_at_all(town)


async def look_at_all(town: Town) -> None:
    after = ending.FIRST
    while (after := await ending.propose(town.office, after, ELEVEN)) != ending.FIRST:
        pass


def called(family: str, **more: Any) -> dict[str, Any]:
    return {"name": [{"family": family, "given": ["Per"]}], "birthDate": "1931-05-02", **more}


async def first(browser: Browser) -> tuple[Shown, str]:
    """Return the page, and the id of the first record on it that can be chosen."""
    page = await browser.open("/lagringstid")
    return page, _chosen(page)


def _chosen(page: Shown) -> str:
    return page.html.partition('name="vist" value="')[2].partition('"')[0]


async def test_one_decides_and_another_confirms_and_who_decided_cannot(town: Town) -> None:
    await old(town, called("Vik"))
    sara, gunnar = await town.at_work("sara"), await town.at_work("gunnar")
    async with browsing(town.office, sara) as browser:
        page, id_ = await first(browser)
        assert (
            "Per Vik, født 1931, lever" in page.text
            and "Sist i bruk 01.04.1999, 1 oppføring" in page.text
            and page.statements <= 8
        )
        assert "Venter på en avgjørelse" in page.text
        for wrong in ({**DECIDE, "valgt": ""}, {**DECIDE, "begrunnelse": "kort", "valgt": id_}, {"gjor": "avgjor", "valgt": id_},
                      {**DECIDE, "valgt": "ukjent"}, {**CONFIRM, "valgt": id_}):  # fmt: skip
            assert (await browser.send("/lagringstid", **wrong)).status == 422
        assert (await browser.send("/lagringstid", **DECIDE, valgt=id_)).leads_to == "/lagringstid"
        page = await browser.open("/lagringstid")
        assert "En annen må bekrefte" in page.text and not _chosen(page)
        refused = await browser.send("/lagringstid", **CONFIRM, valgt=id_)
        assert refused.status == 422 and "Du har selv avgjort" in refused.text
    async with browsing(town.office, gunnar) as browser:
        page = await browser.open("/lagringstid")
        assert f"Sara Nygård, lege i vakt, i dag: {REASON}" in page.text and _chosen(page) == id_
        assert (await browser.send("/lagringstid", **CONFIRM, valgt=id_)).leads_to == "/lagringstid"
        assert "Bekreftet og slettes nå, 1 oppføring" in (await browser.open("/lagringstid")).text
        assert await ending.carry_out(town.office) == 1
        page = await browser.open("/lagringstid")
        assert "Slettet 23.11.2026, 1 oppføring" in page.text and "Per Vik" not in page.text
    rows = await town.office.database.fetch("SELECT seen::text FROM access_log WHERE actor_name = 'Sara Nygård'")
    assert sum("search identity ended" in row["seen"] for row in rows) > 1


async def test_of_a_strictly_confidential_person_only_that_there_is_one_is_told(town: Town) -> None:
    await old(town, called("Vik", **PROTECTED))
    id_ = str(await town.office.database.fetchval("SELECT id FROM ending"))
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        page, shown = await first(browser)
        assert "1 journal til vises ikke" in page.text and "Ingen journaler venter" not in page.text
        assert not shown and not any(told in page.html for told in ("Vik", "1931", "Sist i bruk", "oppføring", id_))
        assert (await browser.send("/lagringstid", **DECIDE, valgt=id_)).status == 422
    assert await town.office.database.fetchval("SELECT state FROM ending") == "proposed"


async def test_whom_the_reader_cannot_find_fills_no_page(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await old(town, *(called("Vik", **PROTECTED) for _ in range(3)), called("Berge"))
    monkeypatch.setattr(ending, "MOST", 1)
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        assert "Per Berge" in (await browser.open("/lagringstid")).text


async def test_what_is_kept_leaves_the_list_and_says_who_kept_it(town: Town) -> None:
    await old(town, called("Vik"), called("Berge"))
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        page, id_ = await first(browser)
        assert "2 journaler" in page.text
        assert (await browser.send("/lagringstid", **DECIDE | {"utfall": "keep"}, valgt=id_)).status == 303
        page = await browser.open("/lagringstid")
        assert "1 journal" in page.text and "Beholdes til 22.11.2031" in page.text and "Gunnar Falk" in page.text


async def test_all_that_the_page_showed_are_decided_together_and_nothing_else(town: Town) -> None:
    await old(town, called("Vik"), called("Berge"))
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        page, id_ = await first(browser)
        assert "Alle 2 som vises" in page.text and page.html.count('name="vist"') == 2
        assert (await browser.send("/lagringstid", **DECIDE, valgt="alle")).status == 422
        assert (await browser.send("/lagringstid", **DECIDE, valgt="alle", vist=id_)).status == 303
    rows = await town.office.database.fetch("SELECT id::text, state FROM ending ORDER BY state")
    assert [row["state"] for row in rows] == ["decided", "proposed"] and rows[0]["id"] == id_


async def test_what_was_stopped_after_it_was_decided_is_told(town: Town) -> None:
    await old(town, called("Vik"))
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        _, id_ = await first(browser)
        assert (await browser.send("/lagringstid", **DECIDE, valgt=id_)).status == 303
        person = await town.office.database.fetchval(
            "SELECT p.id FROM ending e JOIN owner o USING (owner) JOIN resource p ON p.owner = o.owner AND p.type = o.type"
        )
        async with town.office.work(JOB, Purpose.ADMINISTRATION) as work:
            await holds.hold(work, person, "Klage til Statsforvalteren", "Per Tveit")
        assert "Per Vik" not in (await browser.open("/lagringstid")).text  # at once, before the job has looked
        await look_at_all(town)
        assert "Stanset 23.11.2026, fordi noe holder journalen likevel" in (await browser.open("/lagringstid")).text


@pytest.mark.parametrize("who", ["mariam", "per", "guri", "camilla"])
async def test_the_page_is_for_those_who_answer_for_records(town: Town, who: str) -> None:
    async with browsing(town.office, await town.at_work(who)) as browser:
        assert (await browser.open("/lagringstid")).status == 403
        assert (await browser.send("/lagringstid", **DECIDE)).status == 403


async def test_nothing_waits_where_no_term_is_set(town: Town) -> None:
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        assert "Ingen journaler venter" in (await browser.open("/lagringstid")).text
        assert 'href="/lagringstid"' in (await browser.open("/krav")).html
