"""Notifications over a websocket: a client binds with a token, and is told what waits and what comes.

Nothing is kept here that another server would not see: what has been told stands with the subscription, and what comes
is looked for in the database. So a client may come back to any server, and goes on where it was.
Source: hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#websockets
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from akson.base.errors import Refused
from akson.fhirapi.calls import Server
from akson.subscriptions import notifying
from akson.subscriptions.disclosing import Told
from akson.subscriptions.following import Acting, Followed
from akson.subscriptions.streaming import current, told, waiting

PATH: Final = "$ws"
POLL: Final = 0.5  # seconds between two looks
UNBOUND: Final = 30.0  # seconds that a connection may wait before it binds
MOST: Final = 200  # subscriptions of one connection
REFUSED: Final = 1008  # of RFC 6455: policy violation
_BIND: Final = re.compile(r"bind-with-token[: ]\s*(\S{1,8000})\s*")
_PAIR: Final = "key"


def address(base: str) -> str:
    """Return where websockets are opened, for the API at `base`."""
    return f"ws{base.removeprefix('http')}/{PATH}"


def token_for(server: Server, keys: list[int], until: datetime) -> str:
    """Return what a client binds to some subscriptions with, on any server of the installation."""
    return server.seal.close(PATH, [("until", until.isoformat()), *((_PAIR, str(key)) for key in keys)])


def opened(server: Server, token: str) -> list[int]:
    """Return the keys that a token binds to. Raises Refused AK-F016 when it was not made here, or is too old."""
    pairs = server.seal.open(PATH, token)
    if datetime.fromisoformat(dict(pairs)["until"]) < server.office.clock():
        raise Refused("AK-F016")
    return [int(value) for name, value in pairs if name == _PAIR]


@dataclass
class _Bound:
    """One subscription of a connection. reached: the number it has heard up to; heard: when it last heard anything."""

    reached: int
    heard: datetime


@dataclass
class Socket:
    """One connection."""

    websocket: WebSocket
    server: Server
    acting: Acting
    _wanted: list[int] = field(default_factory=list)  # asked for, not yet greeted
    _bound: dict[int, _Bound] = field(default_factory=dict)

    async def run(self) -> None:
        """Serve the connection until one of the two ends it."""
        await self.websocket.accept()
        listening = asyncio.create_task(self._listen())
        left = UNBOUND / POLL
        try:
            while not listening.done() and left > 0 and await self._tell():
                left = UNBOUND / POLL if self._bound or self._wanted else left - 1
                await asyncio.wait([listening], timeout=POLL)
        except WebSocketDisconnect:
            return
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, Refused):
                await listening
        with suppress(RuntimeError, WebSocketDisconnect):  # it is closed already
            await self.websocket.close(REFUSED)

    async def _listen(self) -> None:
        """Take what the client says until it says something else than to bind."""
        while binding := _BIND.fullmatch(await self.websocket.receive_text()):
            self._wanted += opened(self.server, binding[1])
            if len(self._wanted) + len(self._bound) > MOST:
                return

    async def _tell(self) -> bool:
        """Tell what there is to tell; return whether there can be more: not when all that it was bound to is over."""
        wanted, self._wanted, before = self._wanted, [], bool(self._bound)
        for one in await current(self.server.office, [*self._bound, *wanted]):
            await self._one(one)
        return bool(self._bound) or not (before or wanted)

    async def _one(self, one: Followed) -> None:
        """Tell of one subscription what there is to tell; let go of it when it is over, or its subscriber is."""
        now, bound = self.server.office.clock(), self._bound.get(one.key)
        due = bound is None or one.events > bound.reached or _beat(one, bound, now)
        actor = await self.acting(one.actor) if due and one.status != "off" else one.actor
        if one.status == "off" or actor is None:
            self._bound.pop(one.key, None)
            return
        one = replace(one, actor=actor)
        if bound is None:
            await self._say(one, notifying.HANDSHAKE)
            self._bound[one.key] = _Bound(one.delivered, now)
        elif one.events > bound.reached:
            await self._events(one, bound, now)
        elif due:
            await self._say(one, notifying.HEARTBEAT)
            bound.heard = now

    async def _events(self, one: Followed, bound: _Bound, now: datetime) -> None:
        events = await waiting(self.server.office, one, bound.reached)
        if events:
            await self._say(one, notifying.EVENT, events)
        bound.reached, bound.heard = events[-1].number if events else one.events, now
        await told(self.server.office, one, bound.reached)

    async def _say(self, one: Followed, kind: str, events: Sequence[Told] = ()) -> None:
        standing = notifying.Standing(
            base=self.server.base, id=one.id, plan=one.plan, status=one.status, events=one.events
        )
        said = notifying.notification(standing, kind, self.server.office.clock(), events)
        await self.websocket.send_text(said.decode())


def _beat(one: Followed, bound: _Bound, now: datetime) -> bool:
    return one.plan.heartbeat > 0 and now >= bound.heard + timedelta(seconds=one.plan.heartbeat)
