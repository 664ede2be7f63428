"""Everything is killed at once, five times, while Bundles are loaded: nothing acknowledged is lost, nothing is half there.

Server, worker and PostgreSQL are real processes on a durable cluster; SIGKILL gives none of them a last word.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import asyncpg
import httpx
import pytest

from akson.audit.verify import verify
from akson.base.binaries import find
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.unprivileged import server_user
from akson.doors import people
from akson.doors.keys import Keys
from akson.doors.settings import from_environment
from akson.record.packing import unpacked
from akson.signin.keys import Keyring
from akson.signin.tokens import system_token
from tests.fhirapi.clients import ASTRID, FHIR_JSON, about, post, transaction

ROOT = Path(__file__).parents[2]
KILLS, CLIENTS, ENTRIES = 5, 4, 25
MARK = "urn:x-bundle"
_MARKED = re.compile(rb'"system":"urn:x-bundle","value":"([^"]+)"')


class Installation:
    """One data folder, and the processes that run on it."""

    def __init__(self, folder: Path) -> None:
        given = os.environ.get("AKSON_POSTGRES_BIN")
        found = find(Path(given) if given else None, keep=ROOT / "data" / "postgresql", user=server_user())
        self.postgres = Postgres(folder, binaries=found)
        self.folder = folder
        self.programs: list[subprocess.Popen[bytes]] = []
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port: int = free.getsockname()[1]

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "AKSON_ENV": "test", "AKSON_DATA": str(self.folder), "AKSON_PORT": str(self.port),
            "AKSON_DATABASE_URL": self.postgres.url,
        }  # fmt: skip

    @property
    def token(self) -> str:
        """Return what a vendor's program shows at the door."""
        settings, now = from_environment(self.environment), datetime.now(UTC)
        ring = Keyring.open(settings.data / "keys", "issuer")
        scopes = frozenset({"system/*.cruds"})
        return system_token("laster", scopes, people.issuer_settings(settings), ring, environment="test", now=now)

    def start(self) -> None:
        """Start everything; return when the server says that it is ready."""
        self.postgres.start()
        asyncio.run(migrate(self.postgres.url, ROOT / "migrations", datetime.now(UTC)))
        with (self.folder / "programs.log").open("ab") as log:
            given: dict[str, Any] = {"env": self.environment, "cwd": ROOT, "stdout": log, "stderr": log}
            programs = ([sys.executable, "-m", "akson", name] for name in ("serve", "worker"))
            self.programs = [subprocess.Popen(program, **given) for program in programs]
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/health/ready").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "programs.log").read_text("utf-8")[-2000:])

    def kill(self) -> None:
        """Kill every process, with PostgreSQL's own; return when all are dead."""
        server = self.postgres.pid
        assert server is not None and all(program.poll() is None for program in self.programs)
        everybody = [program.pid for program in self.programs] + [server, *_children(server)]
        for process in everybody:
            with suppress(ProcessLookupError):  # a session of PostgreSQL that ended by itself meanwhile
                os.kill(process, signal.SIGKILL)
        for program in self.programs:
            assert program.wait(10) == -signal.SIGKILL
        self.postgres.stop()  # it is dead; only its supervisor's lock is left


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()]


@pytest.fixture
def installation() -> Iterator[Installation]:
    folder = Path(mkdtemp(prefix="akson-crash-"))
    folder.chmod(0o755)  # the server's user must pass through
    made = Installation(folder)
    try:
        yield made
    finally:
        for program in made.programs:
            program.kill()
            program.wait(10)
        made.postgres.stop()
        shutil.rmtree(folder)


class Load:
    """Bundles, each of two people and all marked alike; what was acknowledged of them."""

    def __init__(self, token: str) -> None:
        self.headers = {"authorization": f"Bearer {token}", "content-type": FHIR_JSON}
        self.sent = 0
        self.acknowledged: dict[str, list[str]] = {}  # mark -> "Type/id" of each entry
        self.requests: list[str] = []  # ids of the answers that came
        self.answered = asyncio.Event()

    async def run(self, base: str, seconds: float, kill: Any) -> None:
        """Load from several clients; kill everything under them some time after the first answer."""
        self.answered = asyncio.Event()
        async with httpx.AsyncClient(base_url=base, headers=self.headers, timeout=20) as client:
            clients = [asyncio.create_task(self._client(client)) for _ in range(CLIENTS)]
            await asyncio.wait_for(self.answered.wait(), 30)
            await asyncio.sleep(seconds)
            kill()
            await asyncio.gather(*clients)

    async def _client(self, client: httpx.AsyncClient) -> None:
        while True:
            self.sent += 1
            mark = f"b{self.sent}"
            try:
                answer = await client.post("/fhir", content=bundle(mark))
            except httpx.HTTPError:
                return  # nobody knows what became of it
            assert answer.status_code == 200, answer.text
            places = [entry["response"]["location"].split("/_history")[0] for entry in answer.json()["entry"]]
            self.acknowledged[mark] = ["/".join(place.split("/")[-2:]) for place in places]
            self.requests.append(answer.headers["x-request-id"])
            self.answered.set()


def bundle(mark: str) -> bytes:
    """Return two people with twelve and eleven measurements, every entry marked."""
    marked = {"identifier": [{"system": MARK, "value": mark}]}
    persons = [post(ASTRID | marked, f"urn:uuid:{n}") for n in range(2)]
    return transaction(*persons, *(post(about(f"urn:uuid:{n % 2}") | marked) for n in range(ENTRIES - 2)))


async def found(url: str) -> tuple[Counter[str], set[str], set[str]]:
    """Return how many entries of each Bundle are there, the ids of all resources, and the requests in the log."""
    connection = await asyncpg.connect(url)
    try:
        bodies = [unpacked(body) for (body,) in
                  await connection.fetch("SELECT body FROM resource_version")]  # fmt: skip
        marks = Counter(mark.decode() for body in bodies for mark in _MARKED.findall(body))
        ids = {row[0] for row in await connection.fetch("SELECT id FROM resource")}
        requests = {row[0] for row in await connection.fetch("SELECT request FROM access_log")}
    finally:
        await connection.close()
    return marks, ids, requests


async def news_are_told(url: str) -> bool:
    """Wait until the worker has carried everything that waited; say whether it did."""
    connection = await asyncpg.connect(url)
    try:
        for _ in range(100):
            if not await connection.fetchval("SELECT (SELECT count(*) FROM news) + (SELECT count(*) FROM job)"):
                return True
            await asyncio.sleep(0.1)
        return False
    finally:
        await connection.close()


def test_five_times_everything_is_killed_and_nothing_acknowledged_is_lost_or_half_there(
    installation: Installation,
) -> None:
    chance = random.Random(5)
    installation.start()
    load = Load(installation.token)
    for _ in range(KILLS):
        base = f"http://127.0.0.1:{installation.port}"
        asyncio.run(load.run(base, 0.2 + chance.random(), installation.kill))
        installation.start()
    url = installation.postgres.url
    marks, ids, requests = asyncio.run(found(url))
    assert set(marks) >= set(load.acknowledged)
    assert set(marks.values()) == {ENTRIES}
    assert {place.partition("/")[2] for places in load.acknowledged.values() for place in places} <= ids
    assert requests >= set(load.requests)
    assert asyncio.run(news_are_told(url))
    report = asyncio.run(verify(url, keys=Keys.open(installation.folder / "keys").seals))
    assert report.faults == () and report.rows["resource_version"] == len(marks) * ENTRIES
