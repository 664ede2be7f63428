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
from typing import Final

from akson.fhir.ucum.units import NotUcum, Unit, unit

__all__ = ["canonical", "convert", "fault"]

DIGITS: Final = 28  # significant digits of every result; more than any measurement has
FARTHEST: Final = 1000  # of the powers of ten
_ROUNDED: Final = Context(prec=DIGITS)
_EXACT: Final = Context(prec=4000)


def canonical(value: Decimal, code: str) -> tuple[Decimal, str] | None:
    """Return the quantity in UCUM base units, rounded to 28 digits without trailing zeros, and their code.

    None  when the code is not UCUM or the value lies outside the scale of its unit
    Equal quantities give equal results, whatever unit they were written in: 1 kg, 1000 g and 0.001 t are one.
    """
    try:
        return _canonical(value, unit(code))
    except (NotUcum, ArithmeticError, ValueError):
        return None


def _canonical(value: Decimal, of: Unit) -> tuple[Decimal, str] | None:
    if of.mixed or not _in_range(value):
        return None
    if of.scale:
        inner = unit(of.scale.unit)
        return _decimal(of.scale.to(Fraction(value) * of.factor) * inner.factor), inner.code
    return _scaled(value, of.factor), of.code


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
        return _scaled(value, Fraction(1))
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
    return _scaled(Decimal(number.numerator), Fraction(1, number.denominator))


def _scaled(value: Decimal, factor: Fraction) -> Decimal:
    """Return value * factor, rounded once (a quotient of exact numbers), so that equals stay equal."""
    try:
        product = _EXACT.multiply(value, Decimal(factor.numerator))
        found = _ROUNDED.divide(product, Decimal(factor.denominator)).normalize(_ROUNDED)
    except (InvalidOperation, Overflow) as error:
        raise ArithmeticError("out of range") from error
    return found if found else Decimal(0)
