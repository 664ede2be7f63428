"""Questions that arrive while a query is in flight ride along in the next one.

No timer and no waiting: an idle office asks at once, a busy one asks for all who came meanwhile. Only the round trip is
shared: each rider decides and logs for itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from akson.base.database import FAILURES

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")
_MOST = 256  # riders in one query; the rest takes the next


class Rides(Generic[Key, Found]):
    """One shared query by key."""

    def __init__(self, ask: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Found]]]) -> None:
        """Take `ask`: it answers many keys in one statement; what is not there is left out."""
        self._ask_for = ask
        self._waiting: dict[Key, list[asyncio.Future[Found | None]]] = {}
        self._running: asyncio.Task[None] | None = None

    async def fetch(self, key: Key) -> Found | None:
        """Return what belongs to `key`, or None."""
        future: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()  # each rider's own to give up
        self._waiting.setdefault(key, []).append(future)
        if self._running is None or self._running.done():  # a callback would come too late for who asks in between
            self._running = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            if len(self._waiting) <= _MOST:
                batch, self._waiting = self._waiting, {}
            else:
                batch = {key: self._waiting.pop(key) for key in list(self._waiting)[:_MOST]}
            try:
                await self._ask(batch)
            except FAILURES:
                await self._ask_one_by_one(batch)
            except Exception as fault:  # noqa: BLE001 - ours: told to all who wait, as nobody waits for this task
                _fail(batch, fault)

    async def _ask(self, batch: Mapping[Key, Sequence[asyncio.Future[Found | None]]]) -> None:
        found = await self._ask_for(list(batch))
        for key, futures in batch.items():
            for future in futures:
                if not future.done():
                    future.set_result(found.get(key))

    async def _ask_one_by_one(self, batch: Mapping[Key, Sequence[asyncio.Future[Found | None]]]) -> None:
        """Let one bad rider fail alone."""
        for key, futures in batch.items():
            try:
                await self._ask({key: futures})
            except FAILURES as failure:
                _fail({key: futures}, failure)


def _fail(batch: Mapping[Key, Sequence[asyncio.Future[Found | None]]], failure: Exception) -> None:
    for futures in batch.values():
        for future in futures:
            if not future.done():
                future.set_exception(failure)
