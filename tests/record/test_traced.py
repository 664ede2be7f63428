"""A write that is carried out brings its row of the access log along; whatever else happens leaves its row by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from akson.audit.log import Stream
from akson.audit.verify import verify
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.stored import Stored
from tests.offices import JOB, NOW, opened_office, patient, temperature

ROWS = "SELECT l.stream, l.seq, l.outcome, l.seen::text, l.xmin::text FROM access_log l WHERE l.request = $1 ORDER BY l.seq"
STAND = "SELECT xmin::text FROM resource_version WHERE id = $1 AND version = $2"


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with opened_office(database_url) as made:
        yield made


@pytest.fixture
async def people(office: Office) -> Sequence[Stored]:
    return [await patient(office) for _ in range(6)]


async def written(office: Office, person: Stored, request: str, **known: Any) -> Stored:
    async with office.work(JOB, Purpose.SYSTEM, request=request) as work:
        if known:
            return await journal.update(work, temperature(person, "39.0"), **known)
        return await journal.create(work, temperature(person))


async def test_a_row_is_committed_with_what_it_tells_of_and_not_by_the_log_itself(
    office: Office, people: Sequence[Stored], owner_db: Database, database_url: str
) -> None:
    before = office.log.statements
    found = await asyncio.gather(*(written(office, person, f"r{n}") for n, person in enumerate(people)))
    assert office.log.statements == before
    for n, one in enumerate(found):
        (row,) = await owner_db.fetch(ROWS, f"r{n}")
        assert row["outcome"] == "permit" and f"POST {one.reference}" in row["seen"]
        assert row["xmin"] == await owner_db.fetchval(STAND, one.id, 1)
        looked = "SELECT count(*) FROM access_log_patient WHERE patient = $1 AND (stream, seq) = ($2, $3)"
        assert await owner_db.fetchval(looked, one.owner, row["stream"], row["seq"]) == 1
    assert (await verify(database_url, keys=[])).faults == ()


async def test_one_that_is_refused_leaves_its_row_by_itself_and_the_others_no_gap(
    office: Office, people: Sequence[Stored], owner_db: Database, database_url: str
) -> None:
    entries = await asyncio.gather(*(written(office, person, "first") for person in people))
    ready = asyncio.Barrier(len(people))

    async def change(n: int) -> Stored:
        async with office.work(JOB, Purpose.SYSTEM, request=f"r{n}") as work:
            made = await journal.update(work, temperature(people[n], "39.0"), id_=entries[n].id)
            await ready.wait()
            if n == 2:  # somebody is before it
                await written(office, people[n], "other", id_=entries[n].id)
        return made

    found = await asyncio.gather(*(change(n) for n in range(len(people))), return_exceptions=True)
    assert [isinstance(one, Refused) for one in found] == [n == 2 for n in range(len(people))]
    told = [[row["outcome"] for row in await owner_db.fetch(ROWS, f"r{n}")] for n in range(len(people))]
    assert told == [["refuse"] if n == 2 else ["permit"] for n in range(len(people))]
    assert (await verify(database_url, keys=[])).faults == ()


async def test_nothing_is_answered_while_the_log_cannot_be_written(
    office: Office, people: Sequence[Stored], owner_db: Database, database_url: str
) -> None:
    await written(office, people[0], "before")
    await owner_db.execute("REVOKE INSERT ON access_log FROM akson_app")
    held = await asyncio.gather(*(written(office, person, "held") for person in people), return_exceptions=True)
    with pytest.raises(Refused, match="AK-J010"):
        await written(office, people[0], "held")
    await owner_db.execute("GRANT INSERT ON access_log TO akson_app")
    assert [str(one) for one in held] == ["AK-J010"] * len(people)
    await asyncio.gather(*(written(office, person, "after") for person in people))
    assert len(await owner_db.fetch(ROWS, "held")) == 0 and len(await owner_db.fetch(ROWS, "after")) == len(people)
    assert (await verify(database_url, keys=[])).faults == ()


async def test_when_nobody_knows_what_became_of_the_rows_the_next_ones_stand_in_another_stream(
    office: Office, people: Sequence[Stored], owner_db: Database, database_url: str
) -> None:
    await written(office, people[0], "before")
    waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%journal_write%'"
    async with owner_db.transaction() as connection:
        await connection.execute("LOCK TABLE access_log IN ACCESS EXCLUSIVE MODE")
        task = asyncio.create_task(written(office, people[1], "lost"))
        async with asyncio.timeout(10):
            while not await owner_db.fetchval(f"SELECT count(pg_terminate_backend(pid)) {waiting}"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
    with pytest.raises(BaseException):  # noqa: B017 - the connection is gone
        await task
    await written(office, people[2], "after")
    rows = [(await owner_db.fetch(ROWS, request))[0] for request in ("before", "after")]
    assert rows[0]["stream"] != rows[1]["stream"] and rows[1]["seq"] == 1
    assert [row["outcome"] for row in await owner_db.fetch(ROWS, "lost")] == ["failed"]
    assert (await verify(database_url, keys=[])).faults == ()


async def test_a_stream_is_opened_when_its_first_row_is_written_even_if_others_before_it_were_refused() -> None:
    opened: list[tuple[object, ...]] = []

    async def execute(_: str, *values: object) -> None:
        opened.extend([values] if len(values) == 2 else [])

    stream = Stream()
    await stream.ready(NOW, execute)  # its rows are refused: nothing is kept
    await stream.ready(NOW + timedelta(seconds=1), execute)
    stream.kept(3)
    await stream.ready(NOW + timedelta(seconds=2), execute)
    assert [at for _, at in opened] == [NOW, NOW + timedelta(seconds=1)]
