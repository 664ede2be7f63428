"""The figures, as a table and as the stored baseline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.workloads import Workload

BASELINE = Path(__file__).parent / "baseline.json"
CORES = 2


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one run, or the median of several, cost. Microseconds of CPU and operations per second."""

    server: float
    database: float
    rate: float
    p50: float  # milliseconds, per request
    p99: float

    @property
    def cpu(self) -> float:
        return self.server + self.database

    @property
    def affordable(self) -> float:
        """Return how many a second two cores could carry."""
        return CORES * 1e6 / self.cpu


def middle(runs: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    return Figures(**{name: median(asdict(run)[name] for run in runs) for name in asdict(runs[0])})


def table(workloads: Sequence[Workload], found: dict[str, Figures], other: dict[str, Figures] | None = None) -> str:
    """Return the table; its last column compares with the baseline after taking out the machine (the null server).

    other  what another checkout cost in the same minutes: the last column compares with that as it is
    """
    before = other or _baseline()
    lines = [
        f"{'':27}{'CPU us':>8}{'server':>8}{'pg':>8}{'on 2 cores':>12}{'must':>7}{'aim':>7}{'':>9}"
        f"{'wall/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'other' if other else 'baseline':>10}"
    ]
    null = next(workload.name for workload in workloads if workload.null)
    for workload in workloads:
        one = found[workload.name]
        verdict = "" if not workload.must else "aim" if one.affordable >= workload.aim else (
            "must" if one.affordable >= workload.must else "TOO SLOW")  # fmt: skip
        known = before.get(workload.name) if null in before else None
        machine = 1.0 if other else found[null].cpu / before[null].cpu if known else 1.0
        ratio = f"x{one.cpu / known.cpu / machine:.2f}" if known else "-"
        lines.append(
            f"{workload.name:27}{one.cpu:8.0f}{one.server:8.0f}{one.database:8.0f}{one.affordable:12.0f}"
            f"{workload.must or '':>7}{workload.aim or '':>7}{verdict:>9}"
            f"{one.rate:8.0f}{one.p50:8.1f}{one.p99:8.1f}{ratio:>10}"
        )
    return "\n".join(lines)


def store(found: dict[str, Figures]) -> None:
    """Make these the baseline."""
    told = {name: {key: round(value, 1) for key, value in asdict(one).items()} for name, one in found.items()}
    BASELINE.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


def _baseline() -> dict[str, Figures]:
    if not BASELINE.exists():
        return {}
    return {name: Figures(**one) for name, one in json.loads(BASELINE.read_text("utf-8")).items()}
