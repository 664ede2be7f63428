"""The calls of one turn to those who carry messages: some at a time, and one at a time where nobody has answered yet.

Who is far away costs the time of one call for several messages; who is dead is tried three times, and who has just come
back is not run down.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

_AT_ONCE: Final = 8  # calls that are under way at a time, of all endpoints together
_RESTS_AFTER: Final = 3  # failures of one endpoint in a row: the rest of what goes there waits without being tried
_DOUBTS_FOR: Final = timedelta(minutes=2)  # how long nothing goes where the outcome of a call was unknown, at first
_DOUBTS_AT_MOST: Final = timedelta(hours=1)
LONGEST: Final = 90.0  # seconds of a call, each byte of which may come in time; less than a lease
T = TypeVar("T")


def waves(some: Sequence[T]) -> Iterator[Sequence[T]]:
    """Return what calls are made for, as many at a time as may be under way."""
    return (some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE))


async def in_time(call: Awaitable[T], late: T) -> T:
    """Return what comes of a call; `late` where it takes too long: who hangs does not hold up what goes other ways."""
    try:
        async with asyncio.timeout(LONGEST):
            return await call
    except TimeoutError:
        return late


@dataclass
class Calls:
    """How the endpoints answer in this turn. answered: those that have; failures: of each, in a row."""

    answered: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)
    _first: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def rests(self, endpoint: str) -> bool:
        """Tell whether nothing more is tried there in this turn."""
        return self.failures[endpoint] >= _RESTS_AFTER

    async def make(
        self, endpoint: str, call: Callable[[], Awaitable[T]], answers: Callable[[T], bool | None]
    ) -> T | None:
        """Make a call when it is its turn; return what comes of it, None where the endpoint rests.

        answers   whether somebody has answered there; None: what came of it does not say
        """
        async with self._first[endpoint]:
            if endpoint not in self.answered:
                return await self._made(endpoint, call, answers)
        return await self._made(endpoint, call, answers)

    async def _made(
        self, endpoint: str, call: Callable[[], Awaitable[T]], answers: Callable[[T], bool | None]
    ) -> T | None:
        if self.rests(endpoint):
            return None
        came = await call()
        if answers(came):
            self.answered.add(endpoint)
            self.failures[endpoint] = 0
        elif answers(came) is False:
            self.failures[endpoint] += 1
        return came


@dataclass
class Doubts:
    """Ways on which a message has ended as unknown: nothing more goes there for a while, each time for longer.

    Each that went there meanwhile could become one more of which nobody knows. Each worker learns it by itself
    """

    _until: dict[str, datetime] = field(default_factory=dict)
    _pauses: dict[str, timedelta] = field(default_factory=dict)

    def holds(self, way: str, now: datetime) -> bool:
        """Tell whether nothing is to go there now."""
        return way in self._until and now < self._until[way] <= now + _DOUBTS_AT_MOST  # else the clock was put back

    def note(self, way: str, now: datetime, *, known: bool) -> None:
        """Note whether it is known what came of a message that went that way."""
        if known:
            self._until.pop(way, None)
            self._pauses.pop(way, None)
        else:
            pause = min(2 * self._pauses.get(way, _DOUBTS_FOR / 2), _DOUBTS_AT_MOST)
            self._pauses[way], self._until[way] = pause, now + pause
