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


def chain(operator: str, operands: list[Code]) -> Code:
    """Return the code of `a operator b operator c`, for and, or, |."""
    if operator == "|":
        return union(operands)
    return telling(_settled([operand.truth for operand in operands], by=operator == "or"))


def _settled(operands: list[Tells], *, by: bool) -> Tells:
    """Return what tells `by` as soon as an operand does, its opposite when all tell that, else None."""

    def tells(s: Scope) -> bool | None:
        known = True
        for operand in operands:
            found = operand(s)
            if found is by:
                return by
            known = known and found is not None
        return not by if known else None

    return tells


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
    texts = frozenset(right.fixed or ()) if all(item.__class__ is str for item in right.fixed or (None,)) else None

    def tells(s: Scope) -> bool | None:
        items = a(s)
        if not items:
            return None
        item = one(items, "what is looked for")
        if texts and item.__class__ is Node and item.value.__class__ is str and item.type in TEXTS:
            return item.value in texts
        return any(equality.same(item, other) for other in b(s))

    return telling(tells)


def _contains(left: Code, right: Code) -> Code:
    return _in(right, left)


def union(operands: list[Code]) -> Code:
    """Return the code of `a | b | c`: all items, none twice."""
    runs = [operand.run for operand in operands]

    def run(s: Scope) -> Items:
        found = [item for each in runs for item in each(s)]
        s.run.spend(len(found))
        return equality.distinct(found) if len(found) > 1 else found

    if all(operand.fixed is not None for operand in operands):
        items = equality.distinct([item for operand in operands for item in operand.fixed or ()])
        return Code(lambda _: items, Static(all_types(operands)), fixed=items)
    return Code(run, Static(all_types(operands)))


def all_types(codes: list[Code]) -> frozenset[str] | None:
    """Return the types of collections together; None when those of one are not known."""
    found: set[str] = set()
    for code in codes:
        if code.static.types is None:
            return None
        found |= code.static.types
    return frozenset(found)


def _concatenate(left: Code, right: Code) -> Code:
    a, b = left.run, right.run

    def run(s: Scope) -> Items:
        parts = [one(items, "a text to join") for items in (a(s), b(s))]
        found = short_enough("".join(text(p, "a text to join") for p in parts if p is not None))
        s.run.spend(len(found) >> 6)
        return [found]

    return Code(run, of_system("String"))


_BINARY: Final[dict[str, Callable[[Code, Code], Code]]] = {
    "xor": _xor, "implies": _implies, "=": _equal, "!=": _unequal, "~": _equivalent,
    "!~": _not_equivalent, "<": _ordering(lambda n: n < 0), "<=": _ordering(lambda n: n <= 0),
    ">": _ordering(lambda n: n > 0), ">=": _ordering(lambda n: n >= 0), "in": _in, "contains": _contains,
    "&": _concatenate, **ARITHMETIC,
}  # fmt: skip
