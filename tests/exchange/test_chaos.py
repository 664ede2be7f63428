"""The short form of the chaos run; `python -m tests.conformance chaos` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from akson.base.database import Database
from tests.exchange import chaos
from tests.exchange.rabbit import needs_rabbit
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
    assert told.faults == {what: [] for what in chaos.NEVER}
    assert (told.all, told.kills, sum(told.out.values())) == (60, kills, 30)
    assert told.came["refused"] and told.came["filed"] and told.by_itself >= 0.9 * told.all
