"""A thousand things done to the trails behind Akson's back: edits, removals, insertions, exchanges and cut ends, by chance.

A case passes when `akson audit verify`, with what a witness holds, finds something and names what was touched.
tests/audit/test_tamperings.py is the quick part.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import asyncpg

from akson.audit.log import AccessLog
from tests.audit.tamperings import trails, tried
from tests.conformance import servers
from tests.conformance.servers import Running
from tests.conformance.suites import Case

EVERY = 1000
MANY = 1000
_FIRST = 10_000  # seeds that the quick part does not try


def cases(shared: Path) -> Iterator[Case]:
    """Yield a thousand, each by its own seed."""
    for seed in range(_FIRST, _FIRST + MANY):
        yield Case(f"seed {seed}", partial(_result, seed))


def _result(seed: int) -> str | None:
    running, connection, witnessed = _prepared()
    return running.run(tried(connection, seed, witnessed))


@cache
def _prepared() -> tuple[Running, asyncpg.Connection, bytes]:
    running = servers.running("tampering")

    async def written() -> tuple[asyncpg.Connection, bytes]:
        log = AccessLog(running.url)
        witnessed = await trails(running.office, log)
        await log.close()
        return await asyncpg.connect(running.url), witnessed

    return running, *running.run(written())
