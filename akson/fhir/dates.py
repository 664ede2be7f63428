"""Turns FHIR dates, of whatever precision, into the stretch of time they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

Interval = tuple[datetime, datetime]

BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
END: Final = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
HERE: Final = ZoneInfo("Europe/Oslo")  # a date without a time is a day, month or year in Norway
_TICK = timedelta(microseconds=1)
_DECEMBER = 12
_LAST_MONTH = date(9999, 12, 1)
_DATE_ONLY = 10  # letters in YYYY-MM-DD
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@lru_cache(maxsize=16384)
def interval(text: str) -> Interval:
    """Return the first and the last microsecond, in UTC, that a FHIR date, dateTime or instant covers.

    Also takes what search adds: a time without seconds, or without a zone (then Norwegian time). Raises ValueError.
    """
    if len(text) <= _DATE_ONLY:
        first, following = _days(text)
        return _utc(first), _before(following)
    low = datetime.fromisoformat(text.replace(":60", ":59", 1) if ":60" in text[16:19] else text)
    low = low if low.tzinfo else low.replace(tzinfo=HERE)
    try:
        low = low.astimezone(UTC)
        return low, low + _precision(text) - _TICK
    except OverflowError:
        return (BEGINNING, BEGINNING) if low.year == 1 else (END, END)


def instant(text: str) -> datetime:
    """Return the moment of an instant, known to the second and with its zone. Raises ValueError.

    A blank before the zone is a plus that was decoded out of an address.
    """
    told = text.replace(" ", "+")
    if not _INSTANT.fullmatch(told):
        raise ValueError("not an instant")
    return interval(told)[0]


def _days(text: str) -> tuple[date, date | None]:
    """Return the first day of a year, month or day, and the day after its last."""
    year, month, day = (*(int(part) for part in text.split("-")), 0, 0)[:3]
    if day:
        first = date(year, month, day)
        return first, first + timedelta(days=1) if first < date.max else None
    first, last = date(year, month or 1, 1), date(year, month or _DECEMBER, 1)  # first days of months
    return first, (last + timedelta(days=31)).replace(day=1) if last < _LAST_MONTH else None


def _utc(day: date) -> datetime:
    if day.year == 1:
        return BEGINNING
    return datetime(day.year, day.month, day.day, tzinfo=HERE).astimezone(UTC)


def _before(day: date | None) -> datetime:
    return _utc(day) - _TICK if day else END


def _precision(text: str) -> timedelta:
    """Return how long the last given place of the time lasts."""
    clock = text[11:].partition("Z")[0].partition("+")[0].partition("-")[0]
    _, point, fraction = clock.partition(".")
    if point:
        return timedelta(microseconds=10 ** max(6 - len(fraction), 0))
    return timedelta(seconds=1) if clock.count(":") > 1 else timedelta(minutes=1)


def period(value: Mapping[str, Any]) -> Interval:
    """Return the stretch of a Period; an end that is not given is open."""
    start, end = value.get("start"), value.get("end")
    return interval(start)[0] if start else BEGINNING, interval(end)[1] if end else END


def timing(value: Mapping[str, Any]) -> Interval | None:
    """Return the outer bounds of a Timing, or None when it is bound to no calendar."""
    stretches = [interval(e) for e in value.get("event", ()) if e]
    bounds = value.get("repeat", {}).get("boundsPeriod")
    if bounds:
        stretches.append(period(bounds))
    if not stretches:
        return None
    return min(low for low, _ in stretches), max(high for _, high in stretches)
