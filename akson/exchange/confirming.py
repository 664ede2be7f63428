"""Asks what became of the messages that a carrier has taken, and moves each on by what is said of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Final

from akson.base.apart import Stopped, apart
from akson.base.work import Work
from akson.exchange import delivery, inbox, outbox, states
from akson.exchange.calls import Calls, in_time, waves
from akson.exchange.carriers import Carriers, Delivery, Said, scheme
from akson.exchange.delivery import Move
from akson.exchange.noting import Noting
from akson.exchange.outbox import Unconfirmed
from akson.exchange.safexml import Fault
from akson.exchange.states import AT_ONCE, ATTEMPTS, ROUNDS, UNCONFIRMED_AFTER, Event, State
from akson.record.office import Office

LOG: Final = logging.getLogger("akson.exchange")
_BEHIND: Final = timedelta(minutes=1)  # what has waited so long to be read here may be the answer that is missed
_TOGETHER: Final = 16  # messages that are leased and asked about, some at a time, in one go
TURNED_AWAY: Final = "Mottakerens side har avvist meldingen under transporten."
UNASKABLE: Final = "Spørsmålet om hva som ble av meldingen, har stanset oss gang på gang."


@dataclass(frozen=True, kw_only=True)
class Confirming:
    """Whom this worker can ask."""

    carriers: Carriers
    _noting: Noting = field(default_factory=Noting, init=False, repr=False)

    async def ask_due(self, office: Office) -> int:
        """Ask what became of the messages that a carrier has taken; return how many were asked for.

        While what came here is long unread nothing is sent again: its answer may lie there, and would only come twice.
        """
        asked, calls, waits = 0, Calls(), list[Unconfirmed]()
        due = await outbox.unconfirmed(office.database, office.clock())
        behind = bool(due and await inbox.waiting(office.database, office.clock() - _BEHIND))
        for bucket in due:
            while claimed := await outbox.claim_unconfirmed(
                office.database, bucket, office.clock(), most=_TOGETHER - len(waits)
            ):
                if claimed[0].untold > 1:
                    asked, waits = asked + await self._ask(office, waits, calls, behind=behind), []
                waits += claimed
                if claimed[0].untold > 1 or len(waits) >= _TOGETHER:
                    asked, waits = asked + await self._ask(office, waits, calls, behind=behind), []
        return asked + await self._ask(office, waits, calls, behind=behind)

    async def _ask(self, office: Office, claimed: Sequence[Unconfirmed], calls: Calls, *, behind: bool) -> int:
        """Ask about the messages of some leases, and move each on; return how many. One that stops us comes alone."""
        for wave in waves(claimed):
            for one, said in zip(wave, await asyncio.gather(*(self._said(one, calls) for one in wave)), strict=True):
                if isinstance(said, Stopped):
                    LOG.error("a question has stopped us", extra={"failure": said.failure, "attempts": one.attempts})
                    continue
                if behind and said and said.delivery is Delivery.UNCONFIRMED:
                    said = replace(said, delivery=Delivery.UNKNOWN)
                told = partial(heard, asked=one, said=said) if said else partial(_asked_no_more, asked=one)
                await self._noting.alone(office, one, told)
        return len(claimed)

    async def _said(self, one: Unconfirmed, calls: Calls) -> Said | Stopped | None:
        """Return what the carrier of a message says of it; None where it is not asked: whoever did has died."""
        if one.untold > ATTEMPTS:
            return None
        away = Said(delivery=Delivery.AWAY)
        carrier = self.carriers.get(scheme(one.endpoint))
        if carrier is None:  # another worker may have the way that took it
            return away
        call = calls.make(one.endpoint, lambda: in_time(carrier.ask(one), away), _is_there)
        came = await apart(call)
        return away if came is None else came


def _is_there(said: Said) -> bool:
    return said.delivery is not Delivery.AWAY


async def heard(work: Work, move: Move, *, asked: Unconfirmed, said: Said) -> None:
    """Move a message on by what its transport says of it; what is not confirmed in time is sent again, a few times.

    Then it waits for its deadline: only what was turned away is told of as not sent
    """
    waits, which = asked.state is State.SENT, (asked.owner, asked.key)
    if said.unexplained:
        await outbox.unexplained(work, asked)
    if said.apprec:
        await move(work, *which, said.apprec, said.fault)
    elif waits and said.delivery is Delivery.ACKNOWLEDGED:
        await outbox.happened(work, *which, Event.RECEIPT)
        await outbox.ask_later(work, asked, State.DELIVERED)
    elif waits and said.delivery is Delivery.REJECTED:
        await move(work, *which, Event.GIVE_UP, Fault(states.TURNED_AWAY, TURNED_AWAY))
    elif waits and work.now >= asked.deadline:
        await move(work, *which, Event.DEADLINE, Fault("", delivery.NOT_CONFIRMED))
    elif waits and _goes_again(asked, said.delivery, work.now - asked.sent_at):
        if not await outbox.happened(work, *which, Event.UNCONFIRMED):
            await outbox.ask_later(work, asked, asked.state)  # its content has been erased: it cannot go again
    elif said.delivery in (Delivery.UNKNOWN, Delivery.AWAY):
        await outbox.ask_soon(work, asked)
    else:
        await outbox.ask_later(work, asked, asked.state)


async def _asked_no_more(work: Work, move: Move, *, asked: Unconfirmed) -> None:
    """Let a message rest that stops whoever asks about it, and tell a human; an AppRec may still come."""
    await move(work, asked.owner, asked.key, Event.DEADLINE, Fault("", UNASKABLE))
    await outbox.ask_no_more(work, asked)


def _goes_again(asked: Unconfirmed, said: Delivery, after: timedelta) -> bool:
    """Say whether a message that was taken is sent once more. after: how long ago it left."""
    if asked.rounds >= ROUNDS or said not in (Delivery.GONE, Delivery.UNCONFIRMED):
        return False
    at_once = said is Delivery.GONE and asked.rounds < AT_ONCE
    return at_once or after >= UNCONFIRMED_AFTER[asked.rounds]
