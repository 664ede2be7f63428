"""Functions with something in brackets that runs for each item; and filters by type."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from akson.fhir.fhirpath import tree
from akson.fhir.fhirpath.casts import as_type, is_type, keeps, narrowed
from akson.fhir.fhirpath.code import ANY, Code, Static
from akson.fhir.fhirpath.equality import key, ordered
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.functions.registry import ENDLESS, Compiling, built, each, type_argument
from akson.fhir.fhirpath.operators import all_types
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import Items, one


@built("where", 1)
def where(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the items for which the criterion holds."""
    before, holds = of.run, c.inside(of.static).compile(call.arguments[0]).truth

    def run(s: Scope) -> Items:
        return [inner.focus[0] for inner in each(s, before(s)) if holds(inner)]

    return Code(run, of.static)


@built("select", 1)
def select(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return what the projection gives for each item."""
    before, inner = of.run, c.inside(of.static).compile(call.arguments[0])
    project = inner.run

    def run(s: Scope) -> Items:
        out: Items = []
        for scope in each(s, before(s)):
            out += project(scope)
        s.run.spend(len(out))
        return out

    one_each = of.static.one and inner.static.one
    return Code(run, Static(inner.static.types, one_each, of.static.ordered and inner.static.ordered))


@built("repeat", 1)
def repeat(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return what the projection gives for each item, and again for what it gave, each only once."""
    before, project = of.run, c.inside(ANY).compile(call.arguments[0]).run

    def run(s: Scope) -> Items:
        found: dict[Any, Any] = {}
        waiting = before(s)
        while waiting:
            given: Items = []
            for scope in each(s, waiting):
                for item in project(scope):
                    if (k := key(item)) not in found:
                        found[k] = item
                        given.append(item)
            waiting = given
        return list(found.values())

    return Code(run, ANY)


@built("repeatAll", 1)
def repeat_all(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return what repeat() does, with what was found already."""
    before, project = of.run, c.inside(ANY).compile(call.arguments[0]).run

    def run(s: Scope) -> Items:
        found: Items = []
        waiting = before(s)
        while waiting:
            waiting = [item for scope in each(s, waiting) for item in project(scope)]
            found += waiting
        return found

    return Code(run, ANY)


@built("iif", 2, 3)
def iif(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the second argument when the first holds, else the third; only one of them is computed."""
    inner = c.inside(of.static)
    criterion, then = inner.compile(call.arguments[0]), inner.compile(call.arguments[1])
    other = inner.compile(call.arguments[2]) if len(call.arguments) > 2 else Code(lambda _: [], Static(frozenset()))
    if criterion.static.sort not in {None, "Boolean"} or _several(call.arguments[0]):
        raise FhirPathError("the criterion of iif() must be a Boolean", kind="semantic")
    before, holds = of.run, criterion.truth

    def run(s: Scope) -> Items:
        focus = before(s)
        one(focus, "the input of iif()")
        scope = s.inside(focus) if call.of else s
        return then.run(scope) if holds(scope) else other.run(scope)

    return Code(run, Static(all_types([then, other]), then.static.one and other.static.one))


def _several(part: tree.Part) -> bool:
    """Tell whether a part is a union of values written out, and so surely several."""
    if not isinstance(part, tree.Chain) or part.operator != "|":
        return False
    values = [p.value for p in part.operands if isinstance(p, tree.Literal)]
    return len({repr(v) for v in values if v is not None}) > 1


@built("coalesce", 1, ENDLESS)
def coalesce(c: Compiling, call: tree.Call, _: Code) -> Code:
    """Return the first argument that is not empty."""
    runs = [c.apart(a).run for a in call.arguments]
    return Code(lambda s: next((found for found in (run(s) for run in runs) if found), []))


@built("aggregate", 1, 2)
def aggregate(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return what the first argument gives for the last item, $total being what it gave for the item before."""
    before, step = of.run, c.inside(of.static).compile(call.arguments[0]).run
    start = c.apart(call.arguments[1]).run if len(call.arguments) > 1 else None

    def run(s: Scope) -> Items:
        total = start(s) if start else []
        for scope in each(s, before(s)):
            scope.total = total
            total = step(scope)
            s.run.spend(len(total))
        return total

    return Code(run, ANY)


@built("sort", 0, ENDLESS)
def sort(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the items in the order of the keys, or their own; -key is downwards.

    What has no key stands after the others.
    """
    inner = c.inside(of.static)
    keys = [_key(part) for part in call.arguments] or [(tree.Special(at=call.at, name="this"), False)]
    runs = [(inner.compile(part).run, -1 if down else 1) for part, down in keys]
    before = of.run

    def by(a: tuple[Items, Any], b: tuple[Items, Any]) -> int:
        return _order(a[0], b[0], runs)

    def run(s: Scope) -> Items:
        scopes = each(s, before(s))
        found = [([one(k(scope), "a key of sort()") for k, _ in runs], scope.focus[0]) for scope in scopes]
        s.run.spend(len(found) * len(found).bit_length())
        return [item for _, item in sorted(found, key=cmp_to_key(by))]

    return Code(run, Static(of.static.types, of.static.one))


def _key(part: tree.Part) -> tuple[tree.Part, bool]:
    if isinstance(part, tree.SortKey):
        return part.key, part.descending
    return (part.operand, True) if isinstance(part, tree.Unary) and part.sign == "-" else (part, False)


def _order(a: Items, b: Items, runs: list[tuple[Any, int]]) -> int:
    for x, y, (_, way) in zip(a, b, runs, strict=True):
        found = (x is None) - (y is None) if x is None or y is None else ordered(x, y) or 0
        if found:
            return found * way
    return 0


@built("ofType", 1)
def of_type(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the items of one type."""
    name = type_argument(c, call)
    before, kept = of.run, keeps(name)
    return Code(lambda s: [item for item in before(s) if kept(item)], narrowed(of.static, name))


@built("as", 1)
def as_(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the item, if it is of the type."""
    return as_type(of, type_argument(c, call), several=c.lenient)


@built("is", 1)
def is_(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Tell whether the item is of the type."""
    return is_type(of, type_argument(c, call), lenient=c.lenient)
