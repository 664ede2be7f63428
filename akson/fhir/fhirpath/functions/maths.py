"""Mathematics, with 28 exact digits; what has no result (the root of -1) is empty."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, DecimalException
from typing import Any, Final

from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.functions.registry import scalar
from akson.fhir.fhirpath.quantities import EXACT, Quantity
from akson.fhir.fhirpath.values import fitting, number

_ROUNDED: Final = Context(prec=28, Emax=999, Emin=-999)
_DIGITS: Final = 28


@scalar("abs", "Any")
def absolute(value: Any) -> Any:
    """Return it without its sign."""
    if value.__class__ is Quantity:
        return Quantity(abs(value.value), value.unit, value.foreign)
    return fitting(abs(number(value)))


def _to_integer(name: str, rounding: str) -> None:
    @scalar(name, "Any", gives="Integer")
    def convert(value: Any) -> int | Decimal | None:
        return fitting(int(Decimal(number(value)).to_integral_value(rounding)))


_to_integer("ceiling", ROUND_CEILING)
_to_integer("floor", ROUND_FLOOR)
_to_integer("truncate", ROUND_DOWN)


@scalar("round", "Any", "Integer", optional=1, gives="Decimal")
def rounded(value: Any, digits: int = 0) -> Decimal | None:
    """Return it rounded to so many places after the point."""
    if digits < 0:
        raise FhirPathError("round() takes no negative precision")
    exact = Decimal(number(value))
    if digits > _DIGITS or -int(exact.as_tuple().exponent) <= digits:
        return exact
    return EXACT.quantize(exact, Decimal(1).scaleb(-digits)) if digits else exact.to_integral_value(ROUND_HALF_UP)


def _decimal(name: str, compute: Callable[[Decimal], Decimal]) -> None:
    @scalar(name, "Any", gives="Decimal")
    def function(value: Any) -> Decimal | None:
        return _computed(lambda: compute(Decimal(number(value))))


def _computed(compute: Callable[[], Decimal]) -> Decimal | None:
    try:
        found = _ROUNDED.plus(compute())
    except DecimalException:
        return None
    return found if found.is_finite() else None


_decimal("exp", EXACT.exp)
_decimal("ln", EXACT.ln)
_decimal("sqrt", EXACT.sqrt)


@scalar("log", "Any", "Any", gives="Decimal")
def log(value: Any, base: Any) -> Decimal | None:
    """Return the logarithm."""
    return _computed(lambda: EXACT.divide(EXACT.ln(Decimal(number(value))), EXACT.ln(Decimal(number(base)))))


@scalar("power", "Any", "Any")
def power(value: Any, exponent: Any) -> int | Decimal | None:
    """Return it to the power of the exponent."""
    found = _computed(lambda: EXACT.power(Decimal(number(value)), Decimal(number(exponent))))
    whole = value.__class__ is exponent.__class__ is int and exponent >= 0
    return fitting(int(found)) if whole and found is not None else found
