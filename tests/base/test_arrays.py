"""What is sent as one text arrives as the array it was, whatever stands in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from akson.base.arrays import literal
from akson.base.database import Database

HOSTILE = [
    "", " ", "NULL", "null", "a,b", "{1,2}", "}", '"', "'", "''", "\\", '\\"', "\\\\x41", '","', "\\x00ff", "\n\t\r\b\f\x01\x1f\x7f",
    "--", "; DROP TABLE owner", "$1", "blåbærsyltetøy", "\u2028\u2029\ufeff\ufffd", "😀", "</script>", '{"a": "b\\n"}', "\u00a0x ",
]  # fmt: skip
EARLY, LATE = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
ELSEWHERE = datetime(2026, 7, 1, 12, 30, 0, 1, timezone(timedelta(hours=-3, minutes=-30)))
CASES: list[tuple[str, list[Any]]] = [
    ("text", HOSTILE),
    ("text", [None, *HOSTILE, None]),
    ("text", ["plain", None, "null"]),
    ("bigint", [0, -(2**63), 2**63 - 1, None]),
    ("smallint", [-32768, 32767]),
    ("boolean", [True, False, None]),
    ("timestamptz", [ELSEWHERE, None]),
    ("text", ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"]),
    ("numeric", [Decimal("1.50"), Decimal("-1E+30"), Decimal("1E-30"), Decimal("0")]),
    ("text", []),
    ("bigint", []),
]


@pytest.mark.parametrize(("kind", "column"), CASES)
async def test_a_column_arrives_as_it_was(owner_db: Database, kind: str, column: list[Any]) -> None:
    found = await owner_db.fetchval(f"SELECT $1::text::{kind}[]", literal(column))
    assert found == column


async def test_times_without_end_are_what_the_driver_sends_alone(owner_db: Database) -> None:
    column = [EARLY, LATE, ELSEWHERE, None]
    assert await owner_db.fetchval("SELECT $1::text::timestamptz[] = $2::timestamptz[]", literal(column), column)


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_what_one_element_says_changes_no_other(owner_db: Database, hostile: str) -> None:
    column = ["before", hostile, None, hostile, "after"]
    assert await owner_db.fetchval("SELECT $1::text::text[]", literal(column)) == column
    assert await owner_db.fetchval("SELECT $1::text::text[]", literal([hostile])) == [hostile]


async def test_arrays_in_an_array_stay_texts(owner_db: Database) -> None:
    inner = [literal([1, -2]), literal([])]
    assert await owner_db.fetchval("SELECT $1::text::text[]", literal(inner)) == ["{1,-2}", "{}"]


def test_what_is_no_text_for_a_database_is_refused_here() -> None:
    with pytest.raises(UnicodeEncodeError):
        literal(["\ud800"])
