"""Brings a database to the newest shape: numbered plain SQL files, each run once, in order, whole or not at all.

A file that changed after it was run is refused. A file whose first line is `-- no transaction` runs statement by
statement (CREATE INDEX CONCURRENTLY); it must bear to be run again after a fall in the middle.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from akson.base.queries import queries

SQL = queries(__file__, "migrate.sql")
_NAME = re.compile(r"\d{4}_\w+\.sql")
_ALONE = "-- no transaction"
_TRIES, _A_MOMENT = 10, 0.05  # seconds
_OURS = {"application_name": "akson migrate"}
# From these on, programs of the release before would read wrongly what is written: they must have stopped.
# 0068: they know no attested organisation and no HPR number by the search values made anew, and so none of the blocks.
STOPPED = frozenset({"0068_smaller"})


class MigrationRefused(Exception):
    """The files and the database disagree; nothing was changed."""


class NotStopped(Exception):
    """A file waits until the programs of the release before have stopped; what ran before it stays."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One migration file."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def alone(self) -> bool:
        return self.text.startswith(_ALONE)

    @property
    def statements(self) -> list[str]:
        """Return the statements of a file without transaction: each ends with `;` at the end of a line."""
        return [part for part in re.split(r";\s*$", self.text, flags=re.MULTILINE) if _says_something(part)]


def steps(folder: Path) -> list[Step]:
    """Return the migrations of `folder` in order, or raise MigrationRefused where a name or number is wrong."""
    files = sorted(folder.glob("[0-9]*.sql"))
    if wrong := [file.name for file in files if not _NAME.fullmatch(file.name)]:
        raise MigrationRefused(f"not NNNN_name.sql: {', '.join(wrong)}")
    numbers = [file.name[:4] for file in files]
    if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
        raise MigrationRefused(f"number used twice: {', '.join(twice)}")
    return [Step(name=file.stem, text=file.read_text("utf-8")) for file in files]


async def migrate(url: str, folder: Path, now: datetime) -> list[str]:
    """Run on the database `url` what `folder` has and it lacks; return the names of what ran.

    Two may start at the same moment: the second waits for the first and finds nothing left to do.
    Raises  MigrationRefused when a file that ran has changed or vanished, or would run before one that ran;
            NotStopped at one that the release before cannot bear, while anybody else is connected
    """
    wanted = steps(folder)
    connection = await asyncpg.connect(url, server_settings=_OURS)
    try:
        await connection.execute(SQL.prepare)
        async with _turn(url):
            return await _catch_up(connection, wanted, now)
    finally:
        await connection.close()


@asynccontextmanager
async def _turn(url: str) -> AsyncIterator[None]:
    """Hold the lock row on a connection of its own, since a step without transaction cannot hold it."""
    holder = await asyncpg.connect(url, server_settings=_OURS)
    try:
        async with holder.transaction():
            await holder.execute(SQL.lock)
            yield
    finally:
        await holder.close()


async def _catch_up(connection: asyncpg.Connection, wanted: list[Step], now: datetime) -> list[str]:
    ran = {row["name"]: row["sha256"] for row in await connection.fetch(SQL.ran)}
    _compare(wanted, ran)
    missing = [step for step in wanted if step.name not in ran]
    for step in missing:
        if ran and step.name in STOPPED:
            await _let_go(connection, step)
        if step.alone:
            for statement in step.statements:
                await connection.execute(statement)
            await connection.execute(SQL.note, step.name, step.sha256, now)
        else:
            async with connection.transaction():
                await connection.execute(step.text)
                await connection.execute(SQL.note, step.name, step.sha256, now)
    return [step.name for step in missing]


async def _let_go(connection: asyncpg.Connection, step: Step) -> None:
    """Raise NotStopped while others are connected; who has just left is counted for a moment more."""
    for _ in range(_TRIES):
        if not await connection.fetchval(SQL.others):
            return
        await asyncio.sleep(_A_MOMENT)
    raise NotStopped(step.name)


def _compare(wanted: list[Step], ran: dict[str, str]) -> None:
    known = {step.name: step.sha256 for step in wanted}
    if vanished := sorted(ran.keys() - known.keys()):
        raise MigrationRefused(f"the database is newer than this program; it has run {', '.join(vanished)}")
    if changed := sorted(name for name, digest in ran.items() if known[name] != digest):
        raise MigrationRefused(f"changed after it was run: {', '.join(changed)}")
    if late := [name for name in known.keys() - ran.keys() if ran and name < max(ran)]:
        raise MigrationRefused(f"numbered before one that has run: {', '.join(sorted(late))}")


def _says_something(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("--") for line in text.splitlines())
