"""The access log's writer: one per process, on its own connection, durable before the answer leaves.

It stands outside every write transaction: a change that is undone does not undo the trace of who tried. All rows that
wait while one statement is in flight ride in the next one, so a busy process commits once for many answers.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta

import asyncpg
import msgspec

from akson.base.arrays import literal
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Seen, Work

SQL = queries(__file__)
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_MOST_ROWS = 500  # in one statement
_LONGEST = 8000  # characters of one text; the doors refuse longer addresses already
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One row of the access log: one answer, and everything it showed or refused."""

    at: datetime
    actor_kind: str
    actor_id: str
    actor_key: int
    actor_name: str
    actor_role: str
    unit: int
    unit_name: str
    controller: int
    controller_name: str
    signed_in: str
    purpose: str
    screen: str
    request: str
    outcome: str  # of the whole: "permit", "refuse" or "failed"
    reason: str
    patients: tuple[int, ...]
    seen: tuple[Seen, ...]


_TEXTS_AND_NUMBERS = tuple(f.name for f in fields(Entry) if f.name not in ("at", "patients", "seen"))


def entry(work: Work, outcome: str) -> Entry:
    """Return the log row of what `work` has shown and refused so far."""
    actor = work.actor
    seen = tuple(dict.fromkeys(_clean(s) for s in work.seen))
    return Entry(
        at=work.now, actor_kind=actor.kind.value, actor_id=_text(actor.id), actor_key=actor.key,
        actor_name=_text(actor.name), actor_role=_text(actor.role), unit=actor.unit, unit_name=_text(actor.unit_name),
        controller=actor.controller, controller_name=_text(actor.controller_name), signed_in=_text(actor.signed_in),
        purpose=work.purpose.value, screen=_text(work.screen), request=_text(work.request), outcome=outcome,
        reason=_text(work.reason), patients=tuple(sorted({s.patient for s in seen if s.patient})), seen=seen,
    )  # fmt: skip


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
        self._stream = 0  # 0: none is open
        self._day: date | None = None  # of the stream
        self._next = 1
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
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
        timer = loop.call_later(self._deadline, _too_late, done)
        try:
            await asyncio.shield(done)  # a caller that is cancelled leaves its row in the queue
        except FAILURES:
            raise Refused("AK-J010") from None
        finally:
            timer.cancel()

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
            if waiting[1].done():  # gave up meanwhile
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
        live = [waiting for waiting in batch if not waiting[1].done()]
        return live or (self._take() if self._waiting else [])

    async def _append(self, batch: Sequence[tuple[Entry, asyncio.Future[None]]]) -> None:
        """Write `batch` in one statement. Sequence numbers are used up only when it is committed."""
        rows = [row for row, _ in batch]
        try:
            connection = await self._open_stream(rows[0].at)
            self.statements += 1
            await connection.execute(SQL.append, *_columns(self._stream, self._next, rows), timeout=self._deadline)
        except FAILURES:
            self._drop_connection()  # nobody knows whether it was committed: this stream ends here
            raise
        self._next += len(rows)

    async def _open_stream(self, at: datetime) -> asyncpg.Connection:
        """Return the connection, with a stream open for the day of `at`: a new one each day and after each failure."""
        if self._connection is None or self._connection.is_closed():
            settings = {"jit": "off", "application_name": "akson access log"}
            if self._role:
                settings["role"] = self._role
            self._connection = await asyncpg.connect(self._url, server_settings=settings, timeout=self._deadline)
            self._stream = 0
        if not self._stream or self._day is None or at.date() > self._day:
            stream = secrets.randbelow(2**63 - 1) + 1
            await self._connection.execute(SQL.partitions_ahead, at.date(), timeout=self._deadline)
            await self._connection.execute(SQL.open_stream, stream, at, timeout=self._deadline)
            self._stream, self._day, self._next = stream, at.date(), 1
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection, self._stream = None, 0


def leaf(stream: int, seq: int, row: Entry) -> bytes:
    """Return the hash of a row; the format stands in migrations/0002_audit.sql."""
    told = [str(value).encode() for value in _told(stream, seq, row)]
    return hashlib.sha256(b"\x00" + b"".join([len(raw).to_bytes(4, "big") + raw for raw in told])).digest()


def _told(stream: int, seq: int, row: Entry) -> Iterator[str | int]:
    yield from (stream, seq, (row.at - _EPOCH) // timedelta(microseconds=1))
    yield from (getattr(row, name) for name in _TEXTS_AND_NUMBERS)
    yield from (len(row.patients), *row.patients, len(row.seen))
    for seen in row.seen:
        yield from (seen.patient, seen.what, seen.outcome, seen.rule, seen.basis)


def _columns(stream: int, first: int, rows: Sequence[Entry]) -> Iterator[object]:
    """Yield the columns of the query `append`."""
    yield stream
    yield first
    yield literal([row.at for row in rows])
    yield from (literal([getattr(row, name) for row in rows]) for name in _TEXTS_AND_NUMBERS)
    yield literal([literal(row.patients) for row in rows])
    yield literal([msgspec.json.encode(row.seen).decode() for row in rows])
    yield [leaf(stream, seq, row) for seq, row in enumerate(rows, start=first)]


def _too_late(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_exception(TimeoutError())


def _settle(batch: Sequence[tuple[Entry, asyncio.Future[None]]]) -> None:
    for _, done in batch:
        if not done.done():
            done.set_result(None)


def _clean(seen: Seen) -> Seen:
    what, basis = _text(seen.what), _text(seen.basis)
    if what == seen.what and basis == seen.basis:
        return seen
    return msgspec.structs.replace(seen, what=what, basis=basis)


def _text(value: str) -> str:
    """Return `value` as PostgreSQL can keep it: what an attacker writes in an address must not stop the log."""
    if value.isascii() and len(value) <= _LONGEST and "\x00" not in value:
        return value
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:_LONGEST]
