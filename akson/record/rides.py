"""Reads that arrive while a query is in flight ride along in the next one.

No timer and no waiting: an idle office asks at once, a busy one asks for all who came meanwhile. Each rider gets its
own access decision and its own access-log row; only the round trip is shared.
"""

from __future__ import annotations

import asyncio

import asyncpg

from akson.base.database import Database, Record
from akson.base.queries import queries

SQL = queries(__file__, "reading.sql")
_DATABASE_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError)
Key = tuple[int, int, str]  # owner, type, id
_MOST = 256  # riders in one query; the rest takes the next


class Rides:
    """The shared query for current versions by key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[Key, asyncio.Future[Record | None]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def fetch(self, key: Key) -> Record | None:
        """Return the current row of one resource with its owner's facts, or None."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if not self._running:
            task = asyncio.create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await asyncio.shield(future)

    async def _run(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[:_MOST]
            batch = {key: self._waiting.pop(key) for key in keys}
            try:
                await self._ask(batch)
            except (TimeoutError, OSError, *_DATABASE_FAILURES):
                await self._ask_one_by_one(batch)

    async def _ask(self, batch: dict[Key, asyncio.Future[Record | None]]) -> None:
        owners, types, ids = zip(*batch, strict=True)
        rows = await self._database.fetch(SQL.current, list(owners), list(types), list(ids))
        found = {(row["owner"], row["type"], row["id"]): row for row in rows}
        for key, future in batch.items():
            if not future.done():
                future.set_result(found.get(key))

    async def _ask_one_by_one(self, batch: dict[Key, asyncio.Future[Record | None]]) -> None:
        """Let one bad rider fail alone."""
        for key, future in batch.items():
            try:
                await self._ask({key: future})
            except (TimeoutError, OSError, *_DATABASE_FAILURES) as failure:
                if not future.done():
                    future.set_exception(failure)
