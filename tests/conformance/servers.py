"""A real office on a database of its own, for suites that need one; gone when the process ends."""

from __future__ import annotations

import asyncio
import atexit
import shutil
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import asyncpg

from akson.base.binaries import find
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.unprivileged import server_user
from akson.record.office import Office
from tests.offices import opened_office

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


class Running:
    """An event loop that lasts as long as the office on it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._stack = ExitStack()
        self.office = self.run(self._open(self._server()))
        atexit.register(self.close)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    def _server(self) -> Postgres:
        folder = Path(mkdtemp(prefix="akson-conformance-"))
        folder.chmod(0o755)  # the server's user must pass through
        self._stack.callback(shutil.rmtree, folder)
        binaries = find(None, keep=ROOT / "data" / "postgresql", user=server_user())
        return self._stack.enter_context(Postgres(folder, binaries=binaries, fast=True))

    async def _open(self, server: Postgres) -> Office:
        connection = await asyncpg.connect(server.url)
        await connection.execute("CREATE DATABASE conformance")
        await connection.close()
        url = server.url_of("conformance")
        await migrate(url, ROOT / "migrations", datetime.now(UTC))
        opening = opened_office(url)
        self._stack.callback(lambda: self.run(opening.__aexit__(None, None, None)))
        return await opening.__aenter__()

    def close(self) -> None:
        """Close the office and stop the server."""
        self._stack.close()
        self.loop.close()


@cache
def running(name: str) -> Running:
    """Return the office of a suite, by the suite's name."""
    return Running()
