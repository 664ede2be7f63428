"""What FHIR R4 says of types and elements, as FHIRPath asks it; and the values it is asked of.

A type is named as in the definitions: "Patient", "HumanName", "string", or a path for an element with parts of its own
("Patient.contact"). FHIRPath's own types are named "System.String" and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any, Final

from msgspec import Struct

from akson.fhir.definitions import PRIMITIVES, elements, facts, members
from akson.fhir.types import is_type

SYSTEM: Final = frozenset("Any Boolean String Integer Decimal Date DateTime Time Quantity TypeInfo".split())
QUANTITIES: Final = frozenset("Quantity Age Count Distance Duration SimpleQuantity MoneyQuantity".split())
_PARENTS: Final = {
    **dict.fromkeys(("code", "id", "markdown"), "string"),
    **dict.fromkeys(("url", "uuid", "oid", "canonical"), "uri"),
    **dict.fromkeys(("positiveInt", "unsignedInt"), "integer"),
    **dict.fromkeys(("Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity"), "Quantity"),
    **dict.fromkeys(("Bundle", "Binary", "Parameters", "DomainResource"), "Resource"),
    **dict.fromkeys(("BackboneElement", "Extension"), "Element"),
    **dict.fromkeys(("Timing", "Dosage", "ElementDefinition"), "BackboneElement"),
}  # fmt: skip
_ROOTS: Final = frozenset({"Resource", "Element"})


class Node(Struct, eq=False, gc=False):  # a Struct is made three times faster than a class of our own
    """An element of a resource.

    value  its JSON; None for a primitive that has only an id or extensions
    type   its FHIR type
    extra  of a primitive: the companion member (`_birthDate`) with id and extensions
    at     where it lies in the JSON that was given; None when nobody asked
    """

    value: Any
    type: str
    extra: Any = None
    at: Place | None = None


Place = tuple[str | int, ...]  # members and places in lists, from the outside: ("name", 0, "given", 1)


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """What type() tells."""

    namespace: str
    name: str
    baseType: str | None = None


@cache
def is_fhir_type(name: str) -> bool:
    """Tell whether R4 has a type of this name."""
    return name in PRIMITIVES or name in _PARENTS or name in _ROOTS or name in facts()["elements"] or is_type(name)


@cache
def parent(name: str) -> str | None:
    """Return the type that a type of FHIR specialises."""
    if name in _PARENTS:
        return _PARENTS[name]
    if name in _ROOTS:
        return None
    if is_type(name):
        return "DomainResource"
    if "." in name:
        return "BackboneElement" if any(e.name == "modifierExtension" for e in elements(name)) else "Element"
    return "Element"


@cache
def is_a(name: str, other: str) -> bool:
    """Tell whether the FHIR type `name` is `other` or specialises it."""
    found: str | None = name
    while found:
        if found == other:
            return True
        found = parent(found)
    return False


@cache
def children(of: str) -> frozenset[str]:
    """Return the names of the elements that a type has; () for what is not known."""
    if of in PRIMITIVES:
        return frozenset({"id", "extension"})
    return frozenset(e.name for e in elements(of))


@cache
def child_types(of: str, name: str) -> frozenset[str]:
    """Return the types that the element `name` of the type `of` may have."""
    if of in PRIMITIVES:
        return frozenset({"string" if name == "id" else "Extension"}) if name in {"id", "extension"} else frozenset()
    return frozenset(t for e in elements(of) if e.name == name for t in e.types)


@cache
def json_names(of: str, name: str) -> frozenset[str]:
    """Return the JSON members that an element may stand in, companions of primitives among them."""
    if of in PRIMITIVES:
        return frozenset({name} & {"id", "extension"})
    found = {(e.json_name(t), t) for e in elements(of) if e.name == name for t in e.types}
    return frozenset({n for n, _ in found} | {"_" + n for n, t in found if t in PRIMITIVES})


def is_many(of: str, name: str) -> bool:
    """Tell whether the element can be repeated."""
    return name == "extension" if of in PRIMITIVES else any(e.many for e in elements(of) if e.name == name)


def resource_type(value: Any) -> str:
    """Return the type of a resource in JSON; "Resource" when it does not say one that R4 has."""
    kind = value.get("resourceType") if value.__class__ is dict else None
    return kind if is_type(kind) else "Resource"


Reader = Callable[[Node, list[Any]], None]


@cache
def reader(of: str, name: str) -> Reader | None:
    """Return the function that adds the elements `name` of a node of type `of` to a list; None when there are none."""
    if of in PRIMITIVES:
        return _extra_reader(name, "string" if name == "id" else "Extension") if name in {"id", "extension"} else None
    element = next((e for e in elements(of) if e.name == name), None)
    if element is None:
        return None
    if element.choice:
        return _choice_reader({element.json_name(t): t for t in element.types})
    kind = element.types[0]
    if kind == "Resource":
        return _resource_reader(name)
    return _primitive_reader(name, kind) if kind in PRIMITIVES else _complex_reader(name, kind)


def _extra_reader(name: str, kind: str) -> Reader:
    def read(node: Node, out: list[Any]) -> None:
        if node.extra.__class__ is dict:
            found = node.extra.get(name)
            if found is not None:
                out.extend([Node(x, kind) for x in (found if found.__class__ is list else (found,))])

    return read


def _complex_reader(name: str, kind: str) -> Reader:
    def read(node: Node, out: list[Any]) -> None:
        if node.value.__class__ is dict:
            found = node.value.get(name)
            if found is not None:
                if found.__class__ is list:
                    out.extend([Node(x, kind) for x in found])
                else:
                    out.append(Node(found, kind))

    return read


def _resource_reader(name: str) -> Reader:
    def read(node: Node, out: list[Any]) -> None:
        if node.value.__class__ is dict:
            found = node.value.get(name)
            if found is not None:
                out.extend([Node(x, resource_type(x)) for x in (found if found.__class__ is list else (found,))])

    return read


def _primitive_reader(name: str, kind: str) -> Reader:
    under = "_" + name

    def read(node: Node, out: list[Any]) -> None:
        value = node.value
        if value.__class__ is dict:
            found = value.get(name)
            extra = value.get(under)
            if extra is not None:
                out.extend(primitives(found, extra, kind))
            elif found is not None:
                if found.__class__ is list:
                    out.extend([Node(x, kind) for x in found])
                else:
                    out.append(Node(found, kind))

    return read


def primitives(found: Any, extra: Any, kind: str) -> Iterator[Node]:
    """Yield the nodes of a primitive element and its companion, either of which may be a list or be missing."""
    values = found if found.__class__ is list else (found,)
    extras = extra if extra.__class__ is list else (extra,)
    for value, other in zip_longest(values, extras):
        if value is not None or other is not None:
            yield Node(value, kind, other)


def _choice_reader(kinds: dict[str, str]) -> Reader:
    under = {"_" + name: name for name in kinds}

    def read(node: Node, out: list[Any]) -> None:
        value = node.value
        if value.__class__ is not dict:
            return
        for name, found in value.items():
            kind = kinds.get(name)
            if kind is not None:
                if found is not None:
                    out.append(Node(found, kind, value.get("_" + name) if kind in PRIMITIVES else None))
            elif name in under and under[name] not in value:
                out.append(Node(None, kinds[under[name]], found))

    return read


def read_placed(node: Node, name: str, out: list[Any]) -> None:
    """Add the elements `name` of a node to a list, each with its place; for nodes that have a place themselves."""
    read = reader(node.type, name)
    if read is None or node.at is None:
        return
    start = len(out)
    read(node, out)
    beside = node.type in PRIMITIVES
    holder, around = (node.extra, _companion(node.at)) if beside else (node.value, node.at)
    for number, child in enumerate(out[start:]):
        member = name if beside else _json_name(node.type, name, child)
        held = holder.get(member, holder.get("_" + member))
        child.at = (*around, member, number) if held.__class__ is list else (*around, member)


def _json_name(of: str, name: str, child: Node) -> str:
    return next(e.json_name(child.type) if e.choice else name for e in elements(of) if e.name == name)


def _companion(at: Place) -> Place:
    """Return where the id and the extensions of the primitive at `at` stand."""
    last = max(n for n, part in enumerate(at) if part.__class__ is str)
    return (*at[:last], f"_{at[last]}", *at[last + 1 :])


def all_children(node: Node) -> list[Any]:
    """Return the elements directly inside a node, in the order of its JSON."""
    out: list[Any] = []
    if node.at is not None:
        for name in sorted(children(node.type)):
            read_placed(node, name, out)
    elif node.type in PRIMITIVES:
        for name in ("id", "extension"):
            read = reader(node.type, name)
            if read:
                read(node, out)
    elif node.value.__class__ is dict:
        known = members(node.type)
        for name, found in node.value.items():
            if name in known:
                out.extend(_nodes(found, node.value.get("_" + name), known[name][1]))
            elif name[:1] == "_" and name[1:] in known and name[1:] not in node.value:
                out.extend(primitives(None, found, known[name[1:]][1]))
    return out


def _nodes(found: Any, extra: Any, kind: str) -> Iterator[Node]:
    if kind in PRIMITIVES:
        yield from primitives(found, extra, kind)
        return
    for value in found if found.__class__ is list else (found,):
        if value is not None:
            yield Node(value, resource_type(value) if kind == "Resource" else kind)
