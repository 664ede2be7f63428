"""How much each client may ask in a minute, or in a day, counted for all servers of an installation together.

A server takes a twentieth of the allowance at a time from the shared count, so most requests cost a subtraction, and
fetches one lot for all who wait for it. A client never gets more than its allowance in one minute by the servers'
clocks; what a server has taken and not used is lost to it until the minute is over: at most a twentieth for each
server but the first. Of a day the same holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries

SQL = queries(__file__, "limits.sql")
_LOTS = 20
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_EPOCH = datetime.min.replace(tzinfo=UTC)
SEARCHES = 30  # for persons, in a minute for each person at work: more is a program


@dataclass
class _Held:
    """What this server holds of a client's minute. used_up: there is no more to fetch."""

    left: int = 0
    used_up: bool = False
    coming: asyncio.Task[None] | None = None  # the lot that is being fetched


class Limits:
    """The allowance of each client. usual: requests in `every` for those without one of their own; 0: no limit."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], usual: int, *, every: timedelta = _MINUTE
    ) -> None:
        self._db, self._clock, self._usual, self._every = database, clock, usual, every
        self._minute = _EPOCH
        self._held: dict[tuple[str, int], _Held] = {}  # in this minute, by client and allowance

    async def take(self, client: str, rate: int = 0) -> None:
        """Count one request. rate: the client's own allowance.

        Raises  Refused AK-L016 with the seconds until there is more
        """
        allowed = rate or self._usual
        if not allowed:
            return
        now, minute = self._clock(), self._minute
        if not minute <= now < minute + self._every:
            minute = self._minute = now - (now - _EPOCH) % self._every
            self._held = {}
        if (held := self._held.get((client, allowed))) is None:
            held = self._held[client, allowed] = _Held()
        while not held.left:
            if held.used_up:
                raise Refused("AK-L016", seconds=ceil((minute + self._every - now).total_seconds()))
            held.coming = held.coming or asyncio.create_task(self._fetch(held, client, minute, allowed))
            await asyncio.shield(held.coming)  # whoever gives up takes no lot along
        held.left -= 1

    async def _fetch(self, held: _Held, client: str, minute: datetime, allowed: int) -> None:
        """Put the next lot, or what there is of it, to what is held."""
        lot = max(1, allowed // _LOTS)
        try:
            taken: int | None = await self._db.fetchval(SQL.take, client, minute, lot, allowed)
        finally:
            held.coming = None
        held.used_up = taken is None
        held.left = 0 if taken is None else min(lot, allowed - (taken - lot))


class Searches:
    """How often each person at work may search for persons: in a minute, and in a day.

    A search costs one statement, and one more for each twentieth of the day's.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], day: int) -> None:
        self._minute = Limits(database, clock, min(day, SEARCHES))
        self._day = Limits(database, clock, day, every=_DAY)

    async def take(self, who: str) -> None:
        """Count one search.

        who     "Practitioner/<id>"
        Raises  Refused AK-S011 when it is too many in a minute, AK-S012 in a day; with the seconds until there is more
        """
        for limits, name, code in ((self._minute, "searches", "AK-S011"), (self._day, "searches of a day", "AK-S012")):
            try:
                await limits.take(f"{name} {who}")
            except Refused as no:
                raise Refused(code, seconds=no.values["seconds"]) from None
