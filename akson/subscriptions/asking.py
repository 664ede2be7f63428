"""What a subscriber asks of its own subscriptions: where they stand, and events that were told before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.access.subscribers import SUBSCRIPTION, subscriber_of
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.record import journal
from akson.record.session import fetch
from akson.record.stored import Stored
from akson.subscriptions.disclosing import Told, disclose
from akson.subscriptions.following import Followed, followed
from akson.subscriptions.notifying import Standing
from akson.subscriptions.plan import FULL

SQL = queries(__file__)
MOST: Final = 500  # events in one answer


async def of_one(work: Work, base: str, id_: str) -> tuple[Standing, Followed]:
    """Return where one subscription stands. Raises Refused AK-J001 when it is not the actor's own, AK-J002 deleted."""
    stored = await journal.read(work, SUBSCRIPTION, id_)
    rows = await fetch(work, SQL.kept, [stored.owner])
    if not rows:
        raise Refused("AK-J001")
    one = followed(rows[0])
    return _standing(base, one, stored), one


async def of_all(work: Work, base: str) -> list[Standing]:
    """Return where all subscriptions of the actor stand, oldest first."""
    rows = {row["id"]: row for row in await fetch(work, SQL.mine, subscriber_of(work.actor))}
    found = await journal.read_many(work, [f"{SUBSCRIPTION}/{id_}" for id_ in rows])
    read = ((row, found.get(f"{SUBSCRIPTION}/{id_}")) for id_, row in rows.items())
    return [_standing(base, followed(row), stored) for row, stored in read if stored is not None]


def _standing(base: str, one: Followed, stored: Stored) -> Standing:
    said: Mapping[str, Any] = stored.resource
    return Standing(base=base, id=one.id, plan=one.plan, status=one.status, events=one.events,
                    problem=said.get("error", ""))  # fmt: skip


async def events_of(work: Work, one: Followed, since: int | None, until: int | None, content: str) -> list[Told]:
    """Return the events from one number to another, both with them, `MOST` at most; judged anew.

    since    None: from the first that is kept
    Raises   Refused AK-H004 for numbers that are kept no longer
    """
    first = (await fetch(work, SQL.first, one.key))[0]["first"] or one.events + 1
    if since is not None and max(since, 1) < first and since <= one.events:
        raise Refused("AK-H004", first=first)
    upto = one.events if until is None else until
    rows = await fetch(work, SQL.pending, one.key, max(since or 0, 1) - 1, upto, MOST)
    return await disclose(work, rows, content=content == FULL)
