"""After a restore: what was erased later than the moment restored to is erased again, by the same decisions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from akson.audit.ledger import Erased
from akson.base.database import Database
from akson.base.queries import queries
from akson.record.erasure import carried_out

SQL = queries(__file__, "erasure.sql")
Then = Callable[[int, Sequence[tuple[int, str]]], Awaitable[None]]  # owner, (type, id) of what is erased


async def replay(
    database: Database, eraser: Database, erased: Sequence[Erased], clock: Callable[[], datetime], then: Then
) -> int:
    """Erase again what is here and was erased; return how many resources that were. May be done twice.

    then   told of every decision about this record, also of those that stand here already: copies go with them
    Leaves erasures that say when they were decided, and that they were carried out again
    """
    again = 0
    for owner, keys, decision, at in _decisions(erased):
        told = msgspec.json.decode(decision) | {"decided_at": at, "again_at": clock()}
        again += await carry_out(database, eraser, owner, keys, told, clock())
        await then(owner, keys)
    return again


async def carry_out(
    database: Database, eraser: Database, owner: int, keys: Sequence[tuple[int, str]], decision: Mapping[str, object],
    now: datetime,
) -> int:  # fmt: skip
    """Erase what of a decision is here and has not been erased; return how many resources that were."""
    rows = await database.fetch(SQL.here, owner, [type_ for type_, _ in keys], [id_ for _, id_ in keys])
    if rows:
        here = rows[0]["facts_rev"], [row["type"] for row in rows], [row["id"] for row in rows]
        await carried_out(eraser, SQL.again, now, owner, *here, msgspec.json.encode(decision).decode())
    return len(rows)


def _decisions(erased: Sequence[Erased]) -> list[tuple[int, list[tuple[int, str]], str, datetime]]:
    """Return (owner, what, decision, when) of each decision, in the order they were made."""

    def place(one: Erased) -> Any:
        return one.at, one.owner, one.entry

    found = []
    for (at, owner, _), lines in groupby(sorted(erased, key=place), key=place):
        together = list(lines)
        found.append((owner, [(one.type, one.id) for one in together], together[0].decision, at))
    return found
