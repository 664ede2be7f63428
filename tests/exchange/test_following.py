"""What a human does with a message that went wrong, and that each thing done stands in its log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.exchange import addresses, delivery, dialog, following, outbox, outcomes, sending
from akson.exchange.addresses import Address
from akson.exchange.delivery import Move
from akson.exchange.messages import dialogmelding
from akson.exchange.opening import opened
from akson.exchange.safexml import Fault
from akson.exchange.states import Event, State
from akson.record import journal
from akson.record.office import Office
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.exchange.test_delivery import clock
from tests.offices import JOB

WHY = "Sykehuset har rettet feilen"
LUNG = Address(
    her_id=99000035, name="Lungepoliklinikken", ours=False, parent=HEART.parent, endpoint="http://127.0.0.1:1/x"
)


async def written(places: Places) -> str:
    """Let the doctor write to the hospital; return the id of the message."""
    new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}}
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        await sending.send(work, new | {"payload": [{"contentString": "Kommer hun mandag?"}]}, to=HEART.her_id)
    (row,) = await places.rows("SELECT msg_id FROM message_out")
    return str(row["msg_id"])


async def happens(places: Places, msg_id: str, *events: Event, move: Move = outbox.happened) -> None:
    for event in events:
        async with places.office.work(delivery.AKSON, Purpose.MESSAGE) as work:
            ((owner, key),) = await outbox.by_id(work, msg_id)
            await move(work, owner, key, event, Fault("", "Mottakeren svarer ikke."))


async def does(places: Places, msg_id: str, do: str, *, to: int = 0) -> str:
    """Let the doctor do something with a message; return the id it goes under."""
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        sent = await following.find(work, msg_id, content=True)
        if do == "elsewhere":
            return await following.send_elsewhere(work, sent, to, WHY)
        if do == "again":
            return await following.send_again(work, sent, WHY)
        await following.by_hand(work, sent, WHY)
        return msg_id


async def states(places: Places) -> dict[str, str]:
    rows = await places.rows("SELECT msg_id, state FROM message_out")
    return {row["msg_id"]: row["state"] for row in rows}


async def test_what_failed_is_sent_again_under_its_id_with_a_new_deadline(office: Office) -> None:
    places = await make(office)
    msg_id = await written(places)
    await happens(places, msg_id, Event.GIVE_UP)
    clock(office).pass_(timedelta(hours=50))
    assert await does(places, msg_id, "again") == msg_id
    (row,) = await places.rows("SELECT state, attempts, fault_text, sent_at, deadline, due FROM message_out")
    assert row == {"state": "queued", "attempts": 0, "fault_text": "", "sent_at": None, "due": office.clock(),
                   "deadline": office.clock() + timedelta(hours=96)}  # fmt: skip
    log = await places.rows("SELECT number, event, state, who, why FROM message_move ORDER BY number")
    assert [tuple(row.values()) for row in log] == [
        (1, "give up", "failed", delivery.AKSON.id, "Mottakeren svarer ikke."),
        (2, "send again", "queued", places.doctor.id, WHY),
    ]  # fmt: skip


async def test_what_was_refused_goes_as_a_new_message_since_the_old_id_would_be_refused_again(office: Office) -> None:
    places = await make(office)
    msg_id = await written(places)
    await happens(places, msg_id, Event.RECEIPT, Event.REJECT)
    new = await does(places, msg_id, "again")
    assert new != msg_id and await states(places) == {msg_id: "handled", new: "queued"}


async def test_the_same_content_goes_to_another_receiver_as_a_new_message(office: Office) -> None:
    places = await make(office)
    await addresses.put(office.database, [LUNG])
    msg_id = await written(places)
    await happens(places, msg_id, Event.RECEIPT, Event.REJECT)
    new = await does(places, msg_id, "elsewhere", to=LUNG.her_id)
    rows = await places.rows("SELECT msg_id, receiver, told_of, owner, unit, body FROM message_out")
    first, second = sorted(rows, key=lambda row: row["msg_id"] == new)
    assert second["receiver"] == LUNG.her_id
    assert [second[name] for name in ("told_of", "owner", "unit")] == [
        first[name] for name in ("told_of", "owner", "unit")
    ]
    before, after = opened(first["body"]).envelope, opened(second["body"]).envelope
    assert before is not None and after is not None
    assert (after.msg_id, after.receiver.her_id, after.patient) == (new, LUNG.her_id, before.patient)
    assert dialogmelding.in_words(after, dialog.read(after.body)).paragraphs == ("Kommer hun mandag?",)
    assert await states(places) == {msg_id: "handled", new: "queued"}


async def as_before_they_named_theirs(places: Places) -> None:
    """Let the tasks about messages name none, as those of earlier releases."""
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        for task in await places.found("Task", ("priority", "urgent")):
            unnamed = {name: value for name, value in task.items() if name != "identifier"}
            await journal.update(work, unnamed, id_=task["id"])


@pytest.mark.parametrize(("elsewhere", "named", "ended"), [
    (True, True, True), (True, False, False),  # of which of two an old task is, a human says
    (False, True, True), (False, False, True),
])  # fmt: skip
async def test_what_comes_of_one_message_ends_the_task_about_it_and_none_about_another_that_tells_the_same(
    office: Office, elsewhere: bool, named: bool, ended: bool
) -> None:
    places = await make(office)
    await addresses.put(office.database, [LUNG])
    first = await written(places)
    await happens(places, first, Event.DEADLINE, move=delivery.move)
    if elsewhere:
        new = await does(places, first, "elsewhere", to=LUNG.her_id)
        await happens(places, new, Event.REJECT, move=delivery.move)
    if not named:
        await as_before_they_named_theirs(places)
    (row,) = await places.rows("SELECT told_of FROM message_out WHERE msg_id = $1", first)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        a_clients = {"resourceType": "Task", "status": "requested", "intent": "order", "priority": "urgent"}
        told = {"focus": {"reference": f"Communication/{row['told_of']}"}, "description": "Uten kode"}
        await journal.create(work, a_clients | told)
    await happens(places, first, Event.ACCEPT, move=delivery.move)
    tasks = await places.found("Task", ("priority", "urgent"))
    late = {"Melding: Ikke bekreftet innen fristen": "completed" if ended else "requested"}
    refused = {"Melding: Avvist av mottaker": "requested"} if elsewhere else {}
    assert {task["description"]: task["status"] for task in tasks} == late | refused | {"Uten kode": "requested"}


@pytest.mark.parametrize(("events", "do", "code"), [
    ((), "again", "AK-X010"),  # it has not left yet
    ((Event.RECEIPT, Event.ACCEPT), "again", "AK-X010"),
    ((Event.RECEIPT, Event.ACCEPT), "by_hand", "AK-X010"),
    ((Event.RECEIPT,), "by_hand", "AK-X010"),  # it may be answered yet
    ((Event.RECEIPT,), "elsewhere", "AK-X010"),
    ((), "elsewhere", "AK-X010"),
    ((Event.GIVE_UP,), "nowhere", "AK-X003"),
    ((Event.GIVE_UP,), "same", "AK-X003"),
])  # fmt: skip
async def test_what_has_no_place_in_the_state_is_refused_and_changes_nothing(
    office: Office, events: tuple[Event, ...], do: str, code: str
) -> None:
    places = await make(office)
    await addresses.put(office.database, [LUNG])
    msg_id = await written(places)
    await happens(places, msg_id, *events)
    before = await states(places), await places.rows("SELECT * FROM message_move")
    to = {"elsewhere": LUNG.her_id, "same": HEART.her_id}.get(do, 98000009)
    with pytest.raises(Refused, match=code):
        await does(places, msg_id, "elsewhere" if do in ("same", "nowhere") else do, to=to)
    assert (await states(places), await places.rows("SELECT * FROM message_move")) == before


async def test_what_is_seen_to_by_hand_is_not_sent_and_a_late_receipt_still_counts(office: Office) -> None:
    places = await make(office)
    msg_id = await written(places)
    await does(places, msg_id, "by_hand")
    assert await outbox.waiting(office.database, office.clock()) == []
    assert await outcomes.for_humans(office.database, None) == []
    await happens(places, msg_id, Event.ACCEPT)
    assert await states(places) == {msg_id: State.ACCEPTED}


async def test_what_is_erased_cannot_be_sent_again(office: Office, owner_db: Database) -> None:
    places = await make(office)
    msg_id = await written(places)
    await happens(places, msg_id, Event.GIVE_UP)
    (row,) = await places.rows("SELECT owner, told_of FROM message_out")
    await owner_db.fetchval("SELECT exchange_erase_v1($1, ARRAY[$2])", row["owner"], row["told_of"])
    for do in ("again", "elsewhere"):
        with pytest.raises(Refused, match="AK-X"):
            await does(places, msg_id, do, to=98000009)
    await happens(places, msg_id, Event.SEND_AGAIN)  # nor by any other way
    assert await states(places) == {msg_id: "failed"}
    assert {row["why"] for row in await places.rows("SELECT why FROM message_move")} == {""}
