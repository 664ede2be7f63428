"""FHIR/fhir-test-cases r4/patch: FHIRPath Patch (XML, turned into JSON) and JSON Patch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from akson.fhir import bodies, patch
from akson.fhir.patch import json_patch, tree
from tests.conformance.from_xml import FHIR, resource
from tests.conformance.suites import Case

EVERY = 1


def cases(shared: Path) -> Iterator[Case]:
    """Yield the 33 FHIRPath patches and the 16 JSON patches."""
    folder = shared / "fhir" / "fhir-test-cases" / "r4" / "patch"
    for n, case in enumerate(ElementTree.parse(folder / "fhir-patch-tests.xml").getroot().iter("case")):
        yield Case(f"fhirpath/{n + 1} {case.get('name')}", partial(_by_path, case))
    for n, given in enumerate(bodies.loads((folder / "json-patch-tests.json").read_bytes())):
        yield Case(f"json/{n + 1} {given.get('comment', '')}", partial(_by_json, given))


def _by_path(case: ElementTree.Element) -> str | None:
    before, change = _in(case, "input"), _in(case, "diff")
    try:
        found = bodies.loads(patch.by_path(bodies.dumps(before), patch.parse_path(bodies.dumps(change))))
    except (patch.Unfit, patch.Malformed) as error:
        return None if case.find("error") is not None or case.find("output/error") is not None else f"refused: {error}"
    if case.find("output") is None:
        return f"expected a fault, got {found}"
    after = _in(case, "output")
    return None if found == after else f"expected {after}, got {found}"


def _in(case: ElementTree.Element, name: str) -> Any:
    held = case.find(name)
    assert held is not None and held[0].tag.startswith(FHIR)
    return resource(held[0])


def _by_json(given: dict[str, Any]) -> str | None:
    try:
        operations = json_patch.parse(bodies.dumps(given["patch"]))
        found = json_patch.apply(tree.loads(bodies.dumps(given["doc"])), operations)
    except (patch.Unfit, patch.Malformed) as error:
        return None if "error" in given else f"refused: {error}"
    if "expected" not in given:
        return None if "error" not in given else f"expected a fault ({given['error']}), got {found}"
    after = tree.loads(bodies.dumps(given["expected"]))
    return None if tree.equal(found, after) else f"expected {after}, got {found}"
