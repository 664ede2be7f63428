"""Questions that arrive while a query is in flight ride along in the next one.

No timer and no waiting: an idle office asks at once, a busy one asks for all who came meanwhile. Only the round trip is
shared: each rider decides and logs for itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

import asyncpg

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")
_FAILURES = (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
_MOST = 256  # riders in one query; the rest takes the next


class Rides(Generic[Key, Found]):
    """One shared query by key."""

    def __init__(self, ask: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Found]]]) -> None:
        """Take `ask`: it answers many keys in one statement; what is not there is left out."""
        self._ask_for = ask
        self._waiting: dict[Key, asyncio.Future[Found | None]] = {}
        self._running: asyncio.Task[None] | None = None

    async def fetch(self, key: Key) -> Found | None:
        """Return what belongs to `key`, or None."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._running is None or self._running.done():  # a callback would come too late for who asks in between
            self._running = asyncio.create_task(self._run())
        return await asyncio.shield(future)

    async def _run(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[:_MOST]
            batch = {key: self._waiting.pop(key) for key in keys}
            try:
                await self._ask(batch)
            except _FAILURES:
                await self._ask_one_by_one(batch)
            except Exception as fault:  # noqa: BLE001 - ours: told to all who wait, as nobody waits for this task
                for future in batch.values():
                    if not future.done():
                        future.set_exception(fault)

    async def _ask(self, batch: dict[Key, asyncio.Future[Found | None]]) -> None:
        found = await self._ask_for(list(batch))
        for key, future in batch.items():
            if not future.done():
                future.set_result(found.get(key))

    async def _ask_one_by_one(self, batch: dict[Key, asyncio.Future[Found | None]]) -> None:
        """Let one bad rider fail alone."""
        for key, future in batch.items():
            try:
                await self._ask({key: future})
            except _FAILURES as failure:
                if not future.done():
                    future.set_exception(failure)
