"""The elements of a resource with their places, as profiles ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any

from akson.fhir.definitions import PRIMITIVES, elements, members
from akson.fhir.fhirpath.model import Node, resource_type


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """One element. at: where it stands, e.g. "Patient.name[0].family"."""

    node: Node
    at: str

    def held(self, name: str) -> list[Spot]:
        """Return the elements called `name` (a choice without [x], or with its type) inside this one."""
        node = self.node
        inside = node.extra if node.type in PRIMITIVES else node.value
        if not isinstance(inside, dict):
            return []
        found: list[Spot] = []
        for json_name, of in _names("Element" if node.type in PRIMITIVES else node.type, name):
            if json_name in inside or "_" + json_name in inside:
                found += _spots(inside.get(json_name), inside.get("_" + json_name), of, f"{self.at}.{json_name}")
        return found

    @property
    def value(self) -> Any:
        return self.node.value


def outermost(resource: dict[str, Any], at: str = "") -> Spot:
    kind = resource_type(resource)
    return Spot(Node(resource, kind), at or kind)


def _spots(value: Any, extra: Any, of: str, at: str) -> Iterator[Spot]:
    if isinstance(value, list) or isinstance(extra, list):
        pairs = zip_longest(value if isinstance(value, list) else (), extra if isinstance(extra, list) else ())
        yield from (Spot(_node(v, of, x), f"{at}[{n}]") for n, (v, x) in enumerate(pairs))
    else:
        yield Spot(_node(value, of, extra), at)


def _node(value: Any, of: str, extra: Any) -> Node:
    if of == "Resource" and isinstance(value, dict):
        return Node(value, resource_type(value))
    return Node(value, of, extra)


@cache
def _names(kind: str, name: str) -> tuple[tuple[str, str], ...]:
    """Return the JSON names that the element `name` may have, with the type each stands for."""
    found = tuple((e.json_name(of), of) for e in elements(kind) if e.name == name for of in e.types)
    if found or name not in members(kind):
        return found
    return ((name, members(kind)[name][1]),)  # "valueQuantity", as differentials may say for short
