"""A few connections to PostgreSQL for one kind of question, opened when they are first needed.

Lighter than a pool: a borrower costs no task and no reset. Whoever gives up in the middle of a statement takes the
connection along.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

PATIENCE = 5.0  # seconds to wait for a connection


class Lane:
    """Connections of one kind.

    connect  opens one
    size     connections at most; who asks while all are busy waits, and is refused after a while
    """

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int) -> None:
        self._connect, self.size = connect, size
        self._free: list[asyncpg.Connection] = []
        self._open = 0  # free, lent, or being opened
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self.statements = 0  # round trips so far
        self.opened = 0  # connections so far

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """Run one statement on its own and return its rows. Raises TimeoutError when the lane stays full."""
        connection = await self.acquire()
        self.statements += 1
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *args)
        except BaseException as failure:
            if getattr(failure, "severity_en", "") != "ERROR":  # PostgreSQL goes, or we do: whatever it does, let it go
                connection.terminate()
            raise
        finally:
            self.release(connection)
        return rows

    async def acquire(self) -> asyncpg.Connection:
        """Borrow a connection, to be given back by `release`. Raises TimeoutError when the lane stays full."""
        while True:
            while self._free:
                if not (connection := self._free.pop()).is_closed():
                    return connection
                self._open -= 1
            if self._open < self.size:
                return await self._opened()
            await self._turn()

    def release(self, connection: asyncpg.Connection) -> None:
        """Take a connection back."""
        if self._closed:
            connection.terminate()
        if connection.is_closed():
            self._open -= 1
        else:
            self._free.append(connection)
        self._wake()

    async def close(self) -> None:
        """Close what is free; what is lent is closed when it comes back."""
        self._closed = True
        while self._free:
            self._open -= 1
            await self._free.pop().close()

    async def _opened(self) -> asyncpg.Connection:
        self._open += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._open -= 1
            self._wake()
            raise
        self.opened += 1
        return connection

    async def _turn(self) -> None:
        """Wait until there may be a connection. Raises TimeoutError."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(PATIENCE):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._wake()  # it came too late for us
            raise

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
