"""docs/conformance-smart.md leaves no requirement out and names no test that is not there."""

from __future__ import annotations

import csv
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = (ROOT / "docs/conformance-smart.md").read_text("utf-8")


def test_every_test_it_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", TABLE))
    there = {name for file in (ROOT / "tests").rglob("test_*.py")
             for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))}  # fmt: skip
    assert named and named <= there, named - there


def test_every_requirement_of_servers_has_its_place(shared: Path) -> None:
    rows = [line.split("|")[1] for line in TABLE.splitlines() if line.startswith("| ")]
    told = {int(number) for row in rows for number in re.findall(r"\d+", row)}
    file = shared / "fhir/inferno-requirements/smart_app_launch_test_kit_requirements.csv"
    with file.open(encoding="utf-8-sig") as lines:
        wanted = {
            int(row["ID"]) for row in csv.DictReader(lines)
            if row["Conformance"] in ("SHALL", "SHALL NOT") and "Server" in row["Actors"] and "brands" not in row["URL"]
        }  # fmt: skip
    assert wanted <= told, sorted(wanted - told)
