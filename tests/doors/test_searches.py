"""Who searches for persons as a program does is stopped, by page and by app; ordinary work never meets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Actor
from akson.doors.limits import SEARCHES, Searches
from akson.record.searches import TOO_MANY
from tests.fhirapi.clients import Api
from tests.offices import VENDOR, Clock, citizen, let_pass, patient
from tests.seeded import Town
from tests.workplace.browsing import browsing

ROWS = "SELECT actor_id, outcome FROM access_log WHERE seen::text LIKE '%' || $1 || '%'"
BATCH = {"resourceType": "Bundle", "entry": [{"request": {"method": "GET", "url": "Patient?name=nordli"}}] * 3}


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """The connections of a second server."""
    database = await Database.open(database_url, size=4, role="akson_app")
    yield database
    await database.close()


async def served(searches: Searches, times: int, who: str = "Practitioner/one") -> tuple[int, str, int]:
    """Search so many times; return how often it was let through, and the code and seconds of the last refusal."""
    found, code, seconds = 0, "", 0
    for _ in range(times):
        try:
            await searches.take(who)
            found += 1
        except Refused as no:
            code, seconds = no.code, int(str(no.values["seconds"]))
    return found, code, seconds


async def test_whoever_searches_without_pause_gets_the_minute_s_and_in_the_end_the_day_s(db: Database) -> None:
    clock = Clock(datetime.fromisoformat("2026-11-23T10:00:00+00:00"))
    searches = Searches(db, clock, 100)
    assert await served(searches, 600) == (SEARCHES, "AK-S011", 60)
    assert await served(searches, 10, "Practitioner/two") == (10, "", 0)  # nobody else
    let_through = SEARCHES
    for _ in range(10):
        clock.pass_(timedelta(minutes=1))
        let_through += (await served(searches, 600))[0]
    assert let_through == 100
    clock.pass_(timedelta(minutes=1))
    assert await served(searches, 1) == (0, "AK-S012", 14 * 3600 - 11 * 60)
    clock.pass_(timedelta(hours=14))
    assert (await served(searches, 1))[0] == 1


async def test_servers_share_what_one_person_may(db: Database, other: Database) -> None:
    clock = Clock()
    one, two = Searches(db, clock, 500), Searches(other, clock, 500)
    assert [(await served(one, 20))[0], (await served(two, 20))[0], (await served(one, 20))[0]] == [20, 10, 0]


async def test_a_reception_that_never_rests_does_not_meet_it(db: Database) -> None:
    clock = Clock()
    searches = Searches(db, clock, 500)
    for _ in range(8 * 60 // 2):  # a patient every other minute for eight hours, each misspelt at first
        assert (await served(searches, 2))[0] == 2
        clock.pass_(timedelta(minutes=2))


async def test_a_search_costs_one_statement_and_one_more_now_and_then(db: Database) -> None:
    searches = Searches(db, Clock(), 500)
    assert (await served(searches, 25))[0] == 25
    assert db.statements == 25 + 1


async def test_a_page_says_so_when_to_come_back_and_leaves_a_row(town: Town) -> None:
    town.office.searches = Searches(town.office.database, town.office.clock, 3)
    mariam = await town.at_work("mariam")
    async with browsing(town.office, mariam) as page:
        shown = [await page.send("/sok", q="nordli") for _ in range(5)]
        assert [one.status for one in shown] == [200] * 3 + [429] * 2
        last = shown[-1]
        assert "søkt etter svært mange personer" in last.text and "AK-S011" in last.text and "NORDLI" not in last.text
        assert 0 < int(last.answer.headers["retry-after"]) <= 60
        assert (await page.open(f"/p/{town.id('Patient/astrid')}")).status == 200  # who is found is still opened
    rows = await town.office.database.fetch(ROWS, TOO_MANY)
    assert [(row["actor_id"], row["outcome"]) for row in rows] == [(mariam.id, "refuse")] * 2
    async with browsing(town.office, await town.at_work("elin")) as page:
        assert (await page.send("/sok", q="nordli")).status == 200


async def asked(api: Api, actor: Actor, *paths: str) -> list[int]:
    client = api.as_(actor)
    return [(await client.get(path)).status_code for path in paths]


async def test_an_app_of_staff_has_the_same_allowance_and_programs_and_citizens_their_own(town: Town) -> None:
    """By whatever way persons are looked for; what is known by id already, or stands in one's record, is no search."""
    town.office.searches = Searches(town.office.database, town.office.clock, 3)
    api, astrid = Api(town.office), town.id("Patient/astrid")
    app = replace(await town.at_work("mariam"), scopes=frozenset({"user/*.cruds"}), client="app")
    known = [f"Patient/{astrid}", f"Patient?_id={astrid}", f"Patient/{astrid}/RelatedPerson", "Observation?_count=1"]
    assert await asked(api, app, *known * 2) == [200] * 8
    assert await asked(api, app, "Patient?name=nordli", "RelatedPerson?_count=1") == [200] * 2
    client = api.as_(app)
    answers = (await client.post("", json=BATCH | {"type": "batch"})).json()["entry"]
    assert [one["response"]["status"][:3] for one in answers] == ["200", "429", "429"]
    refused = await client.post("", json=BATCH | {"type": "transaction"})
    assert refused.status_code == 429 and 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.json()["issue"][0]["code"] == "throttled"
    assert await asked(api, app, "Patient?name=nordli", "?_type=Patient", "?_type=Observation") == [429, 429, 200]
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("Patient/_search", content="name=nordli", headers=form)).status_code == 429
    async with browsing(town.office, app) as page:
        assert (await page.send("/sok", q="nordli")).status == 429  # one person, one allowance
    assert await asked(api, VENDOR, *["Patient?_count=1"] * 5) == [200] * 5
    owner = await patient(town.office)
    assert await asked(api, citizen(owner), *["Patient?_count=1"] * 5) == [200] * 5
    await api.close()


async def test_tomorrow_is_another_day(town: Town) -> None:
    town.office.searches = Searches(town.office.database, town.office.clock, 2)
    async with browsing(town.office, await town.at_work("mariam")) as page:
        assert [(await page.send("/sok", q="nordli")).status for _ in range(3)] == [200, 200, 429]
        let_pass(town.office, timedelta(minutes=2))
        late = await page.send("/sok", q="nordli")
        assert late.status == 429 and "be en kollega søke" in late.text and "AK-S012" in late.text
        assert (await page.send("/sok", q="14834142059")).status == 303  # who has the number finds them all the same
        let_pass(town.office, timedelta(days=1))
        assert (await page.send("/sok", q="nordli")).status == 200
