"""Noting what became of one message: in a work of its own, and only while it is ours to say."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from akson.base.apart import Stopped, apart
from akson.base.errors import Refused
from akson.base.work import Purpose, Work
from akson.exchange import delivery, outbox
from akson.exchange.delivery import Move
from akson.exchange.lasting import Lasting
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.record.office import Office

LOG: Final = logging.getLogger("akson.exchange")
SCREEN: Final = "melding ut"


@dataclass(frozen=True)
class Noting:
    """What could not be noted, and since when, as one worker has seen it."""

    _lasting: Lasting = field(default_factory=Lasting)

    async def alone(
        self, office: Office, one: Claimed | Unconfirmed, moves: Callable[[Work, Move], Awaitable[object]]
    ) -> None:
        """Move one message on where it is still leased by us: what somebody else has taken up since is theirs.

        What stops that stops no other. What passes does not count; where it has not for long, no task is made: the
        message stands at the desk then
        """
        done = await apart(_moved(office, one, moves, delivery.move))
        if done is not True and self._lasting.lasts(one.key, office.clock()):
            done = await apart(_moved(office, one, moves, outbox.happened))
        if done is True:
            self._lasting.over(one.key)
        if isinstance(done, Stopped):
            await self.stopped(office, one, done)

    async def stopped(self, office: Office, one: Claimed | Unconfirmed, by: Stopped) -> None:
        """Tell of a message of which could not be noted what came.

        Where the database failed that does not count, unless it has for long: the message is not to blame
        """
        LOG.error("a message has stopped us", extra={"failure": by.failure, "attempts": one.attempts})
        if by.passes and not self._lasting.lasts(one.key, office.clock()):
            await apart(outbox.not_tried(office.database, [one], left=True))


async def _moved(
    office: Office, one: Claimed | Unconfirmed, moves: Callable[[Work, Move], Awaitable[object]], move: Move
) -> bool:
    """Move a message on; False where it waits for what passes."""
    try:
        async with office.work(delivery.AKSON, Purpose.MESSAGE, screen=SCREEN) as work:
            if await outbox.held(work, one):
                await moves(work, move)
    except Refused as refused:
        if refused.code not in delivery.TRANSIENT:
            raise
        LOG.warning("a message waits for what passes", extra={"failure": refused.code, "attempts": one.attempts})
        await outbox.not_tried(office.database, [one])
        return False
    return True
