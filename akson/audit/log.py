"""The access log's writer: one per process, on its own connection, durable before the answer leaves.

It stands outside every write transaction: a change that is undone does not undo the trace of who tried. All rows that
wait while one statement is in flight ride in the next one, so a busy process commits once for many answers. Only a
write that is carried out may bring its row along, in a stream of its own: akson/record/together.py, ADR 12.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

import asyncpg
import msgspec

from akson.base.arrays import literal
from akson.base.database import FAILURES
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Actor, Seen, Work

SQL = queries(__file__)
_MOST_ROWS = 500  # in one statement
_LONGEST = 8000  # characters of one text; the doors refuse longer addresses already
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Who(msgspec.Struct, frozen=True):
    """An actor as the log tells of them. columns: kind, id, key, name, role, unit, its name, controller, its name, how
    signed in; leaf: the same as they stand in the hash of each row."""

    columns: tuple[str, ...]
    leaf: bytes


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the access log: one answer, and everything it showed or refused."""

    at: datetime
    who: Who
    purpose: str
    screen: str
    request: str
    outcome: str  # of the whole: "permit", "refuse" or "failed"
    reason: str
    patients: tuple[int, ...]
    seen: tuple[Seen, ...]


def entry(work: Work, outcome: str) -> Entry:
    """Return the log row of what `work` has shown and refused so far."""
    seen = tuple(map(_clean, work.seen))
    seen = seen if len(seen) == 1 else tuple(dict.fromkeys(seen))
    return Entry(
        at=work.now, who=_who(work.actor), purpose=work.purpose.value, screen=_text(work.screen),
        request=_text(work.request), outcome=outcome, reason=_text(work.reason),
        patients=tuple(sorted({s.patient for s in seen if s.patient})), seen=seen,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _who(actor: Actor) -> Who:
    columns = (
        actor.kind.value, _text(actor.id), str(actor.key), _text(actor.name), _text(actor.role), str(actor.unit),
        _text(actor.unit_name), str(actor.controller), _text(actor.controller_name), _text(actor.signed_in),
    )  # fmt: skip
    return Who(columns, b"".join(map(_new, columns)))


class Stream:
    """Rows that one writer commits one after another, numbered from 1 without a gap; a new one each day.

    Whoever cannot tell whether rows were committed ends the stream: the next ones stand in another.
    """

    def __init__(self) -> None:
        self._number = 0  # 0: none is open
        self._opened: datetime | None = None
        self._next = 1

    async def ready(self, at: datetime, execute: Callable[..., Awaitable[object]]) -> None:
        """Open a stream for the day of `at`, unless one is. execute: outside any transaction.

        A stream is opened when its first row is written: the one whose first rows were refused is left empty.
        """
        begun = self._opened
        if not self._number or begun is None or at.date() > begun.date() or (self._next == 1 and at != begun):
            number = secrets.randbelow(2**63 - 1) + 1
            await execute(SQL.partitions_ahead, at.date())
            await execute(SQL.open_stream, number, at)
            self._number, self._opened, self._next = number, at, 1

    def values(self, rows: Sequence[Entry]) -> list[object]:
        """Return the values of the query `append` for the next rows; their numbers are used up by `kept` only."""
        return _values(self._number, self._next, rows)

    def kept(self, count: int) -> None:
        """Take note that so many rows were committed."""
        self._next += count

    def end(self) -> None:
        """Let the next rows stand in a stream of their own."""
        self._number = 0


class AccessLog:
    """The one writer of a process.

    url       the database
    role      database role to act as; it may insert and read, nothing else
    deadline  seconds a row may wait; then AK-J010 and nothing leaves
    """

    def __init__(self, url: str, *, role: str | None = "akson_app", deadline: float = 5.0) -> None:
        self._url = url
        self._role = role
        self._deadline = deadline
        self._connection: asyncpg.Connection | None = None
        self._stream = Stream()
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._late: deque[tuple[float, asyncio.Future[None]]] = deque()  # until when each may wait, the first first
        self._timer: asyncio.TimerHandle | None = None
        self.statements = 0  # sent so far; tests assert on differences

    async def write(self, row: Entry) -> None:
        """Return when `row` is durable.

        Raises  Refused AK-J010 when it could not be written in time: then nothing may leave
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((row, done))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        self._watch(loop, done)
        try:
            await done  # a caller that is cancelled leaves its row in the queue
        except FAILURES:
            raise Refused("AK-J010") from None

    def _watch(self, loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> None:
        """Let a row wait until its deadline. There is one timer for all, and it runs as long as any row waits."""
        while self._late and self._late[0][1].done():
            self._late.popleft()
        self._late.append((loop.time() + self._deadline, done))
        if self._timer is None:
            self._timer = loop.call_at(self._late[0][0], self._refuse_late, loop)

    def _refuse_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell those whose time is over, and look again when it is for the first of the others."""
        while self._late and (self._late[0][1].done() or self._late[0][0] <= loop.time()):
            _too_late(self._late.popleft()[1])
        self._timer = loop.call_at(self._late[0][0], self._refuse_late, loop) if self._late else None

    async def close(self) -> None:
        """Write what waits, then let go of the connection."""
        if self._flushing:
            await self._flushing
        self._drop_connection()

    async def _flush(self) -> None:
        while batch := self._take():
            try:
                await self._append(batch)
            except FAILURES:
                await self._one_by_one(batch)  # shared fate ends here: one bad row must not refuse the others
            else:
                _settle(batch)

    async def _one_by_one(self, batch: Sequence[tuple[Entry, asyncio.Future[None]]]) -> None:
        for waiting in batch:
            if _gave_up(waiting[1]):
                continue
            try:
                await self._append([waiting])
            except FAILURES as failure:
                if not waiting[1].done():
                    waiting[1].set_exception(failure)
            else:
                _settle([waiting])

    def _take(self) -> list[tuple[Entry, asyncio.Future[None]]]:
        batch, self._waiting = self._waiting[:_MOST_ROWS], self._waiting[_MOST_ROWS:]
        live = [waiting for waiting in batch if not _gave_up(waiting[1])]
        return live or (self._take() if self._waiting else [])

    async def _append(self, batch: Sequence[tuple[Entry, asyncio.Future[None]]]) -> None:
        """Write `batch` in one statement. Sequence numbers are used up only when it is committed."""
        rows = [row for row, _ in batch]
        try:
            execute = await self._execute()
            await self._stream.ready(rows[0].at, execute)
            self.statements += 1
            await execute(SQL.append, *self._stream.values(rows))
        except FAILURES:
            self._drop_connection()  # nobody knows whether it was committed: this stream ends here
            raise
        self._stream.kept(len(rows))

    async def _execute(self) -> Callable[..., Awaitable[object]]:
        """Return what runs a statement on the connection, which is opened when there is none."""
        if self._connection is None or self._connection.is_closed():
            settings = {"jit": "off", "application_name": "akson access log", "plan_cache_mode": "force_generic_plan"}
            if self._role:
                settings["role"] = self._role
            self._connection = await asyncpg.connect(self._url, server_settings=settings, timeout=self._deadline)
            self._stream.end()
        return partial(self._connection.execute, timeout=self._deadline)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None
        self._stream.end()


def leaf(stream: int, seq: int, row: Entry) -> bytes:
    """Return the hash of a row; the format stands in migrations/0002_audit.sql."""
    parts = [
        b"\x00", _number(stream), _new(str(seq)), _new(str((row.at - _EPOCH) // _MICROSECOND)), row.who.leaf,
        _often(row.purpose), _often(row.screen), _new(row.request), _often(row.outcome), _new(row.reason),
        _number(len(row.patients)), *map(_number, row.patients), _number(len(row.seen)),
    ]  # fmt: skip
    for seen in row.seen:
        what = seen.what.encode()
        parts += (
            _number(seen.patient), len(what).to_bytes(4, "big"), what, _decided(seen.outcome, seen.rule, seen.basis),
        )  # fmt: skip
    return hashlib.sha256(b"".join(parts)).digest()


def _new(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(4, "big") + raw


_often = lru_cache(maxsize=4096)(_new)  # what stands in row after row


@lru_cache(maxsize=4096)
def _number(value: int) -> bytes:
    return _new(str(value))


@lru_cache(maxsize=4096)
def _decided(outcome: str, rule: str, basis: str) -> bytes:
    return _new(outcome) + _new(rule) + _new(basis)


def _values(stream: int, first: int, rows: Sequence[Entry]) -> list[object]:
    """Return the values of the query `append`.

    Those who act stand once each; most of the rows that wait together are often of one of them.
    """
    acting: list[str] = []
    places: dict[tuple[str, ...], str] = {}  # of each of them: how many texts stand before
    told: list[str] = []
    for n, row in enumerate(rows):
        columns = row.who.columns
        if columns not in places:
            places[columns] = str(len(acting))
            acting += columns
        told += (
            places[columns], row.at.isoformat(), row.purpose, row.screen, row.request, row.outcome, row.reason,
            literal(row.patients), leaf(stream, first + n, row).hex(),
        )  # fmt: skip
    seen = literal([msgspec.json.encode(row.seen).decode() for row in rows])
    return [stream, first, literal(acting), literal(told), seen]


def _too_late(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_exception(TimeoutError())


def _gave_up(done: asyncio.Future[None]) -> bool:
    """Tell whether nobody may be answered any more: not so when the caller was cancelled, who has seen what it saw."""
    return done.done() and not done.cancelled()


def _settle(batch: Sequence[tuple[Entry, asyncio.Future[None]]]) -> None:
    for _, done in batch:
        if not done.done():
            done.set_result(None)


def _clean(seen: Seen) -> Seen:
    what, basis = _text(seen.what), _text(seen.basis)
    clean = what is seen.what and basis is seen.basis
    return seen if clean else msgspec.structs.replace(seen, what=what, basis=basis)


def _text(value: str) -> str:
    """Return `value` as PostgreSQL can keep it: what an attacker writes in an address must not stop the log."""
    if value.isascii() and len(value) <= _LONGEST and "\x00" not in value:
        return value
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:_LONGEST]
