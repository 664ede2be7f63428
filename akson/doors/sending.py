"""A form is carried out once, however often it is sent: pressed twice, or sent again after a lost connection.

The first sender holds the sending, and it is settled in the transaction of what it wrote. So one that a crash left
behind can be freed after a minute: if its first sender was only slow, only one of the two is ever committed.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.record.office import Office
from akson.record.session import execute
from akson.record.writing import flush

SQL = queries(__file__, "sending.sql")
LASTS: Final = timedelta(minutes=1)  # longer than forms take to carry out
KEPT: Final = timedelta(days=1)
PATIENCE: Final = timedelta(seconds=10)  # to wait for the first sender's answer
_PAUSE: Final = 0.1  # seconds


async def reserve(office: Office, key: str, holder: str, *, patience: timedelta = PATIENCE) -> str | None:
    """Take the sending for `holder`, or wait for whoever has it; return where it led when it is carried out.

    Raises  Refused AK-W004 when it is still being carried out after `patience`
    """
    for _ in range(int(patience.total_seconds() / _PAUSE) + 1):
        if await office.database.fetchval(SQL.reserve, key, office.clock(), holder):
            return None
        led: str | None = await office.database.fetchval(SQL.led, key)
        if led is not None:
            return led
        await asyncio.sleep(_PAUSE)
    raise Refused("AK-W004")


async def carried(work: Work, key: str, holder: str, led: str) -> None:
    """Keep where the sending led, in one transaction with what `work` has written.

    Raises  Refused AK-W004 when it was freed meanwhile and is another's: the work is then undone
    """
    await flush(work)
    if await execute(work, SQL.carried, key, work.now, holder, led) == "INSERT 0 0":
        raise Refused("AK-W004")


async def free(office: Office, key: str, holder: str) -> None:
    """Free a sending that led nowhere, so that it may be sent again."""
    await office.database.execute(SQL.free, key, holder)


async def clean(database: Database, now: datetime) -> None:
    """Free sendings that a crash left half carried out, and forget those that are too old to be repeated."""
    await database.execute(SQL.clean, now - LASTS, now - KEPT)
