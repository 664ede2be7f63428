"""Plain Norwegian: times, doses and results as people say them. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from akson.base.languages import language
from akson.base.web.messages import texts
from akson.base.web.render import clock, day_name, local, long_day, number

Resource = Mapping[str, Any]
EVENING: Final = 17  # o'clock
_A_WEEK: Final = timedelta(days=7)
_DOSE: Final = re.compile(r"^(?P<amount>.+?) × (?P<times>[1-4])(?P<rest>.*)$")
_DAILY: Final = re.compile(r"\b([1-4]) × daglig")
_WRAPPED: Final = 70  # letters; a line shorter than this was ended on purpose


def day_of(moment: datetime, now: datetime) -> str:
    """Return "i dag", "i kveld", "i morgen", "onsdag", and after a week "onsdag 9. desember"."""
    day, today = local(moment).date(), local(now).date()
    if day == today:
        return texts().plain("plain.tonight" if local(moment).hour >= EVENING else "plain.today")
    if day == today + timedelta(days=1):
        return texts().plain("plain.tomorrow")
    return day_name(day) if today < day < today + _A_WEEK else long_day(day)


def hours(start: datetime, end: datetime | None) -> str:
    """Return "10.40", or for a visit the time it may come: "18–19", "08.00–08.30"."""
    if end is None:
        return clock(start)
    if local(start).minute or local(end).minute:
        return f"{clock(start)}–{clock(end)}"
    return f"{local(start).hour}–{local(end).hour}"


def until(last: date) -> str:
    """Return "til og med fredag 27. november"."""
    return texts().plain("plain.until", day=long_day(last))


def dose(text: str) -> str:
    """Return "40 mg to ganger om dagen" for "40 mg × 2"; what is not written that way is left as it is."""
    found = _DOSE.match(text)
    if not found:
        return text
    times = texts().plain(f"plain.times_{found['times']}")
    rest = found["rest"].strip(" ,")
    return f"{found['amount']} {times}" + (f", {rest}" if rest else "")


def often(text: str) -> str:
    """Return "to ganger om dagen" for "2 × daglig"; other amounts are left as they are."""
    return _DAILY.sub(lambda found: texts().plain(f"plain.times_{found[1]}"), text)


def phone(value: str) -> str:
    """Return "00 00 90 01" for "+4700009001"."""
    bare = value.removeprefix("+47").replace(" ", "")
    return "\N{NO-BREAK SPACE}".join(bare[at : at + 2] for at in range(0, len(bare), 2)) if bare.isdigit() else value


def flowing(text: str) -> str:
    """Return a text without the line breaks that only keep lines short; those that end something stay."""
    lines: list[str] = []
    for line in text.splitlines():
        goes_on = lines and len(lines[-1]) > _WRAPPED and line and lines[-1][-1] not in ".:!?"
        lines[-1:] = [f"{lines[-1]} {line}"] if goes_on else [*lines[-1:], line]
    return "\n".join(lines)


def and_(things: Iterable[str]) -> str:
    """Return "a", "a og b", "a, b og c"."""
    *first, last = [*things] or [""]
    return f"{', '.join(first)} {texts().plain('plain.and')} {last}" if first else last


def sentence(*parts: str) -> str:
    """Return the parts that say something as sentences: "I dag. 40 mg."."""
    said = (part.strip().rstrip(".") for part in parts)
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in said if part)


@dataclass(frozen=True)
class Explained:
    """What a result is called and what it tells, for people."""

    name: str
    about: str = ""


def explained(code: str) -> Explained | None:
    """Return our words for a LOINC or SNOMED CT code, or None."""
    return _explained(language()).get(code)


def in_order(codes: Iterable[str]) -> list[str]:
    """Return codes in the order of results-nb.toml, then those it does not know."""
    places = {code: place for place, code in enumerate(_explained(language()))}
    return sorted(codes, key=lambda code: places.get(code, len(places)))


def usual(observation: Resource) -> str:
    """Return whether a result is as usual: "Lavere enn vanlig, som er over 60"; "" when nobody has said."""
    marks = {c.get("code") for i in observation.get("interpretation", ()) for c in i.get("coding", ())}
    ranges: Resource = (observation.get("referenceRange") or [{}])[0]
    low, high = (number(ranges[side]["value"]) if side in ranges else "" for side in ("low", "high"))
    known = "both" if low and high else "low" if low else "high" if high else ""
    side = "lower" if marks & {"L", "LL"} else "higher" if marks & {"H", "HH"} else "usual" if "N" in marks else ""
    if not side:
        return ""
    said = texts().plain(f"plain.{side}")
    return said if side == "usual" or not known else said + texts().plain(f"plain.range_{known}", low=low, high=high)


@cache
def _explained(language: str) -> Mapping[str, Explained]:
    raw = tomllib.loads((Path(__file__).parent / f"results-{language}.toml").read_text("utf-8"))
    return {code: Explained(*words) for code, words in raw.items()}
