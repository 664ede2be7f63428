"""Makes the search values of one owner's resources anew, in the transaction of who holds its lock."""

from __future__ import annotations

from typing import Any

import asyncpg

from akson.base.ids import Ids
from akson.base.queries import queries
from akson.fhir import types
from akson.record.changes import Change
from akson.record.own import Own, load
from akson.record.sets import displays, index_columns
from akson.record.stored import stored
from akson.record.values import Hasher, values_of

SQL = queries(__file__, "anew.sql")
_AT_ONCE = 500  # resources


_PROTECTION = b'"kind":"protection"'  # as facts.py writes it


def is_needed(change: Change) -> bool:
    """Tell whether a change begins or ends the protection of the addresses in a whole record."""
    if change.type != "Patient":
        return False
    stood, comes = change.stated, [row.data for row in change.facts]
    before, now = (any(_PROTECTION in data for data in facts) for facts in (stood, comes))
    return before is not now


async def index(connection: asyncpg.Connection, owner: int, hasher: Hasher, ids: Ids) -> None:
    """Index all current resources of an owner by the rules, and the protection, of now."""
    own = await load(connection.fetch)
    after: tuple[int, str] = (0, "")
    while rows := await connection.fetch(SQL.current, owner, *after, _AT_ONCE):
        values = [_values(one, hasher, ids, own) for one in rows]
        named = [[one[name] for one in rows] for name in ("owner", "type", "id")]
        await connection.execute(
            SQL.index, *named, *index_columns(values, hasher), *displays((owner, one) for one in values)
        )
        after = (rows[-1]["type"], rows[-1]["id"])


def _values(row: Any, hasher: Hasher, ids: Ids, own: Own) -> Any:
    type_ = types.name_of(row["type"])
    return values_of(type_, stored(row).resource, hasher, ids.open, own.of(type_), hidden=row["hidden"])
