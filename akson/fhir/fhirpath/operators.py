"""The operators of FHIRPath, compiled: hl7.org/fhirpath/N1 section "Operations"."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from akson.fhir.fhirpath import equality
from akson.fhir.fhirpath.arithmetic import ARITHMETIC
from akson.fhir.fhirpath.code import Code, Runs, Static, Tells, of_system, telling
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.model import Node
from akson.fhir.fhirpath.quantities import Quantity
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import TEXTS, Items, named, one, short_enough, system, text

_NUMBERS: Final = (int, Decimal)
_SAME: Final = {("Number", "Number"), ("String", "String"), ("Date", "Date"), ("Time", "Time"),
                ("Quantity", "Quantity"), ("Quantity", "Number"), ("Number", "Quantity")}  # fmt: skip
_COUNTED: Final = {("Number", "Number"), ("Quantity", "Quantity"), ("Quantity", "Number"), ("Number", "Quantity")}
_MOVED: Final = {("Date", "Quantity"), ("Time", "Quantity")}
# Which sorts each operator takes; others take any.
_TAKES: Final = {
    **dict.fromkeys(("<", "<=", ">", ">="), _SAME),
    "+": _COUNTED | _MOVED | {("String", "String")},
    "-": _COUNTED | _MOVED,
    **dict.fromkeys(("*", "/"), _COUNTED),
    "div": {("Number", "Number")},
    "mod": {("Number", "Number")},
    "&": {("String", "String")},
}


def unary(sign: str, of: Code) -> Code:
    """Return the code of +x or -x."""
    if of.static.sort not in {None, "Number", "Quantity"}:
        raise FhirPathError(f"{sign} needs a number", kind="semantic")

    def run(s: Scope) -> Items:
        items = of.run(s)
        if not items:
            return []
        value = system(one(items, "a number"))
        if value.__class__ is Quantity:
            return [value if sign == "+" else Quantity(-value.value, value.unit, value.foreign)]
        if value.__class__ not in _NUMBERS:
            raise FhirPathError(f"{sign} needs a number, not {named(items[0])}")
        return [value if sign == "+" else -value]

    return Code(run, of.static)


def binary(operator: str, left: Code, right: Code) -> Code:
    """Return the code of `left operator right`. Raises FhirPathError when the types never fit."""
    sorts = left.static.sort, right.static.sort
    if operator in _TAKES and None not in sorts and sorts not in _TAKES[operator]:
        raise FhirPathError(f"{operator} does not go with {sorts[0]} and {sorts[1]}", kind="semantic")
    return _BINARY[operator](left, right)


def _and(left: Code, right: Code) -> Code:
    a, b = left.truth, right.truth

    def tells(s: Scope) -> bool | None:
        first = a(s)
        if first is False:
            return False
        second = b(s)
        return False if second is False else (True if first and second else None)

    return telling(tells)


def _or(left: Code, right: Code) -> Code:
    a, b = left.truth, right.truth

    def tells(s: Scope) -> bool | None:
        first = a(s)
        if first:
            return True
        second = b(s)
        return True if second else (None if first is None or second is None else False)

    return telling(tells)


def _xor(left: Code, right: Code) -> Code:
    a, b = left.truth, right.truth

    def tells(s: Scope) -> bool | None:
        first, second = a(s), b(s)
        return None if first is None or second is None else first is not second

    return telling(tells)


def _implies(left: Code, right: Code) -> Code:
    a, b = left.truth, right.truth

    def tells(s: Scope) -> bool | None:
        first = a(s)
        if first is False:
            return True
        second = b(s)
        return True if second else (None if first is None or second is None else False)

    return telling(tells)


def _equal(left: Code, right: Code) -> Code:
    a, b = left.run, right.run
    if right.fixed and right.fixed[0].__class__ is str:
        return telling(_equal_to(a, right.fixed))
    return telling(lambda s: equality.equal(a(s), b(s)))


def _equal_to(before: Runs, text: Items) -> Tells:
    """Return what tells whether a collection is one given text, quickly where it is an element with a text."""
    wanted = text[0]

    def tells(s: Scope) -> bool | None:
        items = before(s)
        if len(items) == 1:
            item = items[0]
            if item.__class__ is Node and item.value.__class__ is str and item.type in TEXTS:
                return bool(item.value == wanted)
        return equality.equal(items, text)

    return tells


def _unequal(left: Code, right: Code) -> Code:
    a, b = left.run, right.run

    def tells(s: Scope) -> bool | None:
        found = equality.equal(a(s), b(s))
        return None if found is None else not found

    return telling(tells)


def _equivalent(left: Code, right: Code) -> Code:
    a, b = left.run, right.run

    def tells(s: Scope) -> bool:
        first, second = a(s), b(s)
        s.run.spend(len(first) * len(second))
        return equality.equivalent(first, second)

    return telling(tells)


def _not_equivalent(left: Code, right: Code) -> Code:
    found = _equivalent(left, right).truth
    return telling(lambda s: not found(s))


def _ordering(holds: Callable[[int], bool]) -> Callable[[Code, Code], Code]:
    def build(left: Code, right: Code) -> Code:
        a, b = left.run, right.run

        def tells(s: Scope) -> bool | None:
            found = equality.compare(a(s), b(s))
            return None if found is None else holds(found)

        return telling(tells)

    return build


def _in(left: Code, right: Code) -> Code:
    a, b = left.run, right.run

    def tells(s: Scope) -> bool | None:
        items = a(s)
        if not items:
            return None
        item = one(items, "what is looked for")
        return any(equality.same(item, other) for other in b(s))

    return telling(tells)


def _contains(left: Code, right: Code) -> Code:
    return _in(right, left)


def union(left: Code, right: Code) -> Code:
    """Return the code of `left | right`: all items, none twice."""
    a, b = left.run, right.run

    def run(s: Scope) -> Items:
        found = a(s) + b(s)
        s.run.spend(len(found))
        return equality.distinct(found) if len(found) > 1 else found

    return Code(run, Static(both_types(left, right)))


def both_types(left: Code, right: Code) -> frozenset[str] | None:
    """Return the types of two collections together."""
    types = left.static.types, right.static.types
    return None if types[0] is None or types[1] is None else types[0] | types[1]


def _concatenate(left: Code, right: Code) -> Code:
    a, b = left.run, right.run

    def run(s: Scope) -> Items:
        parts = [one(items, "a text to join") for items in (a(s), b(s))]
        found = short_enough("".join(text(p, "a text to join") for p in parts if p is not None))
        s.run.spend(len(found) >> 6)
        return [found]

    return Code(run, of_system("String"))


_BINARY: Final[dict[str, Callable[[Code, Code], Code]]] = {
    "and": _and, "or": _or, "xor": _xor, "implies": _implies, "=": _equal, "!=": _unequal, "~": _equivalent,
    "!~": _not_equivalent, "<": _ordering(lambda n: n < 0), "<=": _ordering(lambda n: n <= 0),
    ">": _ordering(lambda n: n > 0), ">=": _ordering(lambda n: n >= 0), "in": _in, "contains": _contains, "|": union,
    "&": _concatenate, **ARITHMETIC,
}  # fmt: skip
