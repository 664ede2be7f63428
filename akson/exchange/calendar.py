"""Appointments that come as a calendar file (iCalendar) beside a message from Helsenorge, read and told. Pure.

Source   RFC 5545; only what an appointment says: when, where, what, and whether it still stands
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from akson.exchange.envelope import Envelope
from akson.exchange.nodes import OSLO

CALENDAR: Final = "text/calendar"
_FOLDED: Final = re.compile(r"\r?\n[ \t]")
_NAMED: Final = re.compile(r"([A-Za-z-]+)((?:;[A-Za-z-]+=(?:\"[^\"]*\"|[^;:\"]*))*):(.*)")
_ESCAPED: Final = re.compile(r"\\([nN,;\\])")
_MOMENT: Final = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_MOST: Final = 200  # appointments of one file


@dataclass(frozen=True, kw_only=True)
class Event:
    """One appointment; `cancelled`: it no longer stands."""

    start: datetime
    end: datetime | None = None
    whole_day: bool = False
    summary: str = ""
    place: str = ""
    cancelled: bool = False

    @property
    def words(self) -> str:
        """Return "Time: 24.11.2026 kl. 10.00–10.20, Nordre legesenter: Kontroll"."""
        start, end = self.start.astimezone(OSLO), self.end.astimezone(OSLO) if self.end else None
        at = f"{start:%d.%m.%Y}" if self.whole_day else f"{start:%d.%m.%Y} kl. {start:%H.%M}"
        if end and not self.whole_day:
            at += f"–{end:%H.%M}" if end.date() == start.date() else f"–{end:%d.%m.%Y} kl. {end:%H.%M}"
        where = f", {self.place}" if self.place else ""
        what = f": {self.summary}" if self.summary else ""
        return f"{'Avlyst time' if self.cancelled else 'Time'}: {at}{where}{what}"


def words(envelope: Envelope) -> list[str]:
    """Return the appointments of all calendar files beside a message, one line each."""
    files = (each for each in envelope.attachments if each.mime.partition(";")[0].strip().lower() == CALENDAR)
    return [event.words for file in files for event in read(file.data)]


def read(data: bytes) -> list[Event]:
    """Return the appointments of a calendar file, in its order; what is no appointment is left out."""
    lines = _FOLDED.sub("", data.decode("utf-8-sig", errors="replace")).splitlines()
    events: list[Event] = []
    method, fields, inside = "", dict[str, tuple[str, str]](), False
    for name, parameters, value in _named(lines):
        if (name, value.upper()) == ("BEGIN", "VEVENT"):
            fields, inside = {}, True
        elif (name, value.upper()) == ("END", "VEVENT"):
            inside = False
            if event := _event(fields, method):
                events.append(event)
        elif inside:
            fields.setdefault(name, (parameters, value))
        elif name == "METHOD":
            method = value.upper()
    return events[:_MOST]


def _named(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, parameters and value of each line that has them."""
    for line in lines:
        if found := _NAMED.fullmatch(line):
            yield found[1].upper(), found[2], found[3].strip()


def _event(fields: dict[str, tuple[str, str]], method: str) -> Event | None:
    start = _moment(*fields.get("DTSTART", ("", "")))
    if start is None:
        return None
    status = fields.get("STATUS", ("", ""))[1].upper()
    return Event(
        start=start,
        end=_moment(*fields.get("DTEND", ("", ""))),
        whole_day="T" not in fields["DTSTART"][1],
        summary=_text(fields.get("SUMMARY", ("", ""))[1]),
        place=_text(fields.get("LOCATION", ("", ""))[1]),
        cancelled=status == "CANCELLED" or method == "CANCEL",
    )


def _moment(parameters: str, value: str) -> datetime | None:
    """Return a moment: UTC, in the zone it names, or Norwegian time; None where it is none."""
    found = _MOMENT.fullmatch(value)
    if not found:
        return None
    day, clock, zone = found[1], found[2] or "000000", UTC if found[3] else _zone(parameters)
    try:
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)
    except ValueError:
        return None


def _zone(parameters: str) -> ZoneInfo:
    named = re.search(r";TZID=\"?([^;\"]+)", parameters, re.IGNORECASE)
    try:
        return ZoneInfo(named[1]) if named else OSLO
    except (ZoneInfoNotFoundError, ValueError):  # a name of the sender's own
        return OSLO


def _text(value: str) -> str:
    return " ".join(_ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value).split())
