"""Types asked for and taken: `is`, `as` and ofType()."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from akson.fhir.definitions import PRIMITIVES
from akson.fhir.fhirpath.code import Code, Static, telling
from akson.fhir.fhirpath.model import QUANTITIES, Node, is_a
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import Items, one, type_info


def is_type(of: Code, name: str, *, lenient: bool) -> Code:
    """Return the code of `of is name`."""
    run, matches = of.run, _matcher(name, lenient=lenient)

    def tells(s: Scope) -> bool | None:
        items = run(s)
        return matches(one(items, "what is tested")) if items else None

    return telling(tells)


def as_type(of: Code, name: str, *, several: bool) -> Code:
    """Return the code of `of as name`; `several` items are allowed as by ofType()."""
    before, kept = of.run, keeps(name)

    def run(s: Scope) -> Items:
        items = before(s)
        if not several and len(items) > 1:
            one(items, "what is taken as a type")
        return [item for item in items if kept(item)]

    return Code(run, narrowed(of.static, name))


def narrowed(static: Static, name: str) -> Static:
    """Return what is known of a collection of which only the items of one type are kept."""
    if name in {"Resource", "DomainResource", "Element", "BackboneElement"}:
        return Static(None, static.one, static.ordered)
    kind = "System." + name.removeprefix("System.") if _is_system_only(name) else name.removeprefix("FHIR.")
    return Static(frozenset({kind}), static.one, static.ordered)


def _is_system_only(name: str) -> bool:
    return name.startswith("System.") or (name not in QUANTITIES and name[0].isupper() and name in _SYSTEM_NAMES)


_SYSTEM_NAMES: Final = frozenset({"Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time"})


def _matcher(name: str, *, lenient: bool) -> Callable[[Any], bool]:
    own = name.removeprefix("System.")
    fhir = name.removeprefix("FHIR.")

    def matches(item: Any) -> bool:
        if item.__class__ is Node:
            return not name.startswith("System.") and (
                is_a(item.type, fhir) or (lenient and item.type == name[0].lower() + name[1:])
            )
        info = type_info(item)
        return own in {info.name, "Any"}

    return matches


def keeps(name: str) -> Callable[[Any], bool]:
    """Return what tells whether as and ofType() keep an item: primitives of exactly the type, others also below it."""
    matches = _matcher(name, lenient=False)
    if name not in PRIMITIVES:
        return matches
    return lambda item: item.__class__ is Node and item.type == name
