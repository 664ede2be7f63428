"""Runs the parts of an installation: the server, the worker, and for the demo everything on one machine."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from akson.audit.seal import seal
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.jobs import Consumer, deliver
from akson.clinical.notes import drafts
from akson.doors import exchanging, sending
from akson.doors.backing import refuse_restored
from akson.doors.keys import Keys
from akson.doors.opening import clock, opened
from akson.doors.parties import parties
from akson.doors.retention_commands import end_of_log
from akson.doors.settings import Settings
from akson.doors.subscribing import standing
from akson.doors.witnessing import hand_over
from akson.exchange import erasing, registering
from akson.patient import cases, deaths, population
from akson.patient.alerting import gathering, letters
from akson.patient.watching import job as watching
from akson.record import conditions, ending, exports, releasing, untied, worklist
from akson.record.office import Office
from akson.record.sealing import seal_chains
from akson.record.search import indexing
from akson.signin.sessions import SessionSettings
from akson.signin.smart.granting import purge_grants
from akson.signin.tickets import Tickets
from akson.subscriptions import collecting, delivering
from akson.subscriptions.calling import Caller, client
from akson.workplace.staffing import rechecking

PAUSE = 0.5  # seconds between two looks when nothing is due
SEAL_EVERY = timedelta(minutes=1)
CLEAN_EVERY = timedelta(minutes=10)
END_EVERY = timedelta(hours=1)
ERASE_EVERY = timedelta(minutes=10)
WATCH_EVERY = timedelta(seconds=10)
STREAMS_LAST = timedelta(days=3)  # a stream lasts a day; more, for clocks that differ
LOG = logging.getLogger("akson.worker")
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def copies(office: Office) -> list[Consumer]:
    """Return those who keep copies of what stands in the record, and let go of what is erased."""
    return [
        worklist.consumer(office.database, office.ids.open), erasing.consumer(office.eraser),
        drafts.consumer(office.database), population.consumer(office),
    ]  # fmt: skip


def consumers(office: Office) -> list[Consumer]:
    """Return everyone who wants to hear news."""
    events = collecting.consumer(office)
    return [*copies(office), events, releasing.consumer(office.database, [events]), cases.consumer(office),
            rechecking.consumer(office), deaths.consumer(office)]  # fmt: skip


async def work(settings: Settings) -> None:
    """Carry news, deliver messages, seal the log and clean up until stopped."""
    await refuse_restored(settings)
    async with opened(settings) as office, httpx.AsyncClient(timeout=20.0) as http, client() as hooks:
        turns: dict[str, Callable[[], Awaitable[int]]] = {
            "news": lambda: deliver(office.database, consumers(office), clock())
        }
        turns |= exchanging.turns(settings, office, http, clock)
        turns["search values"] = lambda: indexing.turn(office.database, office.hasher, office.ids)
        turns["authorisations"] = lambda: rechecking.turn(office)
        turns["population"] = lambda: population.turn(office)
        if register := parties(settings, http, clock):
            turns["parties"] = lambda: registering.turn(office, register)
        turns["subscriptions"] = deliverer(office, settings, hooks).turn
        turns["seals"] = _sealing(office, settings)
        turns["surveillance"] = _watching(office)
        turns["alerts"] = lambda: gathering.turn(office.database, clock())
        if ways := settings.ways:
            turns["letters"] = lambda: letters.turn(office, ways)
        if settings.witness:
            turns["witness"] = _now_and_then(SEAL_EVERY, lambda: hand_over(office.database, http, settings.witness))
        if settings.log_years:
            turns["end of the log"] = ending_log(office, settings)
        if office.terms:
            turns["what is over"] = _proposing(office)
        turns["end of records"] = _erasing(office)
        turns["end of reports in no record"] = _now_and_then(END_EVERY, lambda: untied.end(office))
        turns["cleaning"] = _now_and_then(CLEAN_EVERY, lambda: _cleaned(office, settings))
        LOG.info("the worker has begun")
        await asyncio.gather(*(_again(name, turn) for name, turn in turns.items()))


def deliverer(office: Office, settings: Settings, http: httpx.AsyncClient) -> delivering.Deliverer:
    """Return what delivers to those who subscribe."""
    return delivering.Deliverer(
        office=office, caller=Caller(outward=settings.outward, client=http), base=settings.fhir_url,
        standing=standing(office), patience=timedelta(days=settings.hook_days),
    )  # fmt: skip


async def _again(name: str, turn: Callable[[], Awaitable[int]]) -> None:
    """Take turn after turn; a turn that did nothing, or failed, is followed by a pause.

    Everything a turn does is leased and may be done again, so a failure costs time and nothing else.
    """
    while True:
        try:
            did = await turn()
        except Exception as failure:  # noqa: BLE001 - the worker's door: told by class, the message may quote a record
            LOG.error("a turn failed", extra={"turn": name, "failure": type(failure).__name__})
            did = 0
        if not did:
            await asyncio.sleep(PAUSE)


def _sealing(office: Office, settings: Settings) -> Callable[[], Awaitable[int]]:
    """Return the turn that seals log and chains each minute: every stream at first, then those that may still grow."""
    signer = Keys.open(settings.keys).signer
    since: datetime | None = None
    due = clock()

    async def turn() -> int:
        nonlocal since, due
        if clock() >= due:
            await seal(office.database, signer, clock(), opened_since=since)
            await seal_chains(office.database, signer, clock())
            since, due = clock() - STREAMS_LAST, clock() + SEAL_EVERY
        return 0

    return turn


def _proposing(office: Office) -> Callable[[], Awaitable[int]]:
    """Return the turn that looks for records whose time is over: some persons, then a while nothing."""
    due, after = clock(), ending.FIRST

    async def turn() -> int:
        nonlocal due, after
        if clock() >= due:
            after = await ending.propose(office, after, clock())
            due = clock() + (END_EVERY if after == ending.FIRST else WATCH_EVERY)
        return 0

    return turn


def _erasing(office: Office) -> Callable[[], Awaitable[int]]:
    """Return the turn that erases what two decided; without a term any more it stops that."""
    due = clock()

    async def turn() -> int:
        nonlocal due
        if clock() < due:
            return 0
        due = clock() + ERASE_EVERY
        return await ending.carry_out(office)

    return turn


def _watching(office: Office) -> Callable[[], Awaitable[int]]:
    """Return the turn that goes on with the surveillance of the log: page after page, then a while nothing."""
    due = clock()

    async def turn() -> int:
        nonlocal due
        if clock() < due:
            return 0
        if done := await watching.turn(office.database, clock()):
            return done
        due = clock() + WATCH_EVERY
        return 0

    return turn


def _now_and_then(pause: timedelta, turn: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
    """Return a turn that is taken once in a while."""
    due = clock()

    async def taken() -> int:
        nonlocal due
        if clock() >= due:
            due = clock() + pause
            await turn()
        return 0

    return taken


def ending_log(office: Office, settings: Settings) -> Callable[[], Awaitable[int]]:
    """Return the turn that takes away what of the log is too old: batch after batch, then a while nothing.

    What is not whole stays, and that is told once in that while.
    """
    due = clock()

    async def turn() -> int:
        nonlocal due
        if clock() < due:
            return 0
        due = clock() + END_EVERY
        if gone := await end_of_log(office, settings, clock()):
            LOG.info("the log came to its end", extra={"month": f"{gone.month:%Y-%m}", "rows": gone.rows})
            due = clock()
        return int(gone is not None)

    return turn


async def _cleaned(office: Office, settings: Settings) -> int:
    await clean(office.database, clock())
    await delivering.clean(office.database, clock(), timedelta(days=settings.event_days))
    return 0


async def clean(database: Database, now: datetime) -> None:
    """Forget what sign-in, forms and writes that happen once keep for a while, and free what a crash left taken."""
    await Tickets(database).purge(now=now, longest_session=SessionSettings.longest)
    await purge_grants(database, now)
    await sending.clean(database, now)
    await conditions.clean(database, now)
    await exports.clean(database, now)
    await watching.forget(database, now)
    await gathering.forget(database, now)
    await drafts.forget(database, now)


def child(arguments: Sequence[str], env: dict[str, str], log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a program of ours that ends when we do, also when we are killed.

    log  the file its lines are added to; None: our own standard output and error
    """
    command = [sys.executable, "-m", *arguments]
    if log is None:
        return subprocess.Popen(command, env=env, preexec_fn=_die_with_parent)
    with log.open("ab") as lines:
        return subprocess.Popen(command, env=env, preexec_fn=_die_with_parent, stdout=lines, stderr=lines)


def refuse_busy(ports: Iterable[int]) -> None:
    """Raise Refused AK-L012 for the first port that another program listens on."""
    for port in ports:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                raise Refused("AK-L012", port=port) from None


def listen(ports: Iterable[int], given_up: Callable[[], bool], within: float = 60) -> bool:
    """Wait until a program listens on each port; False when one does not in so many seconds, or it is given up."""
    until = time.monotonic() + within
    for port in ports:
        while not _listens(port):
            if time.monotonic() > until or given_up():
                return False
            time.sleep(0.05)
    return True


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


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
        time.sleep(0.2)
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
        "AKSON_DATA": str(settings.data), "AKSON_KEYS": str(settings.keys_folder or ""),
        "AKSON_URL": settings.base_url, "AKSON_PORT": str(settings.port),
        "AKSON_WITNESS": settings.witness, "AKSON_HOOKS": settings.hooks, "AKSON_BACKUP": str(settings.backup or ""),
        "AKSON_LOG_YEARS": str(settings.log_years), "AKSON_CLAMAV": settings.clamav,
        "AKSON_RECORD_YEARS": str(settings.record_years), "AKSON_RECORD_YEARS_DEAD": str(settings.death_years),
        "AKSON_EXCHANGE_SECRET": settings.exchange_secret,
        "AKSON_EDI_URL": settings.edi_url, "AKSON_EDI_ISSUER": settings.edi_issuer,
        "AKSON_EDI_SCOPE": settings.edi_scope,
        "AKSON_AMQP_URL": settings.amqp_url, "AKSON_AMQP_USER": settings.amqp_user,
        "AKSON_AMQP_PASSWORD": settings.amqp_password, "AKSON_TRUST": str(settings.trust or ""),
        "AKSON_LOCAL_SECRET": settings.exchange_secret, "AKSON_HOOK_DAYS": str(settings.hook_days),
        "AKSON_EVENT_DAYS": str(settings.event_days), "AKSON_HPR_URL": settings.hpr_url,
        "AKSON_MASKINPORTEN": settings.maskinporten, "AKSON_MASKINPORTEN_CLIENT": settings.maskinporten_client,
        "AKSON_FIKS_URL": settings.fiks_url, "AKSON_FIKS_ORGANISATION": settings.fiks_organisation,
        "AKSON_FIKS_INTEGRATION": settings.fiks_integration, "AKSON_FIKS_PASSWORD": settings.fiks_password,
        "AKSON_FIKS_CERTIFICATE": str(settings.fiks_seal or ""),
        "AKSON_SMTP": settings.smtp, "AKSON_ELSEWHERE": str(settings.elsewhere or ""),
        "AKSON_NEIGHBOURS": str(settings.neighbours or ""), "AKSON_PERSONS_URL": settings.persons_url,
        "AKSON_PERSONS_ISSUER": settings.persons_issuer, "AKSON_PARTIES_URL": settings.parties_url,
        "AKSON_PARTIES_ISSUER": settings.parties_issuer,
        "AKSON_SMTP_USER": settings.smtp_user, "AKSON_SMTP_PASSWORD": settings.smtp_password,
        "AKSON_SMTP_FROM": settings.smtp_from, "AKSON_SMS_DOMAIN": settings.sms_domain,
        "AKSON_ADVICE_PAST_BLOCKS": settings.past_blocks, "AKSON_RELEASE_DAYS": settings.release_days,
    }  # fmt: skip
    return {**outer, **given}
