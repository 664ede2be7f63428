"""A quick part of the public terminology suite; the whole is `python -m tests.conformance terminology`."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.frame import known
from tests.conformance.terminology import run

QUICK = frozenset({"simple-cases", "parameters", "language2", "validation", "deprecated", "default-valueset-version"})


async def test_the_quick_part_of_the_suite_passes_but_for_what_is_known(shared: Path, database_url: str) -> None:
    results = await run(shared, database_url, QUICK)
    assert len(results) > 90
    excused = known("terminology")
    assert {one.id: one.fault for one in results if bool(one.fault) is not (one.id in excused)} == {}
