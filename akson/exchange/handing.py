"""Hands messages over to whoever carries them, and notes what comes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from akson.base.apart import Stopped, apart
from akson.base.work import Purpose, Work
from akson.exchange import delivery, inbox, outbox
from akson.exchange.addresses import FIKS
from akson.exchange.calls import Calls, Doubts, in_time, waves
from akson.exchange.carriers import ONCE, Came, Carrier, Carriers, Goes, Handed, Once, scheme
from akson.exchange.delivery import Move
from akson.exchange.lasting import Lasting
from akson.exchange.lifting import Lifts, left, lifted
from akson.exchange.noting import SCREEN, Noting
from akson.exchange.outbox import Claimed
from akson.exchange.outcomes import STUCK_AFTER
from akson.exchange.safexml import Fault
from akson.exchange.states import ATTEMPTS, PATIENCE, UNKNOWN, Event
from akson.record.office import Office

LOG: Final = logging.getLogger("akson.exchange")
_TRIED_EVERY: Final = timedelta(
    minutes=1
)  # a message tries where nobody answered, however long all of them are to wait
_WOKEN: Final = 1000  # brought forward in one turn
_TOGETHER: Final = 16  # messages that are leased, handed over and noted, some at a time, in one go
_LATE: Final = timedelta(minutes=20)  # by then who has the way would have taken it up, or its way been tried anew
NOWHERE: Final = "Mottakeren har ingen adresse vi kan nå."
NOT_CARRIED: Final = "Akson er ikke satt opp til å sende denne veien."
_NO_ADDRESS: Final = ("", FIKS)  # endpoints
POISON: Final = "Meldingen har stanset sendingen gang på gang."


_AWAY: Final = Handed(Came.AWAY, why=delivery.NO_ANSWER)
_RESTS: Final = Handed(Came.AWAY, why=delivery.NO_ANSWER, tried=False)
_NO_WAY: Final = Handed(Came.AWAY, why=NOT_CARRIED, tried=False)


@dataclass
class _Told:
    """What came of handing messages over. done: of how many it is known; waits: those that are to be noted yet."""

    done: int = 0
    waits: list[tuple[Claimed, Handed]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Handing:
    """The ways this worker has: another may have others."""

    carriers: Carriers
    _tries: dict[str, datetime] = field(default_factory=dict, init=False, repr=False)
    _late: Lasting = field(default_factory=partial(Lasting, _LATE), init=False, repr=False)
    _missed: set[str] = field(default_factory=set, init=False, repr=False)  # ways that are not here, and were told of
    _doubts: Doubts = field(default_factory=Doubts, init=False, repr=False)
    _once: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)
    _noting: Noting = field(default_factory=Noting, init=False, repr=False)

    async def deliver_due(self, office: Office) -> int:
        """Hand over every message that is due; return how many."""
        tried, calls, waits = 0, Calls(), list[Claimed]()
        resting = await self._try_resting(office)
        for bucket in await outbox.waiting(office.database, office.clock()):
            while claimed := await outbox.claim(office.database, bucket, office.clock(), most=_TOGETHER - len(waits)):
                if claimed[0].untold > 1 or sum(len(one.body) for one in (*waits, *claimed)) > inbox.HELD:
                    tried, waits = tried + await self._deliver(office, waits, calls), []
                waits += claimed
                if claimed[0].untold > 1 or len(waits) >= _TOGETHER:
                    tried, waits = tried + await self._deliver(office, waits, calls), []
        tried += await self._deliver(office, waits, calls)
        for endpoint in calls.answered.intersection(resting):
            if not calls.rests(endpoint):
                self._tries.pop(endpoint, None)
                await outbox.wake(office.database, endpoint, office.clock(), _WOKEN)
        return tried

    async def _deliver(self, office: Office, claimed: Sequence[Claimed], calls: Calls) -> int:
        """Hand over the messages of some leases; return how many. What there is no time for goes when the lease ends.

        What came of them is noted after all of them: whoever dies before sends again what the receiver knows by its id.
        What must not go twice is noted by itself, at once.
        """
        told, begun, until = _Told(), 0, office.clock() + outbox.LEASE / 2
        try:
            for wave in waves(claimed):
                if told.done and office.clock() >= until:
                    break
                begun += len(wave)
                await asyncio.gather(*(self._told(office, one, calls, told) for one in wave))
        finally:
            await self._note(office, told.waits)
            await outbox.not_tried(office.database, claimed[begun:])
        return told.done

    async def _told(self, office: Office, one: Claimed, calls: Calls, told: _Told) -> None:
        """Hand over one message and tell what came of it. One that stops us comes alone when its lease ends."""
        if known := self._known(one, office.clock()):
            told.done += 1
            told.waits.append((one, known))
            return
        carrier = self.carriers[scheme(one.endpoint)]
        call = calls.make(one.endpoint, lambda: self._hand_over(office, carrier, one), _answers)
        came = await apart(call)
        if isinstance(came, Stopped):
            LOG.error("a message has stopped us", extra={"failure": came.failure, "attempts": one.attempts})
            return
        handed = came or _RESTS
        told.done += 1
        if not handed.noted:
            told.waits.append((one, handed))

    async def _note(self, office: Office, told: Sequence[tuple[Claimed, Handed]]) -> None:
        """Move messages on by what came of handing them over: together, but each that is given up by itself.

        What was not tried, as no way of ours leads there or its way rests, is given up after a while in which it could
        have been: all may have stood still before
        """
        if not told:
            return
        ended = await apart(self._noted(office, told, lifted))
        if isinstance(ended, Stopped):
            LOG.warning("what came of messages is noted one by one", extra={"failure": ended.failure})
            ended = [each for one in told for each in await self._noted_alone(office, one)]
        others = [one for one, handed in ended if not handed.tried and not self._late.lasts(one.key, office.clock())]
        await outbox.not_tried(office.database, others)
        for one, handed in ended:
            if one not in others:
                self._late.over(one.key)
                await self._noting.alone(office, one, partial(_ends, one=one, handed=handed))

    async def _noted_alone(self, office: Office, told: tuple[Claimed, Handed]) -> list[tuple[Claimed, Handed]]:
        """Move one message on; where the task about it stands in the way, without it: what came counts for more."""
        ended = await apart(self._noted(office, [told], lifted))
        if isinstance(ended, Stopped):
            LOG.error("what came of a message is noted without its task", extra={"failure": ended.failure})
            ended = await apart(self._noted(office, [told], left))
        if isinstance(ended, Stopped):
            await self._noting.stopped(office, told[0], ended)
            return []
        return ended

    async def _noted(
        self, office: Office, told: Sequence[tuple[Claimed, Handed]], lifts: Lifts
    ) -> list[tuple[Claimed, Handed]]:
        """Move on those that are not given up; return the others."""
        ended = [(one, handed) for one, handed in told if handed.came in (Came.REFUSED, Came.UNKNOWN)]
        async with office.work(delivery.AKSON, Purpose.MESSAGE, screen=SCREEN) as work:
            if arrived := [one for one, handed in told if handed.came is Came.RECEIPT]:
                for moved in await outbox.arrived(work, arrived):
                    await lifts(work, moved)
            if taken := [(one, handed.id) for one, handed in told if handed.came is Came.TAKEN]:
                for moved in await outbox.handed_over(work, taken):
                    await lifts(work, moved)
            for one, handed in told:
                away = handed.came is Came.AWAY
                if away:
                    self._tries.setdefault(one.endpoint, office.clock() + _TRIED_EVERY)
                if (away or handed.came is Came.LATER) and not await outbox.try_later(work, one, handed.why, away=away):
                    ended.append((one, handed))
        return ended

    async def _try_resting(self, office: Office) -> list[str]:
        """Let one message try each endpoint where nobody answered, now and then; return those endpoints.

        Those that this worker has a way to: it would only let others' rest again
        """
        now = office.clock()
        resting = [each for each in await outbox.resting(office.database) if scheme(each) in self.carriers]
        for endpoint in resting:
            if not now < self._tries.get(endpoint, now) <= now + _TRIED_EVERY:  # later: the clock was put back
                self._tries[endpoint] = now + _TRIED_EVERY
                await outbox.wake(office.database, endpoint, now, 1)
        return resting

    def _known(self, one: Claimed, now: datetime) -> Handed | None:
        """Return what comes of a message that nobody is to hand over, or nobody here; None of all others."""
        way = scheme(one.endpoint)
        if way in ONCE and one.leaving:
            return Handed(Came.UNKNOWN, why=ONCE[way])
        if one.endpoint in _NO_ADDRESS:
            return Handed(Came.REFUSED, why=NOWHERE)
        if one.attempts > ATTEMPTS:  # every worker that took it died
            return Handed(Came.REFUSED, why=POISON)
        if way in self.carriers:
            return None
        if now - (one.deadline - PATIENCE) >= STUCK_AFTER and way not in self._missed:
            self._missed.add(way)
            LOG.error("messages wait for a way that is not set up here", extra={"way": way})
        return _NO_WAY

    async def _hand_over(self, office: Office, carrier: Carrier | Once, claimed: Claimed) -> Handed:
        if isinstance(carrier, Once):
            return await self._post(office, carrier, claimed)
        return await in_time(carrier.hand_over(claimed), _AWAY)

    async def _post(self, office: Office, carrier: Once, claimed: Claimed) -> Handed:
        """Hand over what must never go twice: one at a time, marked just before, and noted before the next is marked.

        So whoever dies leaves one at most of which nobody knows
        """
        way = scheme(claimed.endpoint)  # one service, whatever it hands on to
        if self._doubts.holds(way, office.clock()):
            return _RESTS
        ready = await in_time(carrier.ready(claimed), _AWAY)
        if isinstance(ready, Handed):
            return ready
        async with self._once:
            if self._doubts.holds(way, office.clock()):
                return _RESTS
            gone = await outbox.leaves(office.database, claimed, office.clock())
            if gone is None:
                return Handed(Came.LATER, noted=True)  # somebody else has it: they note what came of it
            lease = gone.lease
            handed = await _goes(ready, lambda: office.clock() < lease, Handed(Came.UNKNOWN, why=ONCE[way]))
            self._doubts.note(way, office.clock(), known=handed.came is not Came.UNKNOWN)
            stopped = await apart(self._note(office, [(gone, handed)]))
        if isinstance(stopped, Stopped):  # when its lease ends it is told of as unknown
            LOG.error("a message has stopped us", extra={"failure": stopped.failure, "attempts": gone.attempts})
        return replace(handed, noted=True)


async def _goes(ready: Goes, still: Callable[[], bool], unknown: Handed) -> Handed:
    """Return what comes of handing over what must not go twice; whatever stops that, it may have been taken.

    still   whether our lease holds: who slept until others have ended the message must not send it then
    """
    came = await apart(in_time(ready(still), unknown))
    if isinstance(came, Stopped):
        LOG.error("a message has stopped us as it left", extra={"failure": came.failure})
        return unknown
    return came


async def _ends(work: Work, move: Move, *, one: Claimed, handed: Handed) -> None:
    """End a message that nobody takes any more: one that had left may lie with its receiver."""
    which = (one.owner, one.key)
    if handed.came is Came.UNKNOWN:
        await move(work, *which, Event.GIVE_UP, Fault(UNKNOWN, handed.why))
    elif one.rounds:
        await move(work, *which, Event.DEADLINE, Fault("", delivery.NOT_CONFIRMED))
    else:
        await move(work, *which, Event.GIVE_UP, Fault("", handed.why))


def _answers(handed: Handed) -> bool | None:
    """Tell whether somebody answers where a message was handed over; None where that is not known from it."""
    known = {Came.RECEIPT: True, Came.TAKEN: True, Came.AWAY: False, Came.UNKNOWN: False}
    return known.get(handed.came)
