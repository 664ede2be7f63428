"""What is measured: a PostgreSQL with durability on, the real `akson serve`, and the null server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from akson.base.binaries import find
from akson.base.postgres import Postgres
from akson.base.unprivileged import server_user
from bench.load import Target
from bench.processes import cpu

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A running server, its database, the null server; and the tokens to ask with."""

    database: int  # process ids
    server: int
    null: int
    port: int
    null_port: int
    system: str  # token of a program with an agreement
    doctor: str  # token of a GP
    nurse: str  # token of a nurse in home care
    env: dict[str, str]  # what our programs need to find this installation
    url: str  # of its database

    def target(self, token: str) -> Target:
        return Target(port=self.port, token=token)

    def cpu(self) -> tuple[float, float]:
        """Return seconds of CPU so far: of the server, of PostgreSQL."""
        return cpu(self.server), cpu(self.database)

    def cpu_of_null(self) -> tuple[float, float]:
        return cpu(self.null), 0.0


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """Start everything on the empty `folder`; stop it all afterwards."""
    given = os.environ.get("AKSON_POSTGRES_BIN")
    binaries = find(Path(given) if given else None, keep=ROOT / "data" / "postgresql", user=server_user())
    with Postgres(folder, binaries=binaries) as database:
        port, null_port = _free_ports()
        env = os.environ | {
            "AKSON_ENV": "demo", "AKSON_DATA": str(folder), "AKSON_PORT": str(port),
            "AKSON_DATABASE_URL": database.url,
        }  # fmt: skip
        _akson(env, "seed", "--data", str(folder), "--people", "50")
        log = folder / "server.log"
        with (
            _running(env, log, "akson", "serve") as server,
            _running(env, log, "bench.null_server", str(null_port)) as null,
        ):
            _wait(f"http://127.0.0.1:{port}/health/ready", server)
            _wait(f"http://127.0.0.1:{null_port}/", null)
            yield Installation(
                database=database.pid or 0, server=server.pid, null=null.pid, port=port, null_port=null_port,
                system=_akson(env, "token").strip(), doctor=_akson(env, "token", "--as", "Jonas Eikeland").strip(),
                nurse=_akson(env, "token", "--as", "Mariam Yusuf").strip(), env=env, url=database.url,
            )  # fmt: skip


def _akson(env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "akson", *arguments]
    return subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def _running(env: dict[str, str], log: Path, *module: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        child = subprocess.Popen([sys.executable, "-m", *module], env=env, cwd=ROOT, stdout=out, stderr=out)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            raise


def _wait(url: str, child: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + 30
    while child.poll() is None and time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def _free_ports() -> tuple[int, int]:
    """Return two ports that nobody uses."""
    with socket.socket() as one, socket.socket() as other:  # held together, else they could be the same
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
