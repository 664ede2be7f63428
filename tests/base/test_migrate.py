"""Migrations: each file once, in order, whole or not at all; a changed file is refused."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from akson.base.database import Database
from akson.base.migrate import MigrationRefused, NotStopped, migrate

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "0001_first", "CREATE TABLE first (a int);\nINSERT INTO first VALUES (1);")
    write(tmp_path, "0002_second", "ALTER TABLE first ADD b int;")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.sql").write_text(text, "utf-8")


async def asked(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_each_file_runs_once_and_in_order(empty_url: str, folder: Path) -> None:
    assert await migrate(empty_url, folder, NOW) == ["0001_first", "0002_second"]
    write(folder, "0003_third", "CREATE TABLE third ();")
    assert await migrate(empty_url, folder, NOW) == ["0003_third"]
    assert await migrate(empty_url, folder, NOW) == []
    assert await asked(empty_url, "SELECT count(*) FROM first") == 1
    assert await asked(empty_url, "SELECT min(at) FROM migration") == NOW


async def test_two_that_start_together_run_each_file_once(empty_url: str, folder: Path) -> None:
    ran = await asyncio.gather(*(migrate(empty_url, folder, NOW) for _ in range(4)))
    assert sorted(ran) == [[], [], [], ["0001_first", "0002_second"]]


async def test_a_file_that_fails_leaves_nothing_of_itself(empty_url: str, folder: Path) -> None:
    write(folder, "0003_third", "CREATE TABLE third ();\nSELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_url, folder, NOW)
    assert await asked(empty_url, "SELECT to_regclass('third')") is None
    assert await asked(empty_url, "SELECT count(*) FROM migration") == 2
    write(folder, "0003_third", "CREATE TABLE third ();")
    assert await migrate(empty_url, folder, NOW) == ["0003_third"]


async def test_a_changed_file_is_refused(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder, NOW)
    write(folder, "0001_first", "CREATE TABLE first (a bigint);")
    with pytest.raises(MigrationRefused, match="changed after it was run: 0001_first"):
        await migrate(empty_url, folder, NOW)


async def test_a_database_newer_than_the_program_is_refused(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder, NOW)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(MigrationRefused, match="newer than this program"):
        await migrate(empty_url, folder, NOW)


async def test_a_file_that_comes_too_late_is_refused(empty_url: str, folder: Path) -> None:
    (folder / "0001_first.sql").rename(folder / "0003_first.sql")
    write(folder, "0002_second", "CREATE TABLE second ();")
    await migrate(empty_url, folder, NOW)
    write(folder, "0001_late", "CREATE TABLE late ();")
    with pytest.raises(MigrationRefused, match="numbered before one that has run: 0001_late"):
        await migrate(empty_url, folder, NOW)


@pytest.mark.parametrize(
    ("name", "complaint"), [("1_short", "not NNNN_name"), ("0001_again", "number used twice: 0001")]
)
async def test_a_wrong_name_is_refused(empty_url: str, folder: Path, name: str, complaint: str) -> None:
    write(folder, name, "CREATE TABLE x ();")
    with pytest.raises(MigrationRefused, match=complaint):
        await migrate(empty_url, folder, NOW)


async def test_a_marked_file_runs_outside_a_transaction(empty_url: str, folder: Path) -> None:
    write(
        folder,
        "0003_index",
        "-- no transaction\nCREATE INDEX CONCURRENTLY one ON first (a);\n\nVACUUM first;\n-- end\n",
    )
    assert await asyncio.wait_for(migrate(empty_url, folder, NOW), 10) == ["0001_first", "0002_second", "0003_index"]
    assert await asked(empty_url, "SELECT to_regclass('one')::text") == "one"


async def test_what_the_release_before_would_read_wrongly_waits_until_its_programs_have_stopped(
    empty_url: str, folder: Path
) -> None:
    older = await asyncpg.connect(empty_url)
    assert await migrate(empty_url, folder, NOW) == ["0001_first", "0002_second"]
    write(folder, "0003_third", "CREATE TABLE third ();")
    write(folder, "0068_smaller", "DROP TABLE third;")
    with pytest.raises(NotStopped, match="0068_smaller"):
        await migrate(empty_url, folder, NOW)
    assert await asked(empty_url, "SELECT max(name) FROM migration") == "0003_third"  # what they bear has run
    await older.close()
    ran = await asyncio.gather(*(migrate(empty_url, folder, NOW) for _ in range(2)))
    assert sorted(ran) == [[], ["0068_smaller"]]


async def test_a_new_installation_has_nobody_to_wait_for(empty_url: str, folder: Path) -> None:
    write(folder, "0068_smaller", "CREATE TABLE third ();")
    looks = await asyncpg.connect(empty_url)
    assert len(await migrate(empty_url, folder, NOW)) == 3
    await looks.close()


async def test_the_application_may_not_change_the_schema_or_what_was_migrated(db: Database) -> None:
    for forbidden in ("CREATE TABLE mine ()", "DELETE FROM migration", "DROP TABLE migration"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute(forbidden)
