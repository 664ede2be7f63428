"""Values as clients write them: prefixes, precision, escapes. Source: hl7.org/fhir/R4/search.html#prefix"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from akson.base.errors import Refused
from akson.fhir.dates import BEGINNING, END, interval
from akson.record.search.asked import Interval

PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_LONGEST_NUMBER: Final = 40
_MOST_PLACES: Final = 300
_DAY: Final = len("2026-01-31")
_DATE: Final = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+ -]\d\d:\d\d)?)?)?)?", re.ASCII
)  # a blank is what becomes of an unescaped + in an address


def split(value: str, mark: str = ",") -> list[str]:
    r"""Return the parts of `value` between unescaped marks, with `\,` `\|` `\$` `\\` left for the last reader."""
    parts, part, escaped = [], "", False
    for sign in value:
        if sign == mark and not escaped:
            parts.append(part)
            part = ""
        else:
            part += sign
        escaped = sign == "\\" and not escaped
    return [*parts, part]


def escape(value: str) -> str:
    r"""Return `value` so that its `,` `|` `$` and backslashes stand for themselves in a search."""
    return re.sub(r"([,|$\\])", r"\\\1", value)


def unescape(value: str) -> str:
    """Return `value` with FHIR's escapes taken away."""
    return re.sub(r"\\([,|$\\])", r"\1", value)


def moment(name: str, value: str, now: datetime) -> Interval:
    """Return prefix and bounds of a date value such as ge2020-01."""
    prefix, rest = _prefixed(value)
    if not _DATE.fullmatch(rest):
        raise Refused("AK-S002", name=name)
    try:
        low, high = interval(rest.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise Refused("AK-S002", name=name) from None
    if prefix == "ap":
        slack = _tenth(low, high, now)
        low = low - slack if low - BEGINNING > slack else BEGINNING
        high = high + slack if END - high > slack else END
    return prefix, low, high


def _tenth(low: datetime, high: datetime, now: datetime) -> timedelta:
    """Return a tenth of the time between now and a stretch of time, which is nothing when it is now."""
    return max(low - now, now - high, timedelta(0)) / 10


def number(name: str, value: str) -> tuple[str, Decimal, Decimal]:
    """Return prefix and bounds of a number: equality covers the precision that was written, order is exact."""
    prefix, rest = _prefixed(value)
    try:
        exact = Decimal(rest)
    except InvalidOperation:
        raise Refused("AK-S002", name=name) from None
    places = exact.as_tuple().exponent
    if not isinstance(places, int) or abs(places) > _MOST_PLACES or len(rest) > _LONGEST_NUMBER or "_" in rest:
        raise Refused("AK-S002", name=name)
    if prefix in ("eq", "ne"):
        half = Decimal(5).scaleb(places - 1)
        return prefix, exact - half, exact + half
    if prefix == "ap":
        return prefix, exact - abs(exact) / 10, exact + abs(exact) / 10
    return prefix, exact, exact


def _prefixed(value: str) -> tuple[str, str]:
    return (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)


def narrow(kind: str, value: str) -> bool:
    """Tell whether one number or one day (or less) is asked for: whatever else there is, few have just that."""
    prefix, rest = _prefixed(value)
    return prefix == "eq" and (kind in ("number", "quantity") or (kind == "date" and len(rest) >= _DAY))


def own_places(question: tuple[tuple[str, str], ...], base: str) -> tuple[tuple[str, str], ...]:
    """Return the question with Type/id beside every address of this server: a reference may be asked for by either.

    Source: hl7.org/fhir/R4/search.html#reference. The address stays: a canonical may be one of ours, too.
    """
    if not base or not any(base in value for _, value in question):
        return question
    own = re.compile(rf"(?<![^,$]){re.escape(base)}/([A-Z][A-Za-z]+/[A-Za-z0-9.-]{{1,64}})(?![^,$])")
    return tuple((name, ",".join(_with_places(own, one) for one in value.split(","))) for name, value in question)


def _with_places(own: re.Pattern[str], value: str) -> str:
    """Return one alternative, with a second where an address of ours, of a composite's part too, is Type/id."""
    here = own.sub(r"\1", value)
    return value if here == value else f"{value},{here}"
