"""The tables docs/conformance-*.md leave no requirement out, and name no test that is not there."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLES = sorted((ROOT / "docs").glob("conformance-*.md"))
# What each table answers: the file of requirements, and the sets in it.
LISTS = {
    "conformance-smart": (
        "smart_app_launch",
        ("hl7.fhir.uv.smart-app-launch_2.0.0", "hl7.fhir.uv.smart-app-launch_2.2.0"),
    ),
    "conformance-bulk": ("bulk_data", ("hl7.fhir.uv.bulkdata_2.0.0",)),
    "conformance-subscriptions": ("subscriptions", ("hl7.fhir.uv.subscriptions_1.1.0",)),
}


def rows(table: Path) -> list[list[str]]:
    """Return the cells of each row: the requirements, then what shows them."""
    lines = [line for line in table.read_text("utf-8").splitlines() if re.match(r"\| *\d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def numbers(text: str) -> set[int]:
    """Return the numbers of "12, 14–16": those that stand before any other word."""
    listed = re.match(r"[\d, –-]+", text)
    parts = [
        part.split("–") for part in re.split("[, ]+", (listed[0] if listed else "").replace("-", "–").strip(" ,–"))
    ]
    return {number for part in parts for number in range(int(part[0]), int(part[-1]) + 1)}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_every_test_that_is_named_is_there(table: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", table.read_text("utf-8")))
    there = {name for file in (ROOT / "tests").rglob("test_*.py")
             for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))}  # fmt: skip
    assert named and named <= there, named - there


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_every_row_names_tests_or_says_why_not(table: Path) -> None:
    for row in rows(table):
        shown = row[-1]
        assert re.search(r"`test_\w+`", shown) or " " in shown, row
        assert not re.search(r"tests/\S*", shown), ("a file is no test", row)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_every_requirement_of_servers_has_its_place(table: Path, shared: Path) -> None:
    name, sets = LISTS[table.stem]
    file = shared / "fhir" / "inferno-requirements" / f"{name}_test_kit_requirements.csv"
    with file.open(encoding="utf-8-sig") as lines:
        wanted = {
            int(row["ID"]) for row in csv.DictReader(lines)
            if row["Req Set"] in sets and row["Conformance"] in ("SHALL", "SHALL NOT") and "Server" in row["Actors"]
            and "brands" not in row["URL"]
        }  # fmt: skip
    told = {number for row in rows(table) for number in numbers(row[0])}
    assert wanted <= told, sorted(wanted - told)
