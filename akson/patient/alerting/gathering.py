"""Reads the access log for looks that somebody wants to be told of.

Any worker may do it, one at a time. A turn is one page of rows, in one transaction that also notes how far it came: it
may be killed anywhere and goes on from there; no look is told of twice, and none is passed by. A look at nothing but
what the citizen does not see yet is kept. When they would have seen it on the day it was read here, it is asked of anew
as if it was read then: told of, kept on, or passed by when they no longer want to be told of such a look.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from akson.access.duty import LATER, PAGES
from akson.base.database import Database, Record
from akson.patient.alerting.choosing import SQL
from akson.record import releasing, watched

ROWS: Final = 2000  # of the log in a turn
SOON: Final = timedelta(minutes=5)  # after a look: it may go on
BACK: Final = timedelta(days=35)  # how far a log is read that has not been before
KEPT: Final = timedelta(days=400)  # longer than Min side counts from
_STREAMS: Final = 50
_COME: Final = 50  # of what was kept in a turn; each is a statement
_EMERGENCY: Final = ["may_open_in_emergency"]
_OPENED: Final = ["may_open_with_reason"]
# A look at these pages may be the beginning of what is never told of.
_TOLD_LATER: Final = ([f"page {page}" for page in PAGES], LATER)


async def turn(database: Database, now: datetime) -> int:
    """Let out what was kept, and read a page of the log; return how many rows that was, 0 when nothing was left."""
    async with database.transaction() as connection:
        if not await connection.fetch(SQL.turn):
            return 0
        done = await _let_out(connection, now)
        for stream in await connection.fetch(SQL.waiting, now - BACK, _STREAMS):
            done += await _read(database, connection, stream, now)
            if done >= ROWS:
                break
        return done


async def _let_out(connection: Any, now: datetime) -> int:
    """Ask anew of looks whose time has come; return how many."""
    if not (come := await connection.fetch(SQL.come, now, _COME)):
        return 0
    unseen, said = await _unseen(connection, [one["owner"] for one in come], now), []
    for one in come:
        span = (one["stream"], one["seq"] - 1, one["at"], one["seq"])
        found = await connection.fetch(SQL.gather, *span, _EMERGENCY, _OPENED, *unseen, now, *_TOLD_LATER)
        said.append([row["held"] for row in found if row["patient"] == one["owner"]])
    keys = [[one[part] for one in come] for part in ("owner", "stream", "seq")]
    await connection.execute(SQL.let_out, now, SOON, *keys, [bool(each) for each in said],
                             [each[0] if each else None for each in said])  # fmt: skip
    return len(come)


async def _unseen(connection: Any, owners: list[int], now: datetime) -> list[list[Any]]:
    """Return what the citizens do not see yet, as `gather` takes it."""
    unseen = await releasing.unseen(connection, owners, now)
    return [list(column) for column in zip(*unseen, strict=True)] or [[], [], [], [], []]


async def _read(database: Database, connection: Any, stream: Record, now: datetime) -> int:
    """Read on in one stream; return how many rows that was."""
    name, since = stream["stream"], stream["seq"]
    page = await connection.fetchrow(SQL.page, name, since, stream["opened"], ROWS)
    if page["people"]:
        span, held = (name, since, stream["opened"], page["upto"]), await _unseen(connection, page["people"], now)
        found = await connection.fetch(SQL.gather, *span, _EMERGENCY, _OPENED, *held, now, *_TOLD_LATER)
        await _keep(database, connection, name, found)
        await connection.execute(SQL.write_urgent, name, since, now)
        await connection.execute(SQL.write_gathered, name, since, now, SOON)
    if page["rows"]:
        await connection.execute(SQL.move, name, page["upto"])
    return int(page["rows"])


async def _keep(database: Database, connection: Any, name: int, found: list[Record]) -> None:
    if looks := await _by_others(database, found):
        columns = [[row[column] for row in looks] for column in ("patient", "seq", "at", "kind", "held")]
        await connection.execute(SQL.keep, name, *columns)


async def _by_others(database: Database, looks: list[Record]) -> list[Record]:
    """Return the looks that are not the person's own: what one tries with one's own record at work one knows."""
    own = await watched.residents(database, {row["actor_key"] for row in looks}) if looks else {}
    return [row for row in looks if own.get(row["actor_key"]) != row["patient"]]


async def forget(database: Database, now: datetime) -> None:
    """Take away what is no longer told of."""
    await database.execute(SQL.forget_alerts, now - KEPT)
    await database.execute(SQL.forget_letters, now - KEPT)
