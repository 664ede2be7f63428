"""This will name the search parameters of each resource type, and take their values out of a resource.

The expressions of R4's SearchParameters are compiled to one Python function per resource type, when it is first asked
for: every member is looked up once, whatever the number of parameters that use it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from akson.fhir import values
from akson.fhir.definitions import facts
from akson.fhir.folding import normalise
from akson.fhir.paths import Step, Way, ways
from akson.fhir.timeline import sort_date
from akson.fhir.types import is_type
from akson.fhir.values import Date, Number, Quantity, Reference, String, Token, Uri

__all__ = ["Extracted", "Parameter", "extract", "normalise", "parameters", "sort_date", "unsupported"]

# Answered from the journal's own columns, or not by values at all.
_SPECIAL: Final = frozenset({"_id", "_lastUpdated", "_text", "_content", "_query", "near"})
_KINDS: Final = ("token", "reference", "string", "date", "number", "quantity", "uri")
_IS_SO = re.compile(r"(\w+)\.(\w+)\.exists\(\) and \1\.\2 != false")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one resource type.

    id          small, the same in every release; parameters of several types have one number
    kind        token, reference, string, date, number, quantity, uri, composite or special
    targets     resource types that a reference may point to
    components  of a composite: (parameter, expression inside the element) each
    """

    id: int
    name: str
    kind: str
    expression: str
    targets: tuple[str, ...] = ()
    components: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Extracted:
    """The values of one resource that searches compare; shapes in values.py, the first of each is the parameter."""

    tokens: list[Token] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    strings: list[String] = field(default_factory=list)
    dates: list[Date] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    quantities: list[Quantity] = field(default_factory=list)
    uris: list[Uri] = field(default_factory=list)


@cache
def parameters(resource_type: str) -> Mapping[str, Parameter]:
    """Return the search parameters of a resource type by name, those of every resource (`_id`) with them."""
    if not is_type(resource_type):
        return {}
    bases = {resource_type, "Resource", "DomainResource"}
    numbers = {row["key"]: row["id"] for row in facts()["search"]}
    return {row["name"]: _parameter(row, resource_type, numbers) for row in facts()["search"] if bases & {*row["base"]}}


def _parameter(row: Mapping[str, Any], resource_type: str, numbers: Mapping[str, int]) -> Parameter:
    expression = row.get("expression", "")
    targets = tuple(row.get("target", ()))
    if row["kind"] == "reference":
        found = ways(expression, resource_type)
        narrowed = {way.target for way in found if way.target} or {t for way in found for t in way.targets}
        targets = tuple(t for t in targets if not narrowed or t in narrowed or "Resource" in narrowed)
    return Parameter(
        id=row["id"],
        name=row["name"],
        kind="special" if row["name"] in _SPECIAL else row["kind"],
        expression=expression,
        targets=targets,
        components=tuple((numbers[key], inside) for key, inside in row.get("component", ())),
    )


def extract(resource: Mapping[str, Any]) -> Extracted:
    """Return the values of a valid resource for all its search parameters; a row may stand more than once."""
    found = Extracted()
    _extractor(resource["resourceType"])(resource, found)
    return found


def unsupported() -> list[tuple[str, str, str]]:
    """Return (resource type, parameter, why) of what is not extracted: composites, specials, odd types."""
    rows = []
    for resource_type in facts()["types"]:
        for p in parameters(resource_type).values():
            if p.kind in {"composite", "special"}:
                rows.append((resource_type, p.name, p.kind))
            elif not _IS_SO.fullmatch(p.expression):
                odd = [w.type for w in ways(p.expression, resource_type) if w.type not in values.EMITTERS[p.kind]]
                rows += [(resource_type, p.name, f"{p.kind} of {of}") for of in odd]
    return rows


class _Node:
    """A place in the JSON: what lies further in, and what is taken out here."""

    def __init__(self) -> None:
        self.inner: dict[Step, _Node] = {}
        self.takes: list[tuple[Parameter, Way]] = []

    def at(self, steps: tuple[Step, ...]) -> _Node:
        here = self
        for step in steps:
            here = here.inner.setdefault(step, _Node())
        return here


@cache
def _extractor(resource_type: str) -> Callable[[Mapping[str, Any], Extracted], None]:
    """Compile the function that fills an Extracted from a resource of this type."""
    root = _Node()
    lines = ["def extractor(v0, found):", *(f"    {k} = found.{_rows(k)}.append" for k in _KINDS)]
    for p in parameters(resource_type).values():
        if p.kind not in _KINDS:
            continue
        if so := _IS_SO.fullmatch(p.expression):
            lines.append(f"    token({_is_so(so, p, resource_type)})")
            continue
        for way in ways(p.expression, resource_type):
            if way.type in values.EMITTERS[p.kind]:
                root.at(way.steps).takes.append((p, way))
    names: dict[str, Any] = {}
    lines += _Writer(names).lines(root, "v0", 1)
    exec("\n".join(lines), names)  # our own text, made from the committed definitions
    fill: Callable[[Mapping[str, Any], Extracted], None] = names["extractor"]
    return fill


def _rows(kind: str) -> str:
    return "quantities" if kind == "quantity" else kind + "s"


def _is_so(so: re.Match[str], p: Parameter, resource_type: str) -> str:
    """Return the token row for `X.y.exists() and X.y != false`."""
    keys = [way.steps[0].member for way in ways(f"{so[1]}.{so[2]}", resource_type)]
    any_of = " or ".join(f"v0.get({key!r}, False) is not False" for key in keys)
    return f"({p.id}, None, 'true' if {any_of} else 'false', None)"


class _Writer:
    """Writes the Python text of an extractor; `names` gets what the text calls."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.variables = 0

    def lines(self, node: _Node, here: str, depth: int) -> Iterator[str]:
        pad = "    " * depth
        for p, way in node.takes:
            yield pad + self.take(p, way, here)
        for step, inner in node.inner.items():
            if step.only:
                yield f"{pad}if {here}.get({step.only[0]!r}) == {step.only[1]!r}:"
                yield from self.lines(inner, here, depth + 1)
                continue
            self.variables += 1
            there = f"v{self.variables}"
            yield f"{pad}{there} = {here}.get({step.member!r})"
            yield f"{pad}if {there} is not None:"
            if not step.many:
                yield from self.lines(inner, there, depth + 1)
                continue
            yield f"{pad}    for {there}_ in {there}{'[:1]' if step.first else ''}:"
            yield f"{pad}        if {there}_ is not None:"
            yield from self.lines(inner, there + "_", depth + 3)

    def take(self, p: Parameter, way: Way, here: str) -> str:
        """Return the line that adds the rows of one parameter."""
        if way.target:
            emitter = values.reference_to(way.target)
            name = f"reference_to_{way.target}"
        else:
            emitter = values.EMITTERS[p.kind][way.type]
            name = f"{p.kind}_{way.type}"
        self.names[name] = emitter
        return f"{name}({p.kind}, {p.id}, {here})"
