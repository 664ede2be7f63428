"""Values turned into other types. Where that cannot be, toX() gives nothing and convertsToX() false."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from akson.fhir import ucum
from akson.fhir.fhirpath import tree
from akson.fhir.fhirpath.code import Code, of_system, telling
from akson.fhir.fhirpath.functions.registry import Compiling, built
from akson.fhir.fhirpath.quantities import CALENDAR, CALENDAR_AS_UCUM, Quantity
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.temporal import Kind, Temporal, temporal
from akson.fhir.fhirpath.values import Items, fitting, one, system, text

Convert = Callable[[Any], Any]

_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,400}(?:\.[0-9]{1,400})?")
_QUANTITY = re.compile(r"([+-]?[0-9]{1,400}(?:\.[0-9]{1,400})?)\s*(?:'([^']+)'|([A-Za-z]+))?")
_TRUE: Final = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0", "0.0"})


def to_boolean(value: Any) -> bool | None:
    """Return a truth value, or None."""
    if value.__class__ is bool:
        return bool(value)
    if value.__class__ is str:
        found = value.lower()
        return True if found in _TRUE else False if found in _FALSE else None
    if value.__class__ in {int, Decimal} and value in {0, 1}:
        return bool(value == 1)
    return None


def to_integer(value: Any) -> int | None:
    """Return an Integer, or None."""
    if value.__class__ in {bool, int}:
        return int(value)
    if value.__class__ is str and _INTEGER.fullmatch(value):
        return number if fitting(number := int(value)) is not None else None
    return None


def to_decimal(value: Any) -> Decimal | None:
    """Return a Decimal, or None."""
    if value.__class__ in {bool, int}:
        return Decimal(int(value))
    if value.__class__ is str:
        return Decimal(value) if _DECIMAL.fullmatch(value) else None
    return value if value.__class__ is Decimal else None


def to_string(value: Any) -> str | None:
    """Return a String, or None."""
    if value.__class__ is bool:
        return "true" if value else "false"
    if value.__class__ is Decimal:
        return f"{value:f}"
    return str(value) if value.__class__ in {str, int, Temporal, Quantity} else None


def to_quantity(value: Any) -> Quantity | None:
    """Return a Quantity, or None."""
    if value.__class__ is Quantity:
        return value
    if value.__class__ is not str:
        number = to_decimal(value)
        return None if number is None else Quantity(number)
    found = _QUANTITY.fullmatch(value)
    if not found or (found[3] and found[3] not in CALENDAR):
        return None
    return Quantity(Decimal(found[1]), found[2] or found[3] or "1")


def _temporal(kind: Kind) -> Convert:
    def convert(value: Any) -> Temporal | None:
        if value.__class__ is str:
            return temporal(kind, value)
        if value.__class__ is not Temporal or (kind == "Time") != (value.kind == "Time"):
            return None
        return Temporal(kind, value.parts[:3], None) if kind == "Date" else Temporal(kind, value.parts, value.offset)

    return convert


_CONVERSIONS: Final[dict[str, Convert]] = {
    "Boolean": to_boolean, "Integer": to_integer, "Decimal": to_decimal, "String": to_string,
    "Date": _temporal("Date"), "DateTime": _temporal("DateTime"), "Time": _temporal("Time"),
}  # fmt: skip


def _register(kind: str, convert: Convert) -> None:
    @built(f"to{kind}")
    def to(_: Compiling, __: tree.Call, of: Code) -> Code:
        before = of.run

        def run(s: Scope) -> Items:
            found = convert(system(one(before(s))))
            return [] if found is None else [found]

        return Code(run, of_system(kind))

    @built(f"convertsTo{kind}")
    def converts(_: Compiling, __: tree.Call, of: Code) -> Code:
        before = of.run

        def tells(s: Scope) -> bool | None:
            items = before(s)
            return convert(system(one(items))) is not None if items else None

        return telling(tells)


for _kind, _convert in _CONVERSIONS.items():
    _register(_kind, _convert)


def _in_unit(value: Any, unit: str | None) -> Quantity | None:
    found = to_quantity(value)
    if found is None or unit is None or found.unit == unit:
        return found
    codes = [CALENDAR_AS_UCUM.get(CALENDAR[u], "") if u in CALENDAR else u for u in (found.unit, unit)]
    number = None if found.foreign else ucum.convert(found.value, codes[0], codes[1])
    return None if number is None else Quantity(number, unit)


def _unit(c: Compiling, call: tree.Call) -> Callable[[Scope], str | None]:
    if not call.arguments:
        return lambda _: None
    argument = c.apart(call.arguments[0]).run

    def run(s: Scope) -> str | None:
        found = one(argument(s), "the unit")
        return None if found is None else text(found, "the unit")

    return run


@built("toQuantity", 0, 1)
def to_quantity_in(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the value as a quantity, in the unit that is asked for."""
    before, unit = of.run, _unit(c, call)

    def run(s: Scope) -> Items:
        found = _in_unit(system(one(before(s))), unit(s))
        return [] if found is None else [found]

    return Code(run, of_system("Quantity"))


@built("convertsToQuantity", 0, 1)
def converts_to_quantity(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Tell whether toQuantity() gives something."""
    before, unit = of.run, _unit(c, call)

    def tells(s: Scope) -> bool | None:
        items = before(s)
        return _in_unit(system(one(items)), unit(s)) is not None if items else None

    return telling(tells)
