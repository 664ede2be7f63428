"""Dates, times of day and both together, each known to some precision; what cannot be known is None.

Source: hl7.org/fhirpath/N1 sections "Equals", "Comparison", "Date/Time Arithmetic".
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

from akson.fhir.fhirpath.errors import FhirPathError

Kind = Literal["Date", "DateTime", "Time"]

_TEXT = re.compile(
    r"(?:(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?)?"
    r"(?P<t>T?(?:(?P<hour>[0-9]{2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}(?:\.[0-9]+)?))?)?)?)"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_FIELDS: Final = ("year", "month", "day", "hour", "minute", "second")
_DAY: Final = 3  # parts of a date
EARLIEST: Final = 14 * 60  # minutes before UTC that a place can be ahead, and so its clock is first
LATEST: Final = -12 * 60
MINUTES_A_DAY: Final = 1440
_LAST_SECOND: Final = 60  # a leap second
_YEARS: Final = 9999


@dataclass(frozen=True, slots=True)
class Temporal:
    """A Date, DateTime or Time.

    parts   year, month, day, hour, minute, second (with its fraction), as many as are known; a Time begins at the hour
    offset  minutes ahead of UTC; None when it is not said
    """

    kind: Kind
    parts: tuple[int | Decimal, ...]
    offset: int | None = None

    def __str__(self) -> str:
        """Return the text as FHIR writes it."""
        if self.kind == "Time":
            return _clock(self.parts)
        day = "-".join(f"{p:0{4 if n == 0 else 2}d}" for n, p in enumerate(self.parts[:_DAY]))
        if len(self.parts) <= _DAY:
            return day
        return f"{day}T{_clock(self.parts[_DAY:])}{_zone(self.offset)}"

    @property
    def clock(self) -> tuple[int | Decimal, ...]:
        return self.parts if self.kind == "Time" else self.parts[_DAY:]

    def shifted(self, offset: int) -> tuple[int | Decimal, ...]:
        """Return the parts in UTC when the clock is `offset` minutes ahead of it, the day as its number."""
        day = date(*(int(p) for p in self.parts[:_DAY])).toordinal()
        minutes = int(self.parts[3]) * 60 + (int(self.parts[4]) if len(self.parts) > 4 else 0) - offset
        moved = (day + minutes // MINUTES_A_DAY, minutes % MINUTES_A_DAY // 60, minutes % 60)
        return (*moved, *self.parts[5:])[: len(self.parts) - 2]


def _clock(parts: tuple[int | Decimal, ...]) -> str:
    texts = [f"{p:02d}" for p in parts[:2]]
    if len(parts) > 2:
        whole, point, fraction = str(parts[2]).partition(".")
        texts.append(whole.rjust(2, "0") + point + fraction)
    return ":".join(texts)


def _zone(offset: int | None) -> str:
    if offset is None:
        return ""
    if not offset:
        return "Z"
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"


@lru_cache(maxsize=8192)
def temporal(kind: Kind, text: str) -> Temporal | None:
    """Return what `text` means as a Date, DateTime or Time, or None when it is none."""
    found = _TEXT.fullmatch(text)
    if not found or (kind == "Time") == bool(found["year"]) or (kind == "Date" and (found["t"] or found["zone"])):
        return None
    if (kind == "Time" and (found["zone"] or not found["hour"])) or (found["zone"] and not found["hour"]):
        return None
    if found["hour"] and kind == "DateTime" and not (found["day"] and found["t"].startswith("T")):
        return None
    parts: list[int | Decimal] = [int(found[f]) for f in _FIELDS[:5] if found[f]]
    if found["second"]:
        parts.append(Decimal(found["second"]))
    offset = _offset(found["zone"])
    made = Temporal(kind, tuple(parts), offset)
    return made if _is_real(made) else None


def _offset(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone == "Z":
        return 0
    return (-1 if zone[0] == "-" else 1) * (int(zone[1:3]) * 60 + int(zone[4:6]))


def _is_real(t: Temporal) -> bool:
    if t.kind != "Time":
        year, month, day = (*(int(p) for p in t.parts[:_DAY]), 1, 1)[:3]
        if not (1 <= year <= _YEARS and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
            return False
    clock = (*t.clock, 0, 0, 0)
    return clock[0] < 24 and clock[1] < 60 and clock[2] <= _LAST_SECOND and abs(t.offset or 0) <= EARLIEST


def at(moment: datetime) -> Temporal:
    """Return `moment`, which has a time zone, to the millisecond."""
    found = temporal("DateTime", moment.isoformat(timespec="milliseconds"))
    if found is None:
        raise ValueError("the time of the evaluation must have a time zone in whole minutes")
    return found


def compare(a: Temporal, b: Temporal) -> int | None:
    """Return -1, 0 or 1; None when one is not known precisely enough. Neither or both are a Time."""
    if not (a.clock and b.clock) or a.kind == "Time" or a.offset is b.offset is None:
        return _compare(a.parts, b.parts)
    if a.offset is not None and b.offset is not None:
        return _compare(a.shifted(a.offset), b.shifted(b.offset))
    if a.offset is None:
        found = {_compare(a.shifted(o), b.shifted(b.offset or 0)) for o in (EARLIEST, LATEST)}
    else:
        found = {_compare(a.shifted(a.offset), b.shifted(o)) for o in (EARLIEST, LATEST)}
    return found.pop() if len(found) == 1 else None


def _compare(a: tuple[int | Decimal, ...], b: tuple[int | Decimal, ...]) -> int | None:
    for x, y in zip(a, b, strict=False):
        if x != y:
            return -1 if x < y else 1
    return 0 if len(a) == len(b) else None


def key(t: Temporal) -> tuple[object, ...]:
    """Return what two have in common exactly when they are equal."""
    if t.kind != "Time" and t.clock and t.offset is not None:
        return ("utc", *t.shifted(t.offset))
    return ("time" if t.kind == "Time" else "local", *t.parts)


# Units of time arithmetic: what each is in the next coarser one, and where it stands among the parts.
_COARSER: Final[dict[str, tuple[str, int]]] = {
    "second": ("minute", 60),
    "minute": ("hour", 60),
    "hour": ("day", 24),
    "day": ("month", 30),
    "month": ("year", 12),
}


def add(t: Temporal, amount: Decimal, unit: str) -> Temporal | None:
    """Return `t` moved by `amount` calendar units, at the precision of `t`; None outside the calendar.

    unit  "year" ... "millisecond"; what is finer than `t` is brought to the precision of `t` first, rounded towards 0
    """
    if unit == "week":
        amount, unit = amount * 7, "day"
    if unit == "millisecond":
        amount, unit = amount / 1000, "second"
    if t.kind == "Time":
        return _add_clock(t, amount, unit)
    known = _FIELDS[: len(t.parts)]
    if unit == "day" and known == ("year",):
        amount, unit = _whole(amount) / Decimal(365), "year"
    while unit not in known:
        unit, times = _COARSER[unit]
        amount = _whole(amount / times)
    if unit in {"year", "month"}:
        return _add_months(t, int(_whole(amount)) * (12 if unit == "year" else 1))
    return _add_days(t, amount, unit)


def _whole(amount: Decimal) -> Decimal:
    return amount.to_integral_value("ROUND_DOWN")


def _add_clock(t: Temporal, amount: Decimal, unit: str) -> Temporal | None:
    if unit not in {"hour", "minute", "second"}:
        raise FhirPathError(f"a time of day cannot be moved by a {unit}")
    known = _FIELDS[3 : 3 + len(t.parts)]
    while unit not in known:
        unit, times = _COARSER[unit]
        amount = _whole(amount / times)
    midnight = (1, 1, 2, *t.parts)  # a day with one before it
    moved = _add_days(Temporal("DateTime", midnight), amount % _per_day(unit), unit)
    return Temporal("Time", moved.parts[_DAY:]) if moved else None


def _per_day(unit: str) -> int:
    return {"hour": 24, "minute": MINUTES_A_DAY, "second": MINUTES_A_DAY * 60}[unit]


def _add_months(t: Temporal, months: int) -> Temporal | None:
    total = int(t.parts[0]) * 12 + (int(t.parts[1]) - 1 if len(t.parts) > 1 else 0) + months
    year, month = total // 12, total % 12 + 1
    if not 1 <= year <= _YEARS:
        return None
    day = tuple(min(int(d), monthrange(year, month)[1]) for d in t.parts[2:3])
    return Temporal(t.kind, (*(year, month)[: len(t.parts)], *day, *t.parts[3:]), t.offset)


def _add_days(t: Temporal, amount: Decimal, unit: str) -> Temporal | None:
    """Move by days, hours, minutes or seconds; only seconds have a fraction."""
    if unit != "second":
        amount = _whole(amount)
    seconds = amount * {"day": 86400, "hour": 3600, "minute": 60, "second": 1}[unit]
    hour, minute, second = (*t.parts[_DAY:], 0, 0, 0)[:3]
    total = hour * 3600 + minute * 60 + second + seconds
    day = date(*(int(p) for p in t.parts[:_DAY])).toordinal() + int(total // 86400) - (total % 86400 < 0)
    if not 1 <= day <= date.max.toordinal():
        return None
    rest = total % 86400 + (86400 if total % 86400 < 0 else 0)
    new, whole = date.fromordinal(day), int(rest)
    clock = (whole // 3600, whole // 60 % 60, whole % 60 + (rest - whole))
    return Temporal(t.kind, (new.year, new.month, new.day, *clock)[: len(t.parts)], t.offset)


# How many digits say how much is known: precision() and the boundaries count so.
_DIGITS: Final = {"Date": (4, 6, 8), "DateTime": (4, 6, 8, 10, 12, 14, 17), "Time": (2, 4, 6, 9)}


def precision(t: Temporal) -> int:
    """Return how many digits are known: 4 a year, 8 a day, 17 a date and time with milliseconds."""
    exact = len(t.clock) == 3 and "." in str(t.parts[-1])
    return _DIGITS[t.kind][len(t.parts) - 1 + exact]


def boundary(t: Temporal, digits: int | None, *, high: bool) -> Temporal | None:
    """Return the earliest or the latest that `t` can mean, to `digits`; None when there is no such precision.

    As the test suite of FHIRPath has it, an hour without minutes is the first minute of the hour.
    """
    steps = _DIGITS[t.kind]
    digits = steps[-1] if digits is None else digits
    if digits not in steps:
        return None
    parts = list(t.parts)
    if len(t.clock) == 1:
        parts.append(0)
    parts += _rest(t.kind, parts, high=high)
    if t.clock[2:]:
        parts[-1] = _to_milliseconds(Decimal(t.clock[2]), high=high)
    length = steps.index(digits) + 1
    kept = tuple(parts[: min(length, len(parts))])
    if digits in {14, 6} and t.kind != "Date" and len(kept) == len(parts):
        kept = (*kept[:-1], int(kept[-1]))
    offset = t.offset if t.offset is not None or t.kind != "DateTime" else LATEST if high else EARLIEST
    return Temporal(t.kind, kept, offset if len(kept) > _DAY else None)


def _rest(kind: Kind, parts: list[int | Decimal], *, high: bool) -> list[int | Decimal]:
    """Return the parts that are not known, at their least or most, seconds with milliseconds."""
    if kind != "Time" and len(parts) == 1:
        rest = [12 if high else 1]
        return [*rest, *_rest(kind, [*parts, *rest], high=high)]
    if kind != "Time" and len(parts) == 2:
        day = monthrange(int(parts[0]), int(parts[1]))[1] if high else 1
        return [day, *_rest(kind, [*parts, day], high=high)]
    clock: list[int | Decimal] = [23, 59, Decimal("59.999")] if high else [0, 0, Decimal("0.000")]
    return [] if kind == "Date" else clock[len(parts) - (0 if kind == "Time" else _DAY) :]


def _to_milliseconds(second: Decimal, *, high: bool) -> Decimal:
    if "." in str(second):
        return second.quantize(Decimal("0.001"), "ROUND_DOWN")
    return second + (Decimal("0.999") if high else Decimal("0.000"))
