"""Measures what taking in a resource costs: python bench/fhir_checks.py FILE.json ...

Each file is a resource or a Bundle (its entries are taken). Told in microseconds of CPU per resource, the best of nine
runs, beside a plain decoding of the same text.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from akson.fhir import bodies, checks, search, walk

RUNS = 9


def texts(files: Sequence[str]) -> list[bytes]:
    """Return the resources of the files, as compact JSON."""
    found: list[bytes] = []
    for name in files:
        body = Path(name).read_bytes()
        whole = bodies.loads(body)
        if whole.get("resourceType") == "Bundle":
            found += [bodies.dumps(e["resource"]) for e in whole["entry"] if "resource" in e]
        elif "resourceType" in whole:
            found.append(bodies.dumps(whole))
    return found


def cost(of: Callable[[Any], object], things: Sequence[Any], runs: int = RUNS) -> float:
    """Return microseconds of CPU per thing."""
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        for thing in things:
            of(thing)
        best = min(best, time.process_time() - start)
    return best / len(things) * 1e6


def main() -> None:
    """Print one line per sort of resource."""
    sorts: dict[str, list[bytes]] = {"all": []}
    for body in texts(sys.argv[1:]):
        sorts["all"].append(body)
        sorts.setdefault(msgspec.json.decode(body)["resourceType"], []).append(body)
    print("resource              number  bytes   plain  check   walk  split  extract")
    for name, found in sorted(sorts.items(), key=lambda item: -len(item[1]))[:12]:
        decoded = [bodies.loads(body) for body in found]
        size = sum(map(len, found)) / len(found)
        slow = cost(lambda body: walk.faults(checks._decoded_slowly(body)), found, 2)
        plain, check = cost(msgspec.json.decode, found), cost(checks.check, found)
        print(
            f"{name:20} {len(found):7} {size:6.0f} {plain:7.1f} {check:6.1f}"
            f" {slow:6.0f} {cost(bodies.split, found):6.1f} {cost(search.extract, decoded):8.1f}"
        )


if __name__ == "__main__":
    main()
