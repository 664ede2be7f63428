"""Messages without AppRec in time: marked as overdue, each with a task of the unit that sent it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from akson.base.apart import Stopped, apart
from akson.base.work import Purpose
from akson.exchange import delivery, inbox, outbox
from akson.exchange.delivery import Move
from akson.exchange.lasting import LONG, Lasting
from akson.exchange.outbox import Overdue
from akson.exchange.safexml import Fault
from akson.exchange.states import Event
from akson.record.office import Office

LOG: Final = logging.getLogger("akson.exchange")
_BEHIND: Final = timedelta(minutes=1)  # what has waited so long to be read may be an AppRec that came in time
_TRIED_EVERY: Final = timedelta(minutes=1)
_UNREAD: Final = "what came lies unread"


async def remind_due(office: Office, lasting: Lasting) -> int:
    """Mark messages without AppRec in time as overdue and make tasks of them; return how many.

    One that stops us is told of in the log, by what did, and comes again in a minute; all others are done
    """
    marked, warned = 0, False
    left = {key for key in lasting.seen(office.clock(), _TRIED_EVERY) if isinstance(key, int)}
    while True:
        until, behind = await _until(office, lasting)
        due = await outbox.overdue(office.database, until, left) if until else []
        if not due:
            return marked
        if behind and not warned:
            LOG.warning("reminded while what came lies unread")
            warned = True
        for one in due:
            if await _reminded(office, lasting, one):
                marked += 1
            else:
                left.add(one.key)


async def _until(office: Office, lasting: Lasting) -> tuple[datetime | None, bool]:
    """Return until when an AppRec was to come that is missed now, None for none; and whether what came lies unread.

    What lies unread on and on holds up those for hours only that should have had one long ago
    """
    now = office.clock()
    if not await inbox.waiting(office.database, now - _BEHIND):
        lasting.over(_UNREAD)
        return now, False
    return now - LONG if lasting.lasts(_UNREAD, now) else None, True


async def _reminded(office: Office, lasting: Lasting, one: Overdue) -> bool:
    """Mark one message as overdue; without a task where none could be made for long: it stands at the desk then."""
    done = await apart(_remind(office, one, delivery.move))
    if isinstance(done, Stopped):
        LOG.error("a message could not be marked as overdue", extra={"failure": done.failure})
        if lasting.lasts(one.key, office.clock()):
            done = await apart(_remind(office, one, outbox.happened))
    if isinstance(done, Stopped):
        return False
    lasting.over(one.key)
    return True


async def _remind(office: Office, one: Overdue, move: Move) -> None:
    fault = Fault("", delivery.NOT_CONFIRMED if one.unconfirmed else "")
    async with office.work(delivery.AKSON, Purpose.MESSAGE, screen="purring av melding") as work:
        if await outbox.still_overdue(work, one):
            await move(work, one.owner, one.key, Event.DEADLINE, fault)
