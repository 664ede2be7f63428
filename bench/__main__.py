"""python -m bench [--quick] [--store] [--against FOLDER]: measure and tell.

--store    keep the figures as the new baseline
--against  measure the programs of another checkout too, the two in turns: what the code costs now, by what it cost then
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import shutil
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from bench.installation import ROOT, Installation, installed
from bench.load import WRK
from bench.report import Figures, middle, store, table
from bench.workloads import Workload, prepare

WARM = 1.0  # seconds before the first run of each workload


async def measured(here: Installation, workload: Workload, seconds: float) -> Figures:
    """Run one workload once and return what it cost."""
    used = here.cpu_of_null if workload.null else here.cpu
    before = used()
    heard = await workload.run(seconds)
    server, database = (1e6 * (now - then) / heard.operations for now, then in zip(used(), before, strict=True))
    return Figures(
        server=server, database=database, rate=heard.operations / heard.seconds,
        p50=1000 * heard.percentile(50), p99=1000 * heard.percentile(99),
    )  # fmt: skip


@dataclass
class Side:
    """One checkout, and what each of its workloads has cost so far."""

    here: Installation
    workloads: list[Workload]
    found: dict[str, list[Figures]] = field(default_factory=lambda: defaultdict(list))

    def middles(self) -> dict[str, Figures]:
        return {name: middle(figures) for name, figures in self.found.items()}


async def bench(checkouts: Sequence[tuple[Path, Path]], runs: int, seconds: float) -> list[Side]:
    """Measure each checkout; all take turns, so that a busy minute hurts all alike. The workloads are ours.

    checkouts  an empty folder for the data of each, and where it stands
    """
    with ExitStack() as stack:
        sides = [await _side(stack, folder, root) for folder, root in checkouts]
        for n in range(runs):
            for turn in zip(*(side.workloads for side in sides), strict=True):
                for side, workload in zip(sides, turn, strict=True):
                    side.found[workload.name].append(await measured(side.here, workload, seconds))
                print(f"\rrun {n + 1} of {runs}: {turn[0].name:30}", end="", flush=True)
    print("\r" + " " * 60 + "\r", end="")
    return sides


async def _side(stack: ExitStack, folder: Path, root: Path) -> Side:
    here = stack.enter_context(installed(folder, root))
    workloads = await prepare(here, folder)
    for workload in workloads:
        await workload.run(WARM)
    return Side(here, workloads)


def main() -> None:
    """Run the whole."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="three short runs instead of five: about a minute")
    asked.add_argument("--store", action="store_true", help="keep the figures as bench/baseline.json")
    asked.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout, set up, to measure in turns")
    given = asked.parse_args()
    runs, seconds = (3, 2.0) if given.quick else (5, 6.0)
    checkouts = [(Path(mkdtemp(prefix="akson-bench-")), root) for root in (ROOT, given.against) if root]
    try:
        for folder, _ in checkouts:
            folder.chmod(0o755)  # the database server's user must pass through
        ours, *others = asyncio.run(bench(checkouts, runs, seconds))
    finally:
        for folder, _ in checkouts:
            shutil.rmtree(folder)
    found, other = ours.middles(), next((side.middles() for side in others), None)
    print(table(ours.workloads, found, other))
    print(f"\nMedian of {runs} runs of {seconds:.0f} s, 16 clients; GET by {'wrk' if WRK else 'our own generator'}.")
    print(f"Python {platform.python_version()} of {sys.base_prefix}.")
    if given.store:
        store(found)


if __name__ == "__main__":
    main()
