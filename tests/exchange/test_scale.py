"""What one message costs does not grow with the number that waits: counted in rows read, never in time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from akson.base.database import Database
from akson.exchange import inbox, outbox, outcomes
from akson.record.office import Office
from tests.offices import opened_office

MANY = 20_000
OUT = """
INSERT INTO message_out (owner, key, bucket, type, msg_id, sender, receiver, body, state, wants_apprec, responsible, created_at,
  deadline, due, unit, carrier_id, rests_for)
SELECT n, n, n & 63, 'X', 'm' || n, 1, 2, 'x', $2::text, true, 'r', $3::timestamptz - n * interval '1 ms',
       $3::timestamptz + interval '96 hours', $3::timestamptz, 5,
       CASE WHEN $2::text = 'sent' THEN 'c' ELSE '' END, CASE WHEN $2::text = 'sent' THEN '' ELSE 'edi:' END FROM generate_series($1::bigint, $1 + $4 - 1) n"""
IN = """
INSERT INTO message_in (bucket, digest, body, state, received_at, envelope_id, due, responsible, deadline)
SELECT n & 63, decode(lpad(to_hex(n), 64, '0'), 'hex'), 'x', 'kept', $2::timestamptz, '', $2::timestamptz, 'r',
       $2::timestamptz + interval '1 day'
  FROM generate_series($1::bigint, $1 + $3 - 1) n"""
QUESTIONS = [
    (outbox.SQL.buckets_out, ("now",)), (outbox.SQL.claim_out, (7, "now", "later", 8, 10**6)),
    (outbox.SQL.buckets_unconfirmed, ("now",)), (outbox.SQL.claim_unconfirmed, (7, "now", "later", 8)),
    (outbox.SQL.overdue, ("days later", [7])), (outbox.SQL.for_humans_out, (100, 0, [0, -1], None, *outcomes.START)),
    (outbox.SQL.for_humans_out, (100, 5, None, "r", *outcomes.START)),
    (outbox.SQL.stuck_out, (100, "now", 0, [0, -1], None, *outcomes.START)),
    (outbox.SQL.resting, ()), (outbox.SQL.wake, ("edi:", "now", 1)),
    (inbox.SQL.buckets_in, ("now",)), (inbox.SQL.claim_in, (7, "now", "later", 8, 10**6)),
]  # fmt: skip


async def rows(owner: Database, office: Office, statement: str, arguments: tuple[object, ...]) -> int:
    """Return how many rows the statement reads, by the database's own count; what it changes is taken back."""
    now = office.clock() + timedelta(seconds=1)  # all that waits is due
    moments = {"now": now, "later": now + timedelta(minutes=1), "days later": now + timedelta(days=5)}
    given = [moments.get(each, each) if isinstance(each, str) else each for each in arguments]
    async with owner.transaction() as connection:
        await connection.execute("SAVEPOINT before")
        told = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *given)
        await connection.execute("ROLLBACK TO before")
    return read(json.loads(told)[0]["Plan"])


def read(plan: dict[str, Any]) -> int:
    """Return the rows that a step of a plan and all below it met, those that were thrown away too."""
    met = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    return int(met * plan["Actual Loops"]) + sum(read(below) for below in plan.get("Plans", ()))


async def fill(owner: Database, office: Office, first: int, count: int) -> None:
    for number, state in enumerate(("queued", "sent")):
        await owner.execute(OUT, first + number * 10**6, state, office.clock(), count)
    await owner.execute(IN, first, office.clock(), count)
    for table in ("message_out", "message_in"):
        await owner.execute(f"VACUUM ANALYZE {table}")


@pytest.fixture
async def costs(database_url: str, owner_db: Database) -> list[tuple[int, int]]:
    """What each question costs with few messages waiting, and with many."""
    async with opened_office(database_url) as office:
        await fill(owner_db, office, 1, MANY // 20)
        few = [await rows(owner_db, office, *each) for each in QUESTIONS]
        await fill(owner_db, office, MANY, MANY)
        many = [await rows(owner_db, office, *each) for each in QUESTIONS]
    return list(zip(few, many, strict=True))


async def test_what_one_message_costs_does_not_grow_with_the_number_that_waits(costs: list[tuple[int, int]]) -> None:
    grown = [(statement, few, many) for (statement, _), (few, many) in zip(QUESTIONS, costs, strict=True) if many > few]
    assert grown == []  # fewer is no fault: a table of a thousand rows may be read from end to end
