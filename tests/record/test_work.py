"""One work: all of it or nothing, and nothing of it in the next."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from akson.base.database import FAILURES
from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.session import execute, transaction
from akson.record.stored import Stored
from tests.architecture.source import ROOT
from tests.offices import JOB, opened_office, patient, staff, temperature, unit

# What stays with a session until somebody resets it.
SESSION = """
SELECT (SELECT json_object_agg(name, setting ORDER BY name) FROM pg_settings WHERE source IN ('session', 'client'))::text
    || current_user || session_user || current_setting('search_path')
    || (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')
    || (SELECT count(*) FROM pg_cursors) || (SELECT count(*) FROM pg_listening_channels())
    || (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema())
    || coalesce(current_setting('akson.actor', true), '')
"""
LASTING = re.compile(
    r"^\s*(SET\s+(?!LOCAL\b)|RESET|LISTEN|PREPARE|DECLARE|DISCARD|CREATE\s+TEMP)"
    r"|set_config\s*\([^)]*,\s*false\s*\)|pg_(try_)?advisory_(un)?lock(_shared)?\s*\(",
    re.IGNORECASE | re.MULTILINE,
)


@pytest.fixture
async def narrow(database_url: str) -> AsyncIterator[Office]:
    """An office with two connections, so that each serves many works."""
    async with opened_office(database_url, size=2) as made:
        yield made


@pytest.fixture
async def mariam(narrow: Office) -> Actor:
    return await staff(narrow, await unit(narrow, "Sone nord"), "Yusuf")


@pytest.fixture
async def astrid(narrow: Office, mariam: Actor) -> Stored:
    return await patient(narrow, at=mariam)


async def observations(office: Office) -> int:
    found: int = await office.database.fetchval("SELECT count(*) FROM search_token")
    return found


class Stumbled(Exception):
    """Something goes wrong in the middle."""


async def test_what_a_work_wrote_and_read_again_is_undone_when_it_fails(
    narrow: Office, mariam: Actor, astrid: Stored
) -> None:
    before = await observations(narrow)
    with pytest.raises(Stumbled):
        async with narrow.work(mariam, Purpose.TREATMENT) as work:
            made = await journal.create(work, temperature(astrid))
            assert (await journal.read(work, "Observation", made.id)).version == 1
            assert [hit.id for hit in (await search(work, "Observation", [])).hits] == [made.id]
            raise Stumbled
    assert await observations(narrow) == before


async def test_what_a_work_wrote_is_undone_when_a_later_write_is_refused(
    narrow: Office, mariam: Actor, astrid: Stored
) -> None:
    before = await observations(narrow)
    with pytest.raises(Refused, match="AK-J003"):
        async with narrow.work(mariam, Purpose.TREATMENT) as work:
            made = await journal.create(work, temperature(astrid))
            await journal.read(work, "Observation", made.id)
            await journal.update(work, temperature(astrid, "39.0"), id_=made.id, if_match=7)
    assert await observations(narrow) == before


async def some_work(office: Office, who: Actor, person: Stored, chance: random.Random) -> None:
    """Do what works do, and end as they may end: well, refused, broken, given up."""
    async with office.work(who, Purpose.TREATMENT) as work:
        if chance.random() < 0.5:
            await execute(work, "SET LOCAL akson.actor = 'Mariam Yusuf'")
            await execute(work, "SET LOCAL statement_timeout = '7s'")
        made = await journal.create(work, temperature(person))
        if chance.random() < 0.7:
            await journal.read(work, "Observation", made.id)
        if (turn := chance.random()) < 0.2:
            raise Stumbled
        if turn < 0.4:
            await execute(work, "SELECT 1 / 0")
        if turn < 0.6:
            await execute(work, "SELECT pg_sleep(5)")  # given up by then
        if turn < 0.7:
            raise Refused("AK-J001")


async def test_no_setting_transaction_or_lock_of_one_work_is_left_to_the_next(
    narrow: Office, mariam: Actor, astrid: Stored, database_url: str
) -> None:
    before = await sessions(narrow)
    assert "akson_app" in before[0] and len(set(before)) == 1
    chance = random.Random(7)
    for _ in range(40):
        tasks = [asyncio.create_task(some_work(narrow, mariam, astrid, chance)) for _ in range(3)]
        await asyncio.wait(tasks, timeout=chance.random() / 10)
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(ended, (type(None), Stumbled, Refused, asyncio.CancelledError, *FAILURES))
    assert await sessions(narrow) == before
    assert await sitting_in_transactions(database_url) == 0


async def sessions(office: Office) -> list[str]:
    """Return what each connection of the pool holds, all held at once."""
    held = [await office.database.acquire() for _ in range(2)]
    try:
        assert not any(one.is_in_transaction() for one in held)
        return [await one.fetchval(SESSION) for one in held]
    finally:
        for one in held:
            await office.database.release(one)


async def sitting_in_transactions(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
            " AND datname = current_database()"
        )
        return found
    finally:
        await connection.close()


async def test_a_work_given_up_while_it_opens_its_transaction_gives_the_connection_back(
    narrow: Office, mariam: Actor
) -> None:
    for steps in range(12):
        async with narrow.work(mariam, Purpose.TREATMENT) as work:
            task = asyncio.create_task(transaction(work))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert len(await sessions(narrow)) == 2


def test_no_statement_of_ours_changes_a_session() -> None:
    """The pool does not reset connections (docs/adr/0002): what outlives a transaction would reach the next user."""
    found = [
        f"{file.relative_to(ROOT)} {name}"
        for file in (ROOT / "akson").rglob("*.sql")
        for name, text in _statements(file)
        if LASTING.search(text)
    ]
    assert not found


def _statements(file: Path) -> list[tuple[str, str]]:
    """Return name and text of each statement in `file`, without its comments."""
    parts = file.read_text("utf-8").split("-- name: ")[1:]
    return [(name, re.sub("--.*", "", text)) for name, _, text in (part.partition("\n") for part in parts)]


@pytest.mark.parametrize("text", ["SET role = x", "set search_path to y", "SELECT set_config('a', $1, false)",
                                  "SELECT pg_advisory_lock(1)", "CREATE TEMP TABLE x ()", "LISTEN news"])  # fmt: skip
def test_a_statement_that_lasts_is_recognised(text: str) -> None:
    assert LASTING.search(text)


async def test_two_works_at_once_never_share_a_transaction(narrow: Office, mariam: Actor, astrid: Stored) -> None:
    async def work(fail: bool) -> str:
        async with narrow.work(mariam, Purpose.TREATMENT) as mine:
            made = await journal.create(mine, temperature(astrid))
            await journal.read(mine, "Observation", made.id)
            if fail:
                raise Stumbled
        return made.id

    ended = await asyncio.gather(*(work(n % 2 == 1) for n in range(10)), return_exceptions=True)
    kept = {one for one in ended if isinstance(one, str)}
    async with narrow.work(JOB, Purpose.SYSTEM) as work_:
        assert {hit.id for hit in (await search(work_, "Observation", [])).hits} == kept and len(kept) == 5
