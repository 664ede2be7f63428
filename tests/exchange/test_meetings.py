"""NAV's meetings: the invitation says when and where, the doctor answers with one of three, and NAV reads which."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest

from akson.base.errors import Refused
from akson.exchange import addresses, delivery, dialog, inbox, meetings
from akson.exchange.addresses import Address
from akson.exchange.dialog import Dialog
from akson.exchange.envelope import Conversation, Envelope
from akson.exchange.filing import message_type
from akson.exchange.meetings import ANSWER, ANSWERS, COMING, NOT_COMING, OTHER_TIME
from akson.exchange.nodes import OSLO
from akson.exchange.opening import opened
from akson.exchange.requests import MEETING, NOTICE
from akson.exchange.safexml import Schemas
from akson.exchange.states import Event
from akson.record.office import Office
from peers.mailbox import opened as store
from peers.nav import CANCELLED, CHANGE, INVITATION, MOVES, OFFICE, THIRD, THIRD_CHANGE, Meeting, Nav
from tests.exchange.letters import ASTRID, NORDRE
from tests.exchange.places import Places, make
from tests.exchange.test_requests import asks
from tests.exchange.test_requests import comes as delivered
from tests.offices import let_pass
from tests.portal.test_given import happens, rows
from tests.workplace.browsing import Shown, browsing

NOW = datetime(2026, 11, 23, 9, tzinfo=OSLO)
LATER = datetime(2026, 12, 3, 14, 30, tzinfo=OSLO)
AT, PLACE = "2. desember 2026 kl. 10.00", "NAV Fjordvik, møterom Svingen"
HEADED = f"Møtetidspunkt\n{AT}\n\nMøtested\n{PLACE}\n\nHei. Vi ønsker deg velkommen."


@pytest.mark.parametrize(("text", "when", "place"), [
    (HEADED, AT, PLACE),
    (f"Endret\n\nMøtetidspunkt:   {AT}\nSted: Teams", AT, "Teams"),
    ("Møtetidspunkt\n1. mai\n\nNytt møtetidspunkt\n2. mai", "2. mai", ""),
    ("Møtet skulle vært 03.09.2026 klokken 14:00. Vi foreslår nytt møtetidspunkt 22.09.2026 klokken 12:00.",
     "22.09.2026 klokken 12:00", ""),
    ("Vi møtes 22.09.2026 kl. 12.00 på kontoret.", "22.09.2026 kl. 12.00", ""),
    ("Enten 03.09.2026 klokken 14:00 eller 22.09.2026 klokken 12:00.", "", ""),  # which one, only people can tell
    ("Møtetidspunkt\nA\n\nMøtetidspunkt\nB", "", ""),
    ("Møtested\n", "", ""),
    ("Sted: " + "x" * 300, "", ""),
    ("Stedet avtales. Tidspunktet også.", "", ""),
    ("", "", ""),
])  # fmt: skip
def test_when_and_where_are_taken_out_only_where_they_cannot_be_misread(text: str, when: str, place: str) -> None:
    found = meetings.invitation(message(text))
    assert found is not None and (found.when, found.place) == (when, place)


def message(text: str, system: str = f"urn:oid:{MEETING}") -> dict[str, Any]:
    coded = {"coding": [{"system": system, "code": "1"}], "text": "Innkalling"}
    return {"resourceType": "Communication", "topic": coded, "payload": [{"contentString": text}]}


def test_only_a_message_of_a_meeting_is_an_invitation() -> None:
    assert meetings.invitation(message(HEADED, "urn:oid:2.16.578.1.12.4.1.1.8127")) is None
    assert meetings.invitation(message(HEADED) | {"resourceType": "Task"}) is None
    assert meetings.invitation({"resourceType": "Communication"}) is None


@pytest.mark.parametrize(("code", "text", "proposed", "said"), [
    (COMING, "", None, "Ja, jeg kommer."),
    (COMING, " Jeg ringer inn. ", LATER, "Ja, jeg kommer.\nJeg ringer inn."),  # a time that was typed, and not asked for
    (OTHER_TIME, "Helst etter lunsj.", LATER,
     "Jeg ønsker nytt møtetidspunkt: 03.12.2026 klokken 14.30.\nHelst etter lunsj."),
    (NOT_COMING, "Jeg er på kurs.\nVikaren kan.", None, "Jeg kan ikke komme.\nJeg er på kurs.\nVikaren kan."),
])  # fmt: skip
def test_an_answer_is_a_code_and_words_and_can_be_mended(
    code: str, text: str, proposed: datetime | None, said: str
) -> None:
    coded, words = meetings.answer(code, text, proposed, NOW)
    assert (coded.system, coded.value, words) == (ANSWER, code, said)
    kept = message(words, f"urn:oid:{ANSWER}")
    kept["topic"]["coding"][0]["code"] = code
    assert meetings.answered(kept) == (code, text.strip(), proposed if code == OTHER_TIME else None)


@pytest.mark.parametrize(("code", "text", "proposed", "refused"), [
    ("", "Ja.", None, "AK-X098"), ("4", "Ja.", None, "AK-X098"),
    (OTHER_TIME, "Helst senere.", None, "AK-X099"), (OTHER_TIME, "", NOW, "AK-X099"),
    (OTHER_TIME, "", NOW - timedelta(days=1), "AK-X099"), (NOT_COMING, " \n", None, "AK-X100"),
])  # fmt: skip
def test_half_an_answer_is_refused(code: str, text: str, proposed: datetime | None, refused: str) -> None:
    with pytest.raises(Refused, match=refused):
        meetings.answer(code, text, proposed, NOW)


@pytest.fixture
async def nav() -> Any:
    """NAV with nobody on the line: what it would post lies in its store."""
    refused = httpx.MockTransport(lambda _: httpx.Response(503))
    async with httpx.AsyncClient(transport=refused) as client:
        yield Nav(akson_url="http://akson.test", secret="s", store=store(":memory:"), client=client, place=OFFICE)


async def invited(office: Office, nav: Nav, what: str = INVITATION) -> tuple[Places, str]:
    """Return the places with NAV's invitation in the doctor's inbox, and the id it has with NAV."""
    places = await make(office)
    await addresses.put(office.database, [
        Address(her_id=OFFICE.her_id, name=OFFICE.name, ours=False, endpoint="http://127.0.0.1:1/exchange/local")
    ])  # fmt: skip
    msg_id = nav.invite(what, Meeting(ASTRID, "Astrid", "Nordli", NORDRE.her_id, AT, PLACE, "Velkommen."))
    await comes(places, nav)
    return places, msg_id


async def comes(places: Places, nav: Nav) -> None:
    """Let what NAV has written last come here."""
    ((body,),) = nav.store.execute("SELECT body FROM outgoing ORDER BY id DESC LIMIT 1")
    await inbox.keep(places.office.database, body, now=places.office.clock())
    await delivery.receive_due(places.office)
    assert {row["fault_code"] for row in await places.rows("SELECT fault_code FROM message_in")} == {""}


async def leaves(places: Places, shared: Path) -> tuple[bytes, Envelope, Dialog]:
    """Return what was written last, held to the official schema."""
    row = (await places.rows("SELECT body FROM message_out WHERE told_of <> '' ORDER BY created_at DESC LIMIT 1"))[0]
    envelope = opened(row["body"], Schemas(shared / "fixtures/hodemelding-dialog-apprec")).envelope
    assert envelope is not None
    return row["body"], envelope, dialog.read(envelope.body)


async def task_page(places: Places) -> str:
    (task,) = [one for one in await places.found("Task") if one["status"] != "completed"]
    return f"/innboks/{task['id']}"


@pytest.mark.parametrize("code", ANSWERS)
@pytest.mark.parametrize("what", [INVITATION, CHANGE, THIRD, THIRD_CHANGE])
async def test_the_answer_goes_back_as_the_code_it_is_with_what_it_answers(
    office: Office, nav: Nav, shared: Path, code: str, what: str
) -> None:
    places, msg_id = await invited(office, nav, what)
    page, day = await task_page(places), f"{office.clock() + timedelta(days=10):%Y-%m-%d}"
    async with browsing(office, places.doctor) as jonas:
        shown = await jonas.open(page)
        assert f"Tid {AT}" in shown.text and f"Sted {PLACE}" in shown.text and "Velkommen." in shown.text
        assert "Legeerklæring" not in shown.text
        sent = await jonas.send(page, do="answer", mote=code, dag=day, klokken="14:30", svar="Jeg er på kurs da.",
                                version=shown.hidden("version"))  # fmt: skip
        assert sent.status == 303 and (await places.found("Task"))[0]["status"] == "completed"
    body, envelope, told = await leaves(places, shared)
    (note,) = told.notes
    assert envelope.type.value == "DIALOG_SVAR" and envelope.receiver.her_id == OFFICE.her_id
    assert envelope.conversation == Conversation(parent=msg_id, conversation=msg_id)
    assert note.topic == ANSWERS[code] and note.question is not None and note.question.kind.system == MEETING
    kept = next(one for one in await places.found("Communication") if message_type(one) == "DIALOG_SVAR")
    assert kept["topic"]["coding"] == [{"system": f"urn:oid:{ANSWER}", "code": code, "display": ANSWERS[code].name}]
    nav.receive(body)
    (one,) = nav.state()["meetings"]
    assert [(each["code"], each["text"]) for each in one["answers"]] == [(code, note.text)]
    await happens(places, kept["id"], Event.HANDED_OVER)
    ((receiver, line),) = await rows(places)
    assert receiver == OFFICE.name and line.startswith("Svar: ") and "dialogmøte" in line


@pytest.mark.parametrize(("typed", "fault"), [
    ({"svar": "Passer fint."}, "NAV må vite om du kommer"),
    ({"mote": OTHER_TIME, "svar": "Helst senere."}, "Foreslå en dag og et klokkeslett"),
    ({"mote": OTHER_TIME, "dag": "2020-01-01", "klokken": "10:00"}, "Foreslå en dag og et klokkeslett"),
    ({"mote": NOT_COMING}, "Skriv hvorfor du ikke kan komme"),
])  # fmt: skip
async def test_half_an_answer_goes_nowhere_and_keeps_what_was_typed(
    office: Office, nav: Nav, typed: dict[str, str], fault: str
) -> None:
    places, _ = await invited(office, nav)
    page = await task_page(places)
    (invitation,) = await places.found("Communication")
    chart = f"/p/{places.astrid.id}/samhandling?melding={invitation['id']}"
    async with browsing(office, places.doctor) as jonas:
        for where in (page, chart):
            shown = await jonas.open(where)
            wrong = await jonas.send(where, do="answer", version=shown.hidden("version"), **typed)
            assert wrong.status == 422 and fault in wrong.text and typed.get("svar", "") in wrong.html
            assert f'value="{typed.get("mote")}" class="ds-sr-only" checked' in wrong.html or "mote" not in typed
    assert await places.rows("SELECT 1 FROM message_out WHERE told_of <> ''") == []
    assert (await places.found("Task"))[0]["status"] == "requested"


async def test_an_answer_taken_back_can_be_mended_and_another_may_follow(
    office: Office, nav: Nav, shared: Path
) -> None:
    """First another time, regretted at once; then yes; the day after, no."""
    places, _ = await invited(office, nav)
    (invitation,) = await places.found("Communication")
    page, day = f"/p/{places.astrid.id}/samhandling?melding={invitation['id']}", office.clock() + timedelta(days=10)
    async with browsing(office, places.doctor) as jonas:

        async def says(**typed: str) -> str:
            let_pass(office, timedelta(seconds=1))
            version = (await jonas.open(page)).hidden("version")
            return (await jonas.send(page, do="answer", version=version, **typed)).leads_to.partition("&")[0]

        rests = await says(mote=OTHER_TIME, dag=f"{day:%Y-%m-%d}", klokken="14:30", svar="Etter lunsj.")
        mended = await jonas.open((await jonas.send(rests, do="undo")).leads_to)
        assert f'value="{OTHER_TIME}" class="ds-sr-only" checked' in mended.html
        assert f'value="{day:%Y-%m-%d}"' in mended.html and ">Etter lunsj.</textarea>" in mended.html
        await says(mote=COMING)
        assert (await leaves(places, shared))[2].notes[0].topic.value == COMING
        let_pass(office, timedelta(days=1))
        await says(mote=NOT_COMING, svar="Syk.")
    assert (await leaves(places, shared))[2].notes[0].topic.value == NOT_COMING


@pytest.mark.parametrize(("code", "name"), [(OTHER_TIME, "Endring dialogmøte 2"), (NOT_COMING, "Avlysning dialogmøte")])
async def test_nav_moves_the_meeting_or_calls_it_off_when_that_is_its_mood(
    office: Office, nav: Nav, shared: Path, code: str, name: str
) -> None:
    places, _ = await invited(office, nav)
    nav.mood, page, day = MOVES, await task_page(places), office.clock() + timedelta(days=10)
    async with browsing(office, places.doctor) as jonas:
        version = (await jonas.open(page)).hidden("version")
        await jonas.send(page, do="answer", mote=code, dag=f"{day:%Y-%m-%d}", klokken="14:30", svar="Kurs.",
                         version=version)  # fmt: skip
        nav.receive((await leaves(places, shared))[0])
        await comes(places, nav)
        shown = await jonas.open(await task_page(places))
    assert name in shown.text
    assert (f"Tid {day:%d.%m.%Y} klokken 14.30" in shown.text) is (code == OTHER_TIME)


async def test_a_meeting_that_is_moved_or_called_off_is_answered_no_more(office: Office, nav: Nav) -> None:
    """NAV moves an unanswered invitation twice, and calls it off; another office does the same, of no right."""
    places, first = await invited(office, nav)
    stranger = Address(
        her_id=99000077, name="Et annet kontor", ours=False, endpoint="http://127.0.0.1:1/exchange/local"
    )
    await addresses.put(office.database, [stranger])
    other = replace(nav, place=replace(OFFICE, her_id=stranger.her_id, name=stranger.name))
    meeting, about = nav.meetings[first], first
    other.invite(CHANGE, meeting, first)
    await comes(places, other)
    assert await standing(places) == ["Endring dialogmøte 2", "Innkalling dialogmøte 2"]
    for _ in range(2):
        about = nav.invite(CHANGE, meeting, about)
        await comes(places, nav)
        assert await standing(places) == ["Endring dialogmøte 2"] * 2  # the newest, and the other office's
    nav.ask(CANCELLED, fnr=ASTRID, given="", family="", text="Avlyst.", to=NORDRE.her_id, about=about)
    await comes(places, nav)
    assert await standing(places) == ["Avlysning dialogmøte", "Endring dialogmøte 2"]
    ended = [one["businessStatus"]["text"] for one in await places.found("Task") if one["status"] == "cancelled"]
    by = sorted(text.rsplit(" ", 2)[0] for text in ended)
    assert by == ["Avlysning dialogmøte", "Endring dialogmøte 2", "Endring dialogmøte 2"]


async def test_a_meeting_that_is_moved_after_the_answer_asks_for_a_new_one_and_says_what_changed(
    office: Office, nav: Nav
) -> None:
    """The doctor comes; another office moves it, of no right; NAV moves it, is answered, and calls it off."""
    places, first = await invited(office, nav)
    later, elsewhere = "09.12.2026 klokken 13.30", "NAV, møterom 2"
    meeting, stranger = nav.meetings[first], replace(OFFICE, her_id=99000077, name="Et annet kontor")
    await addresses.put(office.database, [
        Address(her_id=stranger.her_id, name=stranger.name, ours=False, endpoint="http://127.0.0.1:1/exchange/local")
    ])  # fmt: skip
    async with browsing(office, places.doctor) as jonas:

        async def page(message: str) -> str:
            ids = {one["identifier"][0]["value"]: one["id"] for one in await places.found("Communication")}
            return f"/p/{places.astrid.id}/samhandling?melding={ids[message]}"

        async def stands(message: str) -> Shown:
            return await jonas.open(await page(message))

        async def comes_to(message: str) -> None:
            let_pass(office, timedelta(minutes=2))
            version = (await stands(message)).hidden("version")
            sent = await jonas.send(await page(message), do="answer", mote=COMING, version=version)
            assert sent.status == 303

        await comes_to(first)
        replace(nav, place=stranger).invite(CHANGE, meeting, first)
        await comes(places, nav)
        assert "Flyttet" not in (await stands(first)).text
        let_pass(office, timedelta(minutes=2))
        moved = nav.invite(CHANGE, replace(meeting, at=later, place=elsewhere, answers=[]), first)
        await comes(places, nav)
        old, new = await stands(first), await stands(moved)
        changed = f"Ny tid: {later}, før {AT}. Nytt sted: {elsewhere}, før {PLACE}."
        assert "Flyttet, må besvares på nytt" in old.text and f"Flyttet. {changed}" in old.text
        assert 'name="mote"' not in old.html and 'name="mote"' in new.html and changed in new.text
        await comes_to(moved)
        assert "Flyttet" in (old := await stands(first)).text and "på nytt" not in old.text
        nav.ask(CANCELLED, fnr=ASTRID, given="", family="", text="Avlyst.", to=NORDRE.her_id, about=moved)
        await comes(places, nav)
        assert "Avlyst" in (await stands(moved)).text and "på nytt" not in (await stands(first)).text


async def test_an_answer_taken_back_when_the_meeting_has_been_moved_leaves_only_the_new_one_to_be_answered(
    office: Office, nav: Nav
) -> None:
    places, first = await invited(office, nav)
    (invitation,) = await places.found("Communication")
    page = f"/p/{places.astrid.id}/samhandling?melding={invitation['id']}"
    async with browsing(office, places.doctor) as jonas:
        version = (await jonas.open(page)).hidden("version")
        rests = (await jonas.send(page, do="answer", mote=COMING, version=version)).leads_to
        nav.invite(CHANGE, nav.meetings[first], first)
        await comes(places, nav)
        assert (await jonas.send(rests, do="undo")).status == 303
        shown = await jonas.open(page)
    tasks = {one["description"].partition(" –")[0]: one["status"] for one in await places.found("Task")}
    assert tasks == {"Innkalling dialogmøte 2": "cancelled", "Endring dialogmøte 2": "requested"}
    assert "Flyttet" in shown.text and 'name="mote"' not in shown.html


EXCHANGE = {  # code, list, sent (minutes), parent, conversation; what waits at last when all has come
    "a": (MEETING, "1", 0, "", ""), "b": (MEETING, "2", 1, "a", "a"), "c": (MEETING, "2", 2, "a", "a"),
    "d": (MEETING, "2", 2, "b", "b"), "x": (NOTICE, "4", 3, "a", "a"), "y": (NOTICE, "4", 3, "c", "a"),
    "z": (MEETING, "4", 4, "x", "a"),
}  # fmt: skip


@pytest.mark.parametrize(("came", "waits"), [
    ("ax", "x"), ("abc", "c"), ("abd", "d"), ("aby", "y"), ("axz", "xz"),
])  # fmt: skip
async def test_in_whatever_order_they_come_only_the_last_word_of_a_meeting_waits(
    office: Office, came: str, waits: str
) -> None:
    """An invitation that was called off; moved twice, of the first and of the last; called off; moved all the same."""
    places = await make(office)
    for number, order in enumerate(permutations(came)):
        await delivered(places, *(part_of_meeting(each, number) for each in order))
    messages = {
        f"Communication/{one['id']}": one["identifier"][0]["value"] for one in await places.found("Communication")
    }
    tasks = [(messages[one["focus"]["reference"]], one) for one in await places.found("Task")]
    left = sorted(msg_id for msg_id, one in tasks if one["status"] == "requested")
    assert left == sorted(f"{each}{number}" for number, _ in enumerate(permutations(came)) for each in waits)
    assert {one["status"] for _, one in tasks} == {"requested", "cancelled"} and len(tasks) == len(messages)


@pytest.mark.parametrize(("by", "said"), [("x", "Avlyst"), ("b", "Flyttet")])
@pytest.mark.parametrize("late", [False, True])
async def test_an_invitation_that_stands_no_more_says_so_and_takes_no_answer(
    office: Office, by: str, said: str, late: bool
) -> None:
    places = await make(office)
    await delivered(places, *(part_of_meeting(each, 0) for each in ((by, "a") if late else ("a", by))))
    ids = {one["identifier"][0]["value"]: one["id"] for one in await places.found("Communication")}
    async with browsing(office, places.doctor) as jonas:
        first, second = [
            await jonas.open(f"/p/{places.astrid.id}/samhandling?melding={ids[one]}") for one in ("a0", f"{by}0")
        ]
    assert said in first.text and "Ferdig" not in first.text and 'name="mote"' not in first.html
    assert 'value="answer"' not in first.html and 'value="answer"' in second.html


def part_of_meeting(name: str, exchange: int) -> bytes:
    """Return a message of one of several exchanges that are alike."""
    list_, code, minutes, parent, began = EXCHANGE[name]
    about = (f"{parent}{exchange}", f"{began}{exchange}") if parent else ("", "")
    return asks(f"{name}{exchange}", list_, code, about=about, sent=NOW + timedelta(minutes=minutes))


async def standing(places: Places) -> list[str]:
    """Return what waits to be done."""
    found = [one for one in await places.found("Task") if one["status"] == "requested"]
    return sorted(one["description"].partition(" –")[0] for one in found)
