"""How precisely a value is known, and the least and the greatest that it can mean."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, Final

from akson.fhir.fhirpath import quantities, temporal
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.functions.registry import scalar
from akson.fhir.fhirpath.quantities import EXACT, Quantity
from akson.fhir.fhirpath.temporal import Temporal
from akson.fhir.fhirpath.values import named

_USUAL: Final = 8  # places after the point
_MOST: Final = 28


def _boundary(value: Any, digits: int | None, *, high: bool) -> Any:
    if value.__class__ is Temporal:
        return temporal.boundary(value, digits, high=high)
    if value.__class__ is Quantity:
        found = _of_decimal(value.value, digits, high=high)
        return None if found is None else Quantity(found, value.unit, value.foreign)
    if value.__class__ in {int, Decimal}:
        return _of_decimal(Decimal(value), digits, high=high)
    raise FhirPathError(f"{named(value)} has no boundaries")


def _of_decimal(value: Decimal, digits: int | None, *, high: bool) -> Decimal | None:
    """Return the value half a step of its last digit up or down, at so many places after the point.

    Away from zero that is rounded, towards zero cut off, as the test suite of FHIRPath has it.
    """
    digits = _USUAL if digits is None else digits
    if not 0 <= digits <= _MOST:
        return None
    half = Decimal(5).scaleb(min(int(value.as_tuple().exponent), 0) - 1)
    moved = EXACT.add(value, half if high else -half)
    rounding = ROUND_HALF_UP if high == (value >= 0) else ROUND_DOWN
    found = moved.quantize(Decimal(1).scaleb(-digits), rounding, EXACT)
    return found if found else found.copy_sign(value)


@scalar("lowBoundary", "Any", "Integer", optional=1)
def low_boundary(value: Any, digits: int | None = None) -> Any:
    """Return the least that the value can mean."""
    return _boundary(value, digits, high=False)


@scalar("highBoundary", "Any", "Integer", optional=1)
def high_boundary(value: Any, digits: int | None = None) -> Any:
    """Return the greatest that the value can mean."""
    return _boundary(value, digits, high=True)


@scalar("precision", "Any", gives="Integer")
def precision(value: Any) -> int:
    """Return how many digits are known: after the point of a number, or of a date or time."""
    if value.__class__ is Temporal:
        return temporal.precision(value)
    if value.__class__ is Quantity:
        value = value.value
    if value.__class__ in {int, Decimal}:
        return max(-int(Decimal(value).as_tuple().exponent), 0)
    raise FhirPathError(f"{named(value)} has no precision")


@scalar("comparable", "Any", "Any", gives="Boolean")
def comparable(value: Any, other: Any) -> bool:
    """Tell whether two quantities measure the same thing."""
    if value.__class__ is not Quantity or other.__class__ is not Quantity:
        raise FhirPathError(f"{named(value)} and {named(other)} are not two quantities")
    return quantities.comparable(value, other)
