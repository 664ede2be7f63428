"""Works that share the transaction of another: each acts, is judged and is logged as itself; all are committed or none.

Whoever has many small things to do calls this: one lock, one call of the journal and one commit for all of them. A work
that shares writes nothing by itself. What needs more is told so, has left nothing, and is done again on its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from akson.audit.log import entry
from akson.base.work import Actor, Purpose, Work
from akson.record.authoring import introduce
from akson.record.session import Alone, Session, fetch, session, transaction
from akson.record.sets import set_of, written
from akson.record.together import rides
from akson.record.writing import is_followed, settle


async def parts(whole: Work, actors: Sequence[Actor], purpose: Purpose) -> list[Work]:
    """Return a work for each of `actors`, in the transaction of `whole`, which must not be open yet."""
    office = whole.office
    found = [
        Work(actor=actor, purpose=purpose, now=office.clock(), office=office, screen=whole.screen, session=Session())
        for actor in actors
    ]
    for part in found:
        await introduce(part, office.database.execute)
    connection = await transaction(whole)
    for part in found:
        session(part).connection, session(part).shared = connection, True
    return found


async def write(whole: Work, written_by: Sequence[Work]) -> None:
    """Write what the parts have queued, in one call; no two of them about one owner.

    Raises  Alone when that cannot be done in one call; and what the call raises. Then nothing may be committed
    """
    queued = [part for part in written_by if session(part).queue]
    sets = [set_of(part, session(part).queue) for part in queued]
    if not sets:
        return
    if len({one.rules for one in sets}) > 1 or not all(map(rides, sets)):
        raise Alone
    if any(is_followed(part, change) for part in queued for change in session(part).queue):
        raise Alone
    times = await written(partial(fetch, whole), sets, whole.office.hasher, waits=True)
    if times is None:
        raise Alone
    for part in queued:
        settle(part, session(part).queue, times)
        session(part).queue = []


async def traced(seen_by: Sequence[Work]) -> None:
    """Leave the rows of the parts in the access log, once all is committed; durable when this returns.

    Raises  Refused AK-J010 when they cannot be written
    """
    await asyncio.gather(*(part.office.log.write(entry(part, "permit")) for part in seen_by if part.seen))
