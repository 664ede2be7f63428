"""Appointments in calendar files are told as people say them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from akson.exchange import calendar, registry
from akson.exchange.envelope import Attachment
from akson.exchange.opening import opened
from tests.exchange.letters import written


def file(*lines: str, method: str = "REQUEST") -> bytes:
    """Return a calendar with one appointment."""
    inside = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        *lines,
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join(inside).encode()


@pytest.mark.parametrize(("lines", "said"), [
    (("DTSTART:20261124T090000Z", "DTEND:20261124T092000Z", "LOCATION:Nordre legesenter", "SUMMARY:Kontroll"),
     "Time: 24.11.2026 kl. 10.00–10.20, Nordre legesenter: Kontroll"),
    (("DTSTART;TZID=Europe/Oslo:20260624T100000",), "Time: 24.06.2026 kl. 10.00"),
    (('DTSTART;TZID="Min egen sone":20260624T100000',), "Time: 24.06.2026 kl. 10.00"),
    (("DTSTART;TZID=America/New_York:20260624T100000",), "Time: 24.06.2026 kl. 16.00"),
    (("DTSTART:20260624T100000",), "Time: 24.06.2026 kl. 10.00"),
    (("DTSTART;VALUE=DATE:20260624", "DTEND;VALUE=DATE:20260625"), "Time: 24.06.2026"),
    (("DTSTART:20261124T220000", "DTEND:20261125T060000"), "Time: 24.11.2026 kl. 22.00–25.11.2026 kl. 06.00"),
    (("DTSTART:20261124T090000Z", "STATUS:CANCELLED"), "Avlyst time: 24.11.2026 kl. 10.00"),
    (("DTSTART:20261124T090000Z", "SUMMARY:Kontroll\\, blodprøve\\nFas", " tende"),
     "Time: 24.11.2026 kl. 10.00: Kontroll, blodprøve Fastende"),
])  # fmt: skip
def test_an_appointment_is_said_in_words(lines: tuple[str, ...], said: str) -> None:
    assert [event.words for event in calendar.read(file(*lines))] == [said]


@pytest.mark.parametrize("lines", [(), ("DTSTART:i morgen",), ("DTSTART:20261350T250000",), ("noe annet",)])
def test_what_is_no_appointment_is_left_out(lines: tuple[str, ...]) -> None:
    assert calendar.read(file(*lines)) == []


def test_a_cancelled_calendar_and_rubbish_are_understood() -> None:
    (event,) = calendar.read(b"\xef\xbb\xbf" + file("DTSTART:20261124T090000Z", method="CANCEL"))
    assert event.cancelled
    assert calendar.read(b"\x00\xff" * 50) == calendar.read(b"") == []


def test_the_appointment_stands_in_the_message_people_read() -> None:
    envelope = opened(written()).envelope
    assert envelope is not None
    calendar_file = Attachment(title="Time", mime="text/calendar; charset=utf-8", data=file("DTSTART:20261124T090000Z"))
    told = registry.in_words(replace(envelope, attachments=(calendar_file,)))
    assert told is not None and told.paragraphs[-1] == "Time: 24.11.2026 kl. 10.00"
