"""FHIR/fhir-test-cases r4/fhirpath: values and types compared strictly.

"semantic" and "syntax" faults must be found before anything runs, "execution" faults at the latest then.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from akson.fhir.bodies import loads
from akson.fhir.fhirpath import Compiled, FhirPathError, compile
from akson.fhir.fhirpath.functions.conversion import to_string
from akson.fhir.fhirpath.model import Node
from akson.fhir.fhirpath.values import system, type_info
from tests.conformance.from_xml import resource_in
from tests.conformance.suites import Case

EVERY = 1
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def cases(shared: Path) -> Iterator[Case]:
    """Yield the 935 tests, named by group and test."""
    folder = shared / "fhir" / "fhir-test-cases" / "r4"
    seen: dict[str, int] = {}
    for group in ElementTree.parse(folder / "fhirpath" / "tests-fhir-r4.xml").getroot().iter("group"):
        for test in group.iter("test"):
            name = f"{group.get('name')}/{test.get('name')}"
            seen[name] = seen.get(name, 0) + 1
            yield Case(f"{name}#{seen[name]}" if seen[name] > 1 else name, partial(_run, test, folder))


@cache
def _input(file: Path) -> Any:
    return resource_in(file) if file.suffix == ".xml" else loads(file.read_bytes())


def _run(test: ElementTree.Element, folder: Path) -> str | None:
    expression = test.find("expression")
    assert expression is not None
    named = test.get("inputfile")
    focus = _input(folder / named) if named else None
    kind = focus["resourceType"] if focus else None
    strict = "strict" in {test.get("mode"), expression.get("mode")}
    try:
        compiled = compile(expression.text or "", kind, strict=strict)
    except FhirPathError as error:
        return None if _is_expected(expression.get("invalid"), error) else f"refused: {error}"
    if expression.get("invalid") in {"semantic", "syntax"}:
        return f"a {expression.get('invalid')} fault was not found"
    try:
        found = _found(compiled, focus, predicate=test.get("predicate") == "true")
    except FhirPathError as error:
        return None if expression.get("invalid") else f"failed: {error}"
    return f"expected a fault, got {found}" if expression.get("invalid") else _compared(test, found)


def _is_expected(invalid: str | None, error: FhirPathError) -> bool:
    return invalid is not None and (invalid != "syntax" or error.kind == "syntax")


def _found(compiled: Compiled, focus: Any, *, predicate: bool) -> list[Any]:
    if predicate:
        return [compiled.truth(focus, now=NOW)]
    return compiled.items(focus, now=NOW)


def _compared(test: ElementTree.Element, items: list[Any]) -> str | None:
    outputs = test.findall("output")
    wanted = [(o.get("type"), o.text or "") for o in outputs]
    found = [(_type(item), _text(item)) for item in items]
    if test.get("ordered") == "false":
        wanted.sort(key=str)
        found.sort(key=str)
    alike = len(wanted) == len(found) and all(_same(w, f) for w, f in zip(wanted, found, strict=True))
    return None if alike else f"expected {wanted}, got {found}"


def _same(wanted: tuple[str | None, str], found: tuple[str, str]) -> bool:
    kind, text = wanted
    text = text.removeprefix("@").removeprefix("T") if text.startswith("@") else text
    if kind == "decimal":
        return found[0] == kind and Decimal(text) == Decimal(found[1])
    return kind in {None, found[0]} and text == found[1]


def _type(item: Any) -> str:
    if isinstance(item, Node):
        return item.type
    name = type_info(item).name
    return name if name == "Quantity" else name[0].lower() + name[1:]


def _text(item: Any) -> str:
    return str(to_string(system(item)))
