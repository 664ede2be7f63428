"""For which of our addresses the message server lets us fetch.

All workers know it: none asks in vain again and again, and the log says it once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from akson.base.database import Database
from akson.base.queries import queries

SQL = queries(__file__, "mailboxes.sql")
LOG: Final = logging.getLogger("akson.exchange.mailboxes")
AGAIN: Final = timedelta(minutes=10)  # between two questions for what was refused
_STANDS: Final = timedelta(hours=1)  # what nobody has asked for so long is no figure any more: another way is used


async def to_ask(database: Database, now: datetime) -> tuple[list[int], list[int]]:
    """Return the HER-ids of our units: those to ask for, and those that were refused, but not lately."""
    rows = await database.fetch(SQL.to_ask, now, now - AGAIN)
    return [row["her_id"] for row in rows if not row["before"]], [row["her_id"] for row in rows if row["before"]]


async def refuse(database: Database, her_id: int, status: int, now: datetime) -> None:
    """Note that the server does not let us fetch for an address; the first time a line in the log says so."""
    if await database.fetchval(SQL.refuse, her_id, now):
        LOG.error("the message server does not let us fetch for %d", her_id, extra={"status": status})


async def let_in(database: Database, her_ids: Sequence[int]) -> None:
    """Note that it lets us fetch for some; where it did not before, a line in the log says so."""
    for row in await database.fetch(SQL.let_in, her_ids):
        LOG.info("the message server lets us fetch for %d again", row["her_id"])


async def refused(database: Database, now: datetime) -> dict[str, int]:
    """Return for how many of our addresses nothing is fetched, for the operator."""
    return {"addresses not fetched": await database.fetchval(SQL.refused, now - _STANDS)}
