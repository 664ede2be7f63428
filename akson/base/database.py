"""PostgreSQL through asyncpg: one small pool, prepared statements, no reset between borrowers.

No session setting is ever changed on a pooled connection (a test proves that nothing leaks), so the pool's reset round
trip is left out; see docs/adr/0002-keep-pool-without-reset.md. Beside the pool there are three lanes (lanes.py): reads
by key, searches and shared writes have connections of their own, so that none waits for another, nor anybody for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol, TypeAlias

import asyncpg

from akson.base.lanes import Lane

Record: TypeAlias = asyncpg.Record
# There is no connection; the driver's own error comes when one is cut while it is being asked.
_CUT = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
# The database is away or overloaded, and whoever comes again may be answered.
AWAY = (
    *_CUT, asyncpg.PostgresConnectionError, asyncpg.InsufficientResourcesError, asyncpg.OperatorInterventionError,
)  # fmt: skip
# Whatever a statement may fail with.
FAILURES = (*_CUT, asyncpg.PostgresError)
# What it fails with over what is to be written: that cannot be sent, or stored, or a function of ours refuses it.
_OF_THE_DATA = (
    ValueError, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError,
    asyncpg.PLPGSQLError,
)  # fmt: skip


_READERS = 3  # connections: one for each shared query (rides.py)
_WRITERS = 1  # connections: there is one shared write at a time (record/together.py)
# Planned once per connection, for any values: planning costs more than a read, and more than most searches.
_ONCE = {"plan_cache_mode": "force_generic_plan"}
# By key: the joins as they are written, from the keys on, each by its primary key.
_KEYED = _ONCE | {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "join_collapse_limit": "1",
}
# A plan made while a table is small must still be good when it has grown; what is searched is in memory or on an SSD.
_SEARCHES = 300  # whose plans a connection keeps; each takes some 100 kB
# Nor may it sort where an index gives the order: of a large record a page needs the first rows only.
_SEARCHING = _ONCE | {"enable_seqscan": "off", "enable_sort": "off", "random_page_cost": "1.1"}


def passes(failure: BaseException) -> bool:
    """Tell whether the database failed, and what was to be written is not to blame: another time it may be well."""
    return isinstance(failure, FAILURES) and not isinstance(failure, _OF_THE_DATA)


class Reads(Protocol):
    """What a reading needs: the pool itself, or the one connection that a unit of work holds already."""

    async def fetch(self, query: str, *args: Any) -> Sequence[Record]: ...


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that costs no round trip when it is handed back."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """One database, reached through a small pool.

    keyed     the lane for what is read by key, at once
    searches  the lane for searches: as many as it holds run at a time
    writes    the lane for what many write together: the same connection always, which has at hand all that it takes
    """

    def __init__(self, pool: asyncpg.Pool, keyed: Lane, searches: Lane, writes: Lane) -> None:
        self._pool, self.keyed, self.searches, self.writes = pool, keyed, searches, writes
        self._statements = 0

    @property
    def statements(self) -> int:
        """Return how many round trips there were so far; tests assert on differences."""
        return self._statements + sum(lane.statements for lane in self._lanes)

    @property
    def _lanes(self) -> tuple[Lane, ...]:
        return self.keyed, self.searches, self.writes

    @classmethod
    async def open(cls, url: str, *, size: int = 8, role: str | None = None, ready: int = 1) -> Database:
        """Connect to `url`.

        size   connections at most
        role   database role to act as, e.g. "akson_app": it can neither change nor delete what is written
        ready  connections that are open before anybody asks; 0: the first one who asks opens one
        """
        settings = {
            "jit": "off",
            "statement_timeout": "30000",
            "idle_in_transaction_session_timeout": "30000",
            "max_parallel_workers_per_gather": "0",
        }  # fmt: skip - many ask at once
        if role:
            settings["role"] = role
        pool = await asyncpg.create_pool(
            url, connection_class=Connection, min_size=ready, max_size=size, server_settings=settings,
            command_timeout=60,
        )  # fmt: skip
        # A plan stands until the tables change: the driver's own five minutes would let each be planned over and over.
        connect = partial(asyncpg.connect, url, command_timeout=60, max_cached_statement_lifetime=0)
        keyed = Lane(partial(connect, server_settings=settings | _KEYED), size=_READERS)
        searching = partial(connect, server_settings=settings | _SEARCHING, statement_cache_size=_SEARCHES)
        searches = Lane(searching, size=max(1, size // 2))
        writes = Lane(partial(connect, server_settings=settings), size=_WRITERS)
        return cls(pool, keyed, searches, writes)

    async def close(self) -> None:
        for lane in self._lanes:
            await lane.close()
        await self._pool.close()

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        """Run one statement on its own and return its rows."""
        self._statements += 1
        rows: list[Record] = await self._pool.fetch(query, *args)
        return rows

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        self._statements += 1
        return await self._pool.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        self._statements += 1
        return await self._pool.fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        self._statements += 1
        done: str = await self._pool.execute(query, *args)
        return done

    async def executemany(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        self._statements += 1
        await self._pool.executemany(query, rows)

    async def acquire(self) -> asyncpg.Connection:
        """Borrow a connection; the borrower gives it back by `release`."""
        return await self._pool.acquire()

    async def release(self, connection: asyncpg.Connection) -> None:
        await self._pool.release(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """Hold one connection in one transaction: committed when the block ends, undone when it raises."""
        async with self._pool.acquire() as connection, connection.transaction():
            self._statements += 2
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Hold one connection without a transaction (COPY, long-lived writers)."""
        async with self._pool.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def alone(self, what: str) -> AsyncIterator[bool]:
        """Tell whether nobody else does `what`; nobody who asks can until the block ends, or the process that is in it.

        Holds one connection, outside any transaction.
        """
        async with self._pool.acquire() as connection:
            ours = await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", what)
            try:
                yield ours
            finally:
                if ours:
                    try:
                        await connection.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", what)
                    except BaseException:  # no connection may go back to the pool with it: it ends with the connection
                        connection.terminate()
                        raise
