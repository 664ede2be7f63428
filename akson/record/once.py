"""Writes that happen once: a client that lost the answer asks again under the same key, and gets the same answer.

What is kept is where the answer is, never what it says: the content is read again, under the access rules of that day.
The key's row is written in the transaction of the write itself, so either both are there or neither; who comes with the
same key meanwhile waits for it. Source: draft-ietf-httpapi-idempotency-key-header
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.record.session import execute, fetch, transaction
from akson.record.stored import Stored
from akson.record.writing import flush

SQL = queries(__file__, "once.sql")


class Result(msgspec.Struct, frozen=True, array_like=True):
    """What became of one change: HTTP status and, when there is something, the version it is about."""

    status: int
    type: str = ""
    id: str = ""
    version: int = 0
    at: datetime | None = None

    @property
    def stored(self) -> Stored | None:
        """The version without its content."""
        if self.at is None:
            return None
        return Stored(
            type=self.type, id=self.id, version=self.version, owner=0, last_updated=self.at, packed=None, method="PUT"
        )


_results = msgspec.json.Decoder(list[Result])


async def claim(work: Work, key: bytes, request: bytes) -> list[Result] | None:
    """Take a key for this work; return what became of it when it was used before.

    Raises  Refused AK-F024 when it was used for another request
    """
    await transaction(work)
    if await fetch(work, SQL.claim, key, request, work.now):
        return None
    row: Any = (await fetch(work, SQL.claimed, key))[0]
    if row["request"] != request:
        raise Refused("AK-F024")
    return _results.decode(row["results"])


async def keep(work: Work, key: bytes, results: Sequence[tuple[int, Stored | None]]) -> None:
    """Write what is queued, and keep what became of it under the key."""
    await flush(work)
    kept = [_result(status, stored) for status, stored in results]
    await execute(work, SQL.keep, key, msgspec.json.encode(kept).decode())


def _result(status: int, stored: Stored | None) -> Result:
    if stored is None:
        return Result(status)
    return Result(status, stored.type, stored.id, stored.version, stored.last_updated)
