"""AMQP 1.0 against a real RabbitMQ: taken is not delivered, what comes is stored before the broker is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from akson.base.database import Database
from akson.exchange import addresses, delivery, inbox, outcomes
from akson.exchange.addresses import AMQP
from akson.exchange.exchanging import Exchange
from akson.exchange.messages import apprec
from akson.exchange.opening import opened
from akson.exchange.states import PATIENCE, UNCONFIRMED_AFTER, State
from akson.record.office import Office
from peers import letters
from peers.letters import Place
from tests.exchange.ends import OurEnd
from tests.exchange.letters import HEART, MSG_ID, NORDRE, written
from tests.exchange.places import make
from tests.exchange.rabbit import Rabbit, needs_rabbit, rabbit
from tests.exchange.test_delivery import PASSES, clock
from tests.programs import HANG

proton = pytest.importorskip("proton", reason="needs python-qpid-proton (make queues)")
from akson.exchange.transports import line  # noqa: E402
from akson.exchange.transports.amqp import FAILED_THERE, Amqp, _properties  # noqa: E402
from akson.exchange.transports.broker import Arrival, Away, Broker, NoQueue, Outcome, decoded  # noqa: E402
from akson.exchange.transports.line import Line  # noqa: E402

__all__ = ["rabbit"]
pytestmark = needs_rabbit
_rooms = count()
OURS, THEIRS = f"{NORDRE.her_id}_async", f"{HEART.her_id}_async"


@dataclass
class QueueWorld(OurEnd):
    """Akson, a broker, and the hospital's end of its queues; the worker's turns are taken by the test."""

    PAUSE = 0.01
    amqp: Amqp
    hospital: Line
    room: int

    async def delivers(self, body: Any, *, queue: str = OURS, **more: Any) -> Outcome:
        """Let the hospital put something into one of our queues."""
        properties = {"fromHerId": HEART.her_id, "toHerId": NORDRE.her_id} | more.pop("properties", {})
        told = {"id": "m-1", "durable": True, "inferred": True, "content_type": "text/plain"} | more
        return await self.hospital.send(queue, proton.Message(body=body, properties=properties, **told))

    async def gets(self, *queues: str) -> Arrival:
        """Return what comes to the hospital, taken out of its queue."""
        self.hospital.listen(queues or (THEIRS,))
        async with asyncio.timeout(HANG):
            while not self.hospital.arrived:
                await self.turn()
                await asyncio.sleep(self.PAUSE)
        arrival = self.hospital.arrived.popleft()
        self.hospital.answer(arrival, Outcome.ACCEPTED)
        return arrival

    async def kept(self, how_many: int = 1) -> list[dict[str, Any]]:
        """Return what we have stored, once it is so much."""

        async def enough() -> list[dict[str, Any]]:
            found = await self.places.rows("SELECT * FROM message_in WHERE state <> 'kept' ORDER BY received_at")
            return found if len(found) >= how_many else []

        return list(await self.until(enough))


@pytest.fixture
async def world(office: Office, rabbit: Rabbit) -> AsyncIterator[QueueWorld]:
    """The municipality in small, reached through queues only."""
    room = next(_rooms)
    broker = rabbit.broker(room)
    ours = amqp(broker, office)
    hospital = await Line.open(broker, "the hospital")
    made = QueueWorld(await make(office, endpoint=AMQP), Exchange(carriers={"amqp": ours}), ours, hospital, room)
    try:
        yield made
    finally:
        await made.hospital.leave()
        await ours.leave()


def amqp(broker: Broker, office: Office) -> Amqp:
    return Amqp(broker=broker, name="Akson test", clock=office.clock)


def receipt(arrival: Arrival, *, code: str = "") -> bytes:
    """Return the hospital's AppRec to a message it has got."""
    read = letters.read(bytes(arrival.message.body))
    assert read is not None
    return letters.receipt(msg_id=f"r-{read.msg_id}", now=datetime.now(UTC).isoformat(timespec="milliseconds"),
                           sender=read.receiver, receiver=Place(read.sender, "x", read.sender, "x"), read=read, code=code,
                           why="feil" if code else "")  # fmt: skip


async def test_a_message_is_sent_when_the_broker_has_it_and_accepted_only_when_the_receiver_says_so(
    world: QueueWorld,
) -> None:
    made = await world.writes()
    await world.exchange.deliver_due(world.places.office)
    taken = await world.standing(made)
    assert (taken.state, taken.delivered_at) == (State.SENT, None)
    arrival = await world.gets()
    await world.delivers(receipt(arrival))

    async def accepted() -> bool:
        return (await world.standing(made)).state is State.ACCEPTED

    await world.until(accepted)


async def test_what_we_send_names_sender_receiver_type_and_how_long_it_lives(world: QueueWorld) -> None:
    await world.writes()
    (row,) = await world.places.rows("SELECT msg_id FROM message_out")
    sent = (await world.gets()).message
    assert (sent.id, sent.correlation_id, sent.subject) == (row["msg_id"], row["msg_id"], "DIALOG_HELSEFAGLIG")
    assert (sent.address, sent.reply_to, sent.durable) == (THEIRS, OURS, True)
    told = dict(sent.properties)
    assert (told["fromHerId"], told["toHerId"]) == (NORDRE.her_id, HEART.her_id)
    assert (told["X-MessageInfo-MsgId"], told["X-MessageInfo-Type"]) == (row["msg_id"], "DIALOG_HELSEFAGLIG")
    assert datetime.fromisoformat(told["applicationTimeStamp"])
    assert 95 * 3600 < sent.ttl <= 96 * 3600
    envelope = opened(bytes(sent.body)).envelope
    assert envelope and envelope.msg_id == row["msg_id"]


async def test_what_comes_is_filed_once_and_answered_in_the_senders_queue(world: QueueWorld) -> None:
    for id_ in ("m-1", "m-2"):  # the same bytes twice, as after a broken connection
        assert await world.delivers(written(), id=id_) is Outcome.ACCEPTED
    answers = [(await world.gets()).message for _ in range(2)]
    for answer in answers:
        read = opened(bytes(answer.body)).receipt
        assert read and read.status is apprec.Status.OK and read.original.msg_id == MSG_ID
        assert (answer.subject, answer.address) == ("APPREC", THEIRS)
    assert sorted(answer.correlation_id for answer in answers) == ["m-1", "m-2"]

    async def twice() -> bool:
        return await world.places.rows("SELECT times FROM message_in") == [{"times": 2}]

    await world.until(twice)
    assert len(await world.places.found("Communication")) == 1


async def test_a_receipt_the_broker_has_taken_is_nothing_to_worry_about(world: QueueWorld) -> None:
    await world.delivers(written())
    await world.gets()
    later = clock(world.places.office)
    later.pass_(timedelta(hours=100))
    await world.turn()
    (row,) = await world.places.rows("SELECT state FROM message_out")
    assert row["state"] == "sent"
    database = world.places.office.database
    assert await outcomes.stuck(database, None, world.places.office.clock()) == []
    assert await outcomes.troubled_units(database, None, world.places.office.clock()) == []


async def test_a_synchronous_message_is_answered_in_the_queue_it_asks_for_if_that_is_the_senders_own(
    world: QueueWorld,
) -> None:
    reply = f"{HEART.her_id}_syncreply"
    await world.delivers(written(), queue=f"{NORDRE.her_id}_sync", id="s-1", reply_to=reply)
    answer = await world.gets(reply)
    assert (answer.queue, answer.message.correlation_id) == (reply, "s-1")
    await world.delivers(
        written(msg_id="x-2"), queue=f"{NORDRE.her_id}_sync", id="s-2", reply_to=f"{NORDRE.her_id}_error"
    )
    elsewhere = await world.gets(THEIRS, reply)
    assert (elsewhere.queue, elsewhere.message.correlation_id) == (THEIRS, "s-2")


@pytest.mark.parametrize(("properties", "fault"), [
    ({"fromHerId": 99000099}, "Avsenderen i meldingen er en annen enn den som leverte den."),
    ({"fromHerId": None}, "Avsenderen i meldingen er en annen enn den som leverte den."),
    ({"fromHerId": "tull"}, "Avsenderen i meldingen er en annen enn den som leverte den."),
])  # fmt: skip
async def test_a_message_whose_carrier_names_another_sender_or_none_is_kept_and_not_filed(
    world: QueueWorld, properties: dict[str, Any], fault: str
) -> None:
    await world.delivers(written(), properties=properties)
    (row,) = await world.kept()
    assert (row["state"], row["fault_text"], bytes(row["body"])) == ("refused", fault, written())
    assert await world.places.found("Communication") == []


async def test_a_senders_number_may_be_written_as_text(world: QueueWorld) -> None:
    await world.delivers(written(), properties={"fromHerId": str(HEART.her_id)})
    (row,) = await world.kept()
    assert (row["state"], row["envelope_from"]) == ("filed", HEART.her_id)


async def test_a_broker_that_accepts_and_throws_away_never_makes_anything_delivered(
    world: QueueWorld, rabbit: Rabbit
) -> None:
    office = world.places.office
    nowhere = amqp(replace(rabbit.broker(world.room), prefix="/amq/queue/nobody-"), office)
    exchange = Exchange(carriers={"amqp": nowhere})
    made = await world.writes()
    seen = set()
    try:
        for _ in range(14 * 2):
            await exchange.turn(office)
            seen.add((await world.standing(made)).state)
            clock(office).pass_(PATIENCE / 24)
    finally:
        await nowhere.leave()
    assert seen == {State.QUEUED, State.SENT, State.OVERDUE}
    assert (await world.standing(made)).problem == delivery.NOT_CONFIRMED
    assert len(await world.places.found("Task")) == 1


async def test_nothing_is_sent_again_while_its_answer_may_lie_unread_here(world: QueueWorld) -> None:
    office = world.places.office
    made = await world.writes()
    arrival = await world.gets()
    await inbox.keep(office.database, receipt(arrival), now=office.clock(), envelope_from=HEART.her_id)
    clock(office).pass_(UNCONFIRMED_AFTER[0] + timedelta(minutes=2))
    assert await world.exchange.ask_due(office) == 1
    assert (await world.standing(made)).state is State.SENT
    await world.exchange.turn(office)
    assert (await world.standing(made)).state is State.ACCEPTED


async def test_what_the_receivers_side_could_not_read_fails_with_its_reason(world: QueueWorld) -> None:
    made = await world.writes()
    sent = (await world.gets()).message
    condition = "transport:expired-certificate"
    told = {"originalMessageId": sent.id, "errorCondition": condition, "errorDescription": "noe om pasienten"}
    await world.delivers(b"", queue=f"{NORDRE.her_id}_error", properties=told)

    async def failed() -> bool:
        return (await world.standing(made)).state is State.FAILED

    await world.until(failed)
    assert (await world.standing(made)).problem == FAILED_THERE.format(condition=condition)


@pytest.mark.parametrize(("stops", "hours", "ends", "tasks"), [
    ("passes", (0,), State.FAILED, 1), ("the task", (5, 1), State.FAILED, 0), ("all", (5, 1), State.SENT, 0),
])  # fmt: skip
async def test_an_error_whose_task_cannot_be_written_holds_up_no_other_message(
    world: QueueWorld, owner_db: Database, stops: str, hours: tuple[int, ...], ends: State, tasks: int
) -> None:
    """It is tried for six hours, then noted without the task; where that stops too a human reads it."""
    office, made = world.places.office, await world.writes()
    told = {"originalMessageId": (await world.gets()).message.id, "errorCondition": "transport:internal-error"}
    line = world.amqp._line
    assert line is not None
    await owner_db.execute(PASSES)
    if stops == "all":
        await owner_db.execute("ALTER TABLE message_move ADD CONSTRAINT stops CHECK (event <> 'give up')")
    await world.delivers(b"en feil", queue=f"{NORDRE.her_id}_error", properties=told)
    await world.delivers(written())

    async def turns(until: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(HANG):
            while not await until():
                await world.amqp.turn(office)
                await asyncio.sleep(world.PAUSE)

    async def stored() -> list[bytes]:
        return [
            bytes(row["body"]) for row in await world.places.rows("SELECT body FROM message_in ORDER BY received_at")
        ]

    async def others_are_stored() -> bool:
        return len(line.arrived) == 1 and await stored() == [written()]

    async def is_done() -> bool:
        return not line.arrived

    await turns(others_are_stored)
    if stops == "passes":
        await owner_db.execute("DROP TRIGGER passes ON resource")
    for wait in hours:
        assert len(line.arrived) == 1
        clock(office).pass_(timedelta(hours=wait, minutes=1))
        await world.amqp.turn(office)
    await turns(is_done)
    assert (await world.standing(made)).state is ends
    assert len(await world.places.found("Task", ("priority", "urgent"))) == tasks
    assert await stored() == [written(), *[b"en feil"] * (stops == "all")]


async def test_what_could_not_be_read_is_the_receipt_by_the_name_that_the_error_tells_of(world: QueueWorld) -> None:
    for id_ in ("m-1", "m-2"):
        await world.delivers(written(), id=id_)
    answers = [(await world.gets()).message for _ in range(2)]
    told = {"originalMessageId": answers[0].id, "errorCondition": "transport:internal-error"}
    for named in ("m-3", "m-2"):  # none of ours goes by the first
        await world.delivers(b"en feil", queue=f"{NORDRE.her_id}_error", properties=told, correlation_id=named)
    rows = "SELECT answers_as, state FROM message_out ORDER BY answers_as"

    async def failed() -> bool:
        return [row["state"] for row in await world.places.rows(rows)].count("failed") == 1

    await world.until(failed)
    assert {row["answers_as"]: row["state"] for row in await world.places.rows(rows)} == {"": "sent", "m-2": "failed"}


async def test_an_error_about_another_ones_message_changes_nothing_and_is_seen_by_a_human(world: QueueWorld) -> None:
    made = await world.writes()
    sent = (await world.gets()).message
    told = {"originalMessageId": sent.id, "errorCondition": "transport:internal-error", "fromHerId": HEART.parent}
    await world.delivers(b"en feil", queue=f"{NORDRE.her_id}_error", properties=told)
    (row,) = await world.kept()
    assert (row["state"], bytes(row["body"])) == ("refused", b"en feil")
    assert (await world.standing(made)).state is State.SENT


@pytest.mark.parametrize("body", [b"", ["en", "liste"], {"et": "kart"}], ids=["nothing", "a list", "a map"])
async def test_what_is_no_message_becomes_a_dead_letter_and_the_next_is_filed(world: QueueWorld, body: Any) -> None:
    await world.delivers(body)
    await world.delivers(written())
    (row,) = await world.kept()
    assert row["state"] == "filed"
    assert (await world.gets("dead")).queue == "dead"


@dataclass
class Raw:
    """A message as its writer put it together, byte for byte."""

    data: bytes

    def encode(self) -> bytes:
        return self.data


def sized(tag: int, content: bytes, items: int) -> bytes:
    """Return a list (0xd0) or a map (0xd1) with the long lengths."""
    return bytes([tag]) + (len(content) + 4).to_bytes(4, "big") + items.to_bytes(4, "big") + content


def in_lists(depth: int) -> bytes:
    made = b"\x45"
    for _ in range(depth):
        made = sized(0xD0, made, 1)
    return made


CONTENT, VALUE, PROPERTIES = b"\x00\x53\x75\xa0\x01a", b"\x00\x53\x77", b"\x00\x53\x74"
UNTOLD = {
    "a list as a name": VALUE + sized(0xD1, b"\x45\x40", 2), "a letter beyond Unicode": VALUE + b"\x73\xff\xff\xff\xff",
    "lists in lists": VALUE + in_lists(2000), "a list as the name of a property": PROPERTIES + sized(0xD1, b"\x45\x40", 2) + CONTENT,
    "properties that are a word": PROPERTIES + b"\xa1\x01x" + CONTENT,
}  # fmt: skip


@pytest.mark.parametrize("data", UNTOLD.values(), ids=UNTOLD)
async def test_what_cannot_be_told_in_python_holds_up_no_other_message(world: QueueWorld, data: bytes) -> None:
    """It would end the connection, and be the first again at the next."""
    raw: Any = Raw(data)
    try:
        await world.hospital.send(OURS, raw)
    except (Away, NoQueue):  # some a broker refuses to carry; others carry it
        await world.hospital.leave()
        world.hospital = await Line.open(world.amqp.broker, "the hospital")
    await world.delivers(written())

    async def filed() -> bool:
        return "filed" in [row["state"] for row in await world.kept()]

    assert await world.until(filed)
    assert decoded(data) is None or not _properties(decoded(data))


async def test_text_in_place_of_bytes_is_read_as_it_stands(world: QueueWorld) -> None:
    await world.delivers(written().decode(), inferred=False)
    assert [row["state"] for row in await world.kept()] == ["filed"]


async def test_a_large_message_comes_through_whole_both_ways(world: QueueWorld) -> None:
    body = written("Langt. " * 120_000)
    await world.delivers(body)
    (row,) = await world.kept()
    assert row["state"] == "filed" and bytes(row["body"]) == body


async def test_what_is_held_of_all_that_lies_in_the_queues_is_bounded_in_bytes_and_all_of_it_comes(
    world: QueueWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large and small messages, many times what may be held, in two queues that nobody has answered for."""
    monkeypatch.setattr(line, "_HELD", bound := 3_000_000)
    larges, smalls, queues = 6, 40, (OURS, THEIRS)
    for queue in queues:
        for number in range(larges + smalls):
            body = bytes([number]) * (2_000_000 if number < larges else 100_000)
            assert await world.hospital.send(queue, proton.Message(body=body, inferred=True)) is Outcome.ACCEPTED
    reader = await Line.open(world.hospital._broker, "a slow reader")
    reader.listen(queues)
    most, came = 0, dict[str, list[int]]({queue: [] for queue in queues})

    def held() -> int:
        links = reader._receivers.values()
        assert sum(link.session.incoming_bytes for link in links) <= len(queues) * line._WINDOW
        assert sum(one.size for one in reader.arrived) <= reader.held
        return reader.held

    async with asyncio.timeout(HANG):
        while sum(map(len, came.values())) < len(queues) * (larges + smalls):
            while not reader.arrived:
                most = max(most, held())
                await asyncio.sleep(0)
            most = max(most, held())
            arrival = reader.arrived.popleft()
            body = bytes(arrival.message.body)
            assert len(body) == (2_000_000 if body[0] < larges else 100_000) and len(set(body)) == 1
            came[arrival.queue].append(body[0])
            reader.answer(arrival, Outcome.ACCEPTED)
    await reader.leave()
    assert set(map(tuple, came.values())) == {tuple(range(larges + smalls))}
    assert bound < most + 2_000_000 and most <= bound + 2_010_000


async def test_nothing_is_lost_when_the_connection_ends_before_the_broker_is_told(
    world: QueueWorld, rabbit: Rabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = world.places.office
    first = amqp(rabbit.broker(world.room), office)
    for number in range(3):
        await world.delivers(written(msg_id=f"n-{number}"), id=f"n-{number}")
    monkeypatch.setattr(Line, "answer", lambda *_: None)  # as a worker that dies after storing
    for _ in range(6000):
        if await first.turn(office) == 3:
            break
        assert not await world.places.rows("SELECT 1 FROM message_in")  # they come together
        await asyncio.sleep(0.01)
    monkeypatch.undo()
    await first.leave()
    rows = await world.kept(3)
    assert [row["state"] for row in rows] == ["filed"] * 3

    async def told() -> bool:
        again = await world.places.rows("SELECT times FROM message_in WHERE times > 1")
        return bool(again)

    await world.until(told)  # they came once more
    assert len(await world.places.found("Communication")) == 3


async def test_a_queue_that_is_not_there_leaves_the_others_alone(world: QueueWorld) -> None:
    await addresses.put(world.places.office.database, [
        addresses.Address(her_id=99000012, name="Uten kø", ours=True, parent=NORDRE.parent),
    ])  # fmt: skip
    for number in range(2):
        await world.delivers(written(msg_id=f"q-{number}"), id=f"q-{number}")
        await world.kept(number + 1)


async def test_while_nobody_answers_messages_wait_and_the_worker_asks_less_and_less_often(
    world: QueueWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = amqp(Broker(host="127.0.0.1", port=1, user="akson", password="x"), world.places.office)
    made, tries = await world.writes(), list[int]()
    monkeypatch.setattr(Line, "open", classmethod(lambda *_: refusing(tries)))
    for _ in range(3):
        await away.turn(world.places.office)
        await Exchange(carriers={"amqp": away}).deliver_due(world.places.office)
    assert len(tries) == 1 and (await world.standing(made)).state is State.QUEUED
    pauses = []
    for _ in range(12):
        away._not_before, before = 0.0, asyncio.get_running_loop().time()
        await away.turn(world.places.office)
        pauses.append(round(away._not_before - before))
    assert pauses == sorted(pauses) and pauses[-1] == 30


async def refusing(tries: list[int]) -> Line:
    tries.append(1)
    raise Away("ConnectionRefusedError")


async def test_a_wrong_password_is_no_connection(rabbit: Rabbit) -> None:
    with pytest.raises(Away):
        await Line.open(Broker(host="127.0.0.1", port=rabbit.port, user="akson", password="feil"), "test")


async def test_messages_go_on_when_the_broker_was_killed_and_came_back(world: QueueWorld, rabbit: Rabbit) -> None:
    made = await world.writes()
    await world.turn()
    await world.delivers(written())
    await asyncio.to_thread(rabbit.kill)
    other = await world.writes("Og tirsdag?")
    await world.turn()
    assert (await world.standing(other)).state is State.QUEUED
    await asyncio.to_thread(rabbit.start)
    world.hospital = await Line.open(rabbit.broker(world.room), "the hospital")
    world.amqp._not_before = 0.0
    clock(world.places.office).pass_(timedelta(minutes=1))
    got = [await world.gets() for _ in range(3)]  # both messages, and the receipt of what had come
    kinds = sorted(str(arrival.message.subject) for arrival in got)
    assert kinds == ["APPREC", "DIALOG_HELSEFAGLIG", "DIALOG_HELSEFAGLIG"]
    for arrival in got:
        if arrival.message.subject != "APPREC":
            await world.delivers(receipt(arrival), id=f"r-{arrival.message.id}")

    async def accepted() -> bool:
        return {(await world.standing(each)).state for each in (made, other)} == {State.ACCEPTED}

    await world.until(accepted)
    assert len(await inbox.for_humans(world.places.office.database, None)) == 0
