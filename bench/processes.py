"""CPU time of processes and all that they started, from /proc: steady on a busy machine, where wall time is not."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")  # per second
_OWN_AND_REAPED = slice(11, 15)  # utime, stime, cutime, cstime, counted from the state after the name


def cpu(root: int) -> float:
    """Return seconds of CPU that process `root` and its descendants have used, those that ended and were reaped too."""
    times, children = _all()
    found, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        found += times.get(process, 0)
        waiting += children.get(process, [])
    return found / _TICKS


def _all() -> tuple[dict[int, int], dict[int, list[int]]]:
    """Return the ticks and the children of every process there is."""
    times: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = entry.read_text("utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        process = int(entry.parent.name)
        times[process] = sum(map(int, rest[_OWN_AND_REAPED]))
        children.setdefault(int(rest[1]), []).append(process)
    return times, children
