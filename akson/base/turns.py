"""Long work in one process of many requests: others get their turn in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 50  # items, of some 100 us each


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield `items`, giving way to other requests now and then."""
    for count, item in enumerate(items, start=1):
        yield item
        if count % AT_ONCE == 0:
            await asyncio.sleep(0)


async def some_at_once(items: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """Yield `items` some at a time, giving way to other requests after each lot but the last."""
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
        if start + AT_ONCE < len(items):
            await asyncio.sleep(0)
