"""A lane holds a few connections: whoever comes when all are busy waits for a while, and nothing is lost with one."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from akson.base import lanes
from akson.base.database import FAILURES, Database
from akson.base.lanes import Lane

ASLEEP = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"


@pytest.fixture
async def lane(database_url: str):
    made = Lane(lambda: asyncpg.connect(database_url), size=2)
    yield made
    await made.close()


async def test_more_than_the_lane_holds_take_turns(lane: Lane) -> None:
    found = await asyncio.gather(*(lane.fetch("SELECT pg_backend_pid(), $1::int, pg_sleep(0.01)", n) for n in range(9)))
    assert [rows[0][1] for rows in found] == list(range(9)) and lane.statements == 9
    assert len({rows[0][0] for rows in found}) == 2


async def test_who_waits_too_long_is_refused_and_takes_no_place(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "PATIENCE", 0.05)
    lent = [await lane.acquire() for _ in range(2)]
    with pytest.raises(TimeoutError):
        await lane.fetch("SELECT 1")
    for one in lent:
        lane.release(one)
    assert [await lane.acquire() for _ in range(2)] == lent[::-1]
    for one in lent:
        lane.release(one)


async def test_a_connection_that_is_gone_or_given_up_is_replaced(lane: Lane, owner_db: Database) -> None:
    (mine,) = await lane.fetch("SELECT pg_backend_pid()")
    await owner_db.fetch("SELECT pg_terminate_backend($1)", mine[0])
    with suppress(*FAILURES):  # unless its end is noticed before
        await lane.fetch("SELECT 1")
    given_up = [asyncio.create_task(lane.fetch("SELECT pg_sleep(3600)")) for _ in range(2)]
    while await owner_db.fetchval(ASLEEP) < len(given_up):
        pass
    for one in given_up:
        one.cancel()
    await asyncio.gather(*given_up, return_exceptions=True)
    # the lane itself refuses who waits for what is given up
    assert [(await lane.fetch("SELECT $1::int", n))[0][0] for n in range(3)] == [0, 1, 2]


async def test_a_lane_whose_database_cannot_be_reached_says_so_each_time() -> None:
    gone = Lane(lambda: asyncpg.connect("postgresql://nobody@127.0.0.1:1/nothing"), size=1)
    for _ in range(2):
        with pytest.raises(OSError):
            await gone.fetch("SELECT 1")
    await gone.close()
