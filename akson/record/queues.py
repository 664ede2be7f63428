"""Queues in this process for what waits for a row in the database anyway: those who wait here hold no connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field


class Queues:
    """One queue for each key; only a courtesy: between processes the row alone decides."""

    def __init__(self) -> None:
        self._waiting: dict[int, _Queue] = {}

    @asynccontextmanager
    async def turn(self, keys: Iterable[int]) -> AsyncIterator[None]:
        """Hold the turn of all `keys`."""
        async with AsyncExitStack() as stack:
            for key in sorted(set(keys)):
                await stack.enter_async_context(self._one(key))
            yield

    @asynccontextmanager
    async def _one(self, key: int) -> AsyncIterator[None]:
        queue = self._waiting.setdefault(key, _Queue())
        queue.length += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.length -= 1
            if not queue.length:
                del self._waiting[key]


@dataclass
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0
