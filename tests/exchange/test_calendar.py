"""Appointments in calendar files are told as people say them, and stand in the record; they let nobody in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Actor, Purpose, Work
from akson.exchange import addresses, booking, calendar, delivery, hodemelding, inbox, registry
from akson.exchange.addresses import Address
from akson.exchange.envelope import Attachment, Code
from akson.exchange.messages.apprec import Status
from akson.exchange.opening import opened
from akson.exchange.registry import Letter
from akson.fhir.dates import interval
from akson.record import journal
from akson.record.office import Office
from akson.record.session import session
from tests.exchange.letters import HEART, written
from tests.exchange.places import Places, make
from tests.offices import JOB, staff, unit
from tests.workplace.browsing import browsing

WHEN = ("DTSTART:20261124T090000Z", "DTEND:20261124T092000Z")
STAMP = "DTSTAMP:20261120T080000Z"


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
    (("DTSTART:20261124T090000Z", "DTEND:99991231T235959Z", "RRULE:FREQ=WEEKLY"), "Time: 24.11.2026 kl. 10.00 (gjentas)"),
    (("DTSTART:20261124T090000Z", "DURATION:PT1H5M", "BEGIN:VALARM", "SUMMARY:Husk", "DTEND:20261124T200000Z", "END:VALARM"),
     "Time: 24.11.2026 kl. 10.00–11.05"),
    (("DTSTART:20261124T090000Z", "SUMMARY:Kontroll\\, blodprøve\\nFas", " tende"),
     "Time: 24.11.2026 kl. 10.00: Kontroll, blodprøve Fastende"),
])  # fmt: skip
def test_an_appointment_is_said_in_words(lines: tuple[str, ...], said: str) -> None:
    assert [event.words for event in calendar.read(file(*lines))] == [said]


@pytest.mark.parametrize(
    "lines", [(), ("DTSTART:i morgen",), ("DTSTART:20261350T250000",), ("DTSTART:00010101T000000Z",), ("noe annet",)]
)
def test_what_is_no_appointment_is_left_out(lines: tuple[str, ...]) -> None:
    assert list(calendar.read(file(*lines))) == []


def test_a_cancelled_calendar_and_rubbish_are_understood() -> None:
    (event,) = calendar.read(b"\xef\xbb\xbf" + file("DTSTART:20261124T090000Z", method="CANCEL"))
    assert event.cancelled
    assert [*calendar.read(b"\x00\xff" * 50), *calendar.read(b"")] == []


def test_a_message_has_no_more_appointments_than_it_can_be_filed_with_in_time() -> None:
    """Each costs statements in the transaction of the message: files without end would outlast its lease."""
    one = Attachment(data=file(*WHEN), mime=calendar.CALENDAR, title="time.ics")
    found = opened(written()).envelope
    assert found
    for files, read, more in ((300, 200, True), (201, 200, True), (200, 200, False), (1, 1, False)):
        events, beyond = calendar.events(replace(found, attachments=(one,) * files))
        assert (len(events), beyond) == (read, more), files


def test_the_appointment_stands_in_the_message_people_read() -> None:
    envelope = opened(written()).envelope
    assert envelope is not None
    calendar_file = Attachment(title="Time", mime="text/calendar; charset=utf-8", data=file("DTSTART:20261124T090000Z"))
    told = registry.in_words(replace(envelope, attachments=(calendar_file,)))
    assert told is not None and told.paragraphs[-1] == "Time: 24.11.2026 kl. 10.00"


@pytest.mark.parametrize(("described", "start"), [
    ((), "2026-06-24T08:00:00+00:00"),  # a name of the sender's own, and nothing of what it is
    (("X-LIC-LOCATION:America/New_York",), "2026-06-24T14:00:00+00:00"),
    (("BEGIN:STANDARD", "TZOFFSETTO:+0100", "DTSTART:16010101T030000", "END:STANDARD",
      "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETTO:+0200", "END:DAYLIGHT"), "2026-06-24T08:00:00+00:00"),
    (("BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETTO:-0330", "END:STANDARD"), "2026-06-24T13:30:00+00:00"),
    (("BEGIN:STANDARD", "DTSTART:19500101T000000", "TZOFFSETTO:+0500", "END:STANDARD",
      "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETTO:+0400", "END:STANDARD"), "2026-06-24T06:00:00+00:00"),
    (("BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETTO:-0500", "END:STANDARD",
      "BEGIN:DAYLIGHT", "DTSTART:19700401T000000", "TZOFFSETTO:-0400", "END:DAYLIGHT"), None),  # changes, we cannot tell when
    (("BEGIN:STANDARD", "TZOFFSETTO:øst", "END:STANDARD"), None),
])  # fmt: skip
def test_a_time_is_in_the_zone_its_file_describes_or_is_not_kept(described: tuple[str, ...], start: str | None) -> None:
    zone = ("BEGIN:VTIMEZONE", "TZID:Egen sone", *described, "END:VTIMEZONE") if described else ()
    body = file("UID:1", "DTSTART;TZID=Egen sone:20260624T100000").decode()
    (event,) = calendar.read(body.replace("BEGIN:VEVENT", "\r\n".join((*zone, "BEGIN:VEVENT"))).encode())
    assert event.start is not None
    assert event.kept == (start is not None) and (not start or event.start == interval(start)[0])


def letter(data: bytes, *, msg_id: str = "c-1", sender: Any = HEART, test: bool = False) -> bytes:
    """Return a message of Helsenorge's with a calendar file beside."""
    envelope = opened(written(msg_id=msg_id, sender=sender)).envelope
    assert envelope is not None
    beside = Attachment(title="Time", mime="text/calendar", data=data)
    kind = Code(value="DIALOG_INNBYGGER_TIMER", name="Dialog med innbygger - timer")
    return hodemelding.build(replace(envelope, type=kind, attachments=(beside,), test=test))


async def comes(places: Places, *bodies: bytes) -> None:
    for body in bodies:
        await inbox.keep(places.office.database, body, now=places.office.clock())
        await delivery.receive_due(places.office)
    assert {row["fault_code"] for row in await places.rows("SELECT fault_code FROM message_in")} == {""}


def at(one: dict[str, Any]) -> tuple[str, str]:
    """Return status of an Appointment, and its hour in UTC."""
    return one["status"], f"{interval(one['start'])[0]:%H:%M}" if "start" in one else ""


@pytest.mark.parametrize(("method", "lines", "stands"), [
    ("REQUEST", (*WHEN,), ("booked", "09:00")),
    ("PUBLISH", (*WHEN, "STATUS:CONFIRMED"), ("booked", "09:00")),
    ("REQUEST", (*WHEN, "STATUS:TENTATIVE"), ("pending", "09:00")),
    ("COUNTER", (*WHEN,), ("proposed", "09:00")),
    ("CANCEL", (*WHEN,), ("cancelled", "09:00")),
    ("CANCEL", (), ("cancelled", "")),
    ("REQUEST", ("DTSTART:20261124T090000Z",), ("booked", "09:00")),
    ("REPLY", (*WHEN, "STATUS:TENTATIVE"), None),
    ("REQUEST", (*WHEN, "STATUS:KANSKJE"), None),
    ("REQUEST", (*WHEN, "RRULE:FREQ=DAILY"), None),
    ("REQUEST", ("DTSTART:20261124T090000Z", "DTEND:20261124T080000Z"), None),
    ("REQUEST", ("DTSTART:20261124T090000Z", "DTEND:siden"), None),
    ("REQUEST", ("DTSTART;VALUE=DATE:20261124",), None),
    ("REQUEST", (*WHEN, "SEQUENCE:ny"), None),
    ("REQUEST", ("DTSTART:i morgen",), None),
])  # fmt: skip
async def test_an_appointment_stands_as_it_was_sent_and_what_cannot_is_told(
    office: Office, method: str, lines: tuple[str, ...], stands: tuple[str, str] | None
) -> None:
    places = await make(office)
    await comes(places, letter(file("UID:1", STAMP, *lines, "SUMMARY:Kon\x00troll", "LOCATION:Rom 4", method=method)))
    (message,), found = await places.found("Communication"), await places.found("Appointment")
    assert [at(one) for one in found] == ([stands] if stands else [])
    assert [one["reference"] for one in message.get("about", ())] == [f"Appointment/{one['id']}" for one in found]
    assert "contentAttachment" in message["payload"][-1]
    told = [each["contentString"] for each in message["payload"] if "contentString" in each]
    assert told[-1].endswith("Rom 4: Kon troll") != (lines == ("DTSTART:i morgen",))


async def test_no_uid_and_a_test_leave_no_appointment(office: Office) -> None:
    places = await make(office)
    await comes(places, letter(file(*WHEN)), letter(file("UID:1", *WHEN), msg_id="c-2", test=True))
    assert await places.found("Appointment") == [] and len(await places.found("Communication")) == 2


MOVED = file("UID:1", "SEQUENCE:1", STAMP, "DTSTART:20261124T110000Z")
FIRST = file("UID:1", STAMP, *WHEN)
CANCELLED = file("UID:1", "SEQUENCE:1", "DTSTAMP:20261121T080000Z", "COMMENT:Legen er syk", method="CANCEL")
AGAIN = file("UID:1", "SEQUENCE:2", STAMP, "DTSTART:20261124T130000Z")


@pytest.mark.parametrize(("files", "stands", "versions"), [
    ((FIRST, FIRST), ("booked", "09:00"), 1),
    ((FIRST, MOVED), ("booked", "11:00"), 2),
    ((MOVED, FIRST), ("booked", "11:00"), 1),
    ((MOVED, CANCELLED), ("cancelled", "11:00"), 2),  # by DTSTAMP
    ((FIRST, CANCELLED, MOVED), ("cancelled", "09:00"), 2),
    ((CANCELLED, FIRST), ("cancelled", ""), 1),
    ((FIRST, CANCELLED, AGAIN), ("booked", "13:00"), 3),
    ((FIRST, file("UID:1", STAMP, method="CANCEL")), ("cancelled", "09:00"), 2),  # neither number nor time raised
    ((FIRST, file("UID:1", "SEQUENCE:5", *WHEN, method="COUNTER")), ("booked", "09:00"), 1),
])  # fmt: skip
async def test_the_newest_version_stands_in_whatever_order_they_come(
    office: Office, files: Sequence[bytes], stands: tuple[str, str], versions: int
) -> None:
    places = await make(office)
    await comes(places, *(letter(each, msg_id=f"c-{number}") for number, each in enumerate(files)))
    (one,) = await places.found("Appointment")
    assert at(one) == stands and int(one["meta"]["versionId"]) == versions
    assert one.get("cancelationReason", {}).get("text") in (
        ("Legen er syk", "Avlyst av avsenderen") if stands[0] == "cancelled" else (None,)
    )
    messages = await places.found("Communication")
    assert {each["about"][0]["reference"] for each in messages} == {f"Appointment/{one['id']}"}


async def test_many_appointments_of_one_message_cost_the_statements_of_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    places, book, costs = await make(office), booking.book, list[int]()

    async def counted(work: Work, came: Letter) -> booking.Booked:
        before = session(work).statements
        booked = await book(work, came)
        costs.append(session(work).statements - before)
        return booked

    monkeypatch.setattr(booking, "book", counted)
    for number, uids in enumerate([("1",), "2345678923", "2345678923"]):  # two of them are told of twice
        events = ["\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", STAMP, *WHEN, "END:VEVENT")) for uid in uids]
        data = "\r\n".join(("BEGIN:VCALENDAR", "METHOD:REQUEST", *events, "END:VCALENDAR")).encode()
        await comes(places, letter(data, msg_id=f"c-{number}"))
    assert len(await places.found("Appointment")) == 9 and costs[0] > 0
    assert costs[1] <= 2 * costs[0] + 2 and costs[2] <= 2 * costs[0]


@pytest.mark.parametrize(("many", "status"), [(200, Status.OK), (201, Status.PARTIAL)])
async def test_that_there_are_more_than_are_filed_is_told_to_readers_and_to_the_sender(
    office: Office, many: int, status: Status
) -> None:
    places = await make(office)
    events = ["\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", STAMP, *WHEN, "END:VEVENT")) for uid in range(many)]
    data = "\r\n".join(("BEGIN:VCALENDAR", "METHOD:REQUEST", *events, "END:VCALENDAR")).encode()
    await inbox.keep(office.database, letter(data), now=office.clock())
    await delivery.receive_due(office)
    (message,) = await places.found("Communication")
    said = [each.get("contentString", "") for each in message["payload"]]
    assert len(message["about"]) == 200 and sum(one.startswith("Time: ") for one in said) == 200
    assert (calendar.MORE in said) == (status is Status.PARTIAL)
    (answered,) = await places.rows("SELECT body FROM message_out WHERE type = 'APPREC'")
    receipt = opened(answered["body"]).receipt
    assert receipt is not None and receipt.status is status
    assert ["flere timer" in one.other for one in receipt.errors] == [True] * (status is Status.PARTIAL)


async def test_another_organisation_has_its_own_under_the_same_uid(office: Office) -> None:
    places = await make(office)
    other = Address(her_id=99000077, name="Et annet sykehus", ours=False, endpoint="http://127.0.0.1:1/exchange/local")
    await addresses.put(office.database, [other])
    stranger = letter(AGAIN, msg_id="c-2", sender=replace(HEART, her_id=other.her_id))
    await comes(places, letter(FIRST), stranger.replace(str(HEART.parent).encode(), str(other.her_id).encode()))
    assert {at(one) for one in await places.found("Appointment")} == {("booked", "09:00"), ("booked", "13:00")}


async def may_read(office: Office, who: Actor, appointment: str) -> bool:
    try:
        async with office.work(who, Purpose.TREATMENT) as work:
            await journal.read(work, "Appointment", appointment)
    except Refused:
        return False
    return True


async def written_by_us(office: Office, resource: dict[str, Any]) -> None:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, resource, id_=resource["id"])


async def test_a_file_from_outside_opens_the_record_to_nobody(office: Office) -> None:
    """The sender is a unit of ours that gives Astrid no care; nor does the practice it wrote to, in the end."""
    places = await make(office)
    place = await unit(office, "Hjemmetjenesten")
    await addresses.put(office.database, [replace(
        Address(her_id=99000012, name="Hjemmetjenesten", ours=True, parent=99000001),
        unit=place.unit, unit_id=place.unit_id,
    )])  # fmt: skip
    nurse = await staff(office, place, "Berg")
    (episode,) = await places.found("EpisodeOfCare")
    named = file(
        "UID:1", STAMP, "DTSTART:20261123T090000Z", "DTEND:20261123T092000Z",
        f"ATTENDEE;CN=Jonas Eikeland:urn:{places.doctor.id}", f"ORGANIZER;CN=Berg:{nurse.id}", f"LOCATION:{nurse.unit_id}",
    )  # fmt: skip
    ours = replace(HEART, her_id=99000012, parent=99000001)
    await comes(places, letter(named, sender=ours))
    (one,) = await places.found("Appointment")
    actors = [each["actor"] for each in one["participant"]]
    assert [each.get("reference") for each in actors] == [places.astrid.reference, None, None]
    assert (
        actors[1]["identifier"]["value"] == "310000015" and actors[1]["display"] == "Hjemmetjenesten, Fjordvik kommune"
    )
    async with browsing(office, places.doctor) as jonas:
        assert "Fjordvik kommune" in (await jonas.open(f"/p/{places.astrid.id}")).text
    assert await may_read(office, places.doctor, one["id"]) and not await may_read(office, nurse, one["id"])
    await written_by_us(office, episode | {"status": "finished"})
    assert not await may_read(office, places.doctor, one["id"])
    ours_too = {"actor": {"reference": nurse.id}, "status": "accepted"}
    await written_by_us(office, one | {"participant": [*one["participant"], ours_too]})
    assert await may_read(office, nurse, one["id"])  # it is ours to say who meets her, and no file's to say when
    await comes(places, letter(MOVED, msg_id="c-2", sender=ours))
    assert not await may_read(office, nurse, one["id"])
