"""Takes from the access log what is older than it shall be kept: some streams at a time, once they are proven whole.

What goes are streams of which every row is old enough and that tell of nobody whose record is on hold. Each removal is
signed and chained, and the seals of the streams stay, so that `akson audit verify` proves what is left, and that what
went was whole. A removal is one transaction of functions that the eraser alone may use: a fall leaves nothing half
done. However large the log is, no statement is long: rows go in slices, and a month's partition when little is left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from akson.audit.prove_log import prove_stream
from akson.audit.report import Findings
from akson.audit.seal import Signer, told
from akson.audit.signed import Keys, micros
from akson.base.database import Database, Record
from akson.base.queries import queries

SQL = queries(__file__, "removal.sql")
PROVING = queries(__file__, "verify.sql")
_FIRST = bytes(32)
_LAST = 2**63 - 1
_MOST_STREAMS = 200  # in one removal
_MOST_ROWS = 100_000  # in one removal, but for a stream that has more: it goes alone
_SLICE = 1000  # rows that one statement takes away; each may name a thousand persons


class NotWhole(Exception):
    """What was to be taken away is not what was written: it stays, with all that stands beside it."""


class Removed(NamedTuple):
    """One removal, of all or a part of a month. month: the first instant of the month its streams were opened in."""

    month: datetime
    streams: int
    rows: int


def ended(now: datetime, years: int) -> datetime:
    """Return the instant before which nothing is kept: the first of a month, so that months go whole."""
    return datetime(now.year - years, now.month, 1, tzinfo=now.tzinfo)


async def remove(
    database: Database, eraser: Database, signer: Signer, keys: Keys, now: datetime, before: datetime,
    *, most_rows: int = _MOST_ROWS, at_once: int = _SLICE,
) -> Removed | None:  # fmt: skip
    """Take away the oldest streams that may go, of one month; return None when nothing may.

    keys       that seals may be signed with, by their ids
    before     as `ended` returns it
    most_rows  in one removal; at_once: in one statement
    Raises     NotWhole: then nothing is taken away
    """
    found = await database.fetch(SQL.ended, before, _MOST_STREAMS + 1)
    streams = _batch(found, most_rows)
    if not streams:
        for row in await database.fetch(SQL.months, before):  # of which something stood, or that somebody was reading
            if await eraser.fetchval(SQL.drop, row["month"]) is not None:
                break  # who writes the log waits while it is tried: one in a turn
        return None
    rows, digests = await _proven(database, keys, streams)
    last = await database.fetchrow(SQL.last)
    number, previous = (last["number"] + 1, _link(last)) if last else (1, _FIRST)
    statement = _statement(number, now, before, len(streams), digests, previous)
    numbers, month = [one["stream"] for one in streams], streams[0]["month"]
    async with eraser.transaction() as connection:
        if not await connection.fetchval(
            SQL.remove, number, now, before, numbers, rows, digests, previous, signer.sign(statement), signer.key_id
        ):
            return None
        for stream, count in zip(numbers, rows, strict=True):
            for first in range(1, max(count, 1) + 1, at_once):
                upto = first + at_once - 1 if first + at_once <= count else _LAST
                await connection.execute(SQL.remove_rows, number, stream, first, upto)
    if [one["month"] for one in found[len(streams) :][:1]] != [month]:
        oldest = await database.fetchrow(SQL.months, before)
        if oldest and oldest["month"] == month.date():  # while an older one waits, this one would too
            await eraser.fetchval(SQL.drop, month.date())
    return Removed(month, len(streams), sum(rows))


def _batch(found: Sequence[Record], most_rows: int) -> Sequence[Record]:
    """Return the first streams of one month that have few enough rows together, or the first one alone."""
    total = 0
    for place, one in enumerate(found[:_MOST_STREAMS]):
        total += one["rows"]
        if place and (total > most_rows or one["month"] != found[0]["month"]):
            return found[:place]
    return found[:_MOST_STREAMS]


async def _proven(database: Database, keys: Keys, streams: Iterable[Record]) -> tuple[list[int], bytes]:
    """Prove each stream row by row; return how many rows it has, and the digests of all of them."""
    findings, counted, digests = Findings(), list[int](), list[bytes]()
    for one in streams:
        stream, opened, before = one["stream"], one["opened"], findings.rows["access_log"]
        async with database.transaction() as connection:  # of its own: partitions are made and dropped in between
            seals = await connection.fetch(PROVING.seals, stream)
            link, rows = await prove_stream(connection, findings, keys, stream, opened, seals, None)
        if rows != findings.rows["access_log"] - before:
            findings.fault("access_stream", stream, what="has rows that were never sealed")
        counted.append(rows)
        digests.append(_digest([stream, micros(opened), rows], link))
    if findings.faults:
        raise NotWhole("; ".join(map(str, findings.faults[:3])))
    return counted, b"".join(digests)


def _digest(values: Sequence[int], link: bytes) -> bytes:
    return hashlib.sha256(b"".join(one.to_bytes(8, "big", signed=True) for one in values) + link).digest()


def _statement(number: int, at: datetime, before: datetime, streams: int, digests: bytes, previous: bytes) -> bytes:
    return told("akson access removal 1", number, micros(at), micros(before), streams,
                hashlib.sha256(digests).hexdigest(), previous.hex())  # fmt: skip


def _link(last: Record) -> bytes:
    statement = _statement(last["number"], last["at"], last["before"], last["streams"], last["digests"],
                           last["previous"])  # fmt: skip
    return hashlib.sha256(statement + last["signature"]).digest()
