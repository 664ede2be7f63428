"""Long work in one process of many requests: others get their turn in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 50  # items, of some 100 us each


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield `items`, giving way to other requests now and then."""
    for count, item in enumerate(items, start=1):
        yield item
        if count % AT_ONCE == 0:
            await asyncio.sleep(0)
