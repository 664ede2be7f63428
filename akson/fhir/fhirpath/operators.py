"""The operators of FHIRPath, compiled: hl7.org/fhirpath/N1 section "Operations"."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any, Final

from akson.fhir.definitions import PRIMITIVES
from akson.fhir.fhirpath import equality, quantities, temporal
from akson.fhir.fhirpath.code import BOOLEAN, Code, Runs, Static, Tells, of_system, telling
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.model import QUANTITIES, Node, is_a
from akson.fhir.fhirpath.quantities import EXACT, Quantity
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.temporal import Temporal
from akson.fhir.fhirpath.values import TEXTS, Items, fitting, named, one, short_enough, system, text, type_info

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


def _arithmetic(operator: str, compute: Callable[[Any, Any], Any]) -> Callable[[Code, Code], Code]:
    def build(left: Code, right: Code) -> Code:
        a, b = left.run, right.run

        def run(s: Scope) -> Items:
            first, second = a(s), b(s)
            if not first or not second:
                return []
            x, y = one(first, "a number"), one(second, "a number")
            found = compute(system(x), system(y))
            if found is NotImplemented:
                raise FhirPathError(f"{operator} does not go with {named(x)} and {named(y)}")
            return [] if found is None else [found]

        return Code(run, _result(operator, left.static, right.static))

    return build


def _result(operator: str, left: Static, right: Static) -> Static:
    if left.sort in {"Date", "Time", "String"} and left.types:
        names = {"Date": ("Date", "DateTime"), "Time": ("Time",), "String": ("String",)}[left.sort]
        return of_system(*names)
    if left.sort == right.sort == "Number":
        integers = {"System.Integer"} >= (left.types or set()) | (right.types or set())
        return of_system("Decimal") if operator == "/" else of_system("Integer" if integers else "Decimal")
    return of_system("Quantity") if "Quantity" in {left.sort, right.sort} else Static(one=True)


def _counted(of_quantities: Callable[[Quantity, Quantity], Any], of_numbers: Callable[[Any, Any], Any]) -> Any:
    """Return what computes with numbers or quantities, a number beside a quantity being one in the unit 1."""

    def compute(a: Any, b: Any) -> Any:
        if a.__class__ in _NUMBERS and b.__class__ in _NUMBERS:
            try:
                return fitting(of_numbers(a, b))
            except (DecimalException, ZeroDivisionError):
                return None
        if a.__class__ is Quantity and b.__class__ in _NUMBERS:
            return of_quantities(a, Quantity(Decimal(b)))
        if b.__class__ is Quantity and a.__class__ in _NUMBERS:
            return of_quantities(Quantity(Decimal(a)), b)
        return of_quantities(a, b) if a.__class__ is b.__class__ is Quantity else NotImplemented

    return compute


def _exactly(integers: Callable[[int, int], int], decimals: Callable[[Decimal, Decimal], Decimal]) -> Any:
    def compute(a: Any, b: Any) -> Any:
        return integers(a, b) if a.__class__ is b.__class__ is int else decimals(Decimal(a), Decimal(b))

    return compute


def _truncated(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


_add_numbers = _counted(lambda a, b: quantities.add(a, b, 1), _exactly(lambda a, b: a + b, EXACT.add))
_subtract_numbers = _counted(lambda a, b: quantities.add(a, b, -1), _exactly(lambda a, b: a - b, EXACT.subtract))
_multiply = _counted(lambda a, b: quantities.multiply(a, b, 1), _exactly(lambda a, b: a * b, EXACT.multiply))
_divide = _counted(
    lambda a, b: quantities.multiply(a, b, -1), lambda a, b: _rounded(EXACT.divide(Decimal(a), Decimal(b)))
)
_div = _exactly(_truncated, lambda a, b: EXACT.divide_int(a, b))
_mod = _exactly(lambda a, b: a - b * _truncated(a, b), EXACT.remainder)


def _rounded(value: Decimal) -> Decimal:
    return value.normalize(EXACT) if value == value.to_integral_value() else value


def _numbers_only(compute: Callable[[Any, Any], Any], *, integer: bool) -> Callable[[Any, Any], Any]:
    def checked(a: Any, b: Any) -> Any:
        if a.__class__ not in _NUMBERS or b.__class__ not in _NUMBERS:
            return NotImplemented
        try:
            found = compute(a, b)
        except (DecimalException, ZeroDivisionError):
            return None
        return fitting(int(found) if integer else found)

    return checked


def _plus(a: Any, b: Any) -> Any:
    if a.__class__ is str and b.__class__ is str:
        return short_enough(a + b)
    return _moved(a, b, 1) if a.__class__ is Temporal else _add_numbers(a, b)


def _minus(a: Any, b: Any) -> Any:
    return _moved(a, b, -1) if a.__class__ is Temporal else _subtract_numbers(a, b)


_DEFINITE: Final = {"wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second", "ms": "millisecond"}


def _moved(a: Temporal, b: Any, sign: int) -> Any:
    """Return a date or time moved by a quantity; a and mo of UCUM, which are averages, are refused."""
    if b.__class__ is not Quantity:
        return NotImplemented
    unit = b.calendar or _DEFINITE.get(b.unit)
    if unit is None:
        raise FhirPathError(f"a date or time cannot be moved by the unit {b.unit!r}")
    # As the test suite of FHIRPath has it, the seconds of UCUM are whole.
    amount = b.value if b.calendar else b.value.to_integral_value("ROUND_DOWN")
    return temporal.add(a, amount * sign, unit)


_BINARY: Final[dict[str, Callable[[Code, Code], Code]]] = {
    "and": _and, "or": _or, "xor": _xor, "implies": _implies, "=": _equal, "!=": _unequal, "~": _equivalent,
    "!~": _not_equivalent, "<": _ordering(lambda n: n < 0), "<=": _ordering(lambda n: n <= 0),
    ">": _ordering(lambda n: n > 0), ">=": _ordering(lambda n: n >= 0), "in": _in, "contains": _contains, "|": union,
    "&": _concatenate, "+": _arithmetic("+", _plus), "-": _arithmetic("-", _minus), "*": _arithmetic("*", _multiply),
    "/": _arithmetic("/", _divide), "div": _arithmetic("div", _numbers_only(_div, integer=True)),
    "mod": _arithmetic("mod", _numbers_only(_mod, integer=False)),
}  # fmt: skip


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


__all__ = ["BOOLEAN", "as_type", "binary", "both_types", "is_type", "keeps", "narrowed", "unary", "union"]
