"""python -m bench [--quick] [--store]: measure, tell, and with --store keep the figures as the new baseline."""

from __future__ import annotations

import argparse
import asyncio
import platform
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp

from bench.installation import Installation, installed
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


async def bench(folder: Path, runs: int, seconds: float) -> tuple[list[Workload], dict[str, Figures]]:
    """Return the workloads and the median of their runs; they take turns, so that a busy minute hurts all alike."""
    with installed(folder) as here:
        workloads = await prepare(here, folder)
        for workload in workloads:
            await workload.run(WARM)
        found: dict[str, list[Figures]] = {workload.name: [] for workload in workloads}
        for n in range(runs):
            for workload in workloads:
                found[workload.name].append(await measured(here, workload, seconds))
                print(f"\rrun {n + 1} of {runs}: {workload.name:30}", end="", flush=True)
    print("\r" + " " * 60 + "\r", end="")
    return workloads, {name: middle(figures) for name, figures in found.items()}


def main() -> None:
    """Run the whole."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="three short runs instead of five: about a minute")
    asked.add_argument("--store", action="store_true", help="keep the figures as bench/baseline.json")
    given = asked.parse_args()
    runs, seconds = (3, 2.0) if given.quick else (5, 6.0)
    folder = Path(mkdtemp(prefix="akson-bench-"))
    folder.chmod(0o755)  # the database server's user must pass through
    try:
        workloads, found = asyncio.run(bench(folder, runs, seconds))
    finally:
        shutil.rmtree(folder)
    print(table(workloads, found))
    print(f"\nMedian of {runs} runs of {seconds:.0f} s, 16 clients; GET by {'wrk' if WRK else 'our own generator'}.")
    print(f"Python {platform.python_version()} of {sys.base_prefix}.")
    if given.store:
        store(found)


if __name__ == "__main__":
    main()
