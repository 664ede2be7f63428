"""Ten thousand messages by each way there is, half of them out and half in, while everything goes wrong (tests/exchange/chaos.py).

AKSON_CHAOS=300 sends so many each way, AKSON_CHAOS_WAYS=amqp,local by these only.

tests/exchange/test_chaos.py is the quick part.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from akson.base.database import Database
from tests.conformance import servers
from tests.conformance.suites import Case
from tests.exchange import chaos, counting, ruined
from tests.exchange.chaos import Plan
from tests.exchange.counting import Told

EVERY = 0
MESSAGES = int(os.environ.get("AKSON_CHAOS", "5000"))  # each way
WAYS = os.environ.get("AKSON_CHAOS_WAYS", "edi,local,amqp").split(",")
WITHOUT_A_HUMAN = 0.995
SEALED = "amqp"  # the way on which Akson signs and encrypts itself


def cases(shared: Path) -> Iterator[Case]:
    """Yield what must hold when it is over, for each way."""
    del shared
    for way in WAYS:
        for what in counting.never(sealed=way == SEALED):
            yield Case(f"{way}: never {what}", partial(_never, way, what))
        for kind in ruined.kinds(sealed=way == SEALED):
            yield Case(f"{way}: {kind}, as it must end", partial(_ends, way, kind))
        yield Case(f"{way}: done ten minutes after without a human", partial(_by_itself, way))


def _never(way: str, what: str) -> str | None:
    found = _told(way).faults[what]
    return f"{len(found)}: {'; '.join(found[:3])}" if found else None


def _ends(way: str, kind: str) -> str | None:
    """Say what is wrong with the ends of one kind of message; none of a kind is wrong too."""
    told = _told(way)
    wrong = [each for each in told.faults[counting.ENDED] if f"({kind})" in each]
    return "; ".join(wrong[:3]) or (None if told.kinds[kind] else "there was none")


def _by_itself(way: str) -> str | None:
    told = _told(way)
    share = told.by_itself / (told.all - told.rest)
    sys.stdout.write(f"{way}: {told.by_itself} of {told.all - told.rest} ({share:.2%}) by themselves in ten minutes, {told.rest} refused "
                     f"by their receivers; out {dict(told.out)}, in {dict(told.came)}, {told.kills} workers killed, {told.breaks} "
                     "times what carries\n")  # fmt: skip
    for kind, ended in told.kinds.items():
        sys.stdout.write(f"  {ended:5d} {kind}\n")
    return None if share >= WITHOUT_A_HUMAN else f"{share:.2%}"


@cache
def _told(way: str) -> Told:
    running = servers.running(f"chaos {way}")
    folder = running.folder / "chaos"
    folder.mkdir()
    plan = Plan(messages=MESSAGES, kills=max(MESSAGES // 125, 5), way=way, patience=3600)

    async def run() -> Told:
        owner = await Database.open(running.url, size=2)
        try:
            return await chaos.run(running.url, owner, folder, plan)
        finally:
            await owner.close()

    return running.run(run())
