"""What stops one of many things stops no other, and is told by its class, and whether the database is to blame."""

from __future__ import annotations

import pytest

from akson.base.apart import Stopped, apart
from akson.base.database import Database


@pytest.mark.parametrize(("query", "args", "stopped"), [
    ("SELECT $1::int", [2**40], Stopped("DataError", passes=False)),  # it never gets there
    ("SELECT $1::text", ["\0"], Stopped("CharacterNotInRepertoireError", passes=False)),
    ("SELECT 1 / $1::int", [0], Stopped("DivisionByZeroError", passes=False)),
    ("SELECT FROM nowhere", [], Stopped("UndefinedTableError", passes=True)),
])  # fmt: skip
async def test_what_the_database_says_of_the_data_fails_again_and_all_else_passes(
    db: Database, query: str, args: list[object], stopped: Stopped
) -> None:
    assert await apart(db.fetch(query, *args)) == stopped


async def test_a_fault_of_ours_does_not_pass() -> None:
    async def ours() -> None:
        raise KeyError("what it quotes")

    assert await apart(ours()) == Stopped("KeyError", passes=False)
