"""UCUM: what units mean, and quantities in units that can be compared.

canonical   a quantity in base units: equal quantities give equal results
convert     a quantity in another unit
fault       why a code is not UCUM

>>> canonical(Decimal("5.5"), "mmol/L"), canonical(Decimal("5500"), "umol/l")
((Decimal('3.312175185E+24'), 'm-3'), (Decimal('3.312175185E+24'), 'm-3'))
>>> convert(Decimal("98.6"), "[degF]", "Cel")
Decimal('37')

Source: ucum.org/ucum (units.json is made by distil.py; licence there).
"""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation, Overflow
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from akson.fhir.ucum.units import NotUcum, Unit, unit

__all__ = ["canonical", "convert", "fault"]

DIGITS: Final = 28  # significant digits of every result; more than any measurement has
FARTHEST: Final = 1000  # of the powers of ten
_ROUNDED: Final = Context(prec=DIGITS)
_EXACT: Final = Context(prec=4000)
_ONE, _ZERO = Decimal(1), Decimal(0)


def canonical(value: Decimal, code: str) -> tuple[Decimal, str] | None:
    """Return the quantity in UCUM base units, rounded to 28 digits without trailing zeros, and their code.

    None  when the code is not UCUM or the value lies outside the scale of its unit
    Equal quantities give equal results, whatever unit they were written in: 1 kg, 1000 g and 0.001 t are one.
    """
    try:
        of = _ratio(code)
        if of is None:
            return _on_scale(value, unit(code))
        return (_scaled(value, of.times, of.by), of.base) if _in_range(value) else None
    except (NotUcum, ArithmeticError, ValueError):
        return None


class _Ratio(NamedTuple):
    """What makes a value in some unit one in base units: times `times`, by `by`."""

    times: Decimal
    by: Decimal
    base: str


@lru_cache(maxsize=4096)
def _ratio(code: str) -> _Ratio | None:
    """Return it for a unit that is a number of base units; None for a scale and what means nothing. Raises NotUcum."""
    of = unit(code)
    return None if of.mixed or of.scale else _Ratio(*_parts(of.factor), of.code)


def _on_scale(value: Decimal, of: Unit) -> tuple[Decimal, str] | None:
    if of.mixed or not of.scale or not _in_range(value):
        return None
    inner = unit(of.scale.unit)
    return _decimal(of.scale.to(Fraction(value) * of.factor) * inner.factor), inner.code


def _in_range(value: Decimal) -> bool:
    """Tell whether a number may be worked with exactly: beyond this nothing is measured, and it would take long."""
    return value.is_finite() and abs(value.adjusted()) <= FARTHEST


def convert(value: Decimal, source: str, target: str) -> Decimal | None:
    """Return `value`, which is in the unit `source`, in the unit `target`, rounded to 28 digits.

    None when a code is not UCUM, the units measure different things, or the value lies outside a scale.
    """
    try:
        return _converted(value, unit(source), unit(target))
    except (NotUcum, ArithmeticError, ValueError):
        return None


def _converted(value: Decimal, source: Unit, target: Unit) -> Decimal | None:
    if source.mixed or target.mixed or not _in_range(value):
        return None
    if source == target:
        return _scaled(value, _ONE, _ONE)
    (base, powers), inner = _base(value, source), unit(target.scale.unit) if target.scale else target
    if powers != inner.powers:
        return None
    found = base / inner.factor
    return _decimal(target.scale.back(found) / target.factor if target.scale else found)


def _base(value: Decimal, of: Unit) -> tuple[Fraction, object]:
    """Return the exact value in base units, and their powers."""
    if not of.scale:
        return Fraction(value) * of.factor, of.powers
    inner = unit(of.scale.unit)
    return of.scale.to(Fraction(value) * of.factor) * inner.factor, inner.powers


def fault(code: str) -> str | None:
    """Return what is wrong with `code` as a unit of UCUM, or None."""
    try:
        unit(code)
    except NotUcum as wrong:
        return str(wrong)
    return None


def _decimal(number: Fraction) -> Decimal:
    return _scaled(_ONE, *_parts(number))


def _parts(factor: Fraction) -> tuple[Decimal, Decimal]:
    return Decimal(factor.numerator), Decimal(factor.denominator)


def _scaled(value: Decimal, times: Decimal, by: Decimal) -> Decimal:
    """Return value * times / by, rounded once (a quotient of exact numbers), so that equals stay equal."""
    try:
        product = value if times == 1 else _EXACT.multiply(value, times)
        found = (product if by == 1 else _ROUNDED.divide(product, by)).normalize(_ROUNDED)
    except (InvalidOperation, Overflow) as error:
        raise ArithmeticError("out of range") from error
    return found if found else _ZERO
