"""Attempts to get at what is hidden, in a village of persons in every situation: tests/leaks/sees.py says who sees what.

Two processes walk, each with half of those who ask, through the API in process on real PostgreSQL. 750 attempts each, 50
of them as requests of their own; the questions about nobody in particular in turn; everything that the table says
they see, which must be there; and, as who acts for somebody with a hidden address, the citizens' pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.fhirapi.clients import Api
from tests.leaks.alone import build
from tests.leaks.judging import Walk
from tests.leaks.paging import read_pages, readers
from tests.leaks.sees import ASKERS
from tests.leaks.village import Village
from tests.offices import opened_office

SHARE, ALONE, WIDE, PROCESSES, AT_ONCE = 750, 50, 12, 2, 3
EVERY = 0  # tests/leaks/test_oracle.py is the quick part
Results = dict[str, str | None]  # by case


def cases(shared: Path) -> Iterator[Case]:
    """Yield the attempts of each asker, by number; what they ask of nobody in particular, and what they see."""
    for asker in ASKERS:
        for told in (*(f"{n:03}" for n in range(SHARE)), "wide", "sees", "pages"):
            yield Case(f"{asker.name} {told}", partial(_result, f"{asker.name} {told}"))


def _result(case: str) -> str | None:
    return _walked()[case]


@cache
def _walked() -> Results:
    """Return what each case gave away."""
    server = running("leaks")
    village: Any = replace(server.run(build(server.office, others=4)), office=None)
    halves = [list(range(len(ASKERS)))[n::PROCESSES] for n in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        found = pool.map(_walk, halves, [server.url] * PROCESSES, [village] * PROCESSES)
        return {case: told for half in found for case, told in half.items()}


def _walk(numbers: list[int], url: str, village: Village) -> Results:
    """Walk as these askers, in a process of its own."""
    return asyncio.run(_all(numbers, url, village))


async def _all(numbers: list[int], url: str, village: Village) -> Results:
    found: Results = {}
    async with opened_office(url) as office:
        api = Api(office)

        async def some() -> None:
            while numbers:
                found.update(await _one(replace(village, office=office), api, numbers.pop()))

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
        await api.close()
    return found


async def _one(village: Village, api: Api, n: int) -> Results:
    asker = ASKERS[n]
    walk = Walk(village, api, asker)
    await walk.alone(ALONE, n)
    await walk.share(SHARE - len(walk.results), n)
    told: Results = {f"{asker.name} {m:03}": one for m, one in enumerate(walk.results)}
    walk.results.clear()
    await walk.wide(every=len(ASKERS) // WIDE, first=n)
    told[f"{asker.name} wide"] = next(filter(None, walk.results), None)
    await walk.seen()
    told[f"{asker.name} sees"] = "; ".join(walk.tally.missing[:3]) or None
    read = [await read_pages(one) for one in readers(village, asker)]
    told[f"{asker.name} pages"] = next((str(leak) for tally in read for leak in tally.leaks), None)
    return told
