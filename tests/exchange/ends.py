"""Akson at one end of a transport: its doctor writes, and the worker's turns are taken by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from akson.base.work import Purpose
from akson.exchange import outcomes, sending
from akson.exchange.exchanging import Exchange
from akson.exchange.outcomes import Standing
from tests.exchange.letters import HEART
from tests.exchange.places import Places
from tests.programs import HANG


@dataclass
class OurEnd:
    """PAUSE: seconds between turns, so that who is at the other end gets on."""

    PAUSE: ClassVar[float] = 0.0
    places: Places
    exchange: Exchange

    async def turn(self) -> None:
        for carrier in self.exchange.carriers.values():
            await self.exchange.turn(self.places.office)
            await carrier.turn(self.places.office)

    async def until(self, seen: Callable[[], Awaitable[Any]], *, each: Callable[[], None] = lambda: None) -> Any:
        """Take turns until `seen` is true; return what it saw."""
        async with asyncio.timeout(HANG):
            while not (found := await seen()):
                await self.turn()
                each()
                await asyncio.sleep(self.PAUSE)
        return found

    async def writes(self, text: str = "Kommer hun mandag?") -> str:
        """Let the doctor write to the hospital; return the id of her Communication."""
        new = {"resourceType": "Communication", "subject": {"reference": self.places.astrid.reference}}
        async with self.places.office.work(self.places.doctor, Purpose.TREATMENT) as work:
            return (await sending.send(work, new | {"payload": [{"contentString": text}]}, to=HEART.her_id)).id

    async def standing(self, communication: str) -> Standing:
        async with self.places.office.work(self.places.doctor, Purpose.TREATMENT) as work:
            return (await outcomes.standing(work, self.places.astrid.owner, [communication]))[0]
