"""PostgreSQL through asyncpg: one small pool, prepared statements, no reset between borrowers.

No session setting is ever changed on a pooled connection (a test proves that nothing leaks), so the pool's reset round
trip is left out; see docs/adr/0002-keep-pool-without-reset.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias

import asyncpg

Record: TypeAlias = asyncpg.Record


class Reads(Protocol):
    """What a reading needs: the pool itself, or the one connection that a unit of work holds already."""

    async def fetch(self, query: str, *args: Any) -> Sequence[Record]: ...


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that costs no round trip when it is handed back."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """One database, reached through a small pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.statements = 0  # round trips so far; tests assert on differences

    @classmethod
    async def open(cls, url: str, *, size: int = 8, role: str | None = None, ready: int = 1) -> Database:
        """Connect to `url`.

        size   connections at most
        role   database role to act as, e.g. "akson_app": it can neither change nor delete what is written
        ready  connections that are open before anybody asks; 0: the first one who asks opens one
        """
        settings = {"jit": "off", "statement_timeout": "30000", "idle_in_transaction_session_timeout": "30000"}
        if role:
            settings["role"] = role
        pool = await asyncpg.create_pool(
            url, connection_class=Connection, min_size=ready, max_size=size, server_settings=settings,
            command_timeout=60,
        )  # fmt: skip
        return cls(pool)

    async def close(self) -> None:
        await self._pool.close()

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        """Run one statement on its own and return its rows."""
        self.statements += 1
        rows: list[Record] = await self._pool.fetch(query, *args)
        return rows

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        self.statements += 1
        return await self._pool.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        self.statements += 1
        return await self._pool.fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        self.statements += 1
        done: str = await self._pool.execute(query, *args)
        return done

    async def executemany(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        self.statements += 1
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
            self.statements += 2
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Hold one connection without a transaction (COPY, long-lived writers)."""
        async with self._pool.acquire() as connection:
            yield connection
