"""The server needs no right of its own: a login that owns nothing and may only act as the application's roles will do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from akson.audit.seal import seal
from akson.base.database import Database
from akson.base.jobs import deliver
from akson.base.work import Purpose
from akson.doors.keys import Keys
from akson.doors.opening import clock, opened
from akson.doors.running import clean, consumers
from akson.doors.settings import from_environment
from akson.record import journal
from tests.offices import JOB

LOGIN = "akson_of_a_test"


@pytest.fixture
async def lesser(database_url: str, owner_db: Database) -> str:
    """The address of the database for a login that is a member of the roles and owns nothing."""
    await owner_db.execute(f"DROP ROLE IF EXISTS {LOGIN}")
    await owner_db.execute(f"CREATE ROLE {LOGIN} LOGIN NOINHERIT IN ROLE akson_app, akson_eraser")
    parts = urlsplit(database_url)
    return urlunsplit(parts._replace(netloc=f"{LOGIN}@{parts.netloc.rpartition('@')[2]}"))


async def test_server_and_worker_do_their_work_with_a_login_that_owns_nothing(lesser: str, tmp_path: Path) -> None:
    settings = from_environment({"AKSON_ENV": "test", "AKSON_DATABASE_URL": lesser, "AKSON_DATA": str(tmp_path)})
    async with opened(settings) as office:
        async with office.work(JOB, Purpose.SYSTEM) as work:
            made = await journal.create(work, {"resourceType": "Patient", "name": [{"family": "Nordli"}]})
        async with office.work(replace(JOB), Purpose.SYSTEM) as work:
            assert (await journal.read(work, "Patient", made.id)).version == 1
        await deliver(office.database, consumers(office), clock())
        await seal(office.database, Keys.open(tmp_path / "keys").signer, clock(), opened_since=None)
        await clean(office.database, clock())


@pytest.mark.parametrize("statement", [
    "SELECT count(*) FROM resource_version", "DELETE FROM access_log", "DROP TABLE chain", "RESET ROLE; SELECT 1 FROM owner",
    "SET ROLE akson",
])  # fmt: skip
async def test_the_login_itself_may_nothing(lesser: str, statement: str) -> None:
    connection = await asyncpg.connect(lesser)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
