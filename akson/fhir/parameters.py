"""Names the search parameters of each resource type, and tells where in a resource their values lie.

Values are kept by *slot*: one place in the JSON and one type found there, whatever the number of parameters that look
at it. `patient` and `subject` share a slot, `combo-code` is two slots, and each part of a composite is some. A slot's
number is made from what it is, so it is the same in every release and for custom parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from typing import Any, Final

from akson.fhir.definitions import facts
from akson.fhir.paths import Step, Way, ways
from akson.fhir.types import is_type
from akson.fhir.values import EMITTERS

# Answered from the journal's own columns, or not by values at all.
SPECIAL: Final = frozenset({"_id", "_lastUpdated", "_text", "_content", "_query", "near"})
KINDS: Final = ("token", "reference", "string", "date", "number", "quantity", "uri")
IS_SO: Final = re.compile(r"(\w+)\.(\w+)\.exists\(\) and \1\.\2 != false")
STANDARD: Final = "http://hl7.org/fhir/SearchParameter/"
_OF_RESOURCE: Final = "%resource."
_EVERY: Final = ("Resource", "DomainResource")
_MOST: Final = 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in the JSON of a resource type, where values of one kind and type stand. id: 31 bits, never 0."""

    id: int
    kind: str
    steps: tuple[Step, ...]
    type: str
    codes: str | None = None  # name of the required value set of a `code`


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a composite within one group. whole: it looks at the whole resource, not inside the group."""

    parameter: Parameter
    slots: tuple[Slot, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Group:
    """What the parts of a composite must have in common: the element at `steps`; () is the resource itself."""

    steps: tuple[Step, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Parameter:
    """One search parameter of one resource type.

    id       small, the same in every release; parameters of several types have one number
    kind     token, reference, string, date, number, quantity, uri, composite or special
    targets  resource types that a reference may point to
    only     the targets its expression asks for by resolve(); () takes any
    """

    id: int
    name: str
    of: str
    kind: str
    expression: str
    targets: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    components: tuple[tuple[int, str], ...] = ()
    url: str = ""  # of its SearchParameter

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Where its values lie; () for composites and specials."""
        if self.kind not in KINDS:
            return ()
        if IS_SO.fullmatch(self.expression):
            return (Slot(number(self.of, self.kind, self.expression), self.kind, (), "boolean"),)
        return tuple(dict.fromkeys(_slot(self.of, self.kind, way) for way in ways(self.expression, self.of)))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """What a composite compares; () for all others."""
        return tuple(_groups(self)) if self.kind == "composite" else ()


@cache
def parameters(resource_type: str) -> Mapping[str, Parameter]:
    """Return the search parameters of a resource type by name, those of every resource (`_id`) with them."""
    if not is_type(resource_type):
        return {}
    bases = {resource_type, *_EVERY}
    rows = [row for row in facts()["search"] if bases & {*row["base"]}]
    return {row["name"]: _parameter(row, resource_type) for row in rows}


@cache
def _numbers() -> Mapping[str, int]:
    return {row["key"]: row["id"] for row in facts()["search"]}


@cache
def _rows() -> Mapping[int, Mapping[str, Any]]:
    return {row["id"]: row for row in facts()["search"]}


def _parameter(row: Mapping[str, Any], resource_type: str) -> Parameter:
    expression, targets = row.get("expression", ""), tuple(row.get("target", ()))
    only: tuple[str, ...] = ()
    if row["kind"] == "reference":
        found = ways(expression, resource_type)
        only = tuple(sorted({way.target for way in found if way.target})) if all(w.target for w in found) else ()
        narrowed = {way.target for way in found if way.target} or {t for way in found for t in way.targets}
        targets = tuple(t for t in targets if not narrowed or t in narrowed or "Resource" in narrowed)
    return Parameter(
        id=row["id"],
        name=row["name"],
        of=resource_type,
        kind="special" if row["name"] in SPECIAL else row["kind"],
        expression=expression,
        targets=targets,
        only=only,
        components=tuple((_numbers()[key], inside) for key, inside in row.get("component", ())),
        url=STANDARD + row["key"],
    )


@cache
def _slot(resource_type: str, kind: str, way: Way) -> Slot:
    text = "/".join(_spelled(step) for step in way.steps)
    return Slot(number(resource_type, kind, f"{text}:{way.type}"), kind, way.steps, way.type, way.codes)


def _spelled(step: Step) -> str:
    if step.only:
        return f"{step.only[0]}={step.only[1]}"
    return f"{step.member}[0]" if step.first else step.member


def number(resource_type: str, kind: str, place: str) -> int:
    """Return the number of the slot for a place."""
    text = f"{resource_type}|{kind}|{place}".encode()
    return int.from_bytes(blake2b(text, digest_size=4).digest()) & _MOST or 1


def _groups(composite: Parameter) -> Iterator[Group]:
    for expression in composite.expression.split("|"):
        for way in ways(expression.strip(), composite.of):
            yield Group(way.steps, tuple(_part(composite, way, *component) for component in composite.components))


def _part(composite: Parameter, group: Way, number: int, inside: str) -> Part:
    whole = inside.startswith(_OF_RESOURCE)
    start = Way((), composite.of) if whole else group
    found = [
        Way((*start.steps, *way.steps), way.type, way.target, way.targets, way.codes)
        for expression in inside.split("|")
        for way in ways(expression.strip().removeprefix(_OF_RESOURCE), start.type)
    ]
    parameter = _fitting(composite, number, found)
    return Part(parameter, tuple(_slot(composite.of, parameter.kind, way) for way in found), whole or not group.steps)


def _fitting(composite: Parameter, number: int, found: Sequence[Way]) -> Parameter:
    """Return the parameter that a component names; its neighbour's where R4 has mixed the two up (`relationship`)."""
    named = [number, *(other for other, _ in composite.components)]
    known = [_parameter(_rows()[one], composite.of) for one in named]
    return next((p for p in known if any(way.type in EMITTERS[p.kind] for way in found)), known[0])
