"""Measures expressions and invariants: python bench/fhir_rules.py FILE.json ...

Each file is a resource or a Bundle (its entries are taken). Told in microseconds of CPU, the best of several runs.
"""

from __future__ import annotations

import sys
from typing import Any

from akson.fhir import bodies, ucum
from akson.fhir.fhirpath import Evaluation, Given, Node, compile
from akson.fhir.invariants import violations
from bench.fhir_checks import cost, texts

ELEMENTS: list[tuple[str, str, Any]] = [
    ("Reference", "reference.startsWith('#').not() or (reference.substring(1) in %rootResource.contained.id)",
     {"reference": "Patient/1"}),
    ("Period", "start.hasValue().not() or end.hasValue().not() or (start <= end)",
     {"start": "2026-01-01", "end": "2026-11-22"}),
    ("ContactPoint", "value.empty() or system.exists()", {"system": "phone", "value": "99999999"}),
    ("Quantity", "code.empty() or system.exists()", {"system": "http://unitsofmeasure.org", "code": "kg"}),
    ("HumanName", "given.where($this.length() > 3).exists()", {"given": ["Ola", "Emil"]}),
]  # fmt: skip


def main() -> None:
    """Print one line per expression, one per sort of resource, and one for units."""
    for kind, expression, value in ELEMENTS:
        node = Node(value, kind)
        asked, rule = Evaluation(node, node, Given()), compile(expression, kind)
        print(f"{cost(lambda _, r=rule, a=asked, n=node: a.tells(r, n), range(5000)):7.2f}  {expression}")
    sorts: dict[str, list[Any]] = {"all": []}
    for body in texts(sys.argv[1:]):
        resource = bodies.loads(body)
        sorts["all"].append(resource)
        sorts.setdefault(resource["resourceType"], []).append(resource)
    for name, found in sorted(sorts.items(), key=lambda item: -len(item[1]))[:12]:
        print(f"{cost(violations, found, 3) if found else 0:7.1f}  invariants of {name} ({len(found)})")
    value = bodies.loads(b"5.50")
    print(f"{cost(lambda _: ucum.canonical(value, 'mmol/L'), range(5000)):7.2f}  5.50 mmol/L in base units")


if __name__ == "__main__":
    main()
