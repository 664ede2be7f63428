"""How much each client may ask in a minute, or in a day, counted for all servers of an installation together.

A server takes a twentieth of the allowance at a time from the shared count, so most requests cost a subtraction, and
fetches one lot for all who wait for it. A client never gets more than its allowance in one minute by the servers'
clocks; what a server has taken and not used is lost to it until the minute is over: at most a twentieth for each
server but the first. Of a day the same holds; it begins and ends at midnight in Norway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.fhir.dates import HERE

SQL = queries(__file__, "limits.sql")
_LOTS = 20
_EPOCH = datetime.min.replace(tzinfo=UTC)
SEARCHES = 30  # for persons, in a minute for each person at work: more is a program
Period = Callable[[datetime], tuple[datetime, datetime]]  # a time -> when that minute or day begins, and ends


def minute(now: datetime) -> tuple[datetime, datetime]:
    """Return when the minute of `now` begins and ends."""
    begins = now.replace(second=0, microsecond=0)
    return begins, begins + timedelta(minutes=1)


def day(now: datetime) -> tuple[datetime, datetime]:
    """Return when the Norwegian day of `now` begins and ends, in UTC: it has 23, 24 or 25 hours."""
    today = now.astimezone(HERE).date()
    begins, ends = (datetime.combine(one, time.min, HERE) for one in (today, today + timedelta(days=1)))
    return begins.astimezone(UTC), ends.astimezone(UTC)


@dataclass
class _Held:
    """What this server holds of a client's minute. used_up: there is no more to fetch."""

    left: int = 0
    used_up: bool = False
    coming: asyncio.Task[None] | None = None  # the lot that is being fetched


class Limits:
    """The allowance of each client. usual: requests in a `period` for those without one of their own; 0: no limit."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], usual: int, *, period: Period = minute
    ) -> None:
        self._db, self._clock, self._usual, self._period = database, clock, usual, period
        self._begins = self._ends = _EPOCH
        self._held: dict[tuple[str, int], _Held] = {}  # in this period, by client and allowance

    async def take(self, client: str, rate: int = 0) -> None:
        """Count one request. rate: the client's own allowance.

        Raises  Refused AK-L016 with the seconds until there is more
        """
        allowed = rate or self._usual
        if not allowed:
            return
        now = self._clock()
        if not self._begins <= now < self._ends:
            self._begins, self._ends = self._period(now)
            self._held = {}
        begins, ends = self._begins, self._ends
        if (held := self._held.get((client, allowed))) is None:
            held = self._held[client, allowed] = _Held()
        while not held.left:
            if held.used_up:
                raise Refused("AK-L016", seconds=ceil((ends - now).total_seconds()))
            held.coming = held.coming or asyncio.create_task(self._fetch(held, client, begins, allowed))
            await asyncio.shield(held.coming)  # whoever gives up takes no lot along
        held.left -= 1

    async def _fetch(self, held: _Held, client: str, begins: datetime, allowed: int) -> None:
        """Put the next lot, or what there is of it, to what is held."""
        lot = max(1, allowed // _LOTS)
        try:
            taken: int | None = await self._db.fetchval(SQL.take, client, begins, lot, allowed)
        finally:
            held.coming = None
        held.used_up = taken is None
        held.left = 0 if taken is None else min(lot, allowed - (taken - lot))


class Searches:
    """How often each person at work may search for persons: in a minute, and in a day of which there are `most`.

    A search costs one statement, and one more for each twentieth of the day's.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], most: int) -> None:
        self._minute = Limits(database, clock, min(most, SEARCHES))
        self._day = Limits(database, clock, most, period=day)

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
