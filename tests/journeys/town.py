"""The town the journeys walk in: what `akson demo` starts, as real processes, with few people and a faster hospital."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from akson.app import ISSUER
from akson.doors import barnevern, neighbours, seeding
from akson.doors.opening import opened
from akson.doors.running import environment_of
from akson.doors.settings import from_environment
from akson.doors.sources import written
from akson.record.office import Office
from akson.signin import jose
from akson.signin.client import LOGOUT
from akson.signin.keys import Keyring
from seeds.citizens.own_system import vestbyen
from seeds.fjordvik import SYKEHUS, address
from tests.journeys.watch import SECRET
from tests.programs import ports

PEOPLE = 30
ANSWERS = "0.1"  # seconds before a neighbour does; who is to see the state before that lets the worker rest
HELD = """SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"""
SERVERS = ("serve", "serve-too")  # two of each on one database
WORKERS = {"worker": "tests.journeys.worker", "worker-too": "akson worker"}  # one more that rests as it always does
PATIENCE = 20.0  # seconds that something in the background may take


@dataclass(frozen=True)
class Town:
    """Addresses of what runs, and the few things a test may do behind the screens."""

    url: str
    hospital: Hospital
    gp: Practice
    nav: Practice
    database_url: str
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    env: dict[str, str] = field(default_factory=dict)

    def url_of(self, program: str) -> str:
        """Return where one of the programs outside is, of those that stand in line after the server."""
        host, _, port = self.url.rpartition(":")
        return f"{host}:{int(port) + {'barnevern': 5, 'school': 6}[program]}"

    def at_the_office(self, do: Callable[[Office], Awaitable[Any]]) -> Any:
        """Let something be done beside the pages, with the keys of the town."""
        return asyncio.run(self._done(do))

    @contextmanager
    def workers_at_rest(self) -> Iterator[None]:
        """Let both stand still meanwhile, as on a machine that has too much to do; they hold up nobody else."""
        try:
            self._tell_workers(signal.SIGSTOP)
            while asyncio.run(self._ask(HELD)):  # in the middle of a transaction others would wait for it
                self._tell_workers(signal.SIGCONT)
                time.sleep(0.01)
                self._tell_workers(signal.SIGSTOP)
            yield
        finally:
            self._tell_workers(signal.SIGCONT)

    def _tell_workers(self, what: signal.Signals) -> None:
        for name in WORKERS:
            self.processes[name].send_signal(what)

    def half_an_hour_passes(self) -> None:
        """Let everybody who is signed in have been away for so long that their session has ended."""
        asyncio.run(self._ask("UPDATE signin_session SET seen_at = seen_at - interval '31 minutes'"))

    def logged_out_at_the_issuer(self, who: str) -> None:
        """Let the issuer tell that one of its persons has logged out there, as OpenID Connect has it told."""
        settings, now = from_environment(self.env), int(time.time())
        key = Keyring.open(settings.keys, "issuer").signer
        claims = {"iss": f"{settings.base_url}{ISSUER}", "aud": settings.client_id, "sub": who, "iat": now, "exp": now + 120,
                  "jti": jose.fresh(), "events": {LOGOUT: {}}}  # fmt: skip
        told = {"logout_token": jose.sign(claims, key, typ="logout+jwt", kid=key.thumbprint())}
        assert httpx.post(f"{self.url}/logg-ut/demo", data=told).status_code == 200

    def complaints(self) -> list[str]:
        """Return every line since last asked in which the programs logged an error, or named a person."""
        lines = [line for log in sorted(self.folder.glob("*.log")) for line in log.read_text("utf-8").splitlines()]
        bad = [line for line in lines if '"level": "error"' in line or "Traceback" in line or SECRET.search(line)]
        new = [line for line in bad if line not in self.heard]
        self.heard.update(new)
        return new

    async def _done(self, do: Callable[[Office], Awaitable[Any]]) -> Any:
        async with opened(from_environment(self.env), size=2) as office:
            return await do(office)

    async def _ask(self, statement: str) -> Any:
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()


@dataclass(frozen=True)
class Hospital:
    """Vestfjell sykehus, seen through its own pages."""

    url: str

    def writes(self, fnr: str, text: str, *, title: str = "Henvendelse om pasient", to: int = 0, kind: str = "",
               **more: str) -> None:  # fmt: skip
        """Write a letter about a patient, or a message of another kind; `to` can be a place that is not there."""
        form = {"fnr": fnr, "title": title, "text": text, "to": str(to or ""), "kind": kind, **more}
        assert httpx.post(f"{self.url}/send", data=form).status_code == 303

    def is_in_the_mood(self, mood: str) -> None:
        httpx.post(f"{self.url}/mood", data={"mood": mood})

    def letters(self, way: str) -> list[dict[str, str]]:
        """Return the letters that went out or came in, newest first."""
        every: list[dict[str, str]] = httpx.get(f"{self.url}/state").json()["letters"]
        return [one for one in every if one["way"] == way]

    def letter(self, title: str) -> dict[str, str]:
        """Return the newest letter of that title which went out."""
        return next(one for one in self.letters("ut") if one["title"] == title)


@dataclass(frozen=True)
class Practice:
    """Vestbyen legekontor, or NAV Fjordvik, seen through the pages of its own system."""

    url: str

    def does(self, what: str, **form: str) -> None:
        """Press a button there: "follow", "write", "send", "mood", or at NAV "ask"."""
        assert httpx.post(f"{self.url}/{what}", data=form, timeout=20).status_code == 303

    def state(self) -> dict[str, Any]:
        """Return what has happened there."""
        found: dict[str, Any] = httpx.get(f"{self.url}/state").json()
        return found


def eventually(found: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Return what `found` returns as soon as that is something; the last it returned when patience ends."""
    until = time.monotonic() + patience
    while not (last := found()) and time.monotonic() < until:
        time.sleep(0.1)
    return last


@contextmanager
def town(database_url: str, folder: Path) -> Iterator[Town]:
    """Fill the empty database, start servers, workers and the others, stop them afterwards."""
    port = ports(9)[0]  # the seeds place the hospital beside it, and the others after
    url = f"http://127.0.0.1:{port}"
    env = {name: value for name, value in os.environ.items() if not name.startswith("AKSON_")} | {
        "AKSON_ENV": "demo", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(folder), "AKSON_URL": url,
        "AKSON_PORT": str(port), "AKSON_EXCHANGE_SECRET": "hemmelig" * 4, "AKSON_LOCAL_SECRET": "hemmelig" * 4,
        "AKSON_RECORD_YEARS": "25", "AKSON_SEARCHES": "0",
    }  # fmt: skip
    elsewhere = written(from_environment(env), name=SYKEHUS.name, number=address(SYKEHUS).orgnr.value,
                        url=f"http://127.0.0.1:{port + 1}")  # fmt: skip
    own = folder / "vestbyen"
    env |= {"AKSON_ELSEWHERE": str(elsewhere), "AKSON_NEIGHBOURS": str(neighbours.demo(own, vestbyen()))}
    home, told = _barnevern(env, port + 5)
    env |= told
    servers = dict(zip(SERVERS, (port + 7, port + 8), strict=True))
    programs = {
        "front": ["tests.journeys.front", *map(str, (port, *servers.values()))],
        **{name: ["akson", "serve"] for name in SERVERS}, **{name: program.split() for name, program in WORKERS.items()},
        "hospital": ["peers.hospital", "--port", str(port + 1), "--akson-url", url, "--delay", ANSWERS,
                     "--pace", "0", "--keys", str(elsewhere.with_name("client.json"))],
        "gp": [*neighbours.program(own, port + 3, url), "--delay", ANSWERS, "--every", "0"],
        "nav": ["peers.nav", "--port", str(port + 4), "--akson-url", url, "--delay", ANSWERS],
        "barnevern": ["peers.barnevern", "--port", str(port + 5), "--akson-url", url, "--delay", ANSWERS,
                      "--addresses", str(home / barnevern.ADDRESSES), "--keys", str(home / barnevern.CLIENT)],
        "school": ["peers.school", "--port", str(port + 6), "--akson-url", url, "--delay", ANSWERS],
    }  # fmt: skip
    seed = ["akson", "seed", "--data", str(folder), "--people", str(PEOPLE)]
    assert _begin("seed", seed, env, folder).wait(120) == 0, (folder / "seed.log").read_text("utf-8")
    own_port = {name: {"AKSON_PORT": str(number)} for name, number in servers.items()}
    running = {name: _begin(name, program, env | own_port.get(name, {}), folder) for name, program in programs.items()}
    try:
        for name, number in (*servers.items(), ("front", port)):
            assert _ready(f"http://127.0.0.1:{number}", running[name]), (folder / f"{name}.log").read_text("utf-8")
        gp = Practice(f"http://127.0.0.1:{port + 3}")
        nav = Practice(f"http://127.0.0.1:{port + 4}")
        yield Town(url, Hospital(f"http://127.0.0.1:{port + 1}"), gp, nav, database_url, folder, running, env=env)
    finally:
        for one in running.values():
            one.terminate()
        for one in running.values():
            one.wait(15)


def _barnevern(env: dict[str, str], port: int) -> tuple[Path, dict[str, str]]:
    """Return where the barnevern finds what it is told, and what the town is told of it."""
    settings, there = from_environment(env), f"http://127.0.0.1:{port}"
    told = environment_of(barnevern.joined(settings, there, f"{there}/", seeding.directory()), {})
    named = {name: value for name, value in told.items() if name.startswith(("AKSON_FIKS", "AKSON_MASKINPORTEN"))}
    return barnevern.folder(settings), named


def _begin(name: str, program: list[str], env: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *program], env=env, stdout=log, stderr=log, preexec_fn=_die_with_parent
        )


def _ready(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers that it is ready; False when it has ended."""

    def answered() -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{url}/health/ready", timeout=2).status_code == 200
        return False

    eventually(lambda: server.poll() is not None or answered(), 60)
    return server.poll() is None


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: nothing of ours outlives a killed test run
