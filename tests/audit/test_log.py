"""The access log's writer: durable before the answer leaves, one commit for all who wait, no answer without a trace."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from akson.audit.log import AccessLog
from akson.base.database import Database
from akson.base.errors import Refused
from tests.audit.looks import ASTRID, KARI, NOW, look, saw


@pytest.fixture
async def log(database_url: str):
    log = AccessLog(database_url)
    yield log
    await log.close()


async def rows(db: Database, columns: str = "*") -> list[asyncpg.Record]:
    return await db.fetch(f"SELECT {columns} FROM access_log ORDER BY stream, seq")


async def test_a_row_is_there_when_write_returns(log: AccessLog, db: Database) -> None:
    await log.write(look(saw(), saw("page oversikt", KARI), saw(), screen="/p/x", reason="Fall hjemme"))
    (row,) = await rows(db)
    assert (row["seq"], row["at"], row["actor_name"], row["reason"]) == (1, NOW, "Mariam Yusuf", "Fall hjemme")
    assert sorted(row["patients"]) == sorted([ASTRID, KARI]) and row["seen"].count("Observation/x") == 1
    assert {r["patient"] for r in await db.fetch("SELECT patient FROM access_log_patient")} == {ASTRID, KARI}


async def test_all_who_wait_ride_in_the_next_statement_and_leave_no_gap(log: AccessLog, db: Database) -> None:
    await log.write(look())
    before = log.statements
    await asyncio.gather(*(log.write(look(request=str(n))) for n in range(100)))
    assert log.statements - before <= 3
    assert [row["seq"] for row in await rows(db, "seq")] == list(range(1, 102))


async def test_a_lost_connection_begins_a_new_stream_and_loses_nothing(log: AccessLog, db: Database, owner_db) -> None:
    await log.write(look(request="before"))
    await owner_db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'akson access log'"
    )
    await asyncio.gather(*(log.write(look(request=str(n))) for n in range(5)))
    found = await rows(db, "stream, seq, request")
    assert {row["request"] for row in found} >= {"before", "0", "1", "2", "3", "4"}
    assert len({row["stream"] for row in found}) == 2
    assert all(sum(r["stream"] == row["stream"] for r in found) >= row["seq"] for row in found)


async def test_nothing_leaves_when_the_log_cannot_be_written(owner_db: Database, database_url: str) -> None:
    log = AccessLog(database_url, deadline=0.5)
    await owner_db.execute("REVOKE INSERT ON access_log FROM akson_app")
    with pytest.raises(Refused, match="AK-J010"):
        await log.write(look())
    await owner_db.execute("GRANT INSERT ON access_log TO akson_app")
    await log.write(look(request="again"))
    assert [r["request"] for r in await owner_db.fetch("SELECT request FROM access_log")] == ["again"]
    await log.close()


async def test_nothing_leaves_when_the_database_is_gone_or_hangs(owner_db: Database, database_url: str) -> None:
    gone = AccessLog("postgresql://nobody@127.0.0.1:1/nothing", deadline=1)
    with pytest.raises(Refused, match="AK-J010"):
        await gone.write(look())
    slow = AccessLog(database_url, deadline=0.5)
    async with owner_db.transaction() as connection:
        await connection.execute("LOCK TABLE access_log IN ACCESS EXCLUSIVE MODE")
        answers = await asyncio.gather(*(slow.write(look()) for _ in range(3)), return_exceptions=True)
        assert [str(answer) for answer in answers] == ["AK-J010"] * 3
    await slow.close()


async def test_what_an_attacker_writes_in_an_address_does_not_stop_the_log(log: AccessLog, db: Database) -> None:
    odd = "Observation/\x00\ud800'; DROP TABLE x" + "å" * 9000
    await asyncio.gather(log.write(look(saw(odd), screen=odd)), log.write(look(request="other")))
    assert [row["request"] for row in await rows(db, "request")] == ["", "other"]


async def test_each_day_has_its_stream_and_each_month_its_partition(log: AccessLog, db: Database) -> None:
    for days in (0, 0, 1, 40):
        await log.write(look(at=NOW + timedelta(days=days)))
    found = await db.fetch("SELECT DISTINCT tableoid::regclass::text AS part, stream FROM access_log")
    assert sorted(row["part"] for row in found) == ["access_log_2026_11", "access_log_2026_11", "access_log_2027_01"]
    assert len({row["stream"] for row in found}) == 3


async def test_servers_that_start_in_a_new_month_make_its_partitions_in_turn(database_url: str, db: Database) -> None:
    """A deadline shorter than the wait for one lock: two that wait for each other would refuse their first rows."""
    logs = [AccessLog(database_url, deadline=0.9) for _ in range(6)]
    for months in range(3):
        await asyncio.gather(*(log.write(look(at=NOW + timedelta(days=100 * months + 1))) for log in logs))
    parts = await db.fetch("SELECT DISTINCT tableoid::regclass::text AS part FROM access_log")
    assert sorted(row["part"] for row in parts) == ["access_log_2026_11", "access_log_2027_03", "access_log_2027_06"]
    await asyncio.gather(*(log.close() for log in logs))


@pytest.mark.parametrize("statement", [
    "UPDATE access_log SET actor_name = 'x'", "DELETE FROM access_log", "TRUNCATE access_log",
    "DELETE FROM access_log_patient", "UPDATE access_seal SET at = at", "DELETE FROM access_stream",
    "DELETE FROM access_log_default", "DROP TABLE access_log",
])  # fmt: skip
async def test_the_application_can_neither_change_nor_delete_the_log(db: Database, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.execute(statement)
