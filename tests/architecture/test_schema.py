"""The database that the migrations build is the one we reviewed."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import pytest

from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from tests.architecture.schema import MAJOR, ROOT, can_compare, shape
from tests.conftest import administer


async def test_the_migrations_build_exactly_docs_schema(postgres: Postgres) -> None:
    if not can_compare(postgres):
        pytest.skip(f"the wording of docs/schema.sql is PostgreSQL {MAJOR}'s")
    kept = (ROOT / "docs" / "schema.sql").read_text("utf-8")
    await administer(postgres, "CREATE DATABASE shape")  # the template has the log's partitions of today, too
    await migrate(postgres.url_of("shape"), ROOT / "migrations", datetime.now(UTC))
    assert shape(postgres, "shape") == kept, "changed on purpose? then `make docs` and review the difference"


async def test_no_business_key_is_a_sequence(database_url: str) -> None:
    """A running number tells how many there are, and who came before."""
    connection = await asyncpg.connect(database_url)
    try:
        found = await connection.fetch(
            "SELECT s.relname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')"
            " JOIN pg_index i ON i.indrelid = d.refobjid AND i.indisprimary AND d.refobjsubid = ANY (i.indkey)"
            " WHERE s.relkind = 'S'"
        )
    finally:
        await connection.close()
    assert not found
