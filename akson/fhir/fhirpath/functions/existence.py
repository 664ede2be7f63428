"""Whether there is something, how much, and whether all of it is so."""

from __future__ import annotations

from collections.abc import Callable

from akson.fhir.definitions import PRIMITIVES
from akson.fhir.fhirpath import tree
from akson.fhir.fhirpath.code import BOOLEAN, Code, of_system, telling
from akson.fhir.fhirpath.equality import distinct, key
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.functions.registry import Compiling, built, collected, each
from akson.fhir.fhirpath.model import Node
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import Items, named, system


@built("empty")
def empty(_: Compiling, __: tree.Call, of: Code) -> Code:
    """Tell whether there is nothing."""
    if present := of.present:
        return telling(lambda s: not present(s))
    run = of.run
    return telling(lambda s: not run(s))


@built("exists", 0, 1)
def exists(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Tell whether there is something, or something for which the criterion holds."""
    run = of.run
    if not call.arguments and (present := of.present):
        return telling(present)
    if not call.arguments:
        return telling(lambda s: bool(run(s)))
    holds = c.inside(of.static).compile(call.arguments[0]).truth
    return telling(lambda s: any(holds(inner) for inner in each(s, run(s))))


@built("all", 1)
def all_(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Tell whether the criterion holds for all."""
    run, holds = of.run, c.inside(of.static).compile(call.arguments[0]).truth
    return telling(lambda s: all(holds(inner) for inner in each(s, run(s))))


@built("not")
def not_(_: Compiling, __: tree.Call, of: Code) -> Code:
    """Return the opposite."""
    tells = of.truth

    def run(s: Scope) -> bool | None:
        found = tells(s)
        return None if found is None else not found

    return telling(run)


def _booleans(items: Items) -> list[bool]:
    found = [system(item) for item in items]
    for item, value in zip(items, found, strict=True):
        if value.__class__ is not bool and value is not None:
            raise FhirPathError(f"expected truth values, found {named(item)}")
    return [value for value in found if value is not None]


def _register(name: str, tells: Callable[[list[bool]], bool]) -> None:
    @built(name)
    def build(_: Compiling, __: tree.Call, of: Code) -> Code:
        run = of.run
        return telling(lambda s: tells(_booleans(run(s))))


_register("allTrue", all)
_register("anyTrue", any)
_register("allFalse", lambda found: not any(found))
_register("anyFalse", lambda found: not all(found))


@collected("count", static=of_system("Integer"))
def count(items: Items) -> Items:
    """Return how many there are."""
    return [len(items)]


collected("distinct")(distinct)


@collected("isDistinct", static=BOOLEAN)
def is_distinct(items: Items) -> Items:
    """Tell whether none is equal to another."""
    return [len({key(item) for item in items}) == len(items)]


@collected("subsetOf", 1, static=BOOLEAN)
def subset_of(items: Items, others: Items) -> Items:
    """Tell whether all are among the others."""
    return [{key(item) for item in items} <= {key(item) for item in others}]


@collected("supersetOf", 1, static=BOOLEAN)
def superset_of(items: Items, others: Items) -> Items:
    """Tell whether all the others are among these."""
    return subset_of(others, items)


@built("hasValue")
def has_value(_: Compiling, __: tree.Call, of: Code) -> Code:
    """Tell whether it is one primitive that has a value."""
    run = of.run

    def tells(s: Scope) -> bool:
        items = run(s)
        return len(items) == 1 and _value(items[0]) is not None

    return telling(tells)


def _value(item: object) -> object:
    if isinstance(item, Node):
        return item.value if item.type in PRIMITIVES else None
    return item


@collected("getValue", static=of_system("Any"))
def get_value(items: Items) -> Items:
    """Return the value of one primitive as a System value."""
    if len(items) != 1 or _value(items[0]) is None:
        return []
    return [system(items[0])]
