"""The places of a resource: every object with its type, every member with its element, every single value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from akson.fhir.definitions import PRIMITIVES, Element, elements, members

Json = dict[str, Any]


@dataclass(frozen=True)
class Node:
    """One object. kind: its type path, e.g. "Patient.contact"; at: where it stands."""

    value: Json
    kind: str
    at: str
    is_resource: bool = False
    contained: bool = False

    def free(self) -> list[tuple[Element, str]]:
        """Return the elements of which it has nothing yet, each with the type of each choice."""
        given = {name.removeprefix("_") for name in self.value}
        taken = {e.name for name, (e, _) in members(self.kind).items() if name in given}
        return [(e, of) for e in elements(self.kind) for of in e.types if e.name not in taken]

    def __contains__(self, name: str) -> bool:
        return name in self.value


@dataclass(frozen=True)
class Member:
    """One member of an object."""

    node: Node
    name: str
    element: Element
    of: str

    @property
    def value(self) -> Any:
        return self.node.value[self.name]

    @property
    def path(self) -> str:
        return f"{self.node.at}.{self.name}"

    @property
    def is_primitive(self) -> bool:
        return self.of in PRIMITIVES


@dataclass(frozen=True)
class Spot:
    """One single value: the member's own, or one of its list."""

    member: Member
    number: int | None

    @property
    def value(self) -> Any:
        return self.member.value if self.number is None else self.member.value[self.number]

    @property
    def path(self) -> str:
        return self.member.path if self.number is None else f"{self.member.path}[{self.number}]"

    def put(self, value: Any) -> None:
        if self.number is None:
            self.member.node.value[self.member.name] = value
        else:
            self.member.value[self.number] = value


class Tree:
    """A resource with its places."""

    def __init__(self, resource: Json) -> None:
        self.resource = resource
        self.nodes = list(_nodes(resource, resource["resourceType"], resource["resourceType"], is_resource=True))
        self.members = [
            Member(n, name, *members(n.kind)[name]) for n in self.nodes for name in n.value if _fit(n, name)
        ]
        self.spots = [spot for member in self.members for spot in _spots(member)]

    def node(self, random: Random, wanted: Callable[[Node], bool] = lambda _: True) -> Node | None:
        return _one(random, [n for n in self.nodes if wanted(n)])

    def member(self, random: Random, wanted: Callable[[Member], bool]) -> Member | None:
        return _one(random, [m for m in self.members if wanted(m)])

    def spot(self, random: Random, wanted: Callable[[Spot], bool]) -> Spot | None:
        return _one(random, [s for s in self.spots if wanted(s)])


def _one(random: Random, found: list[Any]) -> Any:
    return random.choice(found) if found else None


def _fit(node: Node, name: str) -> bool:
    """Tell whether a fault of the member is a fault of it alone: ids of what is contained are pointed at."""
    return name in members(node.kind) and not (node.contained and name == "id")


def _spots(member: Member) -> Iterator[Spot]:
    if not member.element.many:
        yield Spot(member, None)
    else:
        yield from (Spot(member, n) for n, value in enumerate(member.value) if value is not None)


def _nodes(value: Json, kind: str, at: str, *, is_resource: bool = False, contained: bool = False) -> Iterator[Node]:
    yield Node(value, kind, at, is_resource, contained)
    for name, given in value.items():
        element, of = members(kind).get(name, (None, ""))
        if element is None or of in PRIMITIVES:
            continue
        for number, inner in enumerate(given if element.many else [given]):
            place = f"{at}.{name}[{number}]" if element.many else f"{at}.{name}"
            is_res = of == "Resource"
            inner_kind = inner["resourceType"] if is_res else of
            yield from _nodes(inner, inner_kind, place, is_resource=is_res, contained=contained or name == "contained")
