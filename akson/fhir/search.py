"""Takes the values that searches compare out of a resource.

The places where a resource type's search parameters look are compiled to one Python function per type, when it is first
asked for: every member is looked up once, whatever the number of parameters that use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, Protocol

import msgspec

from akson.fhir import dates, values
from akson.fhir.definitions import elements, facts
from akson.fhir.folding import normalise
from akson.fhir.parameters import IS_SO, KINDS, Parameter, Slot, parameters
from akson.fhir.paths import Step
from akson.fhir.timeline import sort_date
from akson.fhir.values import Date, Number, Quantity, Reference, String, Token, Uri

__all__ = [
    "Extracted", "Parameter", "extract", "normalise", "parameters", "slots_of", "sort_date", "split", "unsupported",
]  # fmt: skip

GROUP: Final = 1 << 32  # a row's first member is slot + group * GROUP


class Extracted(msgspec.Struct, frozen=True):
    """The values of one resource that searches compare; shapes in values.py, the first of each is the slot.

    present  slots, each with its group, where something stands, whether it can be compared or not
    """

    tokens: list[Token] = []
    references: list[Reference] = []
    strings: list[String] = []
    dates: list[Date] = []
    numbers: list[Number] = []
    quantities: list[Quantity] = []
    uris: list[Uri] = []
    present: set[int] = set()


def split(slot: int) -> tuple[int, int]:
    """Return (slot, group) of the first member of a row; group 0: in none."""
    return slot % GROUP, slot // GROUP


class Taker(Protocol):
    """A parameter that takes its values out itself: an installation's own, see custom.py."""

    def take(self, resource: Mapping[str, Any], found: Extracted) -> bool: ...


def extract(resource: Mapping[str, Any], more: Sequence[Taker] = ()) -> Extracted:
    """Return the values of a valid resource for all its search parameters; a row may stand more than once.

    more  the installation's own parameters of its type
    """
    found = Extracted()
    extractor(resource["resourceType"])(resource, found)
    for one in more:
        one.take(resource, found)
    return found


def unsupported() -> list[tuple[str, str, str]]:
    """Return (resource type, parameter, why) of what is not extracted: specials, odd types."""
    rows = []
    for resource_type in facts()["types"]:
        for p in parameters(resource_type).values():
            if p.kind == "special":
                rows.append((resource_type, p.name, p.kind))
            elif not IS_SO.fullmatch(p.expression):
                odd = [slot.type for slot in p.slots if slot.type not in values.EMITTERS[p.kind]]
                rows += [(resource_type, p.name, f"{p.kind} of {of}") for of in odd]
    return rows


@cache
def slots_of(resource_type: str) -> frozenset[Slot]:
    """Return every slot that the search parameters of a resource type look at, composites' with them."""
    found: set[Slot] = set()
    for p in parameters(resource_type).values():
        found.update(p.slots)
        found.update(slot for group in p.groups for part in group.parts for slot in part.slots)
    return frozenset(found)


class _Node:
    """A place in the JSON: what lies further in, what is taken out here, and whether it is a composite's group."""

    def __init__(self) -> None:
        self.inner: dict[Step, _Node] = {}
        self.takes: list[Slot] = []
        self.group = False

    def at(self, steps: tuple[Step, ...]) -> _Node:
        here = self
        for step in steps:
            here = here.inner.setdefault(step, _Node())
        return here


@cache
def extractor(resource_type: str) -> Callable[[Mapping[str, Any], Extracted], None]:
    """Compile the function that fills an Extracted from a resource of this type."""
    root, written = _Node(), set()
    lines = ["def extractor(v0, found):", *(f"    {k} = found.{rows_of(k)}.append" for k in KINDS)]
    lines += ["    present = found.present.add", "    groups = g = 0"]
    for p in parameters(resource_type).values():
        if so := IS_SO.fullmatch(p.expression):
            lines.append(f"    present({p.slots[0].id}); token({_is_so(so[2], p.slots[0], resource_type)})")
            written.add(p.slots[0])
        for group in p.groups:
            root.at(group.steps).group = bool(group.steps)
    for slot in _ordered(slots_of(resource_type) - written):
        root.at(slot.steps).takes.append(slot)
    names: dict[str, Any] = {}
    lines += _Writer(names).lines(root, "v0", 1)
    exec("\n".join(lines), names)  # our own text, made from the committed definitions
    fill: Callable[[Mapping[str, Any], Extracted], None] = names["extractor"]
    return fill


def _ordered(slots: Iterable[Slot]) -> list[Slot]:
    return sorted(slots, key=lambda slot: slot.id)


def rows_of(kind: str) -> str:
    """Return the member of Extracted that holds the rows of a kind."""
    return "quantities" if kind == "quantity" else kind + "s"


def _is_so(member: str, slot: Slot, resource_type: str) -> str:
    """Return the token row for `X.y.exists() and X.y != false`."""
    keys = _names_of(resource_type, member)
    any_of = " or ".join(f"v0.get({key!r}, False) is not False" for key in keys)
    return f"({slot.id}, None, 'true' if {any_of} else 'false', None)"


def _names_of(resource_type: str, member: str) -> list[str]:
    return [name for element in elements(resource_type) if element.name == member for name in element.json_names]


class _Writer:
    """Writes the Python text of an extractor; `names` gets what the text calls."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.variables = 0

    def lines(self, node: _Node, here: str, depth: int, around: str = "") -> Iterator[str]:
        """Yield the lines for a node. around: what is added to its slots, "g + " within a group."""
        pad = "    " * depth
        if node.group:
            around = "g + "
            yield f"{pad}groups += {GROUP}; g = groups"
        for slot in node.takes:
            yield f"{pad}present({around}{slot.id}); {self.take(slot, f'{around}{slot.id}', here)}"
        for step, inner in node.inner.items():
            yield from self.step(step, inner, here, depth, around)
        if node.group:
            yield f"{pad}g = 0"

    def step(self, step: Step, inner: _Node, here: str, depth: int, around: str) -> Iterator[str]:
        pad = "    " * depth
        if step.only:
            yield f"{pad}if {here}.get({step.only[0]!r}) == {step.only[1]!r}:"
            yield from self.lines(inner, here, depth + 1, around)
            return
        self.variables += 1
        there = f"v{self.variables}"
        yield f"{pad}{there} = {here}.get({step.member!r})"
        yield f"{pad}if {there} is not None:"
        if not step.many:
            yield from self.lines(inner, there, depth + 1, around)
            return
        yield f"{pad}    for {there}_ in {there}{'[:1]' if step.first else ''}:"
        yield f"{pad}        if {there}_ is not None:"
        yield from self.lines(inner, there + "_", depth + 3, around)

    def take(self, slot: Slot, place: str, here: str) -> str:
        """Return the line that adds the rows of one slot; the shortest emitters stand in it themselves."""
        emitter, name = values.EMITTERS[slot.kind].get(slot.type, values.nothing), f"{slot.kind}_{slot.type}"
        if emitter is values.date_text:
            self.names["interval"] = dates.interval
            return f"date(({place}, *interval({here})))"
        if slot.kind == "token" and slot.type == "code" and slot.codes:
            emitter, name = values.token_code(slot.codes), f"code_{slot.id}"
        elif emitter is values.token_text:
            return f"token(({place}, None, {here}, None))"
        self.names[name] = emitter
        return f"{name}({slot.kind}, {place}, {here})"
