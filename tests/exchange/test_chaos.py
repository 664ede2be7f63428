"""The short form of the chaos run; `python -m tests.conformance chaos` is the long one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import pytest

from akson.base.database import Database
from tests.exchange import chaos, counting, ruined
from tests.exchange.chaos_worker import clock_in
from tests.exchange.rabbit import needs_rabbit
from tests.exchange.test_scale import IN
from tests.exchange.ways import Way
from tests.signin.provider import needs_provider


@pytest.mark.parametrize(("way", "kills"), [
    pytest.param("edi", 2, marks=needs_provider), ("local", 1), pytest.param("amqp", 1, marks=needs_rabbit),
])  # fmt: skip
async def test_nothing_is_lost_filed_twice_or_called_delivered_when_all_goes_wrong_at_once(
    database_url: str, owner_db: Database, tmp_path: Path, way: str, kills: int
) -> None:
    told = await chaos.run(
        database_url, owner_db, tmp_path, chaos.Plan(messages=30, kills=kills, breaks=1, way=way, rest=0.3)
    )
    sealed = way == "amqp" and find_spec("signxml") is not None
    assert told.faults == {what: [] for what in counting.never(sealed=sealed)}
    assert set(told.kinds) == set(ruined.kinds(sealed=sealed))
    assert (told.all, told.kills, sum(told.out.values())) == (60, kills, 30)
    assert told.came["refused"] and told.came["filed"] and told.by_itself + told.rest >= 0.9 * told.all


class Outside:
    """A way of which only this is asked: whether somebody is at work on something."""

    def __init__(self, *, busy: bool) -> None:
        self.is_busy = busy

    async def busy(self, came: set[bytes]) -> bool:
        del came
        return self.is_busy


@pytest.mark.parametrize("busy", [True, False])
async def test_the_ten_minutes_are_those_of_the_clock_whoever_is_still_at_work(
    owner_db: Database, tmp_path: Path, busy: bool
) -> None:
    """Two things are due before they are over, and nobody does them."""
    clock = tmp_path / "clock"
    clock.write_bytes(bytes(8))
    now, over = clock_in(clock), datetime.now(UTC) + timedelta(seconds=1 if busy else 600)
    await owner_db.execute(IN, 1, over - timedelta(seconds=1), 2)
    async with asyncio.timeout(10):
        await chaos.until_rest(owner_db, cast("Way", Outside(busy=busy)), clock, 0.0, over)
    assert over <= now() < over + chaos.TOGETHER / 2
