"""How the staff's pages say times and names. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from akson.base.web.messages import texts
from akson.base.web.render import local, said, short_weekday
from akson.patient.reading import Resource, display, moment, reference

OFFICE_CLOSES: Final = time(16)  # a limit at closing time means "that day"
_PERSONS: Final = frozenset(("Practitioner", "PractitionerRole", "Patient", "RelatedPerson"))
_DEFINITE: Final = ("et", "en", "ene")  # "laboratoriet": a common noun, not a name
_DATE_ONLY: Final = len("2026-11-23")


@dataclass(frozen=True, kw_only=True)
class Due:
    """A time limit in words. now: today or overdue; over: whole days overdue."""

    text: str = ""
    now: bool = False
    over: int = 0
    day: date | None = None


def due(given: str | None, now: datetime, *, weekday: bool = False) -> Due:
    """Return a FHIR time limit as people say it: "i dag 15.00", "26.11", with the day's name when asked."""
    at = moment(given)
    if at is None or given is None:
        return Due()
    clock, today = local(at), local(now).date()
    whole = len(given) <= _DATE_ONLY or clock.time() == OFFICE_CLOSES or (clock.hour, clock.minute) == (23, 59)
    day = clock.date()
    text = said(day if whole else at, now)
    over = max((today - day).days, 0)
    if weekday and abs((day - today).days) > 1:
        text = f"{short_weekday(day)} {text}"
    if weekday and over:
        text = texts().plain("work.overdue", when=text, count=over)
    return Due(text=text, now=day <= today or (not whole and at <= now), over=over, day=day)


def with_clock(at: datetime, now: datetime) -> str:
    """Return "I morgen 10.40" or "fre. 27.11 kl. 13.00": what is to come, with its time of day."""
    near = said(at, now)
    if abs((local(at).date() - local(now).date()).days) <= 1:
        return near[:1].upper() + near[1:]
    return texts().plain("work.day_clock", day=f"{short_weekday(at)} {near}", clock=f"{local(at):%H.%M}")


def year(given: str | None) -> str:
    """Return "2019" of a date, "05.2026" of a month."""
    parts = (given or "").partition("T")[0].split("-")
    return f"{parts[1]}.{parts[0]}" if len(parts) == 2 else parts[0]


def initialed(name: str) -> str:
    """Return "M. Yusuf" of "Mariam Yusuf"."""
    words = name.split()
    return f"{words[0][0]}. {words[-1]}" if len(words) > 1 else name


def party(who: Resource | None) -> str:
    """Return who a Reference points at: people by initial and family name, all others by name.

    Who wrote from outside is often a name without a record here, and most of those are units.
    """
    name = display(who)
    return initialed(name) if reference(who).partition("/")[0] in _PERSONS else name


def inside(who: Resource | None) -> str:
    """Return a party's name inside a sentence: "laboratoriet, Nordre legesenter", but "Vestfjell sykehus"."""
    name = display(who)
    common = reference(who).startswith("Organization/") and name.split(" ")[0].rstrip(",").endswith(_DEFINITE)
    return uncapital(name) if common else name


def uncapital(text: str) -> str:
    """Return the text to stand inside a sentence; abbreviations keep their capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
