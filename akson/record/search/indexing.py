"""Makes the search values of the installation's own parameters for what stands already, while all others go on.

In batches, each a transaction of its own that also says how far it came: killed at any moment, it goes on where it was.
Whoever writes waits for one batch at most. Several workers take turns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import asyncpg

from akson.base.database import Database, Record
from akson.base.ids import Ids
from akson.base.queries import queries
from akson.fhir import types
from akson.record.own import Own, load
from akson.record.sets import displays, index_columns
from akson.record.stored import stored
from akson.record.values import Hasher, values_of

SQL = queries(__file__, "indexing.sql")
AT_ONCE = 100  # resources
LONGEST_PAUSE = 1.0  # seconds


async def turn(database: Database, hasher: Hasher, ids: Ids, *, at_once: int = AT_ONCE) -> int:
    """Do one batch, then rest for as long as it took; return 0 when there is nothing to do, or not yet."""
    began = time.monotonic()
    async with database.transaction() as connection:
        row = await connection.fetchrow(SQL.next)
        if row is None:
            return 0
        if row["new"]:
            await connection.execute(SQL.begin, row["id"])
            return 1
        if not row["clear"]:
            return 0
        await _Batch(connection, hasher, ids, row).do(at_once)
    await asyncio.sleep(min(time.monotonic() - began, LONGEST_PAUSE))
    return 1


class _Batch:
    """One step through the resources of a parameter's types."""

    def __init__(self, connection: asyncpg.Connection, hasher: Hasher, ids: Ids, row: Record) -> None:
        self.connection, self.hasher, self.ids, self.row = connection, hasher, ids, row

    async def do(self, at_once: int) -> None:
        row, fetch = self.row, self.connection.fetch
        own = await load(fetch)
        place = row["at_type"], row["at_owner"], row["at_id"]
        keys = await fetch(SQL.batch, row["types"], *place, at_once)
        if not keys:
            await self._end(own)
            return
        columns = [[key[name] for key in keys] for name in ("owner", "type", "id")]
        await fetch(SQL.lock, sorted(set(columns[0])))
        failed = await self._index(own, await fetch(SQL.current, *columns))
        last = keys[-1]
        await self.connection.execute(SQL.came, row["id"], last["type"], last["owner"], last["id"], failed)

    async def _index(self, own: Own, rows: Sequence[Record]) -> int:
        """Make the values of some resources anew; return on how many the expression failed."""
        failed, concerned = 0, []
        for row in rows:
            resource = stored(row).resource
            told = self._tells(own, types.name_of(row["type"]), resource)
            failed += told is None
            if told or not self.row["fresh"]:
                concerned.append((row, resource))
        if concerned:
            named = [[row[name] for row, _ in concerned] for name in ("owner", "type", "id")]
            values = [self._values(own, row, resource) for row, resource in concerned]
            columns = *index_columns(values, self.hasher), *displays(zip(named[0], values, strict=True))
            await self.connection.execute(SQL.index, *named, *columns)
        return failed

    def _tells(self, own: Own, type_: str, resource: dict[str, Any]) -> bool | None:
        """Tell whether the parameter finds anything in a resource; None: its expression fails there."""
        mine = [one for one in own.of(type_) if one.definition and one.definition.id == self.row["id"]]
        return mine[0].finds(resource) if mine else False

    def _values(self, own: Own, row: Record, resource: dict[str, Any]) -> Any:
        type_ = types.name_of(row["type"])
        return values_of(type_, resource, self.hasher, self.ids.open, own.of(type_), hidden=row["hidden"])

    async def _end(self, own: Own) -> None:
        id_ = self.row["id"]
        if self.row["state"] == "retiring":
            await self.connection.execute(SQL.gone, id_)
            return
        one = next(one for _, one in own.definitions if one.id == id_)
        codes = [types.code_of(name) for name in one.types]
        await self.connection.execute(SQL.ready, id_, codes, list(one.slots))
