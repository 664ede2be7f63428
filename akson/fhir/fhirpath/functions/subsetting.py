"""Parts of a collection, and two collections together."""

from __future__ import annotations

from dataclasses import replace

from akson.fhir.fhirpath import tree
from akson.fhir.fhirpath.code import Code, Static
from akson.fhir.fhirpath.equality import distinct, key
from akson.fhir.fhirpath.functions.registry import Compiling, built, collected
from akson.fhir.fhirpath.model import Node, all_children
from akson.fhir.fhirpath.operators import all_types, union
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import Items, one, whole


@built("single")
def single(_: Compiling, __: tree.Call, of: Code) -> Code:
    """Return the only item; several are an error."""
    before = of.run

    def run(s: Scope) -> Items:
        items = before(s)
        one(items, "the input of single()")
        return items

    return Code(run, replace(of.static, one=True))


@built("first", by_order=True)
def first(_: Compiling, __: tree.Call, of: Code) -> Code:
    """Return the first item."""
    before = of.run
    return Code(lambda s: before(s)[:1], replace(of.static, one=True))


@built("last", by_order=True)
def last(_: Compiling, __: tree.Call, of: Code) -> Code:
    """Return the last item."""
    before = of.run
    return Code(lambda s: before(s)[-1:], replace(of.static, one=True))


@collected("tail", by_order=True)
def tail(items: Items) -> Items:
    """Return all but the first."""
    return items[1:]


def _number(argument: Items, name: str) -> int:
    found = one(argument, f"the argument of {name}()")
    return max(whole(found, f"the argument of {name}()"), 0) if found is not None else 0


@collected("skip", 1, by_order=True)
def skip(items: Items, number: Items) -> Items:
    """Return all but the first so many."""
    return items[_number(number, "skip") :]


@collected("take", 1, by_order=True)
def take(items: Items, number: Items) -> Items:
    """Return the first so many."""
    return items[: _number(number, "take")]


@collected("intersect", 1)
def intersect(items: Items, others: Items) -> Items:
    """Return the items that are among the others, each once."""
    kept = {key(item) for item in others}
    return distinct([item for item in items if key(item) in kept])


@collected("exclude", 1)
def exclude(items: Items, others: Items) -> Items:
    """Return the items that are not among the others."""
    left_out = {key(item) for item in others}
    return [item for item in items if key(item) not in left_out]


@built("union", 1)
def union_(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return all items of both, each once."""
    return union([of, c.apart(call.arguments[0])])


@built("combine", 1, 2)
def combine(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return all items of both."""
    other = c.apart(call.arguments[0])
    before, after = of.run, other.run

    def run(s: Scope) -> Items:
        found = before(s) + after(s)
        s.run.spend(len(found))
        return found

    return Code(run, Static(all_types([of, other])))


@built("children")
def children(_: Compiling, __: tree.Call, of: Code) -> Code:
    """Return the elements directly inside."""
    before = of.run

    def run(s: Scope) -> Items:
        found = [child for item in before(s) if item.__class__ is Node for child in all_children(item)]
        s.run.spend(len(found))
        return found

    return Code(run, Static(ordered=False))


@built("descendants")
def descendants(_: Compiling, __: tree.Call, of: Code) -> Code:
    """Return the elements inside, at any depth."""
    before = of.run

    def run(s: Scope) -> Items:
        found: Items = []
        waiting = before(s)
        while waiting:
            waiting = [child for item in waiting if item.__class__ is Node for child in all_children(item)]
            s.run.spend(len(waiting))
            found += waiting
        return found

    return Code(run, Static(ordered=False))
