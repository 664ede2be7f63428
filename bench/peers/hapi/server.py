"""Builds HAPI FHIR and runs it on a PostgreSQL of its own: the same programs and settings as ours."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from akson.base.postgres import Postgres
from bench.installation import ROOT, binaries
from bench.load import Target
from bench.processes import cpu, free_ports, running, wait

SOURCES = Path(__file__).parent
BUILT = ROOT / "data" / "peers"
START = 300  # seconds; it makes some eighty tables first
JVM = ("-Xms1g", "-Xmx4g", "-XX:+UseG1GC")


@dataclass(frozen=True, kw_only=True)
class Hapi:
    """A running server and its database. It knows no users: whoever asks sees everything."""

    database: int  # process ids
    server: int
    port: int
    url: str  # of the database

    @property
    def target(self) -> Target:
        return Target(port=self.port)

    def cpu(self) -> tuple[float, float]:
        """Return seconds of CPU so far: of the server, of PostgreSQL."""
        return cpu(self.server), cpu(self.database)


@contextmanager
def started(folder: Path) -> Iterator[Hapi]:
    """Build it when its sources are newer than what is built, start it on the empty `folder`; stop it afterwards."""
    classes = _built()
    with Postgres(folder, binaries=binaries()) as database:
        (port,) = free_ports(1)
        socket = Path(parse_qs(urlsplit(database.url).query)["host"][0]) / ".s.PGSQL.5432"
        given = [f"-Dsocket={socket}", "-Ddatabase=akson"]
        command = ["java", *JVM, *given, "-cp", f"{classes}:{BUILT}/hapi/lib/*", "bench.Server", str(port)]
        with running(command, log=folder / "hapi.log", cwd=folder) as server:
            wait(f"http://127.0.0.1:{port}/fhir/metadata", server, START)
            yield Hapi(database=database.pid or 0, server=server.pid, port=port, url=database.url)


def _built() -> Path:
    """Return the folder of the classes, made by Maven if need be. Needs the network the first time."""
    classes, done = BUILT / "hapi" / "classes", BUILT / "hapi" / "built"
    sources = [SOURCES / "pom.xml", *(SOURCES / "src").rglob("*.*")]
    if not done.exists() or done.stat().st_mtime < max(one.stat().st_mtime for one in sources):
        subprocess.run([str(SOURCES / "tools.sh")], check=True)
        options = [f"-Dmaven.repo.local={BUILT}/maven", f"-Dinto={BUILT}/hapi", f"-DoutputDirectory={BUILT}/hapi/lib"]
        goals = ["clean", "compile", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DincludeTypes=jar"]
        subprocess.run(["mvn", "-q", "-B", *options, *goals], cwd=SOURCES, check=True)
        done.touch()
    return classes
