"""The values of a parameter of our own are made while others write, by workers that may be killed at any moment."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.own import Progress, progress
from akson.record.search import indexing
from akson.record.search.reindexing import reindex
from akson.record.search.searching import search
from tests.offices import JOB, VENDOR, opened_office, patient
from tests.record.test_reindexing import rows

MANY = 120
NICK: dict[str, Any] = {
    "resourceType": "SearchParameter", "url": "urn:nick", "name": "Nick", "status": "active", "description": "x",
    "code": "nick", "base": ["Patient"], "type": "string", "expression": "Patient.name.where(use = 'nickname').text",
}  # fmt: skip
_FOREVER = """
import asyncio, sys
from akson.record.search import indexing
from tests.offices import opened_office
async def forever():
    async with opened_office(sys.argv[1]) as office:
        while True:
            await indexing.turn(office.database, office.hasher, office.ids, at_once=1)
asyncio.run(forever())
"""


def named(text: str) -> list[dict[str, str]]:
    return [{"use": "nickname", "text": text}, {"family": "Nordli"}]


async def create(office: Office, resource: dict[str, Any]) -> str:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        return (await journal.create(work, resource)).id


async def made(office: Office) -> None:
    """Let the worker work until the values can be searched for: what others have open on the server may hold it up."""
    async with asyncio.timeout(60):
        while await turn(office) or (await far(office)).state == "indexing":
            pass


async def turn(office: Office, **more: int) -> int:
    return await indexing.turn(office.database, office.hasher, office.ids, **more)


async def far(office: Office) -> Progress:
    return (await progress(office.database.fetch))[0]


async def found(office: Office, value: str) -> int | None:
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        return (await search(work, "Patient", [("nick", value), ("_count", "0")])).total


@pytest.fixture
async def second(database_url: str) -> AsyncIterator[Office]:
    """Another program on the same database."""
    async with opened_office(database_url) as made:
        yield made


async def test_everything_is_indexed_while_others_write_and_what_is_told_is_true_all_the_while(
    office: Office, second: Office, owner_db: asyncpg.Connection
) -> None:
    old = [await patient(office, name=named(f"gammel {n}")) for n in range(MANY)]
    await create(office, NICK)
    done = False

    async def writer(of: Office, first: int) -> int:
        n = 0
        while not done:
            await patient(of, name=named("ny"))
            async with of.work(JOB, Purpose.SYSTEM) as work:
                one = old[(first + n * 7) % MANY]
                await journal.update(work, one.resource | {"name": named("endret")}, id_=one.id)
            gone = await create(of, {"resourceType": "Patient", "name": named("borte")})
            async with of.work(JOB, Purpose.SYSTEM) as work:
                await journal.delete(work, "Patient", gone)
            n += 1
        return n

    writers = [asyncio.create_task(writer(office, 0)), asyncio.create_task(writer(second, 3))]
    while (now := await far(office)).state != "ready":
        assert now.done <= now.total
        assert now.percent < 100
        await turn(second, at_once=5)
    done = True
    made = sum(await asyncio.gather(*writers))
    assert made > 4
    now = await far(office)
    assert (now.done, now.total) == (MANY + made, MANY + made)
    assert await found(office, "ny") == made
    assert await found(office, "borte") == 0
    changed, left = await found(office, "endret"), await found(office, "gammel")
    assert (changed or 0) + (left or 0) == MANY
    stood = await rows(owner_db)
    await owner_db.execute("INSERT INTO reindex SELECT owner FROM owner")
    await reindex(office.database, office.hasher, office.ids, lambda *_: None)
    assert await rows(owner_db) == stood


async def test_a_worker_that_is_killed_goes_on_where_it_was(office: Office, database_url: str) -> None:
    for n in range(40):
        await patient(office, name=named(f"gammel {n}"))
    await create(office, NICK)
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", _FOREVER, database_url)
    while (await far(office)).done < 5:
        pass
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    reached = await far(office)
    assert 5 <= reached.done < reached.total == 40
    turns = 0
    while await turn(office, at_once=1):
        turns += 1
    assert turns == 40 - reached.done + 1  # and one to see that nothing is left
    assert await found(office, "gammel") == 40


async def test_who_began_to_write_before_is_waited_for(office: Office, second: Office) -> None:
    async with second.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {"resourceType": "Patient", "name": named("sen")})
        await journal.read_many(work, ["Patient/x"])  # what is queued is written, and not committed yet
        await create(office, NICK)
        assert await turn(office) == 1
        assert await turn(office) == 0
        assert (await far(office)).state == "indexing"
    await made(office)
    assert await found(office, "sen") == 1


async def test_a_set_that_was_made_by_earlier_rules_is_made_anew_also_within_a_transaction(
    office: Office, second: Office
) -> None:
    async with second.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {"resourceType": "Patient", "name": named("en")})
        await create(office, NICK)
        await journal.read_many(work, ["Patient/x"])
        await journal.create(work, {"resourceType": "Patient", "name": named("to")})
    assert second.rules.own.revision == (await second.database.fetchval("SELECT revision FROM search_rules"))
    await made(office)
    assert (await found(office, "en"), await found(office, "to")) == (1, 1)


async def test_an_expression_that_fails_on_a_resource_keeps_nobody_from_writing_and_is_counted(office: Office) -> None:
    await patient(office, name=[{"text": "en"}])
    await create(office, NICK | {"expression": "Patient.name.single().text"})
    await patient(office, name=[{"text": "to"}, {"text": "tre"}])
    await made(office)
    assert (await far(office)).failed == 1
    assert (await found(office, "en"), await found(office, "to")) == (1, 0)


async def test_rules_that_were_never_committed_are_not_kept(office: Office) -> None:
    with pytest.raises(RuntimeError, match="given up"):
        async with office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, NICK)
            await journal.read_many(work, ["Patient/x"])
            await journal.create(work, {"resourceType": "Patient", "name": named("en")})
            await journal.read_many(work, ["Patient/x"])
            raise RuntimeError("given up")
    await create(office, NICK | {"expression": "Patient.name.family"})
    await patient(office, name=named("en"))
    await made(office)
    assert (await found(office, "nordli"), await found(office, "en")) == (1, 0)
