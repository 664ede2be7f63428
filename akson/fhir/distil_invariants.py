"""Distils the invariants of R4's resources and types: [key, severity, expression], by the path they stand at.

Run with the other definitions, see distil.py. What a type inherits is left out where it stands at the type above:
those of DomainResource, and of every element (ele-1, ext-1), which invariants.py knows by itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from akson.fhir import distil

ARTEFACT = Path(__file__).parent / "invariants.json.zst"
OF_EVERY_ELEMENT = frozenset({"ele-1", "ext-1"})
NOT_R4 = frozenset({"evv-1"})  # about elements that came with R4B
SIMPLE_QUANTITY = distil.STRUCTURE + "SimpleQuantity"
Row = tuple[str, str, str]


def invariants(folder: Path) -> dict[str, list[Row]]:
    """Return the invariants by path; of elements that are a SimpleQuantity its own too."""
    table: dict[str, list[Row]] = {}
    simple = next(s for s in profiles(folder) if s["url"] == SIMPLE_QUANTITY)
    narrowed = [row for row in _rows(simple["snapshot"]["element"][0]) if row[0].startswith("sqty")]
    for structure in distil.structures(folder):
        for element in structure["snapshot"]["element"]:
            rows = [row for row in _rows(element) if not _inherited(row[0], structure)]
            if any(SIMPLE_QUANTITY in t.get("profile", ()) for t in element.get("type", ())):
                rows += narrowed
            if rows:
                table[element["path"].removesuffix("[x]")] = rows
    return table


def profiles(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the StructureDefinitions of the types, profiles of types among them."""
    for entry in json.loads((folder / "profiles-types.json").read_text("utf-8"))["entry"]:
        yield entry["resource"]


def _rows(element: dict[str, Any]) -> list[Row]:
    given = [c for c in element.get("constraint", ()) if c["key"] not in OF_EVERY_ELEMENT | NOT_R4]
    return [(c["key"], c["severity"], c["expression"]) for c in given]


def _inherited(key: str, structure: dict[str, Any]) -> bool:
    return key.startswith("dom-") and structure["name"] != "DomainResource"


def main() -> None:
    """Write the artefact from the folder named on the command line."""
    distil.pack(ARTEFACT, json.dumps(invariants(Path(sys.argv[1])), separators=(",", ":"), sort_keys=True))


if __name__ == "__main__":
    main()
