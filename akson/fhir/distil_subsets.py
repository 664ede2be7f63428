"""Distils which elements of R4 belong to a summary and which change the meaning of others.

Run with the other definitions, see distil.py. By the path of what holds the elements; names without [x].
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from akson.fhir import distil

ARTEFACT = Path(__file__).parent / "subsets.json.zst"
_MARKS = {"isSummary": "summary", "isModifier": "modifier"}


def subsets(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Return {path: {"summary": names, "modifier": names}}; what is empty is left out."""
    table: dict[str, dict[str, list[str]]] = {}
    for structure in distil.structures(folder):
        for element in structure["snapshot"]["element"]:
            _note(table, element)
    return table


def _note(table: dict[str, dict[str, list[str]]], element: dict[str, Any]) -> None:
    parent, _, name = element["path"].rpartition(".")
    for mark, kind in _MARKS.items():
        if parent and element.get(mark):
            table.setdefault(parent, {}).setdefault(kind, []).append(name.removesuffix("[x]"))


def main() -> None:
    """Write the artefact from the folder named on the command line."""
    distil.pack(ARTEFACT, json.dumps(subsets(Path(sys.argv[1])), separators=(",", ":"), sort_keys=True))


if __name__ == "__main__":
    main()
