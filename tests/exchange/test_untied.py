"""Reports to the barnevern that stand in no record end: all of one together, when nobody may ask for insight any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from akson.access.duty import CONCERN, KEPT, LATER, marks
from akson.audit.verify import verify
from akson.base.errors import Refused
from akson.base.jobs import deliver
from akson.base.work import Purpose
from akson.doors.running import consumers
from akson.exchange.concern import Person
from akson.record import holds, journal, untied
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.withholding import MARK
from tests.exchange.test_concern import FiksWorld, world
from tests.offices import JOB, let_pass, staff, unit
from tests.record.traces import tables_with

__all__ = ["world"]
DAY, WHO = timedelta(days=1), "Ukjent kanarifugl"


async def standing(office: Office) -> int:
    """Return how much of reports has content."""
    query = (
        "SELECT count(*) FROM resource r JOIN resource_version v USING (owner, type, id, version)"
        " WHERE r.labels && $1 AND v.body IS NOT NULL"
    )
    return int(await office.database.fetchval(query, [CONCERN]))


async def test_report_answer_tasks_and_the_bytes_of_both_messages_go_and_the_trails_are_proven(
    world: FiksWorld, database_url: str
) -> None:
    office = world.places.office
    made = await world.reports(child=Person(name=WHO, told=True))
    in_a_record = await world.reports()
    await world.exchange.deliver_due(office)

    async def answered() -> bool:
        return len(await world.places.found("Communication")) == 4

    await world.until(answered)
    let_pass(office, KEPT - DAY)
    assert await untied.end(office) == 0 and await tables_with(database_url, WHO) >= {"message_out", "resource_version"}
    let_pass(office, 2 * DAY)
    assert await untied.end(office) == 4  # the report, its task, the answer and the task of that
    while await deliver(office.database, consumers(office), office.clock()):
        pass
    assert await tables_with(database_url, WHO) == set()
    emptied = "SELECT told_of FROM message_out WHERE type = 'BEKYMRINGSMELDING' AND body IS NULL"
    assert await world.places.rows(emptied) == [{"told_of": made}]
    came = await world.places.rows("SELECT body IS NULL AS gone FROM message_in WHERE state = 'filed' ORDER BY 1")
    assert [row["gone"] for row in came] == [False, True]  # the other stands in the record of its child
    assert in_a_record in {one["id"] for one in await world.places.found("Communication")}
    assert await untied.end(office) == 0 and (await verify(database_url, keys=[])).faults == ()
    (told,) = await world.places.rows("SELECT DISTINCT decision::json ->> 'law' AS law FROM erasure")
    assert told["law"].startswith("personvernforordningen artikkel 5")
    logged = await world.places.rows("SELECT seen::text AS seen FROM access_log WHERE screen = 'job:retention'")
    assert {word for word in ("ENDING", "ERASE") for row in logged if f"{word} Communication/{made}" in row["seen"]} == {
        "ENDING", "ERASE"}  # fmt: skip


@pytest.fixture
async def late(office: Office) -> AsyncIterator[tuple[Office, str]]:
    """A report, its task, and an answer that came when its own time was over; the id of the report."""
    nurse = await staff(office, await unit(office, "Nord"), "Vik")
    reported = office.clock()

    def marked(weeks: timedelta) -> dict[str, Any]:
        return {"security": [{"system": MARK, "code": one} for one in marks(nurse, reported + weeks)]}

    async with office.work(JOB, Purpose.SYSTEM) as work:
        told = {"resourceType": "Communication", "status": "completed", "payload": [{"contentString": WHO}]}
        report = await journal.create(work, told | {"meta": marked(timedelta())})
        back = marked(LATER)
        await journal.create(work, told | {"meta": back, "inResponseTo": [{"reference": report.reference}]})
        await journal.create(work, {
            "resourceType": "Task", "status": "completed", "intent": "order", "meta": marked(timedelta()),
            "focus": {"reference": report.reference},
        })  # fmt: skip
    yield office, report.id


async def test_nothing_goes_before_the_answer_that_came_late_has_had_its_own_time(late: tuple[Office, str]) -> None:
    office, _ = late
    let_pass(office, KEPT + LATER - DAY)
    assert await untied.end(office) == 0 and await standing(office) == 3
    let_pass(office, DAY)
    assert await untied.end(office) == 3 and await standing(office) == 0


async def test_answers_that_answer_each_other_go_together_with_what_hangs_on_them(late: tuple[Office, str]) -> None:
    office, report = late
    async with office.work(JOB, Purpose.SYSTEM) as work:
        first = (await journal.read(work, "Communication", report)).resource
        answer = next(hit for hit in (await search(work, "Communication", [])).hits if hit.id != report)
        circle = {"inResponseTo": [{"reference": answer.reference}]}
        await journal.update(work, first | circle, id_=report)
    let_pass(office, KEPT + LATER - DAY)
    assert await untied.end(office) == 0 and await standing(office) == 3
    let_pass(office, DAY)
    assert await untied.end(office) == 3 and await standing(office) == 0


async def test_a_hold_on_the_report_keeps_all_of_it_until_it_is_ended(late: tuple[Office, str]) -> None:
    office, report = late
    async with office.work(JOB, Purpose.ADMINISTRATION) as work:
        await holds.hold(work, f"Communication/{report}", "Pålegg fra Statsforvalteren", "Per Tveit")
        assert [one.of for one in await holds.standing(work)] == [f"Communication/{report}"]
    let_pass(office, 2 * KEPT)
    assert await untied.end(office) == 0 and await standing(office) == 3
    async with office.work(JOB, Purpose.ADMINISTRATION) as work:
        await holds.end(work, f"Communication/{report}", "Per Tveit")
    assert await untied.end(office) == 3


async def test_what_stands_in_a_record_is_held_with_that_record_only(world: FiksWorld) -> None:
    made = await world.reports()
    async with world.places.office.work(JOB, Purpose.ADMINISTRATION) as work:
        with pytest.raises(Refused) as refused:
            await holds.hold(work, f"Communication/{made}", "Pålegg fra Statsforvalteren", "Per Tveit")
    assert refused.value.code == "AK-J001"
