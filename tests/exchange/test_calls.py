"""Messages out are handed over some at a time: a receiver far away costs less, a dead one no more, and none harms another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from akson.base.database import Database
from akson.base.work import Purpose
from akson.exchange import delivery, outbox, sending
from akson.exchange.carriers import Came, Delivery, Handed, Said
from akson.exchange.confirming import UNASKABLE
from akson.exchange.exchanging import Exchange
from akson.exchange.handing import Handing
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.safexml import Fault
from akson.exchange.states import ATTEMPTS, TURNED_AWAY, Event
from akson.exchange.transports.local import MESSAGE_ID, PATH, Local
from akson.record.office import Office
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.exchange.test_delivery import PASSES, claimed, clock
from tests.exchange.world import SECRET, served

OUT, ASK = "messages out", "messages underway"
STATES = "SELECT state, count(*) FROM message_out GROUP BY state ORDER BY state"


@dataclass
class Receiver:
    """A hospital that answers as it is told. came: ids in their order; at_once: how many were under way as each came."""

    answers: Callable[[int], Awaitable[int]]
    came: list[str] = field(default_factory=list)
    at_once: list[int] = field(default_factory=list)
    under_way: int = 0

    async def receive(self, request: Request) -> Response:
        self.came.append(request.headers[MESSAGE_ID])
        self.under_way += 1
        self.at_once.append(self.under_way)
        try:
            return Response(status_code=await self.answers(len(self.came)))
        finally:
            self.under_way -= 1


@asynccontextmanager
async def outside(office: Office, receiver: Receiver) -> AsyncIterator[tuple[Places, Local]]:
    """Let the hospital be this receiver."""
    async with (
        served([Route(PATH, receiver.receive, methods=["POST"])]) as url,
        httpx.AsyncClient(timeout=20) as client,
    ):
        yield await make(office, endpoint=f"{url}{PATH}"), Local(secret=SECRET, client=client)


async def write(places: Places, number: int) -> None:
    """Write so many messages, of which the clock has let all go."""
    new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}}
    for text in range(number):
        async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
            await sending.send(work, new | {"payload": [{"contentString": f"{text}"}]}, to=HEART.her_id)


async def test_eight_calls_are_under_way_at_a_time_and_one_until_somebody_has_answered(office: Office) -> None:
    """Each answer waits for its company: fewer at a time, and nobody would ever be answered."""
    company = (
        {1: 1} | dict.fromkeys(range(2, 9), 8) | dict.fromkeys(range(9, 17), 16) | dict.fromkeys(range(17, 25), 24)
    )
    whole = {last: asyncio.Event() for last in company.values()}

    async def answers(number: int) -> int:
        if number in whole:
            whole[number].set()
        async with asyncio.timeout(10):
            await whole[company[number]].wait()
        return 202

    receiver = Receiver(answers)
    async with outside(office, receiver) as (places, local):
        await write(places, 24)
        assert await Exchange(carriers={"http": local}).deliver_due(office) == 24
        assert await places.rows(STATES) == [{"state": "delivered", "count": 24}]
    assert receiver.at_once[:2] == [1, 1] and max(receiver.at_once) == 8
    assert len(set(receiver.came)) == len(receiver.came) == 24


async def test_who_is_dead_is_tried_three_times_in_a_turn_however_many_messages_wait(office: Office) -> None:
    receiver = Receiver(lambda _: asyncio.sleep(0, 503))
    async with outside(office, receiver) as (places, local):
        await write(places, 24)
        assert await Exchange(carriers={"http": local}).deliver_due(office) == 24
        assert await places.rows("SELECT state, rests_for <> '' AS rests FROM message_out GROUP BY 1, 2") == [
            {"state": "queued", "rests": True}
        ]
    assert len(receiver.came) == 3


async def test_who_fails_now_and_then_gets_all_the_same_turn_and_what_failed_comes_again_in_company(
    office: Office, owner_db: Database
) -> None:
    receiver = Receiver(lambda number: asyncio.sleep(0, 202 if number % 3 or number > 24 else 503))
    async with outside(office, receiver) as (places, local):
        await write(places, 24)
        await owner_db.execute("UPDATE message_out SET bucket = 7")
        exchange = Exchange(carriers={"http": local})
        assert await exchange.deliver_due(office) == 24 == len(set(receiver.came))
        assert await places.rows(STATES) == [{"state": "delivered", "count": 16}, {"state": "queued", "count": 8}]
        clock(office).pass_(timedelta(minutes=1))
        before = office.database.statements
        assert await exchange.deliver_due(office) == 8
        assert office.database.statements - before == 6  # nothing is marked as about to leave
        assert await places.rows(STATES) == [{"state": "delivered", "count": 24}]
    assert len(receiver.came) == 32


async def test_what_there_was_no_time_for_counts_as_not_tried(office: Office) -> None:
    async def answers(number: int) -> int:
        if number == 8:
            clock(office).pass_(outbox.LEASE * 0.6)
        return 202

    receiver = Receiver(answers)
    async with outside(office, receiver) as (places, local):
        await write(places, 16)
        assert await Exchange(carriers={"http": local}).deliver_due(office) == 8
        left = "SELECT DISTINCT attempts, untold FROM message_out WHERE state = 'queued'"
        assert await places.rows(left) == [{"attempts": 0, "untold": 0}]
        clock(office).pass_(outbox.LEASE)
        assert await Exchange(carriers={"http": local}).deliver_due(office) == 8
        assert await places.rows(STATES) == [{"state": "delivered", "count": 16}]


@dataclass
class Breaks:
    """A way that breaks over the message somebody names, as nobody has thought of."""

    local: Local
    over: str = ""

    async def hand_over(self, claimed: Claimed) -> Handed:
        if claimed.msg_id == self.over:
            raise MemoryError
        return await self.local.hand_over(claimed)

    ask = Local.ask


async def test_what_breaks_over_one_message_harms_no_other_and_that_one_comes_alone(
    office: Office, owner_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Receiver(lambda _: asyncio.sleep(0, 202))
    async with outside(office, receiver) as (places, local):
        await write(places, 5)
        await owner_db.execute("UPDATE message_out SET bucket = 7")
        broken = (await places.rows("SELECT msg_id FROM message_out ORDER BY due LIMIT 1"))[0]["msg_id"]
        exchange = Exchange(carriers={"http": Breaks(local, broken)})
        assert await exchange.deliver_due(office) == 4 == len(receiver.came)
        assert [getattr(one, "failure", "") for one in caplog.records if one.levelname == "ERROR"] == ["MemoryError"]
        assert await places.rows(STATES) == [{"state": "delivered", "count": 4}, {"state": "queued", "count": 1}]
        await write(places, 3)
        await owner_db.execute("UPDATE message_out SET bucket = 7")
        clock(office).pass_(outbox.LEASE)
        claims = [await outbox.claim(office.database, 7, office.clock(), most=16) for _ in range(2)]
        assert sorted([one.untold for one in claim] for claim in claims) == [[1, 1, 1], [2]]


async def test_nobody_is_woken_by_one_answer_among_failures(office: Office) -> None:
    """What rests is brought forward when its receiver is well, not each time that it answers once."""
    well = [False]

    async def answers(number: int) -> int:
        return 202 if well[0] or number == 4 else 503

    receiver = Receiver(answers)
    async with outside(office, receiver) as (places, local):
        await write(places, 12)
        exchange = Exchange(carriers={"http": local})
        await exchange.deliver_due(office)
        await write(places, 12)
        await exchange.deliver_due(
            office
        )  # the first of these is answered, and the seven that go beside it then are not
        assert len(receiver.came) == 3 + 8
        resting = "SELECT count(*) FROM message_out WHERE state = 'queued' AND rests_for <> ''"
        assert await places.rows(resting) == [{"count": 23}]
        well[0] = True
        clock(office).pass_(timedelta(minutes=1))
        for _ in range(2):
            await exchange.deliver_due(office)
        assert await places.rows(STATES) == [{"state": "delivered", "count": 24}]


@dataclass
class Takes:
    """A way that takes all, and says of all it is asked about what somebody has decided. asked: how often."""

    says: Said = field(default_factory=lambda: Said(delivery=Delivery.ACKNOWLEDGED))
    asked: int = 0

    async def hand_over(self, claimed: Claimed) -> Handed:
        return Handed(Came.TAKEN, id=claimed.msg_id)

    async def ask(self, asked: Unconfirmed) -> Said:
        self.asked += 1
        return self.says


STOPS = """CREATE FUNCTION stops() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'no'; END $$;
  CREATE TRIGGER stops BEFORE UPDATE ON message_out FOR EACH ROW
  WHEN (NEW.msg_id = '{msg_id}' AND NEW.state IN ('failed', 'delivered')) EXECUTE FUNCTION stops()"""


async def taken(office: Office, owner_db: Database, takes: Takes, number: int = 1) -> Places:
    """Let so many messages be taken, all in one bucket; their first question is due."""
    places = await make(office, endpoint="edi:")
    await write(places, number)
    await owner_db.execute("UPDATE message_out SET bucket = 7")
    assert await Exchange(carriers={"edi": takes}).deliver_due(office) == number
    clock(office).pass_(timedelta(minutes=1))
    return places


@pytest.mark.parametrize("way", ["asked", "handed over"])
async def test_one_whose_move_stops_us_harms_no_other(office: Office, owner_db: Database, way: str) -> None:
    """What has come of all is known; noting it stops us at one."""
    takes = Takes()
    places = await taken(office, owner_db, takes, 4)
    stopping = (await places.rows("SELECT msg_id FROM message_out ORDER BY due, key LIMIT 1"))[0]["msg_id"]
    await owner_db.execute(STOPS.format(msg_id=stopping))
    if way == "handed over":
        await owner_db.execute("UPDATE message_out SET state = 'queued'")
        await owner_db.execute("UPDATE address SET endpoint = ''")
        assert await Exchange(carriers={}).deliver_due(office) == 4  # nobody reaches their receiver any more
    else:
        assert await Exchange(carriers={"edi": takes}).ask_due(office) == 4
    ends = "delivered" if way == "asked" else "failed"
    stays = "sent" if way == "asked" else "queued"
    assert await places.rows(STATES) == sorted(
        [{"state": ends, "count": 3}, {"state": stays, "count": 1}], key=lambda row: str(row["state"])
    )


@pytest.mark.parametrize(("turn", "handed", "table", "ends"), [
    (OUT, Handed(Came.TAKEN, id="1"), "message_move", ("sent", "")),
    (OUT, Handed(Came.REFUSED, why="Ukjent mottaker"), "resource", ("failed", "Ukjent mottaker")),  # no task is made
    (ASK, Handed(Came.TAKEN, id="1"), "resource", ("rejected", "Ukjent pasient")),
])  # fmt: skip
async def test_while_the_database_fails_what_came_of_a_message_waits_to_be_noted_and_is_not_the_messages_fault(
    office: Office, owner_db: Database, turn: str, handed: Handed, table: str, ends: tuple[str, str]
) -> None:
    class Says(Takes):
        async def hand_over(self, claimed: Claimed) -> Handed:
            return handed

    refused = Said(delivery=Delivery.ACKNOWLEDGED, apprec=Event.REJECT, fault=Fault("E31", "Ukjent pasient"))
    places, exchange = await make(office, endpoint="edi:"), Exchange(carriers={"edi": Says(refused)})
    await write(places, 1)
    if turn == ASK:
        assert await exchange.deliver_due(office) == 1
    stood = await places.rows("SELECT state FROM message_out")
    await owner_db.execute(PASSES.replace("AK008", "57014").replace("ON resource", f"ON {table}"))
    for _ in range(ATTEMPTS + 2):
        clock(office).pass_(outbox.LEASE)
        assert await exchange.turns(office)[turn]() == 1
    assert await places.rows("SELECT state FROM message_out WHERE attempts > 0") == stood  # nobody can take it back
    await owner_db.execute(f"DROP TRIGGER passes ON {table}")
    clock(office).pass_(outbox.LEASE)
    await exchange.turns(office)[turn]()
    (stands,) = await places.rows("SELECT state, fault_text FROM message_out")
    assert (stands["state"], stands["fault_text"]) == ends


async def test_what_its_receiver_could_not_read_stays_so_though_it_is_noted_later_that_it_was_taken(
    office: Office, owner_db: Database
) -> None:
    """What came of several is noted together; the receiver was faster."""
    told = Fault(TURNED_AWAY, "Mottakerens side kunne ikke lese meldingen")

    class Reads(Takes):
        async def hand_over(self, claimed: Claimed) -> Handed:
            async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
                await delivery.move(work, claimed.owner, claimed.key, Event.GIVE_UP, told)
            return await super().hand_over(claimed)

    places = await taken(office, owner_db, Reads())
    stands = await places.rows("SELECT state, fault_text, moves FROM message_out")
    assert stands == [{"state": "failed", "fault_text": told.text, "moves": 1}]
    assert len(await places.found("Task")) == 1


@pytest.mark.parametrize(("what", "ends", "asked"), [
    ("kills its worker", "overdue", 0), ("is a report and does", "overdue", 0),
    ("stops us", "overdue", ATTEMPTS), ("waits for what passes", "rejected", 7),
    ("is lost and has been erased", "sent", 2 * ATTEMPTS),
])  # fmt: skip
async def test_a_question_that_stops_us_is_not_asked_for_ever_and_a_person_reads_why(
    office: Office, owner_db: Database, what: str, ends: str, asked: int
) -> None:
    takes = Takes()
    places = await taken(office, owner_db, takes)
    (row,) = await places.rows("SELECT msg_id FROM message_out")
    if what == "stops us":
        await owner_db.execute(STOPS.format(msg_id=row["msg_id"]))
    if what == "waits for what passes":
        takes.says = Said(delivery=Delivery.ACKNOWLEDGED, apprec=Event.REJECT)
        await owner_db.execute(PASSES)  # no task of it can be written
    if what.startswith("is lost"):
        takes.says = Said(delivery=Delivery.GONE)
        await owner_db.execute("UPDATE message_out SET body = NULL")
    if what.startswith("is a report"):
        await owner_db.execute("UPDATE message_out SET type = 'BEKYMRINGSMELDING', told_of = ''")
    exchange = Exchange(carriers={"edi": takes, "fiks": takes})
    for _ in range(2 * ATTEMPTS):
        clock(office).pass_(timedelta(hours=1))
        if asked == 0 and await places.rows("SELECT FROM message_out WHERE untold < $1 AND state = 'sent'", ATTEMPTS):
            assert await outbox.claim_unconfirmed(office.database, 7, office.clock())  # and dies
        else:
            await exchange.ask_due(office)
    (now,) = await places.rows("SELECT state, fault_text FROM message_out")
    assert now == {"state": ends, "fault_text": UNASKABLE if ends == "overdue" else ""}
    assert takes.asked == asked


async def test_the_task_about_one_message_that_cannot_be_ended_keeps_no_other_open(
    office: Office, owner_db: Database
) -> None:
    """Both were given up, and both were taken after all."""
    places = await make(office, endpoint="edi:")
    await write(places, 2)
    leased = await claimed(office)
    for one in leased:
        async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
            assert await delivery.move(work, one.owner, one.key, Event.GIVE_UP)
    stands = (await places.found("Task", ("priority", "urgent")))[0]["id"]
    await owner_db.execute(
        PASSES.replace("INSERT", "UPDATE").replace("EACH ROW", f"EACH ROW WHEN (NEW.id = '{stands}')")
    )
    waits = [(one, Handed(Came.TAKEN, id=str(one.key))) for one in leased]
    await Handing(carriers={})._note(office, waits)
    assert await places.rows(STATES) == [{"state": "sent", "count": 2}]
    open_ = {task["id"] for task in await places.found("Task", ("priority", "urgent")) if task["status"] == "requested"}
    assert open_ == {stands}
