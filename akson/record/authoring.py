"""Who writes: a text that stands once in the table author, and by its key in every version of theirs.

It is put there before the first write and outside its transaction, so that nobody waits for somebody else's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

from akson.base.queries import queries
from akson.base.work import Work

SQL = queries(__file__, "authoring.sql")
MOST = 10_000  # keys that a process remembers


def author_of(work: Work) -> str:
    """Return what the leaf of each version is made over: who, in which role, for which unit, why; as JSON."""
    actor = work.actor
    told = {
        "kind": actor.kind,
        "id": actor.id,
        "name": actor.name,
        "role": actor.role,
        "unit": actor.unit,
        "unit_name": actor.unit_name,
        "purpose": work.purpose,
    }
    return msgspec.json.encode(told).decode()


@lru_cache(maxsize=1000)
def key_of(told: str) -> int:
    """Return the key that a text stands under: the first 8 bytes of its sha256."""
    return int.from_bytes(sha256(told.encode()).digest()[:8], "big", signed=True)


async def introduce(work: Work, execute: Callable[..., Awaitable[Any]]) -> None:
    """Make sure that who writes is there. execute: on a connection without a transaction."""
    known: set[int] = work.office.authors
    key = key_of(told := author_of(work))
    if key not in known:
        await execute(SQL.introduce, key, told)
        if len(known) >= MOST:
            known.clear()
        known.add(key)
