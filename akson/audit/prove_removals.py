"""Prove what was taken from the access log when its time was over: that it was signed, and is what the seals tell of.

Format: migrations/0047_log_removal.sql. A stream is proven row by row before it goes (removal.py); afterwards its seals
still stand, and what was signed when it went names each stream, how many rows it had and the last of its seals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from akson.audit.report import Findings
from akson.audit.signed import Keys, field, holds, micros
from akson.base.queries import queries

SQL = queries(__file__, "verify.sql")
_DIGEST = 32  # bytes
Row = Any  # of asyncpg, by column name


class Taken(NamedTuple):
    """A stream as it was when it was taken away."""

    rows: int
    digest: bytes


async def prove_removals(connection: asyncpg.Connection, findings: Findings, keys: Keys) -> dict[int, Taken]:
    """Prove that each removal is signed and follows the one before; return the streams they took."""
    taken: dict[int, Taken] = {}
    previous, expected = bytes(32), 1
    async for removal in connection.cursor(SQL.removals, prefetch=10):
        findings.rows["access_removal"] += 1
        number = removal["number"]
        if number != expected:
            findings.fault("access_removal", number, what=f"a removal from {expected} is missing")
        elif removal["previous"] != previous:
            findings.fault("access_removal", number, what="does not follow the removal before")
        if not holds(_statement(removal), removal["signature"], keys.get(removal["key_id"])):
            findings.fault("access_removal", number, what="the signature does not hold")
        previous = hashlib.sha256(_statement(removal) + removal["signature"]).digest()
        expected = number + 1
        if not len(removal["streams"]) == len(removal["rows"]) == len(removal["digests"]) // _DIGEST:
            findings.fault("access_removal", number, what="does not tell of each stream how many rows it had")
        for n, (stream, rows) in enumerate(zip(removal["streams"], removal["rows"], strict=False)):
            if stream in taken:
                findings.fault("access_removal", number, what=f"takes the stream {stream} away again")
            taken.setdefault(stream, Taken(rows, removal["digests"][n * _DIGEST : (n + 1) * _DIGEST]))
    return taken


async def prove_removed(
    connection: asyncpg.Connection, findings: Findings, stream: int, opened: datetime | None, taken: Taken,
    link: bytes, sealed: int, seals: Sequence[Row],
) -> None:  # fmt: skip
    """Prove that a stream that was taken away is gone, and that its seals are those it had.

    link, sealed   the hash that ends its seals, and how many rows they cover
    """
    told = [stream, micros(opened) if opened else 0, taken.rows]
    digest = hashlib.sha256(b"".join(one.to_bytes(8, "big", signed=True) for one in told) + link).digest()
    if digest != taken.digest or sealed != taken.rows:
        findings.fault("access_stream", stream, what="its seals are not those it had when it was taken away")
    for seal in seals:
        if seal["prints"]:
            findings.fault("access_seal", stream, seal["from_seq"], what="keeps prints of rows that were taken away")
    async for row in connection.cursor(SQL.rows, stream):
        findings.fault("access_log", stream, row["seq"], what="stands where all was taken away")


def _statement(removal: Row) -> bytes:
    told = ("akson access removal 1", removal["number"], micros(removal["at"]), micros(removal["before"]),
            len(removal["streams"]), hashlib.sha256(removal["digests"]).hexdigest(),
            removal["previous"].hex())  # fmt: skip
    return b"".join(map(field, told))
