"""Quantities: a number and a unit, which is UCUM or a word for a stretch of the calendar ("1 year").

A unit of neither sort (FHIR allows any) is compared with itself only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from akson.fhir import ucum

EXACT: Final = Context(prec=38, Emax=999, Emin=-999)
UCUM: Final = "http://unitsofmeasure.org"
_WORDS = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
CALENDAR: Final = {word + plural: word for word in _WORDS for plural in ("", "s")}
CALENDAR_AS_UCUM: Final = {"week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms"}
_ROUGHLY: Final = CALENDAR_AS_UCUM | {"year": "a", "month": "mo"}
_FROM_FHIR: Final = {"a": "year", "mo": "month", "d": "day", "h": "hour", "min": "minute", "s": "second"}
_MONTHS: Final = {"year": 12, "month": 1}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A System.Quantity; `unit` is a UCUM code, a word of the calendar, or (foreign) "system|code"."""

    value: Decimal
    unit: str = "1"
    foreign: bool = False

    def __str__(self) -> str:
        return f"{self.value} {self.unit}" if self.unit in CALENDAR else f"{self.value} '{self.unit}'"

    @property
    def calendar(self) -> str | None:
        """The word of the calendar that the unit is, in the singular."""
        return CALENDAR.get(self.unit)


def from_fhir(value: dict[str, Any]) -> Quantity | None:
    """Return a FHIR Quantity as a System.Quantity; None when it has no value or only a bound (comparator)."""
    number = value.get("value")
    if number.__class__ not in {int, Decimal} or "comparator" in value:
        return None
    system, code, unit = value.get("system"), value.get("code"), value.get("unit")
    if system == UCUM and code:
        return Quantity(Decimal(number), _FROM_FHIR.get(code, code))
    if code or unit:
        return Quantity(Decimal(number), f"{system or ''}|{code or unit}", foreign=True)
    return Quantity(Decimal(number))


def as_fhir(quantity: Quantity) -> dict[str, Any]:
    """Return a quantity as FHIR's JSON."""
    code = _ROUGHLY.get(quantity.calendar or "", quantity.unit)
    return {"value": quantity.value, "unit": quantity.unit, "system": UCUM, "code": code}


def _common(a: Quantity, b: Quantity, words: dict[str, str]) -> tuple[Decimal, Decimal] | None:
    """Return both numbers in one unit, or None when they cannot be compared."""
    if a.unit == b.unit:
        return a.value, b.value
    if a.foreign or b.foreign:
        return None
    if a.calendar in _MONTHS and b.calendar in _MONTHS:
        return a.value * _MONTHS[a.calendar], b.value * _MONTHS[b.calendar]
    one = _canonical(a, words)
    other = _canonical(b, words)
    return (one[0], other[0]) if one and other and one[1] == other[1] else None


def _canonical(q: Quantity, words: dict[str, str]) -> tuple[Decimal, str] | None:
    if q.foreign:
        return None
    if q.calendar:
        return ucum.canonical(q.value, words[q.calendar]) if q.calendar in words else None
    return ucum.canonical(q.value, q.unit)


def compare(a: Quantity, b: Quantity) -> int | None:
    """Return -1, 0 or 1; None when they measure different things, or a year or month has no fixed length."""
    common = _common(a, b, CALENDAR_AS_UCUM)
    return None if common is None else (common[0] > common[1]) - (common[0] < common[1])


def comparable(a: Quantity, b: Quantity) -> bool:
    """Tell whether the units measure the same thing."""
    return _common(a, b, _ROUGHLY) is not None


def equivalent(a: Quantity, b: Quantity) -> bool:
    """Tell whether the two are equal when rounded to the coarser of them."""
    common = _common(a, b, _ROUGHLY)
    if common is None:
        return False
    steps = [_step(q, value) for q, value in zip((a, b), common, strict=True)]
    step = max(steps)
    rounded = [EXACT.divide(value, step).quantize(Decimal(1), ROUND_HALF_UP, EXACT) for value in common]
    return rounded[0] == rounded[1]


def _step(q: Quantity, common: Decimal) -> Decimal:
    """Return what the last digit of `q` is worth in the common unit, where it is `common`."""
    exponent = min(int(q.value.normalize(EXACT).as_tuple().exponent), 0)
    least = Decimal(1).scaleb(exponent)
    if q.value == common:
        return least
    next_one = _canonical(Quantity(q.value + least, q.unit), _ROUGHLY)
    return abs(next_one[0] - common) if next_one and next_one[0] != common else least


def add(a: Quantity, b: Quantity, sign: int) -> Quantity | None:
    """Return a + b or a - b in the unit of `a`; None when they measure different things."""
    if a.unit == b.unit:
        return Quantity(EXACT.add(a.value, b.value * sign), a.unit, a.foreign)
    if a.calendar and b.calendar:
        months = _MONTHS.get(a.calendar), _MONTHS.get(b.calendar)
        if months[0] and months[1]:
            return Quantity(EXACT.add(a.value, EXACT.divide(b.value * sign * months[1], Decimal(months[0]))), a.unit)
    if a.foreign or b.foreign:
        return None
    codes = [CALENDAR_AS_UCUM.get(q.calendar, "") if q.calendar else q.unit for q in (a, b)]
    other = ucum.convert(b.value, codes[1], codes[0])
    return None if other is None else Quantity(EXACT.add(a.value, other * sign), a.unit)


def multiply(a: Quantity, b: Quantity, sign: int) -> Quantity | None:
    """Return a * b (sign 1) or a / b (sign -1); None when a unit is not UCUM or `b` is 0."""
    if sign < 0 and not b.value:
        return None
    number = EXACT.multiply(a.value, b.value) if sign > 0 else EXACT.divide(a.value, b.value)
    if b.unit == "1":
        return Quantity(number, a.unit, a.foreign)
    if a.unit == "1" and sign > 0:
        return Quantity(number, b.unit, b.foreign)
    one, other = _canonical(a, CALENDAR_AS_UCUM), _canonical(b, CALENDAR_AS_UCUM)
    if one is None or other is None:
        return None
    number = EXACT.multiply(one[0], other[0]) if sign > 0 else EXACT.divide(one[0], other[0])
    found = ucum.canonical(number, f"({one[1]}){'.' if sign > 0 else '/'}({other[1]})")
    return Quantity(*found) if found else None
