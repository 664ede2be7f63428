"""NAV asks: its messages say in words what they are and when they are due, and a reminder goes with its request."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from akson.base.work import Purpose
from akson.exchange import addresses, delivery, dialog, hodemelding, inbox, requests, sending
from akson.exchange.addresses import Address
from akson.exchange.dialog import Dialog, Note, Question
from akson.exchange.envelope import Code, Conversation
from akson.exchange.opening import opened
from akson.exchange.requests import MEETING, NOTICE, REQUEST
from akson.fhir.dates import interval
from akson.record import journal
from akson.record.office import Office
from akson.record.worklist import FOR_INFORMATION
from tests.exchange.letters import HEART, written
from tests.exchange.places import Places, make
from tests.offices import let_pass
from tests.workplace.browsing import browsing


def asks(
    msg_id: str,
    system: str,
    code: str,
    *,
    about: tuple[str, str] = ("", ""),
    sender: int = HEART.her_id,
    sent: datetime | None = None,
) -> bytes:
    """Return what NAV writes, without the name of its code. about: parent and conversation."""
    envelope = opened(written(msg_id=msg_id, sender=replace(HEART, her_id=sender))).envelope
    assert envelope is not None
    kind = Code(value=code, system=system)
    body = (
        Dialog(version="1.0", notes=(Note(topic=kind, text="Dette gjelder saken."),))
        if system == NOTICE
        else Dialog(version="1.0", questions=(Question(kind=kind, text="Hva er plan for behandling?"),))
    )
    parent, conversation = about
    return hodemelding.build(replace(
        envelope, body=dialog.build(body), sent=sent or envelope.sent,
        type=Code(value="DIALOG_NOTAT" if system == NOTICE else "DIALOG_FORESPORSEL", name="Dialog"),
        conversation=Conversation(parent=parent, conversation=conversation) if parent or conversation else None,
    ))  # fmt: skip


async def comes(places: Places, *bodies: bytes) -> None:
    for body in bodies:
        await inbox.keep(places.office.database, body, now=places.office.clock())
        await delivery.receive_due(places.office)
    assert {row["fault_code"] for row in await places.rows("SELECT fault_code FROM message_in")} == {""}


def due(task: dict[str, Any]) -> datetime:
    return interval(task["restriction"]["period"]["end"])[0]


@pytest.mark.parametrize(("system", "code", "name", "days"), [
    (REQUEST, "1", "Forespørsel om pasient", 14),
    ("8129", "1", "Forespørsel om pasient", 14),  # the list by its number alone
    (REQUEST, "2", "Påminnelse forespørsel om pasient", 3),  # of what never came here
    (MEETING, "1", "Innkalling dialogmøte 2", 3),
    (NOTICE, "3", "Retur av legeerklæring", 7),
    (NOTICE, "9", "Informasjon fra NAV", 0),
])  # fmt: skip
async def test_what_nav_writes_is_a_task_with_its_kind_in_words_and_a_limit(
    office: Office, system: str, code: str, name: str, days: int
) -> None:
    places = await make(office)
    await comes(places, asks("a", system, code))
    (task,) = await places.found("Task")
    assert task["description"] == f"{name} – fra {HEART.name}, {HEART.parent_name}"
    if days:
        assert due(task) == office.clock() + timedelta(days=days)
    else:
        assert task["code"]["coding"][0]["code"] == FOR_INFORMATION and "restriction" not in task


@pytest.mark.parametrize("about", [("first", "first"), ("first", "other"), ("unknown", "first")])
async def test_a_reminder_goes_with_its_request_and_one_answer_is_for_both(
    office: Office, about: tuple[str, str]
) -> None:
    places = await make(office)
    await comes(places, asks("first", REQUEST, "1"))
    let_pass(office, timedelta(days=1))
    await comes(places, asks("again", REQUEST, "2", about=about))
    (task,) = await places.found("Task")
    assert task["priority"] == "urgent" and due(task) == office.clock() + timedelta(days=3)
    messages = {each["identifier"][0]["value"]: each for each in await places.found("Communication")}
    request, reminder = messages["first"], messages["again"]
    assert reminder["partOf"] == [{"reference": f"Communication/{request['id']}"}] == [task["focus"]]
    root = f"/p/{places.astrid.id}/samhandling?melding="
    async with browsing(office, places.doctor) as jonas:
        shown = await jonas.open(f"{root}{reminder['id']}")
        assert "Gjelder" in shown.text and "Forespørsel om pasient" in shown.text
        assert "Påminnelse forespørsel om pasient" in (await jonas.open(f"/innboks/{task['id']}")).text
        sent = await jonas.send(f"{root}{reminder['id']}", do="answer", svar="Operasjon i mars.",
                                version=shown.hidden("version"))  # fmt: skip
        assert sent.status == 303
        assert "Besvart, Jonas Eikeland" in (await jonas.open(f"{root}{request['id']}")).text
    (task,), (row,) = (
        await places.found("Task"),
        await places.rows("SELECT type, body FROM message_out WHERE told_of <> ''"),
    )
    envelope = opened(row["body"]).envelope
    assert (task["status"], row["type"]) == ("completed", "DIALOG_SVAR") and envelope is not None
    assert envelope.conversation == Conversation(parent="again", conversation=about[1])


async def test_a_reminder_of_what_is_answered_or_not_theirs_is_a_task_of_its_own(office: Office) -> None:
    places = await make(office)
    other = Address(her_id=99000077, name="Et annet kontor", ours=False, endpoint="http://127.0.0.1:1/exchange/local")
    await addresses.put(office.database, [other])
    await comes(places, asks("first", REQUEST, "1"))
    strange = asks("strange", REQUEST, "2", about=("first", "first"), sender=other.her_id)
    await comes(places, strange.replace(str(HEART.parent).encode(), str(other.her_id).encode()))
    messages = {each["identifier"][0]["value"]: each for each in await places.found("Communication")}
    assert "partOf" not in messages["strange"] and len(await places.found("Task")) == 2
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        await sending.answer(work, messages["first"]["id"], "Operasjon i mars.")
    for task in await places.found("Task"):
        async with office.work(places.doctor, Purpose.TREATMENT) as work:
            await journal.update(work, task | {"status": "completed"}, id_=task["id"])
    await comes(places, asks("late", REQUEST, "2", about=("first", "first")))
    await comes(places, asks("odd", REQUEST, "2", about=("a|b,c\\", "first,x|y|z$")))  # names nothing, and is filed
    open_ = [each for each in await places.found("Task") if each["status"] == "requested"]
    assert [each["description"].partition(" –")[0] for each in open_] == ["Påminnelse forespørsel om pasient"] * 2


def test_every_kind_has_one_name() -> None:
    assert len({each.name for each in requests.ASKED.values()}) == len(requests.ASKED)
