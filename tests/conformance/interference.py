"""5,000 pairs of databases that differ only in what is hidden from who asks: the same bytes; and what only takes away never shows more.

Two processes, each with a village of its own (tests/leaks/village.py), through the API and the pages in process on real
PostgreSQL.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from tests.conformance.servers import Running
from tests.conformance.suites import Case
from tests.fhirapi.clients import Api
from tests.leaks.never_more import NeverMore
from tests.leaks.pairs import Pairs
from tests.leaks.village import build

PAIRS, CHANGES, PROCESSES = 5_000, 500, 2
EVERY = 0  # tests/leaks/test_pairs.py is the quick part


Found = tuple[list[str | None], list[str | None], Counter[str]]


def cases(shared: Path) -> Iterator[Case]:
    """Yield the pairs, and the changes that only take away, by number; and that pages were among the answers."""
    for n in range(PAIRS + CHANGES):
        yield Case(f"{'pair' if n < PAIRS else 'change'} {n:04}", partial(_result, n))
    yield Case("pages are asked for, and shown", _shown)


def _result(n: int) -> str | None:
    which = _asked()[0] if n < PAIRS else _asked()[1]
    return which[n if n < PAIRS else n - PAIRS]


def _shown() -> str | None:
    answers = _asked()[2]
    sys.stdout.write(f"interference: answers compared {dict(sorted(answers.items()))}\n")
    return None if answers["page 200"] > PAIRS else f"pages were shown {answers['page 200']} times only"


@cache
def _asked() -> Found:
    """Return what differed in each pair, what each change showed more of, and how many answers of each kind there were."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        shares = list(
            pool.map(_share, range(PROCESSES), [PAIRS // PROCESSES] * PROCESSES, [CHANGES // PROCESSES] * PROCESSES)
        )
    pairs, changes = ([one for share in shares for one in share[n]] for n in (0, 1))
    return pairs, changes, sum((share[2] for share in shares), Counter[str]())


def _share(seed: int, pairs: int, changes: int) -> Found:
    """Make pairs in a village of its own, then changes: these leave less for anybody to see."""
    server = Running()
    try:
        return server.run(_all(server, seed, pairs, changes))
    finally:
        server.close()


async def _all(server: Running, seed: int, pairs: int, changes: int) -> Found:
    village, api = await build(server.office, others=2), Api(server.office)
    pairing, taking = Pairs(village, api, seed), NeverMore(village, api, seed)
    found = [await pairing.pair() for _ in range(pairs)], [await taking.change() for _ in range(changes)]
    await api.close()
    await pairing.pages.close()
    return *found, pairing.answers
