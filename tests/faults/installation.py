"""A whole installation of real processes on a durable cluster, any of which may be killed at any moment.

Two servers and two workers on one PostgreSQL; SIGKILL gives none of them a last word.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from akson.base.binaries import find
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.unprivileged import server_user
from akson.doors import people
from akson.doors.settings import from_environment
from akson.signin.keys import Keyring
from akson.signin.tokens import system_token
from tests.programs import ports

ROOT = Path(__file__).parents[2]
SERVERS = WORKERS = 2
READY = 90  # seconds; recovery after a crash is part of it
BEGUN = '"said": "the worker has begun"'


class Installation:
    """One data folder, and the processes that run on it: servers and workers, by number."""

    def __init__(self, folder: Path) -> None:
        given = os.environ.get("AKSON_POSTGRES_BIN")
        found = find(Path(given) if given else None, keep=ROOT / "data" / "postgresql", user=server_user())
        self.postgres = Postgres(folder, binaries=found)
        self.folder = folder
        self.ports = ports(SERVERS)
        self.programs: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, port: int) -> dict[str, str]:
        return os.environ | {
            "AKSON_ENV": "test", "AKSON_DATA": str(self.folder), "AKSON_PORT": str(port),
            "AKSON_DATABASE_URL": self.postgres.url, "AKSON_URL": f"http://127.0.0.1:{self.ports[0]}",
        }  # fmt: skip

    @property
    def token(self) -> str:
        """Return what a vendor's program shows at the door."""
        settings, now = from_environment(self.environment(self.ports[0])), datetime.now(UTC)
        ring = Keyring.open(settings.data / "keys", "issuer")
        scopes = frozenset({"system/*.cruds"})
        return system_token("laster", scopes, people.issuer_settings(settings), ring, environment="test", now=now)

    def base(self, number: int) -> str:
        return f"http://127.0.0.1:{self.ports[number % SERVERS]}/fhir/"

    def start(self) -> None:
        """Start what does not run; return when every server says that it is ready."""
        self.postgres.start()
        asyncio.run(migrate(self.postgres.url, ROOT / "migrations", datetime.now(UTC)))
        for number, port in enumerate(self.ports):
            self._run(f"serve {number}", "serve", port)
        for number in range(WORKERS):
            self._run(f"worker {number}", "worker", self.ports[0])
        self.wait()

    def wait(self) -> None:
        """Return when every server is ready. Raises RuntimeError when one never is."""
        until = time.monotonic() + READY
        for port in self.ports:
            while not _ready(port):
                if time.monotonic() > until:
                    raise RuntimeError("\n".join(self.said(name)[-2000:] for name in self.programs))
                time.sleep(0.05)

    def kill_program(self, name: str) -> None:
        """Kill a server or a worker, and start it anew as whoever watches over processes would."""
        self.programs[name].kill()
        self._refuse_ended(name)
        self._run(name, name.partition(" ")[0], self.ports[int(name[-1])])
        self.wait()

    def kill_postgres(self) -> None:
        """Kill PostgreSQL with all its own processes, and start it anew under those who use it."""
        self._kill(self._of_postgres())
        self.postgres.stop()  # it is dead; only its supervisor's lock is left
        self.postgres.start()
        self.wait()

    def kill_all(self) -> None:
        """Kill every process at once, and start all anew."""
        self._kill([*(program.pid for program in self.programs.values()), *self._of_postgres()])
        for name in self.programs:
            self._refuse_ended(name)
        self.postgres.stop()
        self.start()

    def _refuse_ended(self, name: str) -> None:
        """Assert that a killed program ran until then. A worker for which PostgreSQL went before it had begun did not."""
        killed = self.programs[name].wait(10) == -signal.SIGKILL
        assert killed or (name.startswith("worker") and BEGUN not in self.said(name)), f"{name} has ended by itself"

    def said(self, name: str) -> str:
        """Return what a program has logged since it was started."""
        return (self.folder / f"{name}.log").read_text("utf-8")

    def _of_postgres(self) -> list[int]:
        server = self.postgres.pid
        assert server is not None
        return [server, *_children(server)]

    def _kill(self, processes: list[int]) -> None:
        for process in processes:
            with suppress(ProcessLookupError):  # a session that ended by itself meanwhile
                os.kill(process, signal.SIGKILL)

    def end(self) -> None:
        for program in self.programs.values():
            program.kill()
            program.wait(10)
        self.postgres.stop()

    def _run(self, name: str, command: str, port: int) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            given: dict[str, Any] = {"env": self.environment(port), "cwd": ROOT, "stdout": log, "stderr": log}
            self.programs[name] = subprocess.Popen([sys.executable, "-m", "akson", command], **given)


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()]
