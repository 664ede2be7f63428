"""Each role of the database can do its own work and no other's: owner, application, eraser, auditor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from akson.base.postgres import Postgres
from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from tests.offices import JOB, opened_office, patient

TRAILS = {"resource_version", "chain", "erasure", "author", "access_log", "access_log_patient", "access_stream",
          "access_seal", "access_removal", "chain_seal", "erasure_line"}  # fmt: skip
BY_ERASER = {"erasure", "access_removal"}
LOG = {"access_log", "access_log_patient", "access_stream", "access_seal", "access_removal", "chain_seal"}
GRANTED = """SELECT c.relname, p.privilege_type FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) p
              WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND p.grantee::regrole::text = $1"""
PUBLIC = """SELECT c.relname FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) p
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND p.grantee = 0"""
ERASURES = ["journal_erase_v2(now(), 1, 1, '{}', '{}', '{}')", "journal_erase_v3(now(), 1, 1, '{}', '{}', '{}')",
            "exchange_erase_v1(1, '{}')",
            "access_remove_v2(1, now(), now(), '{}', '{}', '', '', '', '')", "access_remove_rows_v1(1, 1, 1, 1)",
            "access_drop_v2(now()::date)"]  # fmt: skip


@asynccontextmanager
async def acting(url: str, role: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url, server_settings={"role": role})
    try:
        yield connection
    finally:
        await connection.close()


async def granted(url: str, role: str) -> dict[str, set[str]]:
    """Return what a role may do, by table."""
    found: dict[str, set[str]] = {}
    async with acting(url, "akson") as connection:
        for name, right in await connection.fetch(GRANTED, role):
            found.setdefault(name, set()).add(right)
    return found


async def test_the_application_adds_to_the_trails_and_changes_nothing_in_them(database_url: str) -> None:
    rights = await granted(database_url, "akson_app")
    assert {name: rights[name] for name in TRAILS} == {name: {"SELECT", "INSERT"} for name in TRAILS - BY_ERASER} | {
        name: {"SELECT"} for name in BY_ERASER
    }
    assert not any({"TRUNCATE", "TRIGGER", "REFERENCES"} & of for of in rights.values())


async def test_the_eraser_has_its_functions_and_no_table_at_all(database_url: str) -> None:
    assert await granted(database_url, "akson_eraser") == {}
    async with acting(database_url, "akson_eraser") as connection:
        for table in ("resource_version", "access_log", "owner"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT * FROM {table}")


async def test_the_auditor_reads_the_log_and_nothing_else(database_url: str) -> None:
    assert await granted(database_url, "akson_auditor") == {name: {"SELECT"} for name in LOG}
    async with acting(database_url, "akson_auditor") as connection:
        assert await connection.fetch("SELECT * FROM access_log") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM resource")


@pytest.mark.parametrize("call", ERASURES)
@pytest.mark.parametrize("role", ["akson_app", "akson_auditor"])
async def test_nobody_but_the_eraser_erases(database_url: str, role: str, call: str) -> None:
    async with acting(database_url, role) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"SELECT {call}")


@pytest.mark.parametrize("role", ["akson_app", "akson_eraser", "akson_auditor"])
async def test_only_the_owner_makes_tables_changes_rights_and_acts_as_others(database_url: str, role: str) -> None:
    async with acting(database_url, role) as connection:
        for statement in ("CREATE TABLE x (n int)", "DROP TABLE access_log",
                          "ALTER TABLE chain DISABLE TRIGGER ALL", "CREATE ROLE somebody"):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_everybody_has_no_rights(database_url: str) -> None:
    async with acting(database_url, "akson") as connection:
        assert await connection.fetch(PUBLIC) == []


async def test_the_installation_works_for_a_login_that_owns_nothing(database_url: str, postgres: Postgres) -> None:
    """With NOINHERIT it has no right but to act as the application and the eraser."""
    async with acting(database_url, "akson") as connection:
        await connection.execute("DROP ROLE IF EXISTS akson_login; CREATE ROLE akson_login LOGIN NOINHERIT")
        await connection.execute("GRANT akson_app, akson_eraser TO akson_login")
    url = database_url.replace("//akson@", "//akson_login@")
    async with opened_office(url) as office:
        await worked(office)
    async with acting(url, "akson_login") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM resource")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SET ROLE akson")


async def worked(office: Office) -> None:
    person = await patient(office)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        assert (await journal.read(work, "Patient", person.id)).version == 1
