"""Current versions by key, for all who ask at the same moment; see akson/base/rides.py.

Each rider gets its own access decision and its own access-log row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from akson.base.arrays import literal
from akson.base.database import Database, Record
from akson.base.queries import queries
from akson.base.rides import Rides

SQL = queries(__file__, "reading.sql")
Key = tuple[int, int, str]  # owner, type, id


class Current(Rides[Key, Record]):
    """The shared query for the current row of a resource, with its owner's facts."""

    def __init__(self, database: Database) -> None:
        async def ask(keys: Sequence[Key]) -> Mapping[Key, Record]:
            owners, types, ids = zip(*keys, strict=True)
            rows = await database.keyed.fetch(SQL.current_of, literal(owners), literal(types), literal(ids))
            return {(row["owner"], row["type"], row["id"]): row for row in rows}

        super().__init__(ask)
