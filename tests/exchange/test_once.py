"""What must never go twice: no other worker, no late word and no second thought lets a report go again, or hides one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.exchange import addresses, concerning, delivery, following, outbox, outcomes, undoing
from akson.exchange.addresses import Address
from akson.exchange.carriers import ONCE, TOO_LATE, Came, Goes, Handed, Said
from akson.exchange.exchanging import Exchange
from akson.exchange.handing import NOT_CARRIED
from akson.exchange.outbox import Claimed
from akson.exchange.states import REPORT_WAITS, UNKNOWN, State
from akson.exchange.transports.fiks import AWAY
from akson.record import journal
from tests.exchange.test_concern import BARNEVERN, FiksWorld, world, written
from tests.exchange.test_delivery import PASSES, clock

__all__ = ["world"]
STANDS = "SELECT state, fault_code, fault_text FROM message_out"
BARE = Exchange(carriers={})  # a worker without the settings of Fiks


async def leased(world: FiksWorld) -> Claimed:
    """Let a worker take up the report."""
    office = world.places.office
    (bucket,) = await outbox.waiting(office.database, office.clock())
    (claimed,) = await outbox.claim(office.database, bucket, office.clock())
    return claimed


async def leaves(world: FiksWorld, claimed: Claimed) -> Claimed:
    """Let the worker that has it mark the report as about to leave."""
    gone = await outbox.leaves(world.places.office.database, claimed, world.places.office.clock())
    assert gone
    return gone


async def says_later(world: FiksWorld, claimed: Claimed) -> None:
    """Let a worker say that nobody answered."""
    async with world.places.office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        await outbox.try_later(work, claimed, "borte", away=True)


async def test_a_worker_without_the_way_lets_no_report_that_was_taken_go_again(world: FiksWorld) -> None:
    made, office = await world.reports(), world.places.office
    await world.mood("treg")
    await world.exchange.deliver_due(office)
    for _ in range(3):
        clock(office).pass_(timedelta(minutes=3))
        assert await BARE.ask_due(office) == 1
        await world.exchange.deliver_due(office)
        assert (await world.standing(made)).state is State.SENT
    assert len(await world.came()) == 1
    (row,) = await world.places.rows("SELECT owner, key FROM message_out")
    async with world.places.office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        assert await outbox.happened(work, row["owner"], row["key"], outbox.Event.UNCONFIRMED) is None


async def test_a_worker_without_the_way_leaves_a_report_to_who_has_it(world: FiksWorld) -> None:
    made, office = await world.reports(), world.places.office
    await BARE.turn(office)
    assert await world.places.rows(STANDS) == [{"state": "queued", "fault_code": "", "fault_text": NOT_CARRIED}]
    await world.gets(made, State.ANSWERED)
    assert len(await world.came()) == 1


async def test_what_may_have_left_is_unknown_where_the_next_worker_has_no_such_way(world: FiksWorld) -> None:
    await world.reports()
    await leaves(world, await leased(world))  # and dies
    clock(world.places.office).pass_(timedelta(minutes=3))
    await BARE.deliver_due(world.places.office)
    assert await world.places.rows(STANDS) == [{"state": "failed", "fault_code": UNKNOWN, "fault_text": ONCE["fiks"]}]


async def test_a_late_word_of_who_had_it_before_hides_nothing_of_what_may_have_left(
    world: FiksWorld, owner_db: Database
) -> None:
    """As often as it has failed, attempts count no higher: the same number is no sign of the same lease."""
    await world.reports()
    office = world.places.office
    await owner_db.execute("UPDATE message_out SET attempts = 8")
    first = await leased(world)
    clock(office).pass_(timedelta(minutes=2, seconds=1))
    second = await leased(world)
    await says_later(world, second)
    await outbox.wake(office.database, second.endpoint, office.clock(), 1)
    third = await leased(world)
    assert first.attempts == third.attempts
    assert await outbox.leaves(office.database, first, office.clock()) is None
    await leaves(world, third)
    goes = await world.fiks.ready(third)
    assert not isinstance(goes, Handed) and (await goes(lambda: True)).came is Came.TAKEN  # and dies
    await says_later(world, first)
    await outbox.not_tried(office.database, [first])
    clock(office).pass_(timedelta(minutes=3))
    await world.exchange.deliver_due(office)
    assert await world.places.rows(STANDS) == [{"state": "failed", "fault_code": UNKNOWN, "fault_text": ONCE["fiks"]}]
    assert len(await world.came()) == 1


@pytest.mark.parametrize("way", ["none", "away"])
async def test_a_report_that_nobody_takes_for_hours_is_given_up_and_its_reporter_rings(
    world: FiksWorld, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    await world.mood("borte")
    exchange = Exchange(carriers={}) if way == "none" else world.exchange
    await world.reports()
    office, ended = world.places.office, list[timedelta]()
    for ten in range(30):
        await exchange.deliver_due(office)
        if not ended and (await world.places.rows(STANDS))[0]["state"] == "failed":
            ended.append(timedelta(minutes=10 * ten))
        clock(office).pass_(timedelta(minutes=10))
        waits = (await outcomes.waits_by_way(office.database, office.clock()))["messages out by fiks"]
        assert waits == (not ended and ten > 5)
    assert REPORT_WAITS <= ended[0] <= REPORT_WAITS + timedelta(minutes=30)
    (stands,) = await world.places.rows(STANDS)
    assert (stands["fault_code"], stands["fault_text"]) == ("", NOT_CARRIED if way == "none" else AWAY)
    (task,) = await world.places.found("Task", ("priority", "urgent"))
    assert task["owner"]["reference"] == world.places.doctor.id
    assert task["description"] == f"{stands['fault_text']} Meldingen er ikke sendt. Ring barnevernet."
    told = [vars(one)["way"] for one in caplog.records if one.levelname == "ERROR"]
    assert told == ["fiks"] * (way == "none")  # once


async def test_after_a_stop_of_all_a_worker_without_the_way_gives_no_report_up_before_who_has_it(
    world: FiksWorld,
) -> None:
    made, office = await world.reports(), world.places.office
    clock(office).pass_(timedelta(hours=30))
    for _ in range(3):
        await Exchange(carriers={}).deliver_due(office)
        clock(office).pass_(outbox.LEASE)
    await world.gets(made, State.ANSWERED)
    assert len(await world.came()) == 1


@pytest.mark.parametrize(("mood", "fault", "ended"), [("feil", UNKNOWN, 1), ("borte", "", 3)])
async def test_after_a_stop_only_reports_that_were_tried_are_given_up(
    world: FiksWorld, owner_db: Database, mood: str, fault: str, ended: int
) -> None:
    """The answer to the first is lost, so the others wait; or three in a row find nobody."""
    for _ in range(4):
        await world.reports()
    await owner_db.execute("UPDATE message_out SET bucket = 7")
    office = world.places.office
    clock(office).pass_(REPORT_WAITS + timedelta(hours=1))
    await world.mood(mood)
    await world.exchange.deliver_due(office)
    stands = await world.places.rows("SELECT state, fault_code, count(*) FROM message_out GROUP BY 1, 2 ORDER BY 1")
    assert stands == [
        {"state": "failed", "fault_code": fault, "count": ended},
        {"state": "queued", "fault_code": "", "count": 4 - ended},
    ]
    await world.mood("vanlig")
    clock(office).pass_(outbox.LEASE)
    await world.exchange.deliver_due(office)
    assert await world.places.rows("SELECT count(*) FROM message_out WHERE state = 'sent'") == [{"count": 4 - ended}]


@pytest.mark.parametrize("ends", [Came.REFUSED, Came.UNKNOWN])
async def test_a_late_end_of_who_had_it_before_hides_nothing_of_what_may_have_left(
    world: FiksWorld, ends: Came
) -> None:
    """The first worker hangs as it makes the report ready, until the second has sent it, and died."""
    await world.reports()
    office = world.places.office

    class Late:
        ask = world.fiks.ask

        async def ready(self, claimed: Claimed) -> Handed:
            clock(office).pass_(timedelta(minutes=2, seconds=1))
            second = await leased(world)
            await leaves(world, second)
            goes = await world.fiks.ready(second)
            assert not isinstance(goes, Handed) and (await goes(lambda: True)).came is Came.TAKEN
            return Handed(ends, why="stengt")

    await Exchange(carriers={"fiks": Late()}).deliver_due(office)
    assert await world.places.rows(STANDS) == [{"state": "queued", "fault_code": "", "fault_text": ""}]
    clock(office).pass_(timedelta(minutes=3))
    await world.exchange.deliver_due(office)
    assert await world.places.rows(STANDS) == [{"state": "failed", "fault_code": UNKNOWN, "fault_text": ONCE["fiks"]}]
    assert len(await world.came()) == 1


@dataclass
class Slow:
    """The way to Fiks, of which the answer comes when another has taken the report up."""

    world: FiksWorld
    ask: Callable[..., Awaitable[Said]]
    breaks: bool = False

    async def ready(self, claimed: Claimed) -> Handed | Goes:
        goes = await self.world.fiks.ready(claimed)
        assert not isinstance(goes, Handed)

        async def slowly(still: Callable[[], bool]) -> Handed:
            handed = await goes(still)
            if self.breaks:
                raise MemoryError
            clock(self.world.places.office).pass_(timedelta(minutes=2, seconds=1))
            await BARE.deliver_due(self.world.places.office)
            assert [one["state"] for one in await self.world.places.rows(STANDS)] == ["failed"]
            return handed

        return slowly


async def test_a_report_that_was_taken_after_all_asks_nobody_to_ring_or_to_send_it_again(world: FiksWorld) -> None:
    made = await world.reports()
    await Exchange(carriers={"fiks": Slow(world, world.fiks.ask)}).deliver_due(world.places.office)
    assert (await world.standing(made)).state is State.SENT
    tasks = {task["priority"]: task["status"] for task in await world.places.found("Task")}
    assert tasks == {"urgent": "completed", "routine": "accepted"}  # the answer is waited for all the same


@pytest.mark.parametrize("others", ["have sent it", "are away"])
async def test_who_sleeps_as_a_report_is_to_leave_sends_it_no_more(world: FiksWorld, others: str) -> None:
    """Others have ended it meanwhile, its reporter has rung and let it go again; or there are no others."""
    await world.reports()
    office = world.places.office

    async def meanwhile() -> None:
        clock(office).pass_(timedelta(minutes=10))
        if others == "are away":
            return
        await world.exchange.deliver_due(office)
        (row,) = await world.places.rows("SELECT msg_id, fault_code FROM message_out")
        assert row["fault_code"] == UNKNOWN
        async with office.work(world.places.doctor, Purpose.TREATMENT) as work:
            await following.send_again(work, await following.find(work, row["msg_id"], content=True), "de har den ikke")
        await world.exchange.deliver_due(office)

    class Sleeps:
        ask = world.fiks.ask

        async def ready(self, claimed: Claimed) -> Handed | Goes:
            goes = await world.fiks.ready(claimed)
            assert not isinstance(goes, Handed)

            async def slept(still: Callable[[], bool]) -> Handed:
                await meanwhile()
                return await goes(still)

            return slept

    await Exchange(carriers={"fiks": Sleeps()}).deliver_due(office)
    told = "" if others == "have sent it" else TOO_LATE.why
    state = "sent" if others == "have sent it" else "queued"
    assert await world.places.rows(STANDS) == [{"state": state, "fault_code": "", "fault_text": told}]
    await world.exchange.deliver_due(office)
    clock(office).pass_(timedelta(minutes=3))
    await world.exchange.deliver_due(office)
    assert len(await world.came()) == 1


async def test_what_breaks_as_a_report_leaves_makes_it_unknown_and_lets_the_others_wait(
    world: FiksWorld, owner_db: Database
) -> None:
    for _ in range(3):
        await world.reports()
    await owner_db.execute("UPDATE message_out SET bucket = 7")
    await Exchange(carriers={"fiks": Slow(world, world.fiks.ask, breaks=True)}).deliver_due(world.places.office)
    stands = await world.places.rows("SELECT state, fault_code FROM message_out ORDER BY state")
    assert [one["state"] for one in stands] == ["failed", "queued", "queued"] and stands[0]["fault_code"] == UNKNOWN


NO_TASK_ENDS = """CREATE FUNCTION no_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
  CREATE TRIGGER no_end BEFORE UPDATE ON resource FOR EACH ROW EXECUTE FUNCTION no_end()"""


async def test_what_a_task_stands_in_the_way_of_is_noted_without_it(world: FiksWorld, owner_db: Database) -> None:
    """What is known of a report that has left is worth more than the task about it, and is not lost with it."""
    made = await world.reports()
    await owner_db.execute(NO_TASK_ENDS)
    await Exchange(carriers={"fiks": Slow(world, world.fiks.ask)}).deliver_due(world.places.office)
    assert (await world.standing(made)).state is State.SENT
    assert [one["status"] for one in await world.places.found("Task", ("priority", "urgent"))] == ["requested"]


async def test_what_may_have_left_cannot_be_taken_back_while_noting_it_waits_for_what_passes(
    world: FiksWorld, owner_db: Database
) -> None:
    made, office = await world.reports(), world.places.office
    await world.mood("feil")
    await owner_db.execute(PASSES)  # no task can be written
    await world.exchange.deliver_due(office)
    assert not (await world.standing(made)).untried
    await owner_db.execute("UPDATE message_out SET attempts = 0")  # by a release before
    assert not (await world.standing(made)).untried
    await owner_db.execute("DROP TRIGGER passes ON resource")
    async with office.work(world.places.doctor, Purpose.TREATMENT) as work:
        with pytest.raises(Refused, match="AK-X070"):
            await undoing.take_back(work, await journal.read(work, "Communication", made))
    clock(office).pass_(timedelta(minutes=3))
    await world.exchange.deliver_due(office)
    assert (await world.standing(made)).unknown and len(await world.came()) == 1


async def test_a_service_whose_answers_are_lost_makes_one_report_unknown_whatever_districts_they_go_to(
    world: FiksWorld,
) -> None:
    office, to = world.places.office, [BARNEVERN + number for number in range(1, 5)]
    await addresses.put(office.database, [
        Address(her_id=her_id, name="Barnevern", ours=False, fiks=f"4299/{her_id % 100}") for her_id in to
    ])  # fmt: skip
    for each in (await addresses.find(office.database, to)).values():
        async with office.work(world.places.doctor, Purpose.TREATMENT) as work:
            await concerning.report(work, written(), patient=world.places.astrid.id, to=each)
    await world.mood("feil")
    await world.exchange.deliver_due(office)
    stands = await world.places.rows("SELECT state, count(*) FROM message_out GROUP BY 1 ORDER BY 1")
    assert stands == [{"state": "failed", "count": 1}, {"state": "queued", "count": 3}]
    assert len(await world.came()) == 1
