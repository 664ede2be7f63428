"""Reads the access log for looks that somebody wants to be told of.

Any worker may do it, one at a time. A turn is one page of rows, in one transaction that also notes how far it came: it
may be killed anywhere and goes on from there; no look is told of twice, and none is passed by.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from akson.base.database import Database, Record
from akson.patient.alerting.choosing import SQL
from akson.record import watched

ROWS: Final = 2000  # of the log in a turn
SOON: Final = timedelta(minutes=5)  # after a look: it may go on
BACK: Final = timedelta(days=35)  # how far a log is read that has not been before
KEPT: Final = timedelta(days=400)  # longer than Min side counts from
_STREAMS: Final = 50
_EMERGENCY: Final = ["may_open_in_emergency"]
_OPENED: Final = ["may_open_with_reason"]


async def turn(database: Database, now: datetime) -> int:
    """Read a page of the log; return how many rows that was, 0 when nothing was left."""
    async with database.transaction() as connection:
        if not await connection.fetch(SQL.turn):
            return 0
        done = 0
        for stream in await connection.fetch(SQL.waiting, now - BACK, _STREAMS):
            done += await _read(database, connection, stream, now)
            if done >= ROWS:
                break
        return done


async def _read(database: Database, connection: Any, stream: Record, now: datetime) -> int:
    """Read on in one stream; return how many rows that was."""
    name, since = stream["stream"], stream["seq"]
    found = await connection.fetch(SQL.gather, name, since, stream["opened"], ROWS, _EMERGENCY, _OPENED)
    if looks := await _by_others(database, [row for row in found if row["kind"]]):
        columns = [[row[column] for row in looks] for column in ("patient", "seq", "at", "kind")]
        await connection.execute(SQL.keep, name, *columns)
        await connection.execute(SQL.write_urgent, name, since, now)
        await connection.execute(SQL.write_gathered, name, since, now, SOON)
    if found[0]["rows"]:
        await connection.execute(SQL.move, name, found[0]["upto"])
    return int(found[0]["rows"])


async def _by_others(database: Database, looks: list[Record]) -> list[Record]:
    """Return the looks that are not the person's own: what one tries with one's own record at work one knows."""
    own = await watched.residents(database, {row["actor_key"] for row in looks}) if looks else {}
    return [row for row in looks if own.get(row["actor_key"]) != row["patient"]]


async def forget(database: Database, now: datetime) -> None:
    """Take away what is no longer told of."""
    await database.execute(SQL.forget_alerts, now - KEPT)
    await database.execute(SQL.forget_letters, now - KEPT)
