"""This will let sqlmap (Debian's) try every sort of way in of a running server, in bounded time, and print what it found.

    python -m tests.sqlmap [--seconds 60] [--level 1]     exits with 1 when anything is open or the server broke

It starts the invented municipality on 127.0.0.1 as the journeys do: server, worker, hospital, a database of its own. Each
way in is asked as somebody who may come in that way, else nothing behind the door would be reached.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import asyncpg
import httpx

from akson.base.binaries import find
from akson.base.postgres import Postgres
from akson.base.unprivileged import server_user
from akson.base.web.static import FOLDER, vendor
from akson.doors import people
from akson.doors.settings import from_environment
from seeds.citizens.astrid import ASTRID
from tests.journeys.look import node_modules
from tests.journeys.test_payloads import _signed_in
from tests.journeys.town import Town, town

ROOT = Path(__file__).parents[1]
LATE = "nothing open when time was up"
CLEAN = "do not appear to be injectable"
OPEN = re.compile(r"is vulnerable|identified the following injection point|appears to be '.*' injectable")
BROKE = re.compile(r"5\d\d \([A-Za-z ]+\) - \d+ times")


@dataclass(frozen=True)
class Way:
    """One way in. tried: the parameters that sqlmap shall try, with commas; "" for what a * marks."""

    name: str
    url: str
    tried: str = ""
    data: str = ""
    headers: tuple[str, ...] = ()


def ways(url: str, patient: str, token: str, cookie: str, csrf: str) -> Iterator[Way]:
    """Yield a way in of each sort."""
    api, page = (f"Authorization: Bearer {token}",), (f"Cookie: akson={cookie}",)
    found = {
        "search by name": "Patient?name=Nordli&_count=5", "by number": f"Patient?identifier={ASTRID.fnr.value}&_sort=family",
        "by date": "Patient?birthdate=ge1941-01-01&gender=female", "by code": "Observation?code=8310-5&date=ge2026-01-01",
        "by quantity": "Observation?value-quantity=gt5&_sort=-date", "by words": "DocumentReference?_content=hjerte&_total=accurate",
        "in chains": f"Observation?subject:Patient.name=Nordli&patient={patient}", "across types": "?_type=Condition,Flag&_lastUpdated=ge2026-01-01",
        "company": "Condition?_include=Condition:subject&_revinclude=Provenance:target&_elements=code", "history": "Patient/_history?_since=2026-01-01&_count=3",
    }  # fmt: skip
    for name, asked in found.items():
        yield Way(name, f"{url}/fhir/{asked}", ",".join(re.findall(r"[?&]([^=&]+)=", asked)), headers=api)
    yield Way("an id", f"{url}/fhir/Patient/{patient}*", headers=api)
    yield Way("a type", f"{url}/fhir/Patient*", headers=api)
    yield Way("posted search", f"{url}/fhir/Patient/_search", "name,birthdate", "name=Nordli&birthdate=1941-03-14", api)
    yield Way(
        "headers", f"{url}/fhir/Patient/{patient}", headers=(*api, "X-Request-Id: 12345678*", 'If-None-Match: W/"1"*')
    )
    key = ("Content-Type: application/fhir+json", "Idempotency-Key: abc*", "If-None-Exist: identifier=1*")
    yield Way(
        "a key of a write",
        f"{url}/fhir/Basic",
        data='{"resourceType":"Basic","code":{"text":"x"}}',
        headers=(*api, *key),
    )
    body = f'{{"resourceType":"Flag","status":"active","code":{{"text":"x*"}},"subject":{{"reference":"Patient/{patient}"}}}}'
    yield Way("a body", f"{url}/fhir/Flag", data=body, headers=(*api, "Content-Type: application/fhir+json"))
    yield Way("the search of the pages", f"{url}/sok", "q", f"q=Nordli&_csrf={csrf}", page)
    yield Way("a line", f"{url}/p/{patient}/hurtig", "linje", f"linje=bt&_csrf={csrf}", page)
    yield Way("addresses of pages", f"{url}/p/{patient}/notater?kode=K77", "kode", headers=page)
    yield Way("a period", f"{url}/p/{patient}/malinger?periode=1&antall=50", "periode,antall", headers=page)
    yield Way("a tab", f"{url}/innboks?fane=sendt", "fane", headers=page)
    yield Way("codes", f"{url}/koder/icpc2?q=hjerte", "q", headers=page)
    yield Way("a cookie", f"{url}/start", headers=("Cookie: akson=x*",))
    yield Way("sign-in", f"{url}/logg-inn?til=/start&med=demo", "til,med")
    yield Way("its answer", f"{url}/logg-inn/tilbake?state=x&code=y&iss=z", "state,code,iss")
    yield Way("an app", f"{url}/smart/authorize?client_id=x&redirect_uri=y&state=z", "client_id,redirect_uri,state")
    yield Way(
        "a token", f"{url}/smart/token", "grant_type,code,client_id", "grant_type=authorization_code&code=x&client_id=y"
    )
    yield Way("a revocation", f"{url}/smart/revoke", "token", "token=x&client_id=y")


def tried(way: Way, folder: Path, seconds: int, level: int) -> str:
    """Let sqlmap try one way; return what it found, "" when it tried all and nothing is open."""
    command = ["sqlmap", "-u", way.url, "--batch", "--flush-session", f"--level={level}", "--risk=2", "--dbms=PostgreSQL",
               "--technique=BEUS", "--threads=3", "--timeout=10", "--retries=0", "--ignore-code=*", "--skip-waf",
               "--disable-coloring", f"--output-dir={folder}"]  # fmt: skip
    command += ["-p", way.tried] if way.tried else []
    command += ["--data", way.data] if way.data else []
    command += [part for header in way.headers for part in ("-H", header)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds).stdout
    except subprocess.TimeoutExpired as late:
        told = (late.stdout or b"").decode(errors="replace") + "\ntime is up"
    if found := OPEN.findall(told):
        return f"OPEN: {found}"
    if broke := BROKE.findall(told):
        return f"the server broke: {broke}"
    if "time is up" in told:
        return LATE
    return "" if CLEAN in told else f"not tried: {told.strip()[-300:]}"


def _ready() -> bool:
    """Install sqlmap when it is missing and we may."""
    if shutil.which("sqlmap") is None:
        subprocess.run([ROOT / "bin" / "setup", "sqlmap"], check=False)
    return shutil.which("sqlmap") is not None


def _tokens(here: Town) -> tuple[str, str]:
    """Return the access tokens of a program and of the GP."""
    settings = from_environment({
        "AKSON_ENV": "demo", "AKSON_DATABASE_URL": here.database_url, "AKSON_DATA": str(here.folder), "AKSON_URL": here.url,
    })  # fmt: skip
    now = datetime.now(UTC)
    program, gp = (asyncio.run(people.token(settings, who, frozenset(), now)) for who in ("", "Jonas"))
    return program, gp


def _astrid(here: Town, token: str) -> str:
    headers = {"authorization": f"Bearer {token}"}
    found = httpx.post(f"{here.url}/fhir/Patient/_search", headers=headers, data={"identifier": ASTRID.fnr.value})
    return str(found.json()["entry"][0]["resource"]["id"])


async def _made(server: Postgres) -> None:
    connection = await asyncpg.connect(server.url)
    await connection.execute("CREATE DATABASE probed")
    await connection.close()


def main() -> int:
    """Run; return the exit code."""
    asked = argparse.ArgumentParser(description="sqlmap against a running server")
    asked.add_argument("--seconds", type=int, default=60, help="for each way in")
    asked.add_argument("--level", type=int, default=1, choices=range(1, 6))
    given = asked.parse_args()
    if not _ready():
        sys.stderr.write("sqlmap is missing: sudo apt-get install sqlmap\n")
        return 2
    if not (FOLDER / "vendor" / "ds.css").exists():
        vendor(node_modules())
    folder = Path(mkdtemp(prefix="akson-sqlmap-"))
    folder.chmod(0o755)
    failed = 0
    try:
        binaries = find(None, keep=ROOT / "data" / "postgresql", user=server_user())
        with Postgres(folder, binaries=binaries, fast=True) as server:
            asyncio.run(_made(server))
            (folder / "town").mkdir()
            with town(server.url_of("probed"), folder / "town") as here:
                (_, token), (cookie, csrf) = _tokens(here), asyncio.run(_signed_in(here))
                patient = _astrid(here, token)
                for way in ways(here.url, patient, token, cookie, csrf):
                    found = tried(way, folder / "sqlmap", given.seconds, given.level)
                    failed += found not in ("", LATE)
                    sys.stdout.write(f"{way.name:26} {found or 'nothing open'}\n")
                    sys.stdout.flush()
                told = here.complaints()
                failed += len(told)
                sys.stdout.write("".join(f"a fault in the logs: {line}\n" for line in told[:5]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
