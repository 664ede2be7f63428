"""Akson served on a port and the hospital as a process of its own, for stories where both take part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from akson.base.work import Purpose
from akson.exchange import outcomes
from akson.exchange.exchanging import Exchange
from akson.exchange.states import State
from akson.exchange.transports.local import PATH, Local
from akson.record.office import Office
from peers.serving import Listening
from tests.exchange.letters import ASTRID, NORDRE
from tests.exchange.places import Places, make
from tests.programs import HANG, running

SECRET = "the-tests-own-shared-secret"


@dataclass
class World:
    """Akson served on a port, the hospital as a process, and the worker's turns taken by the test."""

    places: Places
    exchange: Exchange
    url: str
    hospital: httpx.AsyncClient

    async def until(self, seen: Callable[[], Awaitable[Any]]) -> Any:
        """Let everybody work until `seen` is true; return what it saw."""
        async with asyncio.timeout(HANG):
            while not (found := await seen()):
                await self.exchange.turn(self.places.office)
                await asyncio.sleep(0.05)
        return found

    async def told(self, way: str, kind: str) -> dict[str, Any] | None:
        """Return the newest of the hospital's own messages of a kind."""
        letters = (await self.hospital.get("/state")).json()["letters"]
        return next((each for each in letters if (each["way"], each["kind"]) == (way, kind)), None)

    async def sends(
        self, text: str = "Hun reiser hjem i morgen.", *, fnr: str = ASTRID, to: int = NORDRE.her_id
    ) -> None:
        """Let somebody at the hospital write a message in its page."""
        form = {"fnr": fnr, "given": "Astrid", "family": "Nordli", "title": "Utskrivning", "text": text, "to": str(to)}
        assert (await self.hospital.post("/send", data=form)).status_code == 303

    async def mood(self, mood: str) -> None:
        assert (await self.hospital.post("/mood", data={"mood": mood})).status_code == 303

    async def standing(self, communication: str) -> State:
        async with self.places.office.work(self.places.doctor, Purpose.TREATMENT) as work:
            return (await outcomes.standing(work, self.places.astrid.owner, [communication]))[0].state


@asynccontextmanager
async def served(routes: list[Any]) -> AsyncIterator[str]:
    """Serve `routes` on a free port."""
    place = Listening.at(0)
    with place.socket as listening:
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield place.url
        finally:
            server.should_exit = True
            await task


def hospital(akson_url: str) -> AbstractAsyncContextManager[str]:
    """Run the hospital as a process of its own; return where it is."""
    told = ("--port", "0", "--akson-url", akson_url, "--delay", "0.1")
    return running("peers.hospital", *told, env={"AKSON_LOCAL_SECRET": SECRET})


@pytest.fixture
async def world(office: Office) -> AsyncIterator[World]:
    """The municipality in small and the hospital, each with a port of its own."""
    async with httpx.AsyncClient(timeout=5) as client:
        local = Local(secret=SECRET, client=client)
        async with served(local.routes(office)) as url, hospital(url) as where:
            places = await make(office, endpoint=f"{where}{PATH}")
            async with httpx.AsyncClient(base_url=where, timeout=5) as page:
                yield World(places, Exchange(carriers={"http": local}), url, page)
