"""The short form of the chaos run; `python -m tests.conformance chaos` is the long one."""

from __future__ import annotations

from pathlib import Path

from akson.base.database import Database
from tests.exchange import chaos
from tests.signin.provider import needs_provider

pytestmark = needs_provider


async def test_nothing_is_lost_filed_twice_or_called_delivered_when_all_goes_wrong_at_once(
    database_url: str, owner_db: Database, tmp_path: Path
) -> None:
    told = await chaos.run(database_url, owner_db, tmp_path, chaos.Plan(messages=30, kills=2))
    assert told.faults == {what: [] for what in chaos.NEVER}
    assert (told.all, told.kills, sum(told.out.values())) == (60, 2, 30)
    assert told.came["refused"] and told.came["filed"] and told.by_itself >= 0.9 * told.all
