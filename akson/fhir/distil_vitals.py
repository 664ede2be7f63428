"""Distils the vital signs profiles of R4, which every Observation of such a code has to conform to.

Run with the other definitions, see distil.py. Kept is what they ask of each element, without prose.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from akson.fhir import distil

ARTEFACT = Path(__file__).parent / "vitals.json.zst"
ROOT: Final = distil.STRUCTURE + "vitalsigns"
_ASKED: Final = ("id", "path", "sliceName", "min", "max", "slicing", "type")
_HEAD: Final = ("resourceType", "url", "name", "kind", "type", "baseDefinition", "derivation")
# As published it fails where there is a Period, which the profile itself allows; its text asks it of a dateTime only.
_CORRECTED: Final = {"vs-1": "$this is dateTime implies $this.toString().length() >= 8"}
# Of units, and asked of every component: of an oxygen flow (L/min) too, and of what is coded.
_LEFT_OUT: Final = frozenset({"Observation.component.value[x]"})
Json = dict[str, Any]


def profiles(folder: Path) -> list[Json]:
    """Return the StructureDefinitions of vitalsigns and of those derived from it, that of all first."""
    entries = json.loads((folder / "profiles-others.json").read_text("utf-8"))["entry"]
    known = [e["resource"] for e in entries if e["resource"]["resourceType"] == "StructureDefinition"]
    found = [s for s in known if s["url"] == ROOT] + [s for s in known if s["baseDefinition"] == ROOT]
    return [{k: s[k] for k in _HEAD} | {"differential": {"element": _elements(s)}} for s in found]


def value_sets(folder: Path, named: frozenset[str]) -> list[Json]:
    """Return the value sets of that address which list their codes: the units of measurements."""
    entries = json.loads((folder / "valuesets.json").read_text("utf-8"))["entry"]
    found = [e["resource"] for e in entries if e["resource"].get("url") in named]
    return [{k: s[k] for k in ("resourceType", "url", "compose")} for s in found if _lists(s)]


def _lists(value_set: Json) -> bool:
    return all("concept" in part for part in value_set["compose"]["include"])


def _elements(structure: Json) -> list[Json]:
    return [_element(element) for element in structure["differential"]["element"]]


def _element(element: Json) -> Json:
    kept = {k: v for k, v in element.items() if k in _ASKED or k.startswith(("fixed", "pattern"))}
    kept["constraint"] = [
        {"key": c["key"], "severity": c["severity"], "expression": _CORRECTED.get(c["key"], c["expression"])}
        for c in element.get("constraint", ())
    ]
    if "valueSet" in element.get("binding", {}) and element["id"] not in _LEFT_OUT:
        kept["binding"] = {k: element["binding"][k] for k in ("strength", "valueSet")}
    return {k: v for k, v in kept.items() if v != []}


def main() -> None:
    """Write the artefact from the folder named on the command line."""
    folder = Path(sys.argv[1])
    found = profiles(folder)
    bound = {e["binding"]["valueSet"] for s in found for e in s["differential"]["element"] if "binding" in e}
    table = {"profiles": found, "valueSets": value_sets(folder, frozenset(url.partition("|")[0] for url in bound))}
    distil.pack(ARTEFACT, json.dumps(table, separators=(",", ":"), sort_keys=True))


if __name__ == "__main__":
    main()
