"""Runs the parts of an installation: the server, the worker, and for the demo everything on one machine."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import httpx

from akson.audit.seal import seal
from akson.base.jobs import Consumer, deliver
from akson.doors.opening import Keys, clock, opened
from akson.doors.settings import Settings
from akson.exchange.safexml import Schemas
from akson.exchange.transports.local import Local
from akson.record import worklist
from akson.record.office import Office

PAUSE = 0.5  # seconds between two looks when nothing is due
SEAL_EVERY = timedelta(minutes=1)
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def consumers(office: Office) -> list[Consumer]:
    """Return everyone who wants to hear news."""
    return [worklist.consumer(office.database, office.ids.open)]


async def work(settings: Settings) -> None:
    """Carry news, deliver messages and seal the log until stopped."""
    schemas = Schemas(settings.schemas) if settings.schemas else None
    async with opened(settings) as office, httpx.AsyncClient(timeout=20.0) as http:
        turns: list[Callable[[], Awaitable[int]]] = [lambda: deliver(office.database, consumers(office), clock())]
        if settings.exchange_secret:
            local = Local(secret=settings.exchange_secret, client=http)
            turns.append(lambda: local.turn(office, schemas=schemas))
        await asyncio.gather(*(_again(turn) for turn in turns), _sealing(office, settings))


async def _again(turn: Callable[[], Awaitable[int]]) -> None:
    """Take turn after turn; a turn that did nothing is followed by a pause."""
    while True:
        if not await turn():
            await asyncio.sleep(PAUSE)


async def _sealing(office: Office, settings: Settings) -> None:
    signer = Keys.open(settings.data / "keys").signer
    while True:
        await seal(office.database, signer, clock())
        await asyncio.sleep(SEAL_EVERY.total_seconds())


def child(arguments: Sequence[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a program of ours that ends when we do, also when we are killed."""
    return subprocess.Popen([sys.executable, "-m", *arguments], env=env, preexec_fn=_die_with_parent)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


def watch(children: Sequence[subprocess.Popen[bytes]], stopping: Callable[[], bool]) -> int:
    """Wait until told to stop or until a child ends; stop the others, return the exit code."""
    code = 0
    while not stopping():
        ended = next((one for one in children if one.poll() is not None), None)
        if ended is not None:
            code = ended.returncode or 1
            break
        with suppress(InterruptedError):
            signal.sigtimedwait({signal.SIGINT, signal.SIGTERM}, 0.5)
    for one in children:
        with suppress(ProcessLookupError):
            one.terminate()
    for one in children:
        try:
            one.wait(timeout=10)
        except subprocess.TimeoutExpired:
            one.kill()
    return code


def environment_of(settings: Settings, outer: Mapping[str, str]) -> dict[str, str]:
    """Return `outer` with what gives a child process these settings."""
    given = {
        "AKSON_ENV": settings.environment, "AKSON_DATABASE_URL": settings.database_url,
        "AKSON_DATA": str(settings.data), "AKSON_URL": settings.base_url, "AKSON_PORT": str(settings.port),
        "AKSON_EXCHANGE_SECRET": settings.exchange_secret, "AKSON_LOCAL_SECRET": settings.exchange_secret,
    }  # fmt: skip
    return {**outer, **given}
