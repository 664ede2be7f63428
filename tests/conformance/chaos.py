"""Ten thousand messages, half of them each way, through NHN's message server while everything goes wrong (tests/exchange/chaos.py).

tests/exchange/test_chaos.py is the quick part.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from akson.base.database import Database
from tests.conformance import servers
from tests.conformance.suites import Case
from tests.exchange import chaos
from tests.exchange.chaos import Plan, Told

EVERY = 0
PLAN = Plan(messages=5_000, kills=40, patience=3600)
WITHOUT_A_HUMAN = 0.995


def cases(shared: Path) -> Iterator[Case]:
    """Yield what must hold when it is over."""
    del shared
    for what in chaos.NEVER:
        yield Case(f"never {what}", partial(_never, what))
    yield Case("comes through without a human", _by_itself)


def _never(what: str) -> str | None:
    found = _told().faults[what]
    return f"{len(found)}: {'; '.join(found[:3])}" if found else None


def _by_itself() -> str | None:
    told = _told()
    share = told.by_itself / told.all
    return None if share >= WITHOUT_A_HUMAN else f"{share:.2%}: {dict(told.out)} {dict(told.came)}"


@cache
def _told() -> Told:
    running = servers.running("chaos")

    async def run() -> Told:
        owner = await Database.open(running.url, size=2)
        try:
            return await chaos.run(running.url, owner, running.folder, PLAN)
        finally:
            await owner.close()

    return running.run(run())
