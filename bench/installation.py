"""What is measured: a PostgreSQL with durability on, the real `akson serve`, and the null server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from akson.base.binaries import Binaries, find
from akson.base.postgres import Postgres
from akson.base.unprivileged import server_user
from bench.load import Target
from bench.processes import cpu, free_ports, running, wait

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
    loader: str  # token of the administrator's loading program
    env: dict[str, str]  # what our programs need to find this installation
    url: str  # of its database
    root: Path  # the checkout whose programs run

    def target(self, token: str) -> Target:
        return Target(port=self.port, token=token)

    def renewed(self) -> Installation:
        """Return the same with new tokens: each is good for an hour, and measuring can take longer."""
        new = _tokens(self.env, self.root)
        return replace(self, system=new["system"], doctor=new["doctor"], nurse=new["nurse"], loader=new["loader"])

    def cpu(self) -> tuple[float, float]:
        """Return seconds of CPU so far: of the server, of PostgreSQL."""
        return cpu(self.server), cpu(self.database)

    def cpu_of_null(self) -> tuple[float, float]:
        return cpu(self.null), 0.0


def binaries() -> Binaries:
    """Return the PostgreSQL that everything measured here runs on."""
    given = os.environ.get("AKSON_POSTGRES_BIN")
    return find(Path(given) if given else None, keep=ROOT / "data" / "postgresql", user=server_user())


@contextmanager
def installed(folder: Path, root: Path = ROOT) -> Iterator[Installation]:
    """Start everything on the empty `folder`; stop it all afterwards.

    root  another checkout of the project, set up as this one is: its programs are started, and asked as ours are
    """
    with Postgres(folder, binaries=binaries()) as database:
        port, null_port = free_ports(2)
        env = os.environ | {
            "AKSON_ENV": "demo", "AKSON_DATA": str(folder), "AKSON_PORT": str(port),
            "AKSON_DATABASE_URL": database.url,
            "AKSON_SEARCHES": "0",  # one who measures searches for more people in a second than anybody may in a day
        }  # fmt: skip
        _akson(root, env, "seed", "--data", str(folder), "--people", "50")
        log = folder / "server.log"
        with (
            running(_python("akson", "serve", root=root), log=log, cwd=root, env=env) as server,
            running(_python("bench.null_server", str(null_port)), log=log, cwd=ROOT, env=env) as null,
        ):
            wait(f"http://127.0.0.1:{port}/health/ready", server)
            wait(f"http://127.0.0.1:{null_port}/", null)
            yield Installation(
                database=database.pid or 0, server=server.pid, null=null.pid, port=port, null_port=null_port,
                **_tokens(env, root), env=env, url=database.url, root=root,
            )  # fmt: skip


def _tokens(env: dict[str, str], root: Path) -> dict[str, str]:
    people = {"doctor": "Jonas Eikeland", "nurse": "Mariam Yusuf", "loader": "Camilla"}
    told = {who: _akson(root, env, "token", "--as", name).strip() for who, name in people.items()}
    return {"system": _akson(root, env, "token").strip(), **told}


def _akson(root: Path, env: dict[str, str], *arguments: str) -> str:
    command = _python("akson", *arguments, root=root)
    return subprocess.run(command, env=env, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout


def _python(module: str, *arguments: str, root: Path = ROOT) -> list[str]:
    return [sys.executable if root == ROOT else str(root / ".venv" / "bin" / "python"), "-m", module, *arguments]
