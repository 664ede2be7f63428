"""20,000 random questions about invented resources, Synthea's people and the official examples: tests/spec/searching.

Asked some at a time; the last of every hundred while another writer changes unrelated things, and every second hundred as
if there were millions of resources.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from functools import cache, partial
from pathlib import Path

from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.spec.searching.bounds import small_bounds
from tests.spec.searching.comparing import Comparison, Question, compare
from tests.spec.searching.features import TODAY
from tests.spec.searching.generating import Generator
from tests.spec.searching.oracle import Oracle
from tests.spec.searching.rival import writing
from tests.spec.searching.world import World, build

QUESTIONS, BLOCK, SEED = 20_000, 100, 20_261_122
EVERY = 0  # tests/spec/searching is the quick part
_CALM = BLOCK * 9 // 10


def cases(shared: Path) -> Iterator[Case]:
    """Yield the questions, by number."""
    for n in range(QUESTIONS):
        yield Case(f"{n:05}", partial(_run, shared, n))


def _run(shared: Path, n: int) -> str | None:
    return _block(shared, n // BLOCK)[n % BLOCK]


@cache
def _block(shared: Path, number: int) -> list[str | None]:
    """Return what was wrong with each question of a block."""
    _, generator, comparison = _world(shared)
    while len(_asked) <= number:
        _asked.append([generator.question() for _ in range(BLOCK)])
    with small_bounds() if number % 2 else nullcontext():
        return running("search").run(_compared(comparison, _asked[number]))


_asked: list[list[Question]] = []  # blocks of questions, in the generator's order


async def _compared(comparison: Comparison, questions: list[Question]) -> list[str | None]:
    found = await compare(comparison, questions[:_CALM])
    async with writing(comparison.oracle.world):
        found += await compare(comparison, questions[_CALM:])
    return [str(one) if one else None for one in found]


@cache
def _world(shared: Path) -> tuple[World, Generator, Comparison]:
    server = running("search")
    synthea = sorted((shared / "fhir" / "synthea-r4").glob("*.json"))[:4]
    world = server.run(build(server.office, features=TODAY, seed=SEED, size=2, bundles=synthea))
    generator = Generator(world, TODAY, seed=SEED)
    return world, generator, Comparison(Oracle(world, TODAY, server.office.clock()))
