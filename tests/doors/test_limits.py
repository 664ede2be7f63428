"""A client gets its allowance in a minute, all servers together: never more, and not less for how the servers share it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from akson.base.database import Database
from akson.base.errors import Refused
from akson.doors.limits import Limits
from akson.fhirapi.performing import refusal
from tests.offices import NOW, Clock

MANY = 2_000


class Slow(Database):
    """The database, and what hangs at its door: the first question waits until it is told to go on."""

    def __init__(self, database: Database) -> None:
        super().__init__(database._pool, database.keyed, database.searches, database.writes)
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def fetchval(self, query: str, *args: Any) -> Any:
        found = await super().fetchval(query, *args)
        self.asked.set()
        await self.go_on.wait()
        return found


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """The connections of a second server."""
    database = await Database.open(database_url, size=4, role="akson_app")
    yield database
    await database.close()


async def served(limits: Limits, times: int, client: str = "app", rate: int = 0) -> int:
    """Return how many of so many requests at once are let through."""
    answers = await asyncio.gather(*(limits.take(client, rate) for _ in range(times)), return_exceptions=True)
    assert all(one is None or (isinstance(one, Refused) and one.code == "AK-L016") for one in answers), answers
    return answers.count(None)


@pytest.mark.parametrize("allowed", [1, 3, 19, 20, 39, 41, 100, 1_000])
async def test_however_many_ask_at_once_exactly_the_allowance_is_served(db: Database, allowed: int) -> None:
    limits = Limits(db, Clock(), allowed)
    assert await served(limits, MANY) == allowed
    assert await served(limits, 10) == 0


@pytest.mark.parametrize("allowed", [3, 40, 1_000])
async def test_two_servers_share_one_allowance(db: Database, other: Database, allowed: int) -> None:
    clock = Clock()
    one, two = Limits(db, clock, allowed), Limits(other, clock, allowed)
    got = await asyncio.gather(served(one, MANY), served(two, MANY))
    assert sum(got) == allowed  # both asked for all there was, so nothing is left over


async def test_a_server_that_asks_little_keeps_back_a_twentieth_at_most(db: Database, other: Database) -> None:
    clock = Clock()
    assert await served(Limits(other, clock, 1_000), 1) == 1
    assert await served(Limits(db, clock, 1_000), MANY) == 950


async def test_a_thousand_who_wait_at_once_take_one_lot_and_no_more(db: Database, owner_db: Database) -> None:
    assert await served(Limits(db, Clock(), 600_000), 1_000) == 1_000
    assert await owner_db.fetchval("SELECT taken FROM client_rate") == 30_000


async def test_there_is_more_in_the_next_minute(db: Database) -> None:
    clock = Clock()
    limits = Limits(db, clock, 40)
    for _ in range(3):
        assert await served(limits, 60) == 40
        clock.pass_(timedelta(minutes=1))


async def test_a_lot_that_comes_when_its_minute_is_over_spoils_nothing_of_the_next(db: Database) -> None:
    clock, slow = Clock(), Slow(db)
    limits = Limits(slow, clock, 40)
    waiting = asyncio.create_task(served(limits, 60))
    await slow.asked.wait()
    clock.pass_(timedelta(minutes=1))
    later = asyncio.create_task(served(limits, 60))
    slow.go_on.set()
    assert (await waiting, await later) == (40, 40)
    assert await served(limits, 60) == 0


async def test_whoever_hangs_up_takes_no_lot_along(db: Database) -> None:
    slow = Slow(db)
    limits = Limits(slow, Clock(), 20)
    impatient = asyncio.create_task(limits.take("app"))
    await slow.asked.wait()
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    slow.go_on.set()
    assert await served(limits, 60) == 20


async def test_a_lot_that_could_not_be_fetched_is_fetched_by_the_next(db: Database, owner_db: Database) -> None:
    limits = Limits(db, Clock(), 20)
    await owner_db.execute("ALTER TABLE client_rate RENAME TO gone")
    with pytest.raises(asyncpg.UndefinedTableError):
        await limits.take("app")
    await owner_db.execute("ALTER TABLE gone RENAME TO client_rate")
    assert await served(limits, 60) == 20


@pytest.mark.parametrize("apart", [timedelta(minutes=1), timedelta(minutes=-1), timedelta(hours=-1)])
async def test_servers_whose_clocks_differ_give_each_minute_its_allowance(
    db: Database, other: Database, apart: timedelta
) -> None:
    here, there = Limits(db, Clock(), 40), Limits(other, Clock(NOW + apart), 40)
    assert (await served(here, 30), await served(there, 60), await served(here, 60)) == (30, 40, 10)


async def test_a_clock_that_is_put_back_refuses_nobody_but_for_what_they_had(db: Database) -> None:
    clock = Clock()
    limits = Limits(db, clock, 40)
    assert await served(limits, 60) == 40
    clock.pass_(timedelta(hours=-1))
    assert await served(limits, 60) == 40
    clock.pass_(timedelta(hours=1))
    assert await served(limits, 60) == 0


async def test_each_client_has_an_allowance_of_its_own(db: Database) -> None:
    limits = Limits(db, Clock(), 40)
    assert [await served(limits, 60, client) for client in ("en", "to")] == [40, 40]
    assert [await served(limits, 60, "tre", rate=7), await served(limits, 60, "en", rate=7)] == [7, 0]


async def test_another_rate_holds_at_once(db: Database) -> None:
    limits = Limits(db, Clock(), 40)
    assert await served(limits, 60, rate=10) == 10
    assert await served(limits, 60, rate=15) == 5
    assert await served(limits, 60, rate=10) == 0


async def test_without_a_limit_nothing_is_asked_of_the_database(db: Database) -> None:
    assert await served(Limits(db, Clock(), 0), MANY) == MANY
    assert db.statements == 0


async def test_minutes_long_gone_are_forgotten(db: Database, owner_db: Database) -> None:
    clock = Clock()
    limits = Limits(db, clock, 40)
    for _ in range(20):
        await limits.take("app")
        clock.pass_(timedelta(minutes=1))
    assert await owner_db.fetchval("SELECT count(*) FROM client_rate") <= 6


@pytest.mark.parametrize(("second", "told"), [(0, 60), (0.5, 60), (1, 59), (59, 1), (59.999, 1)])
async def test_a_refusal_tells_the_seconds_until_there_is_more(db: Database, second: float, told: int) -> None:
    limits = Limits(db, Clock(NOW + timedelta(seconds=second)), 1)
    await limits.take("app")
    with pytest.raises(Refused) as refused:
        await limits.take("app")
    answer = refusal(refused.value)
    assert answer.status == 429 and (b"retry-after", str(told).encode()) in answer.headers
    assert b'"code":"throttled"' in answer.body and str(told).encode() in answer.body
