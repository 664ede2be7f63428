"""What every test may use: one PostgreSQL for the session, a fresh migrated database for each test."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import asyncpg
import pytest

from akson.base.binaries import find
from akson.base.database import Database
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.unprivileged import server_user
from akson.record.office import Office
from tests.offices import NOW, opened_office

ROOT = Path(__file__).parent.parent
ROOM = 4 << 30  # bytes
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server without durability, on a folder of its own; each xdist worker has one."""
    folder = Path(mkdtemp(prefix="akson-test-", dir=_in_memory()))
    folder.chmod(0o755)  # the server's user must pass through
    given = os.environ.get("AKSON_POSTGRES_BIN")
    found = find(Path(given) if given else None, keep=ROOT / "data" / "postgresql", user=server_user())
    try:
        with Postgres(folder, binaries=found, fast=True) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def _in_memory() -> Path | None:
    """Return a folder that lies in memory, where there is room: a fresh database is there in a tenth of the time."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > ROOM else None


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """The name of a database that has every migration and no rows."""
    asyncio.run(_make_template(postgres))
    return "template_akson"


async def _make_template(postgres: Postgres) -> None:
    await administer(postgres, "CREATE DATABASE template_akson")
    await migrate(postgres.url_of("template_akson"), ROOT / "migrations", datetime.now(UTC))
    connection = await asyncpg.connect(postgres.url_of("template_akson"))
    try:
        await connection.execute(f"SELECT access_log_ahead('{NOW:%Y-%m-%d}')")
    finally:
        await connection.close()


async def administer(postgres: Postgres, statement: str) -> None:
    """Run one statement as the server's owner."""
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
async def empty_url(postgres: Postgres) -> AsyncIterator[str]:
    """The address of a database without any table."""
    async with _database(postgres, "template0") as url:
        yield url


@pytest.fixture
async def database_url(postgres: Postgres, template: str) -> AsyncIterator[str]:
    """The address of a fresh migrated database, with all rights; gone after the test."""
    async with _database(postgres, template) as url:
        yield url


@asynccontextmanager
async def _database(postgres: Postgres, template: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    await administer(postgres, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield postgres.url_of(name)
    finally:
        await administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The database as the application sees it: with the rights of akson_app and no others."""
    database = await Database.open(database_url, size=4, role="akson_app")
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def owner_db(database_url: str) -> AsyncIterator[Database]:
    """The same database with all rights: for what happens behind the application's back."""
    database = await Database.open(database_url, size=2)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reading material beside the clone; tests that need it are skipped where it is not."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder `shared` beside the clone")
    return folder


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    """A working office on a fresh database, with keys of its own and a clock that stands in November 2026."""
    async with opened_office(database_url) as made:
        yield made
