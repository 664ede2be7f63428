"""What is told over a websocket that a client holds open: looked for in the database, by whichever server holds it."""

from __future__ import annotations

from collections.abc import Sequence

from akson.base.queries import queries
from akson.record.office import Office
from akson.subscriptions.disclosing import Told, disclose
from akson.subscriptions.following import SCREEN, Followed, followed
from akson.subscriptions.plan import FULL, WEBSOCKET

SQL = queries(__file__)


async def current(office: Office, keys: Sequence[int]) -> list[Followed]:
    """Return subscriptions over websockets as they stand; those that were deleted are left out."""
    rows = await office.database.fetch(SQL.kept, list(keys)) if keys else []
    return [one for one in map(followed, rows) if one.plan.channel == WEBSOCKET]


async def waiting(office: Office, one: Followed, after: int) -> list[Told]:
    """Return the next events after a number, as its subscriber may see them now; the access log is durable."""
    events = await office.database.fetch(SQL.pending, one.key, after, one.events, one.plan.most)
    if not events:
        return []
    async with office.work(one.actor, one.purpose, screen=SCREEN) as work:
        return await disclose(work, events, content=one.plan.content == FULL)


async def told(office: Office, one: Followed, number: int) -> None:
    """Note that everything up to a number has been told."""
    await office.database.execute(SQL.heard, one.key, number, office.clock())
