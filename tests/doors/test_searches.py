"""Who searches for persons as a program does is stopped, by page and by app; ordinary work never meets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Actor
from akson.doors.limits import SEARCHES, Searches, day
from akson.record.search.searching import tells_who_exists
from akson.record.search.statement import Scope
from akson.record.searches import TOO_MANY
from akson.registers.identifiers import SYSTEMS, PersonKind
from tests.fhirapi.clients import Api
from tests.offices import Clock, let_pass
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
    assert await served(searches, 1) == (0, "AK-S012", 13 * 3600 - 11 * 60)  # until midnight in Norway
    clock.pass_(timedelta(hours=13))
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


async def test_an_app_draws_nothing_for_what_it_finds_in_records_that_are_open(town: Town) -> None:
    """Nobody new is told of, by whatever way is asked: neither the app nor the person at a page is stopped by it."""
    town.office.searches = Searches(town.office.database, town.office.clock, 1)
    api, astrid = Api(town.office), town.id("Patient/astrid")
    app = replace(await town.at_work("mariam"), scopes=frozenset({"user/*.cruds"}), client="app")
    asked_for = [f"Patient?_id={astrid}", f"Patient/{astrid}/RelatedPerson", "Observation?subject:Patient.name=nordli",
                 "Patient?name=nordli", "Patient?_count=1", "RelatedPerson?_count=1", "?_type=Patient"]  # fmt: skip
    assert await asked(api, app, *asked_for) == [200] * len(asked_for)
    client = api.as_(app)
    hits = (await client.get("Patient?name=nordli&_count=50")).json()["entry"]
    read = [(await client.get(f"Patient/{one['resource']['id']}/$everything?_count=1")).status_code for one in hits]
    assert read and set(read) == {200}  # each record found was open
    answers = (await client.post("", json=BATCH | {"type": "batch"})).json()["entry"]
    assert [one["response"]["status"][:3] for one in answers] == ["200"] * 3
    assert (await client.post("", json=BATCH | {"type": "transaction"})).status_code == 200
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("Patient/_search", content="name=nordli", headers=form)).status_code == 200
    async with browsing(town.office, app) as page:
        assert [(await page.send("/sok", q="nordli")).status for _ in range(2)] == [200, 429]
    assert await asked(api, app, "Patient?name=nordli") == [200]
    await api.close()


NUMBER = f"{SYSTEMS[PersonKind.FNR]}|14834142059"
WHOEVER = Scope()  # of whom the actor may be told
OPEN, OF_NOBODY = Scope(owners=(1, 2)), Scope(persons=False, commons="all")


@pytest.mark.parametrize(
    ("scope", "pairs", "tells"),
    [
        (WHOEVER, {"name": "nordli"}, True),
        (WHOEVER, {"birthdate": "1941-03-14"}, True),
        (WHOEVER, {}, True),
        (WHOEVER, {"_id:not": "x", "name": "nordli"}, True),
        (WHOEVER, {"name": "nordli", "_after": "x"}, True),  # another page tells of others
        (Scope(denied=(1,), commons="all"), {"name": "nordli"}, True),
        (OPEN, {"name": "nordli"}, False),
        (Scope(owners=()), {}, False),
        (OF_NOBODY, {"name": "nordli"}, False),
        (WHOEVER, {"_id": "x"}, False),
        (WHOEVER, {"identifier": NUMBER}, False),
        (WHOEVER, {"identifier": f"{NUMBER},{SYSTEMS[PersonKind.DNR]}|14834142059"}, False),
        (WHOEVER, {"identifier": f"{NUMBER},{SYSTEMS[PersonKind.FNR]}|14834142058"}, True),
        (WHOEVER, {"identifier": f"{SYSTEMS[PersonKind.FNR]}|"}, True),
        (WHOEVER, {"identifier": f"{SYSTEMS[PersonKind.FNR]}|148341420"}, True),
        (WHOEVER, {"identifier": "14834142059"}, True),
        (WHOEVER, {"identifier": "https://hospital.example/people|14834142059"}, True),
        (WHOEVER, {"identifier:not": NUMBER}, True),
    ],
)
def test_what_may_tell_of_somebody_new_draws_on_it(scope: Scope, pairs: dict[str, str], tells: bool) -> None:
    assert tells_who_exists(scope, tuple(pairs.items())) is tells


@pytest.mark.parametrize(
    ("now", "begins", "hours"),
    [
        ("2026-11-23T10:00:00Z", "2026-11-22T23:00:00Z", 24),
        ("2026-11-22T23:00:00Z", "2026-11-22T23:00:00Z", 24),  # midnight in winter
        ("2026-11-22T22:59:59Z", "2026-11-21T23:00:00Z", 24),
        ("2026-07-01T21:59:59Z", "2026-06-30T22:00:00Z", 24),
        ("2026-07-01T22:00:00Z", "2026-07-01T22:00:00Z", 24),  # midnight in summer
        ("2026-03-28T23:00:00Z", "2026-03-28T23:00:00Z", 23),  # to summer time
        ("2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", 23),
        ("2026-03-29T22:00:00Z", "2026-03-29T22:00:00Z", 24),
        ("2026-10-24T22:00:00Z", "2026-10-24T22:00:00Z", 25),  # from it
        ("2026-10-25T22:59:59Z", "2026-10-24T22:00:00Z", 25),
        ("2026-10-25T23:00:00Z", "2026-10-25T23:00:00Z", 24),
    ],
)
def test_a_day_is_one_in_norway(now: str, begins: str, hours: int) -> None:
    first = datetime.fromisoformat(begins)
    assert day(datetime.fromisoformat(now)) == (first, first + timedelta(hours=hours))


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
