"""python -m bench.rivals [--people N] [--times N ...]: the public workloads on Akson and on HAPI FHIR, in turns.

Both run at once on PostgreSQL servers of their own, of the same programs and settings; the same invented population is
loaded into both; then each workload is carried out on one after the other, the same number of operations each, and
again. README.md says what the workloads are, where they come from, and how to read the table.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

from bench import growth, population, samples, searches, shapes
from bench.installation import Installation, installed
from bench.load import CLIENTS, Client, Heard, Target, Turn, each
from bench.peers.hapi.server import Hapi, started
from bench.peers.loading import load, post
from bench.processes import end_cleanly, peak
from bench.workloads import SYNTHEA, as_sent, counted, loop

RIVAL = "HAPI"
CRUD = "CRUD, nine types"


@dataclass(frozen=True, kw_only=True)
class Side:
    """Who is asked, and as whom. people: the first of them, whom this one may see."""

    name: str
    target: Target
    cpu: Callable[[], tuple[float, float]]
    people: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """One workload. turns: what is to be done to a side, of run n; who: whose name begins so takes part."""

    name: str
    turns: Callable[[Side, int], Iterable[Turn]]
    clients: int = CLIENTS
    writes: bool = False  # only by those who may write everything


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one run of a workload cost a side: us of CPU and errors by operation, milliseconds."""

    server: float
    database: float
    p50: float
    p99: float
    errors: float

    @property
    def cpu(self) -> float:
        return self.server + self.database


@dataclass(kw_only=True)
class Found:
    """What was measured at one size. shapes: milliseconds by shape and side; complaints: the first error of each."""

    costs: dict[tuple[str, str], list[Cost]] = field(default_factory=dict)
    shapes: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    complaints: dict[tuple[str, str], str] = field(default_factory=dict)

    def middle(self, work: str, side: str) -> Cost:
        """Return the median of each figure, and the most errors: a run of refusals is cheap, and must be seen."""
        runs = self.costs[work, side]
        found = {one: median(getattr(run, one) for run in runs) for one in Cost.__dataclass_fields__}
        return Cost(**found | {"errors": max(run.errors for run in runs)})


def works(scale: int, found: Found) -> list[Work]:
    """Return what is done, searches first. scale: how many operations, 1 for a trial."""
    given = [counted(as_sent(path.read_bytes())) for path in sorted(SYNTHEA.glob("*.json"))]
    bundles = [counted(samples.bundle(n)) for n in range(6 * scale)]
    listed = [
        Work(name=f"search, {family}", turns=partial(_searches, family, 8 * scale), clients=growth.AT_ONCE)
        for family in searches.FAMILIES
    ]
    listed.append(Work(name="30 shapes", turns=partial(_shapes, 100 * scale, found), clients=growth.AT_ONCE))
    listed.append(Work(name="mix C10 R60 U25 D5", turns=partial(_mix, 300 * scale), writes=True))
    listed.append(Work(name=CRUD, turns=partial(_crud, 16 * scale), writes=True))
    listed.append(Work(name="Bundles, per resource", turns=lambda _side, _run: map(post, bundles), writes=True))
    if given:
        listed.append(Work(name="Synthea, per resource", turns=lambda _side, _run: map(post, given), writes=True))
    return listed


def _searches(family: str, rounds: int, side: Side, run: int) -> Iterator[Turn]:
    return (_get(path) for path in searches.paths(family, side.people, rounds, run))


def _get(path: str, seconds: list[float] | None = None) -> Turn:
    async def turn(client: Client) -> int:
        begun = time.perf_counter()
        await client.ask("GET", path, expect=200)
        if seconds is not None:
            seconds.append(time.perf_counter() - begun)
        return 1

    return turn


def _shapes(number: int, found: Found, side: Side, run: int) -> Iterator[Turn]:
    for shape, path in shapes.drawn(side.people, number, run):
        yield _get(path, found.shapes.setdefault(shape, {}).setdefault(side.name, []))


def _mix(number: int, side: Side, run: int) -> Iterator[Turn]:
    return shapes.Mix(side.people, run).turns(number)


def _crud(number: int, _side: Side, run: int) -> Iterator[Turn]:
    return (partial(loop, n=n) for n in range(run * number, (run + 1) * number))


async def measure(work: Work, side: Side, run: int, found: Found) -> None:
    """Carry a workload out on a side and note what it cost. run: from 0; the one before it only warms up."""
    turns = list(work.turns(side, run))
    before = side.cpu()
    heard = await each(side.target, turns, work.clients)
    used = [now - then for now, then in zip(side.cpu(), before, strict=True)]
    if heard.first_error:
        found.complaints[work.name, side.name] = heard.first_error
    if run >= 0:
        found.costs.setdefault((work.name, side.name), []).append(_cost(heard, used, len(turns)))
    else:
        found.shapes.clear()


def _cost(heard: Heard, used: Sequence[float], turns: int) -> Cost:
    each_of = heard.operations + heard.errors
    return Cost(
        server=1e6 * used[0] / each_of, database=1e6 * used[1] / each_of, p50=1000 * heard.percentile(50),
        p99=1000 * heard.percentile(99), errors=heard.errors / turns,
    )  # fmt: skip


async def compare(named: Callable[[], Sequence[Side]], scale: int, runs: int, warm: int) -> Found:
    """Let the sides take turns at each workload.

    named  gives them, with new tokens for each run
    warm   runs before those that count (a JVM compiles as it goes)
    """
    found = Found()
    for run in range(-warm, runs):
        sides = named()
        for work in works(scale, found):
            for side in sides:
                if not work.writes or side.name in (RIVAL, "Akson"):
                    print(f"\r{run + 1}/{runs} {work.name} {side.name}" + " " * 20, end="", file=sys.stderr, flush=True)
                    await measure(work, side, run, found)
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    return found


def table(found: Found, sides: Sequence[Side]) -> str:
    """Return what was found. The last columns: how many times HAPI's figure is this one's."""
    lines = [
        f"{'':24}{'':15}{'CPU us':>8}{'server':>8}{'pg':>8}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}{'CPU':>8}{'p50':>7}"
    ]
    for work in dict.fromkeys(work for work, _ in found.costs):
        theirs = found.middle(work, RIVAL)
        for side in sides:
            if (work, side.name) in found.costs:
                one = found.middle(work, side.name)
                ratio = f"{theirs.cpu / one.cpu:7.1f}x{theirs.p50 / one.p50:6.1f}x" if side.name != RIVAL else ""
                lines.append(
                    f"{work:24}{side.name:15}{one.cpu:8.0f}{one.server:8.0f}{one.database:8.0f}{one.p50:9.1f}"
                    f"{one.p99:9.1f}{100 * one.errors:7.1f}%{ratio}"
                )
                if complaint := found.complaints.get((work, side.name)):
                    lines.append(f"{'':24}  {complaint[:140]}")
    return "\n".join(lines)


def by_shape(found: Found, sides: Sequence[Side]) -> str:
    """Return the median of each shape, in milliseconds; - where every answer was a refusal."""
    names = [side.name for side in sides]
    lines = [f"{'':64}" + "".join(f"{name:>15}" for name in names)]
    for shape in shapes.SHAPES:
        told = found.shapes.get(shape, {})
        cells = (f"{1000 * median(told[name]):15.1f}" if told.get(name) else f"{'-':>15}" for name in names)
        lines.append(f"{shape:64}" + "".join(cells))
    return "\n".join(lines)


async def rival(folder: Path, people: int, times: Sequence[int], scale: int, runs: int) -> None:
    """Load both, compare, load more, compare again, telling as it goes."""
    with ExitStack() as open_:
        ours, theirs = folder / "akson", folder / "hapi"
        for part in (ours, theirs):
            part.mkdir()
        here = open_.enter_context(installed(ours))
        hapi = open_.enter_context(started(theirs))
        known = await growth.carers(here.target(here.system))
        last = 0
        for size in times:
            loaded = await load(here, hapi, ours, (last, people * size), known)
            last = people * size
            named = partial(_sides, here, hapi, last)
            print(f"\n{size}x: {last} people; {loaded.resources} resources came in, us of CPU each: Akson "
                  f"{loaded.cpu[0]:.0f} ($import), HAPI {loaded.cpu[1]:.0f} (Bundles); bytes each: Akson "
                  f"{loaded.bytes[0]:.0f}, HAPI {loaded.bytes[1]:.0f}", flush=True)  # fmt: skip
            found = await compare(named, scale, runs, warm=2 if size == times[0] else 1)
            print(table(found, named()) + "\n\n" + by_shape(found, named()), flush=True)
        print(f"\npeak memory: Akson {peak(here.server):.0f} MB, HAPI {peak(hapi.server):.0f} MB")


def _sides(here: Installation, hapi: Hapi, people: int) -> list[Side]:
    """Return who is asked: HAPI, which knows no users, and Akson as a program, as a GP and as a nurse."""
    here = here.renewed()
    of_gp, of_unit = min(people, population.AT_GP), min(people, population.AT_UNIT)
    return [
        Side(name=RIVAL, target=hapi.target, cpu=hapi.cpu, people=people),
        Side(name="Akson", target=here.target(here.system), cpu=here.cpu, people=people),
        Side(name="Akson, GP", target=here.target(here.doctor), cpu=here.cpu, people=of_gp),
        Side(name="Akson, nurse", target=here.target(here.nurse), cpu=here.cpu, people=of_unit),
    ]


def main() -> None:
    """Run the whole."""
    asked = argparse.ArgumentParser(prog="python -m bench.rivals", description=__doc__)
    asked.add_argument("--people", type=int, default=200, help="at the first size, in fifties")
    asked.add_argument("--times", type=int, nargs="+", default=[1, 16])
    asked.add_argument("--scale", type=int, default=3, help="how many operations a run has; 1 is a trial")
    asked.add_argument("--runs", type=int, default=3)
    given = asked.parse_args()
    end_cleanly()
    folder = Path(mkdtemp(prefix="akson-rivals-"))
    folder.chmod(0o755)  # the database servers' user must pass through
    try:
        asyncio.run(rival(folder, given.people, given.times, given.scale, given.runs))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
