"""How much each client may ask in a minute, counted for all servers of an installation together.

A server takes a twentieth of the allowance at a time from the shared count, so most requests cost a subtraction. A
client never gets more than its allowance; what a server has taken and not used is lost to it until the minute is over:
at most a twentieth for each server but the first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries

SQL = queries(__file__, "limits.sql")
_LOTS = 20
_MINUTE = timedelta(minutes=1)
_MOST = 10_000  # clients remembered
_USED_UP = -1  # instead of what is left: there is no more in this minute


class Limits:
    """The allowance of each client. usual: requests a minute for those without one of their own; 0: no limit."""

    def __init__(self, database: Database, clock: Callable[[], datetime], usual: int) -> None:
        self._db, self._clock, self._usual = database, clock, usual
        self._left: dict[str, tuple[datetime, int]] = {}  # minute, requests left of the lot

    async def take(self, client: str, rate: int = 0) -> None:
        """Count one request. rate: the client's own allowance.

        Raises  Refused AK-L016 with the seconds until there is more
        """
        allowed = rate or self._usual
        if not allowed:
            return
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        held, left = self._left.get(client, (minute, 0))
        if held != minute or left == 0:
            more = await self._lot(client, minute, allowed)
            held, left = self._left.get(client, (minute, 0))  # others may have fetched a lot meanwhile: none is lost
            left = (left if held == minute and left > 0 else 0) + more or _USED_UP
        if len(self._left) >= _MOST:
            self._left.clear()
        self._left[client] = minute, left if left == _USED_UP else left - 1
        if left == _USED_UP:
            raise Refused("AK-L016", seconds=int((minute + _MINUTE - now).total_seconds()) + 1)

    async def _lot(self, client: str, minute: datetime, allowed: int) -> int:
        lot = max(1, allowed // _LOTS)
        taken: int = await self._db.fetchval(SQL.take, client, minute, lot)
        return max(0, min(lot, allowed - (taken - lot)))
