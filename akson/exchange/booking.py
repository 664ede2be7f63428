"""The appointments of a calendar file in the record: one Appointment for each that its sender can be held to.

An appointment is known by its UID and by who sent it by the address register, whatever name the message says: another
organisation changes nothing of it. SEQUENCE, then DTSTAMP, say which version is newer; an older one that comes late
changes nothing. Nobody of ours takes part in it: an appointment lets in those who meet the person, and a file from
outside lets in nobody. The sender is named by number and never by reference, also where it is one of ours.

Source: RFC 5545 3.8.7.4, RFC 5546 2.1.5; domain rule R1
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from akson.base.work import Work
from akson.exchange import calendar, filing
from akson.exchange.calendar import Event
from akson.exchange.filing import filled
from akson.exchange.registry import Letter
from akson.exchange.safexml import Fault
from akson.fhir.dates import interval
from akson.record import journal
from akson.record.drafts import Draft
from akson.record.search.searching import search
from akson.record.search.values import escape
from akson.record.stored import Stored

Resource = dict[str, Any]
APPOINTMENT_ID: Final = "https://akson.no/fhir/appointment-id"  # UID, with the number of the sender behind it
SEQUENCE: Final = "https://akson.no/fhir/appointment-sequence"  # extension: which version of the sender's it is
STAMP: Final = "https://akson.no/fhir/appointment-stamp"  # extension: when the sender wrote that version
_MOST: Final = 200  # appointments of one search
_OVER: Final = frozenset({"arrived", "checked-in", "fulfilled", "noshow", "entered-in-error"})
_PATIENT: Final = {"booked": "accepted", "cancelled": "declined"}
_LATE: Final = "Denne utgaven av timen er eldre enn den som står i journalen, og endrer den ikke."
_HAPPENED: Final = "Timen er ført som ferdig i journalen. Denne meldingen endrer den ikke."
_NOT_ALL: Final = Fault("X99", f"Meldingen er tatt imot, men ikke alle timene er ført i journalen. {calendar.MORE}")
_COUNTERED: Final = "Dette er et forslag til en ny tid. Timen i journalen står som før."


@dataclass(frozen=True, kw_only=True)
class Booked:
    """What the calendar files of a message became.

    about   references of Appointments
    said    what people are told
    fault   what the sender is told, where the files have more than one message is filed with
    """

    about: tuple[str, ...]
    said: tuple[str, ...]
    fault: Fault | None = None


async def book(work: Work, letter: Letter) -> Booked:
    """Let each appointment that came with a message stand in the record; a test message makes none.

    Leaves   an Appointment for each, as new or as its next version. What cannot stand in a record is told in words
    """
    (events, more), stands = calendar.events(letter.envelope), dict[int, tuple[Stored, str]]()
    real = letter.patient is not None and not letter.envelope.test
    for turn in _turns({number: event for number, event in enumerate(events) if real and event.kept}):
        stands |= await _put(work, letter, turn)
    about = [stands[number][0].reference for number in sorted(stands)]
    said = [(event.words, stands[number][1] if number in stands else "") for number, event in enumerate(events)]
    told = [*(text for pair in said for text in pair if text), *([calendar.MORE] if more else ())]
    return Booked(about=tuple(dict.fromkeys(about)), said=tuple(told), fault=_NOT_ALL if more else None)


def _turns(events: Mapping[int, Event]) -> Iterator[dict[int, Event]]:
    """Yield what can be written together: of what a message says of one UID, each before the next."""
    left = dict(events)
    while left:
        first = {event.uid: number for number, event in reversed(left.items())}
        turn = {number: left[number] for number in sorted(first.values())[:_MOST]}
        yield turn
        left = {number: event for number, event in left.items() if number not in turn}


async def _put(work: Work, letter: Letter, events: Mapping[int, Event]) -> dict[int, tuple[Stored, str]]:
    """Return each Appointment as it stands now, and why it was not changed, or ""; one search and one set."""
    standing = await _standing(work, letter, events.values())
    stands, drafts = dict[int, tuple[Stored, str]](), dict[int, Draft]()
    for number, event in events.items():
        before = standing.get(event.uid)
        if before is None:
            drafts[number] = journal.draft("POST", changed({}, event, letter))
        elif (why := unmoved(before.resource, event, letter.envelope.sent)) or (
            _version(before.resource) == _told(event, letter.envelope.sent)  # the same once more
        ):
            stands[number] = before, why
        else:
            after = changed(dict(before.resource), event, letter)
            drafts[number] = journal.draft("PUT", after, id_=before.id, if_match=before.version)
    made = await journal.write_set(work, list(drafts.values())) if drafts else []
    return stands | {number: (one, "") for number, one in zip(drafts, made, strict=True)}


def unmoved(standing: Mapping[str, Any], event: Event, sent: datetime) -> str:
    """Return why an appointment is not changed by one that came: in words; "" where nothing stands against it."""
    if _told(event, sent) < _version(standing):
        return _LATE
    if standing["status"] in _OVER:
        return _HAPPENED
    return _COUNTERED if event.status == "proposed" and standing["status"] != "proposed" else ""


def changed(before: Resource, event: Event, letter: Letter) -> Resource:
    """Return the Appointment after an event; one that is cancelled keeps the time it had, unless it says another."""
    kept = {name: value for name, value in before.items() if name not in ("cancelationReason", "description")}
    sequence, stamp, _ = _told(event, letter.envelope.sent)
    others = [one for one in before.get("extension", ()) if one.get("url") not in (SEQUENCE, STAMP)]
    timed = event.start is not None and event.end is not None and event.sure and not event.whole_day
    times = _times(event) if timed else {}
    return filled({
        **kept,
        "resourceType": "Appointment",
        "meta": _labelled(before, letter),
        "extension": [*others, {"url": SEQUENCE, "valueInteger": sequence},
                      {"url": STAMP, "valueInstant": stamp.isoformat()}],
        "identifier": before.get("identifier") or [_numbers(letter, event)[-1]],
        "status": event.status,
        "cancelationReason": {"text": event.remark or "Avlyst av avsenderen"} if event.cancelled else None,
        "description": event.summary or (before.get("description") if event.cancelled else None),
        "created": before.get("created") or stamp.isoformat(),
        "participant": _participants(before, event, letter),
        **times,
    })  # fmt: skip


def _times(event: Event) -> Resource:
    if event.start is None or event.end is None or event.end < event.start:
        return {}
    return {"start": _instant(event.start), "end": _instant(event.end)}


def _participants(before: Mapping[str, Any], event: Event, letter: Letter) -> list[Resource]:
    """Return who takes part: the person, who sent it, and where. Nobody else, whoever stood there before."""
    sender = letter.sender
    places = [one["actor"] for one in before.get("participant", ()) if one.get("actor", {}).get("type") == "Location"]
    if event.place:
        places = [{"type": "Location", "display": event.place}]
    name = ", ".join(dict.fromkeys(filter(None, (sender.name, sender.parent_name))))
    organisation = {"identifier": sender.numbers[0], "display": name}  # FHIR has no organisation take part by type
    answer = _PATIENT.get(event.status, "needs-action")
    theirs = "declined" if event.cancelled else "accepted"
    return [
        {"actor": filing.subject(letter), "required": "required", "status": answer},
        {"actor": organisation, "required": "required", "status": theirs},
        *({"actor": each, "status": "accepted"} for each in places),
    ]


def _labelled(before: Mapping[str, Any], letter: Letter) -> Resource:
    """Return the security labels: those that stand, and those of the message."""
    labels = [*(before.get("meta") or {}).get("security", ()), *(dict(one) for one in letter.marks)]
    return {"security": [one for number, one in enumerate(labels) if one not in labels[:number]]} if labels else {}


async def _standing(work: Work, letter: Letter, events: Iterable[Event]) -> dict[str, Stored]:
    """Return the appointments of these UIDs by this sender in this patient's record, by UID; one search."""
    about = filing.subject(letter)
    if about is None:
        return {}
    own = {(each["system"], each["value"]) for event in events for each in _numbers(letter, event)}
    named = ",".join(f"{system}|{escape(value)}" for system, value in sorted(own))
    asked = [("patient", about["reference"]), ("identifier", named), ("_count", str(len(own)))]
    found = dict[str, Stored]()
    for hit in (await search(work, "Appointment", asked)).hits:
        for one in hit.resource.get("identifier", ()):
            if (one.get("system"), one.get("value")) in own:
                found.setdefault(one["value"], hit)
    return found


def _numbers(letter: Letter, event: Event) -> list[dict[str, str]]:
    """Return the UID as each of the sender's numbers makes it the sender's own; the HER-id is last."""
    return [{"system": f"{APPOINTMENT_ID}/{each['value']}", "value": event.uid} for each in letter.sender.numbers]


def _told(event: Event, sent: datetime) -> tuple[int, datetime, bool]:
    """Return which version an event is; of two alike the one that cancels is the newer."""
    return event.sequence, event.stamp or sent.replace(microsecond=0), event.cancelled


def _version(standing: Mapping[str, Any]) -> tuple[int, datetime, bool]:
    """Return which version stands."""
    told = {one["url"]: one for one in standing.get("extension", ())}
    stamp = told.get(STAMP, {}).get("valueInstant") or standing.get("created")
    at = interval(stamp)[0] if stamp else datetime.min.replace(tzinfo=UTC)
    return told.get(SEQUENCE, {}).get("valueInteger", 0), at, standing["status"] == "cancelled"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
