"""Arithmetic with numbers, quantities, dates and text."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any, Final

from akson.fhir.fhirpath import quantities, temporal
from akson.fhir.fhirpath.code import Code, Static, of_system
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.model import QUANTITIES, Node
from akson.fhir.fhirpath.quantities import EXACT, Quantity
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.temporal import Temporal
from akson.fhir.fhirpath.values import Items, fitting, named, one, short_enough, system

_NUMBERS: Final = (int, Decimal)


def _arithmetic(operator: str, compute: Callable[[Any, Any], Any]) -> Callable[[Code, Code], Code]:
    def build(left: Code, right: Code) -> Code:
        a, b = left.run, right.run

        def run(s: Scope) -> Items:
            first, second = a(s), b(s)
            if not first or not second:
                return []
            x, y = one(first, "a number"), one(second, "a number")
            found = compute(system(x), system(y))
            if found is NotImplemented and any(z.__class__ is Node and z.type in QUANTITIES for z in (x, y)):
                return []  # a quantity without a number, or only a bound
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


ARITHMETIC: Final[dict[str, Callable[[Code, Code], Code]]] = {
    "+": _arithmetic("+", _plus),
    "-": _arithmetic("-", _minus),
    "*": _arithmetic("*", _multiply),
    "/": _arithmetic("/", _divide),
    "div": _arithmetic("div", _numbers_only(_div, integer=True)),
    "mod": _arithmetic("mod", _numbers_only(_mod, integer=False)),
}
