"""Appointments that come as a calendar file (iCalendar) beside a message from Helsenorge, read and told. Pure.

Source   RFC 5545 and 5546; only what an appointment says: which, when, where, what, and whether it still stands
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Final

from akson.exchange import calendarzones
from akson.exchange.envelope import Envelope
from akson.exchange.nodes import OSLO

CALENDAR: Final = "text/calendar"
_FOLDED: Final = re.compile(r"\r?\n[ \t]")
_NAMED: Final = re.compile(r"([A-Za-z-]+)((?:;[A-Za-z-]+=(?:\"[^\"]*\"|[^;:\"]*))*):(.*)")
_ESCAPED: Final = re.compile(r"\\([nN,;\\])")
_MOMENT: Final = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)
_LENGTH: Final = re.compile(
    r"\+?P(?:(\d{1,3})W|(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?)", re.ASCII
)
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_YEARS: Final = range(1900, 2200)  # others no zone can be held to
_MOST: Final = 200  # appointments of one message
MORE: Final = f"Kalenderfilene har flere timer enn {_MOST}. De øvrige timene står bare i filene."
_LONGEST: Final = 255  # signs of a UID
_SENT: Final = {"": "booked", "REQUEST": "booked", "PUBLISH": "booked", "COUNTER": "proposed", "CANCEL": "cancelled"}
_STANDS: Final = {"": "", "CONFIRMED": "", "TENTATIVE": "pending", "CANCELLED": "cancelled"}
_SERIES: Final = frozenset({"RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})
Fields = Mapping[str, tuple[str, str]]  # name -> its parameters, its value


@dataclass(frozen=True, kw_only=True)
class Event:
    """One appointment.

    start     None only where it is cancelled, which takes no time
    uid       what its sender knows it by; "" where it does not say
    status    of an Appointment (FHIR); "" where the file says something that does not settle it
    sequence  which version it is, and `stamp` when it was written; None where the file does not say
    series    it is repeated, or one of those that are
    sure      its times are what is written, to the minute
    """

    start: datetime | None
    end: datetime | None = None
    whole_day: bool = False
    summary: str = ""
    place: str = ""
    remark: str = ""
    uid: str = ""
    status: str = "booked"
    sequence: int = 0
    stamp: datetime | None = None
    series: bool = False
    sure: bool = True

    @property
    def cancelled(self) -> bool:
        """Say whether it no longer stands."""
        return self.status == "cancelled"

    @property
    def kept(self) -> bool:
        """Say whether it can stand in a record: one time that is known to the minute, and that it can be known by."""
        timed = self.start is not None and self.end is not None and self.end >= self.start and not self.whole_day
        return bool(self.uid and self.status) and not self.series and (self.cancelled or (timed and self.sure))

    @property
    def words(self) -> str:
        """Return "Time: 24.11.2026 kl. 10.00–10.20, Nordre legesenter: Kontroll"."""
        where = f", {self.place}" if self.place else ""
        what = f": {self.summary}" if self.summary else ""
        again = " (gjentas)" if self.series else ""
        at = f": {self._at}" if self._at else ""
        return f"{'Avlyst time' if self.cancelled else 'Time'}{at}{again}{where}{what}"

    @property
    def _at(self) -> str:
        if self.start is None:
            return ""
        start, end = self.start.astimezone(OSLO), self.end.astimezone(OSLO) if self.end else None
        at = f"{start:%d.%m.%Y}" if self.whole_day else f"{start:%d.%m.%Y} kl. {start:%H.%M}"
        if end and not self.whole_day and end != start:
            at += f"–{end:%H.%M}" if end.date() == start.date() else f"–{end:%d.%m.%Y} kl. {end:%H.%M}"
        return at


def words(envelope: Envelope) -> list[str]:
    """Return the appointments of all calendar files beside a message, one line each, and that there are more."""
    found, more = events(envelope)
    return [*(event.words for event in found), *([MORE] if more else ())]


def events(envelope: Envelope) -> tuple[list[Event], bool]:
    """Return the appointments of all calendar files beside a message, and whether the files have more than are read."""
    files = (each for each in envelope.attachments if each.mime.partition(";")[0].strip().lower() == CALENDAR)
    found = list(islice((event for file in files for event in read(file.data)), _MOST + 1))
    return found[:_MOST], len(found) > _MOST


def read(data: bytes) -> Iterator[Event]:
    """Return the appointments of a calendar file one by one, in its order; what is no appointment is left out."""
    lines = list(_named(_FOLDED.sub("", data.decode("utf-8-sig", errors="replace")).splitlines()))
    zones = calendarzones.read(lines)
    found = (_event(fields, method, zones) for method, fields in _appointments(lines))
    return (event for event in found if event)


def _named(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, parameters and value of each line that has them."""
    for line in lines:
        if found := _NAMED.fullmatch(line):
            yield found[1].upper(), found[2], found[3].strip()


def _appointments(lines: list[tuple[str, str, str]]) -> Iterator[tuple[str, Fields]]:
    """Yield method and fields of each VEVENT, without those of what stands inside it: an alarm has its own times."""
    method, fields, inside = "", dict[str, tuple[str, str]](), list[str]()
    for name, parameters, value in lines:
        mark = value.upper()
        if name == "BEGIN":
            inside.append(mark)
            fields, method = ({} if mark == "VEVENT" else fields), ("" if mark == "VCALENDAR" else method)
        elif name == "END":
            if inside and inside.pop() == mark == "VEVENT":
                yield method, fields
        elif inside and inside[-1] == "VEVENT":
            fields.setdefault(name, (parameters, value))
        elif name == "METHOD":
            method = mark


def _status(method: str, written: str) -> str:
    """Return the status of an Appointment, or "" where the file says something that does not settle it."""
    sent, stands = _SENT.get(method, ""), _STANDS.get(written)
    if "cancelled" in (sent, stands):
        return "cancelled"
    if not sent or stands is None:
        return ""
    return stands if stands and sent == "booked" else sent


def _event(fields: Fields, method: str, zones: Mapping[str, tzinfo | None]) -> Event | None:
    given = {name: value for name, (_, value) in fields.items()}
    status = _status(method, given.get("STATUS", "").upper())
    start = _moment(fields, "DTSTART", zones)
    uid = given.get("UID", "")
    if start is None and not (status == "cancelled" and uid):
        return None
    sequence = given.get("SEQUENCE", "0")
    return Event(
        start=start,
        end=_end(fields, start, zones),
        whole_day="DTSTART" in given and "T" not in given["DTSTART"],
        summary=_text(given.get("SUMMARY", "")),
        place=_text(given.get("LOCATION", "")),
        remark=_text(given.get("COMMENT", "")),
        uid=uid if len(uid) <= _LONGEST and uid.isprintable() and _NUMBER.fullmatch(sequence) else "",
        status=status,
        sequence=int(sequence) if _NUMBER.fullmatch(sequence) else 0,
        stamp=_moment(fields, "DTSTAMP", zones),
        series=not _SERIES.isdisjoint(given),
        sure=all(_zone(fields[name][0], zones) is not None for name in ("DTSTART", "DTEND") if name in fields),
    )


def _end(fields: Fields, start: datetime | None, zones: Mapping[str, tzinfo | None]) -> datetime | None:
    """Return when an appointment is over: what says neither that nor how long it lasts is over when it begins."""
    if "DTEND" in fields or start is None:
        return _moment(fields, "DTEND", zones)
    if "DURATION" not in fields:
        return start
    found = _LENGTH.fullmatch(fields["DURATION"][1].upper())
    if not found or not any(found.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    lasts = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return (start.astimezone(UTC) + lasts).astimezone(start.tzinfo)


def _moment(fields: Fields, name: str, zones: Mapping[str, tzinfo | None]) -> datetime | None:
    """Return a moment: UTC, in the zone it names, or Norwegian time; None where it is none."""
    parameters, value = fields.get(name, ("", ""))
    found = _MOMENT.fullmatch(value)
    if not found or int(found[1][:4]) not in _YEARS:
        return None
    day, clock, zone = found[1], found[2] or "000000", UTC if found[3] else _zone(parameters, zones) or OSLO
    try:
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)
    except ValueError:
        return None


def _zone(parameters: str, zones: Mapping[str, tzinfo | None]) -> tzinfo | None:
    """Return the zone a time is written in; None where it is one nobody can tell."""
    named = re.search(r";TZID=\"?([^;\"]+)", parameters, re.IGNORECASE)
    return calendarzones.named(named[1].strip(), zones) if named else OSLO


def _text(value: str) -> str:
    said = _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value)
    return " ".join("".join(one if one.isprintable() else " " for one in said).split())
