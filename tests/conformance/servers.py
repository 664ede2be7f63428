"""A real office on a database of its own, for suites that need one; gone when the process ends."""

from __future__ import annotations

import asyncio
import atexit
import shutil
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import asyncpg
import httpx

from akson.app import application
from akson.base.binaries import find
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.unprivileged import server_user
from akson.doors import people
from akson.doors.settings import from_environment
from tests.fhirapi.clients import FHIR_JSON
from tests.offices import opened_office

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


class Running:
    """An event loop that lasts as long as what runs on it: an office on a database of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._stack = ExitStack()
        self.folder = Path(mkdtemp(prefix="akson-conformance-"))
        self._stack.callback(shutil.rmtree, self.folder)
        self.url = self.run(self._prepare(self._server()))
        self.office = self._enter(opened_office(self.url))
        atexit.register(self.close)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    def _server(self) -> Postgres:
        self.folder.chmod(0o755)  # the server's user must pass through
        binaries = find(None, keep=ROOT / "data" / "postgresql", user=server_user())
        return self._stack.enter_context(Postgres(self.folder, binaries=binaries, fast=True))

    async def _prepare(self, server: Postgres) -> str:
        connection = await asyncpg.connect(server.url)
        await connection.execute("CREATE DATABASE conformance")
        await connection.close()
        url = server.url_of("conformance")
        await migrate(url, ROOT / "migrations", datetime.now(UTC))
        return url

    def _enter(self, opening: AbstractAsyncContextManager[T]) -> T:
        self._stack.callback(lambda: self.run(opening.__aexit__(None, None, None)))
        return self.run(opening.__aenter__())

    def served(self) -> httpx.AsyncClient:
        """Return a program's client of the whole server, as `akson serve` runs it for the demo."""
        settings = from_environment({
            "AKSON_ENV": "demo", "AKSON_DATABASE_URL": self.url, "AKSON_DATA": str(self.folder), "AKSON_SEARCHES": "0",
        })  # fmt: skip
        app = application(settings)
        self._enter(app.router.lifespan_context(app))
        token = self.run(people.token(settings, "", frozenset(), datetime.now(UTC)))
        headers = {"authorization": f"Bearer {token}", "content-type": FHIR_JSON}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url=f"{settings.fhir_url}/", headers=headers
        )

    def close(self) -> None:
        """Close the office and stop the server."""
        self._stack.close()
        self.loop.close()


@cache
def running(name: str) -> Running:
    """Return the office of a suite, by the suite's name."""
    return Running()
