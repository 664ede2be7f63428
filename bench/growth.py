"""python -m bench.growth [--people N] [--times N ...]: the search mix and the import on data of two sizes.

Starts an installation, loads an invented population by `akson import` in two processes, asks each family of searches
as a nurse with 200 patients, as a GP with 1,200 and as a program; then loads until the data are `times` as many, and
asks again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from urllib.parse import quote

import asyncpg

from akson.base.queries import queries
from bench import population, searches
from bench.installation import ROOT, Installation, installed
from bench.load import Client, Target, Turn, each, gets
from bench.population import Carers
from bench.processes import end_cleanly

SQL = queries(__file__, "growth.sql")
GP = "Eikeland"
UNIT = "Hjemmetjenesten sone nord"
MUST, AIM = 500, 1500  # searches a second, on two cores
GROWTH_MUST, GROWTH_AIM = 1.5, 1.3
AT_ONCE = 4  # clients; more would measure how they wait for each other


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one family cost one who asks: milliseconds at the median and at 99 of a hundred, us of CPU each."""

    p50: float
    p99: float
    cpu: float


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What it cost to load so many lines: us of CPU and of time each; bytes in the database afterwards, by resource."""

    lines: int
    cpu: float
    rate: float
    bytes: float


async def carers(target: Target) -> Carers:
    """Find the GP and the unit whose people the first ones are."""
    client = Client(target, [])
    await client.open()
    found = []
    for path in (f"/fhir/Practitioner?family={GP}", f"/fhir/Organization?name={quote(UNIT)}"):
        _, answer = await client.ask("GET", path, expect=200)
        entry = json.loads(answer)["entry"][0]["resource"]
        found.append(f"{entry['resourceType']}/{entry['id']}")
    client.close()
    return Carers(gp=found[0], unit=found[1])


async def load(here: Installation, folder: Path, first: int, after: int, known: Carers) -> Loaded:
    """Import the people from `first` to before `after` in two processes; the ones they share are in the first half."""
    middle = (first + after) // 100 * 50
    files = [folder / f"people-{n}.ndjson" for n in (0, 1)]
    counts = [
        population.write(file, *part, known)
        for file, part in zip(files, ((first, middle), (middle, after)), strict=True)
    ]
    before, begun = here.cpu()[1] + _children(), time.perf_counter()
    await asyncio.gather(*(imported(here, file) for file in files))
    seconds = time.perf_counter() - begun
    used = here.cpu()[1] + _children() - before
    for file in files:
        file.unlink()
    return Loaded(
        lines=sum(counts), cpu=1e6 * used / sum(counts), rate=sum(counts) / seconds, bytes=await _bytes_each(here.url)
    )


async def imported(here: Installation, file: Path) -> None:
    """Load a file by `akson import`."""
    command = [sys.executable, "-m", "akson", "import", str(file)]
    pipe = asyncio.subprocess.PIPE
    done = await asyncio.create_subprocess_exec(*command, env=here.env, cwd=ROOT, stdout=pipe)
    told, _ = await done.communicate()
    if done.returncode:
        raise RuntimeError(told.decode()[:2000])


async def _bytes_each(url: str) -> float:
    connection = await asyncpg.connect(url)
    try:
        return float(await connection.fetchval(SQL.bytes_each))
    finally:
        await connection.close()


def _children() -> float:
    """Return seconds of CPU of programs of ours that have ended."""
    times = os.times()
    return times.children_user + times.children_system


async def ask(here: Installation, people: int, runs: int, rounds: int) -> dict[tuple[str, str], Cost]:
    """Return what each family cost each who asks: the median of some runs that take turns."""
    who = {"system": here.system, "GP": here.doctor, "nurse": here.nurse}
    found: dict[tuple[str, str], list[Cost]] = {}
    for run in range(-1, runs):
        for name, token in who.items():
            for family in searches.FAMILIES:
                reached = people if name == "system" else population.AT_GP if name == "GP" else population.AT_UNIT
                cost = await _once(here, here.target(token), searches.paths(family, reached, rounds, run))
                if run >= 0:  # the first one warms up
                    found.setdefault((family, name), []).append(cost)
                print(f"\r{run + 1}/{runs} {name} {family}" + " " * 20, end="", file=sys.stderr, flush=True)
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return {key: Cost(p50=median(c.p50 for c in costs), p99=median(c.p99 for c in costs),
                      cpu=median(c.cpu for c in costs)) for key, costs in found.items()}  # fmt: skip


async def _once(here: Installation, target: Target, paths: Sequence[str]) -> Cost:
    """Ask each of the paths once."""
    before = sum(here.cpu())
    heard = await each(target, [_get(path) for path in paths], AT_ONCE)
    if heard.errors:
        raise RuntimeError(heard.first_error)
    used = 1e6 * (sum(here.cpu()) - before) / len(paths)
    return Cost(p50=1000 * heard.percentile(50), p99=1000 * heard.percentile(99), cpu=used)


def _get(path: str) -> Turn:
    async def turn(client: Client) -> int:
        await client.ask("GET", path, expect=200)
        return 1

    return turn


def table(sizes: dict[int, dict[tuple[str, str], Cost]], loads: dict[int, Loaded]) -> str:
    """Return what was found, as text."""
    small, large = min(sizes), max(sizes)
    lines = [
        f"{'family':12}{'as':8}"
        + "".join(f"{f'p50 at {n}x':>14}{'p99':>8}{'CPU us':>8}" for n in sizes)
        + "   growth  of CPU"
    ]
    for key in sizes[small]:
        row = "".join(f"{cost.p50:14.1f}{cost.p99:8.1f}{cost.cpu:8.0f}" for cost in (sizes[n][key] for n in sizes))
        growth = sizes[large][key].p50 / sizes[small][key].p50
        of_cpu = sizes[large][key].cpu / sizes[small][key].cpu
        verdict = "aim" if growth <= GROWTH_AIM else "must" if growth <= GROWTH_MUST else "TOO MUCH"
        lines.append(f"{key[0]:12}{key[1]:8}{row}{growth:9.2f}{of_cpu:8.2f} {verdict}")
    for times, found in sizes.items():
        each = sum(cost.cpu for cost in found.values()) / len(found)
        verdict = "aim" if 2e6 / each >= AIM else "must" if 2e6 / each >= MUST else "TOO SLOW"
        lines.append(
            f"mix at {times}x: {each:.0f} us of CPU a search, {2e6 / each:.0f} a second on two cores ({verdict})"
        )
    for times, one in loads.items():
        lines.append(
            f"import to {times}x: {one.lines} lines, {one.cpu:.0f} us of CPU each, {2e6 / one.cpu:.0f} a second on two "
            f"cores, {one.rate:.0f} here; {one.bytes:.0f} bytes a resource"
        )
    return "\n".join(lines)


async def grow(folder: Path, people: int, times: Sequence[int], runs: int, rounds: int) -> str:
    """Load, ask, load more, ask again."""
    sizes: dict[int, dict[tuple[str, str], Cost]] = {}
    loads: dict[int, Loaded] = {}
    last = 0
    with installed(folder) as here:
        before = here.cpu_of_null()[0]
        heard = await gets(Target(port=here.null_port), ["/"], 2.0, folder)
        null = 1e6 * (here.cpu_of_null()[0] - before) / heard.operations
        known = await carers(here.target(here.system))
        for size in times:
            loads[size] = await load(here, folder, last, people * size, known)
            last = people * size
            sizes[size] = await ask(here.renewed(), last, runs, rounds)
    return f"null server: {null:.0f} us\n" + table(sizes, loads)


def main() -> None:
    """Run the whole."""
    asked = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    asked.add_argument(
        "--people", type=int, default=1500, help="at the first size; the GP has 1200 of them, the nurse 200"
    )
    asked.add_argument("--times", type=int, nargs="+", default=[1, 16])
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--rounds", type=int, default=40, help="over each family, in one run")
    given = asked.parse_args()
    end_cleanly()
    folder = Path(mkdtemp(prefix="akson-bench-"))
    folder.chmod(0o755)  # the database server's user must pass through
    try:
        print(asyncio.run(grow(folder, given.people, given.times, given.runs, given.rounds)))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
