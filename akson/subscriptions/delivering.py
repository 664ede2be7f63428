"""One turn of the worker: what is due is told, in the order of the numbers, until its receiver has taken it.

One at a time for each subscription, by a lease; many subscriptions beside each other. A receiver that does not answer
is tried again with growing pauses for days, and the Subscription says so; then it is given up in sight.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from akson.base.database import Database
from akson.base.queries import queries
from akson.record.office import Office
from akson.record.stored import Stored
from akson.subscriptions import notifying
from akson.subscriptions.calling import Call, Caller, Unreachable
from akson.subscriptions.disclosing import Told, disclose
from akson.subscriptions.following import SCREEN, Acting, Followed, followed, say
from akson.subscriptions.plan import FULL, REST_HOOK

SQL = queries(__file__)
LOG: Final = logging.getLogger("akson.subscriptions")
AT_ONCE: Final = 16  # subscriptions
ERROR_AFTER: Final = 3  # failures, from which on the Subscription says so
_FIRST, _LONGEST = 2.0, 900.0  # seconds between tries
_ALONE: Final = 100  # calls in a row of R4's own kind, which takes one for each event
_LEFT: Final = "Den som abonnerer, har ikke lenger tilgang."
_OVER: Final = "Abonnementet er utløpt."
_GIVEN_UP: Final = "Mottakeren har ikke svart på lenge. Skriv status requested når den er oppe igjen."


@dataclass(frozen=True, kw_only=True)
class Deliverer:
    """Delivers for one installation.

    base      address of the FHIR API as clients see it
    standing  tells as whom a subscriber acts now
    patience  how long a receiver may be away
    """

    office: Office
    caller: Caller
    base: str
    standing: Acting
    patience: timedelta = timedelta(days=7)

    async def turn(self) -> int:
        """Do what is due; return for how many subscriptions."""
        now = self.office.clock()
        rows = await self.office.database.fetch(SQL.claim, now, AT_ONCE)
        done = await asyncio.gather(*(self._one(followed(row)) for row in rows), return_exceptions=True)
        for failure in done:
            if isinstance(failure, Exception):  # a fault of ours: its lease ends, the others go on
                LOG.error("a subscription failed", extra={"failure": type(failure).__name__})
        return len(rows)

    async def _one(self, one: Followed) -> None:
        now, actor = self.office.clock(), await self.standing(one.actor)
        if actor is None or (one.plan.end and one.plan.end <= now):
            await self._end(one, _LEFT if actor is None else _OVER)
            return
        one = replace(one, actor=actor)
        if one.plan.channel != REST_HOOK:
            await self._wait(one)
            return
        try:
            reached = await self._tell(one)
        except Unreachable as failure:
            await self._failed(one, failure)
        else:
            heard = one.heard if reached is None else self.office.clock()
            await self._settle(SQL.reached, one, reached or one.delivered, heard, _next_look(one, heard))
            if one.status != "active":
                await say(self.office, one, "active")

    async def _tell(self, one: Followed) -> int | None:
        """Tell the receiver the next thing; return up to which number it has heard, None: there was nothing to tell.

        Raises  Unreachable
        """
        waiting = one.events > one.delivered
        if not one.plan.topic:
            return await self._tell_alone(one) if waiting else None
        if one.heard is None or (one.status != "active" and not waiting):
            await self._send(one, notifying.HANDSHAKE)
            return one.delivered
        if not waiting:
            if not _heartbeat_is_due(one, self.office.clock()):
                return None
            await self._send(one, notifying.HEARTBEAT)
            return one.delivered
        events = await self._next(one, one.plan.most)
        if not events:  # kept no longer: the numbers go on
            return one.events
        told = await self._disclosed(one, events, full=one.plan.content == FULL)
        await self._send(one, notifying.EVENT, told)
        return told[-1].number

    async def _send(self, one: Followed, kind: str, events: Sequence[Told] = ()) -> None:
        standing = notifying.Standing(base=self.base, id=one.id, plan=one.plan, status=one.status, events=one.events)
        await self._call(one, "POST", "", notifying.notification(standing, kind, self.office.clock(), events))

    async def _tell_alone(self, one: Followed) -> int:
        """R4's own kind: a call for each event; with a payload the endpoint is a FHIR server that is kept current."""
        events = await self._next(one, _ALONE)
        reached, clock = one.delivered if events else one.events, asyncio.get_running_loop().time
        until = clock() + one.plan.timeout
        for event in await self._disclosed(one, events, full=bool(one.plan.payload)):
            if clock() > until:
                return reached
            try:
                if event.stored is not None:
                    await self._mirror(one, event.stored)
            except Unreachable:
                if reached == one.delivered:
                    raise
                return reached  # what it has taken counts; the rest is tried in the next turn
            reached = event.number
        return reached

    async def _mirror(self, one: Followed, stored: Stored) -> None:
        if not one.plan.payload:
            await self._call(one, "POST", "", b"")
        elif stored.method == "DELETE":
            await self._call(one, "DELETE", f"/{stored.reference}", b"")
        else:
            await self._call(one, "PUT", f"/{stored.reference}", stored.body or b"")

    async def _call(self, one: Followed, method: str, below: str, body: bytes) -> None:
        plan = one.plan
        url = plan.endpoint.rstrip("/") + below if below else plan.endpoint
        media = {"content-type": plan.payload} if body else {}
        await self.caller.call(
            Call(method=method, url=url, headers={**dict(plan.headers), **media}, body=body, seconds=plan.timeout)
        )

    async def _next(self, one: Followed, most: int) -> list[Any]:
        return await self.office.database.fetch(SQL.pending, one.key, one.delivered, one.events, most)

    async def _disclosed(self, one: Followed, events: Sequence[Any], *, full: bool) -> list[Told]:
        """Return what may be seen of the events now; the access log says so before anything leaves."""
        if not events:
            return []
        async with self.office.work(one.actor, one.purpose, screen=SCREEN) as work:
            return await disclose(work, events, content=full)

    async def _wait(self, one: Followed) -> None:
        """A websocket is the client's to open: there is nothing to try, the events wait."""
        await self._settle(SQL.sleep, one, one.plan.end)
        if one.status == "requested":
            await say(self.office, one, "active")

    async def _failed(self, one: Followed, failure: Unreachable) -> None:
        now = self.office.clock()
        if one.failing and now - one.failing > self.patience:
            await self._end(one, _GIVEN_UP)
            return
        await self._settle(SQL.failed, one, now + pause(one.failures), now, failure.problem)
        if one.status == "requested" or (one.status == "active" and one.failures + 1 >= ERROR_AFTER):
            await say(self.office, one, "error", failure.told)

    async def _end(self, one: Followed, why: str) -> None:
        await self._settle(SQL.sleep, one, None)
        await say(self.office, one, "off", why)

    async def _settle(self, statement: str, one: Followed, *values: Any) -> None:
        await self.office.database.execute(statement, one.key, one.leased, *values)


def _heartbeat_is_due(one: Followed, now: datetime) -> bool:
    return (
        one.heard is not None and bool(one.plan.heartbeat) and now >= one.heard + timedelta(seconds=one.plan.heartbeat)
    )


def _next_look(one: Followed, heard: datetime | None) -> datetime | None:
    """Return when to look again though nothing happens: for a heartbeat, or the end."""
    beat = heard + timedelta(seconds=one.plan.heartbeat) if heard and one.plan.heartbeat else None
    return min(filter(None, (beat, one.plan.end)), default=None)


def pause(failures: int) -> timedelta:
    """Return how long to wait after so many failures before this one."""
    return timedelta(seconds=min(_FIRST * 2.0 ** min(failures, 20), _LONGEST))


async def clean(database: Database, now: datetime, kept: timedelta) -> None:
    """Forget events that are older than they are kept."""
    await database.execute(SQL.clean, now - kept)


async def waiting(database: Database) -> dict[str, int]:
    """Return how many subscriptions stand in each state and how many events wait, by name: nothing of anybody."""
    none = {f"subscriptions {state}": 0 for state in ("requested", "active", "error", "off")}
    return none | {row["what"]: row["count"] for row in await database.fetch(SQL.waiting)}
