"""Hands messages over to whoever carries them. What comes of it moves the message; a carrier itself moves nothing.

A carrier takes one message and says what happened: the receiver's receipt, only that it was taken, not now, or never.
So no message is called delivered without a receipt, whatever the carrier is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Final, Protocol, runtime_checkable

from akson.base.apart import Stopped, apart
from akson.base.errors import Refused
from akson.base.work import Purpose, Work
from akson.exchange import delivery, inbox, outbox, states
from akson.exchange.addresses import FIKS
from akson.exchange.calls import Calls, Doubts, waves
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.safexml import Fault, Schemas
from akson.exchange.states import AT_ONCE, ATTEMPTS, ROUNDS, UNCONFIRMED_AFTER, UNKNOWN, Event, State
from akson.record.office import Office

LOG: Final = logging.getLogger("akson.exchange")
_NO_FAULT: Final = Fault("", "")
_TRIED_EVERY: Final = timedelta(
    minutes=1
)  # a message tries where nobody answered, however long all of them are to wait
_BEHIND: Final = timedelta(minutes=1)  # what has waited so long to be read here may be the answer that is missed
_WOKEN: Final = 1000  # brought forward in one turn
_SCREEN: Final = "melding ut"
_TOGETHER: Final = 16  # messages that are leased, handed over or asked about some at a time, and noted, in one go
NOWHERE: Final = "Mottakeren har ingen adresse vi kan nå."
NOT_CARRIED: Final = "Akson er ikke satt opp til å sende denne veien."
_NO_ADDRESS: Final = ("", FIKS)  # endpoints
# Ways that know no message again, by scheme, with what is told where nobody knows whether one took a message: known
# to workers that have no such way, too.
ONCE: Final = {
    "fiks": "Det er ukjent om meldingen kom fram: vi fikk ikke noe sikkert svar fra Fiks bekymringsmelding. "
    "Ring barnevernet og spør. Send den på nytt bare når de ikke har den."
}
TURNED_AWAY: Final = "Mottakerens side har avvist meldingen under transporten."
POISON: Final = "Meldingen har stanset sendingen gang på gang."
UNASKABLE: Final = "Spørsmålet om hva som ble av meldingen, har stanset oss gang på gang."


class Came(Enum):
    """What came of handing a message over."""

    RECEIPT = "receipt"  # the receiver's side has it, durably
    TAKEN = "taken"  # somebody on the way has it; whether it arrives must be asked for
    AWAY = "away"  # nobody answers there: what goes the same way waits too, and is brought forward when somebody does
    LATER = "later"  # this one not now; others may
    REFUSED = "refused"  # trying again will not help
    UNKNOWN = "unknown"  # it may have been taken, and nobody can say: it ends, and what goes the same way waits


@dataclass(frozen=True)
class Handed:
    """What a carrier says of one message. id: what it calls it from now on; why: for people, nothing of the content.

    noted   that is noted already: it went a way where nothing may go twice
    """

    came: Came
    id: str = ""
    why: str = ""
    noted: bool = False


class Delivery(Enum):
    """What a transport says of a message it has taken."""

    UNCONFIRMED = "Unconfirmed"
    UNDERWAY = "underway"  # taken by one who answers for it to the end: never to be sent again
    ACKNOWLEDGED = "Acknowledged"
    REJECTED = "Rejected"
    GONE = "gone"  # it knows no such message
    UNKNOWN = "unknown"  # it does not say
    AWAY = "away"  # it does not answer


@dataclass(frozen=True, kw_only=True)
class Said:
    """The same, with the AppRec where the transport knows it. apprec: the event it is; fault: what it says is wrong."""

    delivery: Delivery
    apprec: Event | None = None
    fault: Fault = _NO_FAULT


class Carrier(Protocol):
    """A way for bytes to travel; knows nothing of states."""

    async def hand_over(self, claimed: Claimed) -> Handed:
        """Try once."""

    async def ask(self, asked: Unconfirmed) -> Said:
        """Say what became of a message it has taken."""


@runtime_checkable
class Once(Protocol):
    """A way that knows no message again: nothing may go it twice. Its scheme stands in ONCE."""

    async def ready(self, claimed: Claimed) -> Handed | Callable[[], Awaitable[Handed]]:
        """Do all that can be done again; return what then hands it over, or why it does not go."""

    async def ask(self, asked: Unconfirmed) -> Said:
        """Say what became of a message it has taken."""


@dataclass
class _Told:
    """What came of handing messages over. done: of how many it is known; waits: those that are to be noted yet."""

    done: int = 0
    waits: list[tuple[Claimed, Handed]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """All the ways this worker has: another may have others. carriers: scheme of an endpoint -> who carries to it."""

    carriers: Mapping[str, Carrier | Once]
    _tries: dict[str, datetime] = field(default_factory=dict, init=False, repr=False)
    _doubts: Doubts = field(default_factory=Doubts, init=False, repr=False)
    _once: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    def turns(self, office: Office, *, schemas: Schemas | None = None) -> dict[str, Callable[[], Awaitable[int]]]:
        """Return what is done again and again, by name; each returns how many messages it touched.

        None needs another's end, and none holds a connection while it needs one more: the worker takes them side by
        side, so what comes in is filed while a carrier is waited for.
        """
        return {
            "messages in": lambda: delivery.receive_due(office, schemas=schemas),
            "messages out": lambda: self.deliver_due(office),
            "messages underway": lambda: self.ask_due(office),
            "messages overdue": lambda: delivery.remind_due(office),
        }

    async def turn(self, office: Office, *, schemas: Schemas | None = None) -> int:
        """Do all that is due, in and out, once, one after the other; return how many messages were touched."""
        return sum([await due() for due in self.turns(office, schemas=schemas).values()])

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
        if known := self._known(one):
            told.done += 1
            told.waits.append((one, known))
            return
        carrier = self.carriers[_scheme(one.endpoint)]
        call = calls.make(one.endpoint, lambda: self._hand_over(office, carrier, one), _answers)
        came = await apart(call)
        if isinstance(came, Stopped):
            LOG.error("a message has stopped us", extra={"failure": came.failure, "attempts": one.attempts})
            return
        handed = came or Handed(Came.AWAY, why=delivery.NO_ANSWER)
        told.done += 1
        if not handed.noted:
            told.waits.append((one, handed))

    async def _note(self, office: Office, told: Sequence[tuple[Claimed, Handed]]) -> None:
        """Move messages on by what came of handing them over: together, but each that is given up by itself."""
        if not told:
            return
        ended = [(one, *_end(one, handed)) for one, handed in told if handed.came in (Came.REFUSED, Came.UNKNOWN)]
        async with office.work(delivery.AKSON, Purpose.MESSAGE, screen=_SCREEN) as work:
            if arrived := [one for one, handed in told if handed.came is Came.RECEIPT]:
                await outbox.arrived(work, arrived)
            if taken := [(one, handed.id) for one, handed in told if handed.came is Came.TAKEN]:
                await outbox.handed_over(work, taken)
            for one, handed in told:
                away = handed.came is Came.AWAY
                if away:
                    self._tries.setdefault(one.endpoint, office.clock() + _TRIED_EVERY)
                if (away or handed.came is Came.LATER) and not await outbox.try_later(work, one, handed.why, away=away):
                    ended.append((one, *_end(one, handed)))
        for one, event, fault in ended:
            await _alone(office, one, partial(delivery.move, owner=one.owner, key=one.key, event=event, fault=fault))

    async def _try_resting(self, office: Office) -> list[str]:
        """Let one message try each endpoint where nobody answered, now and then; return those endpoints.

        Those that this worker has a way to: it would only let others' rest again
        """
        now = office.clock()
        resting = [each for each in await outbox.resting(office.database) if _scheme(each) in self.carriers]
        for endpoint in resting:
            if now >= self._tries.get(endpoint, now):
                self._tries[endpoint] = now + _TRIED_EVERY
                await outbox.wake(office.database, endpoint, now, 1)
        return resting

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
                await _alone(office, one, told)
        return len(claimed)

    async def _said(self, one: Unconfirmed, calls: Calls) -> Said | Stopped | None:
        """Return what the carrier of a message says of it; None where it is not asked: whoever did has died."""
        if one.untold > ATTEMPTS:
            return None
        carrier = self._carrier(one.endpoint)
        if carrier is None:  # another worker may have the way that took it
            return Said(delivery=Delivery.AWAY)
        call = calls.make(one.endpoint, lambda: carrier.ask(one), _is_there)
        came = await apart(call)
        return Said(delivery=Delivery.AWAY) if came is None else came

    def _carrier(self, endpoint: str) -> Carrier | Once | None:
        return self.carriers.get(_scheme(endpoint))

    def _known(self, one: Claimed) -> Handed | None:
        """Return what comes of a message that nobody is to hand over, or nobody here; None of all others."""
        unknown = ONCE.get(_scheme(one.endpoint))
        if unknown and one.leaving:
            return Handed(Came.UNKNOWN, why=unknown)
        if one.endpoint in _NO_ADDRESS:
            return Handed(Came.REFUSED, why=NOWHERE)
        if one.attempts > ATTEMPTS:  # every worker that took it died
            return Handed(Came.REFUSED, why=POISON)
        return None if self._carrier(one.endpoint) else Handed(Came.AWAY, why=NOT_CARRIED)

    async def _hand_over(self, office: Office, carrier: Carrier | Once, claimed: Claimed) -> Handed:
        return await (self._post(office, carrier, claimed) if isinstance(carrier, Once) else carrier.hand_over(claimed))

    async def _post(self, office: Office, carrier: Once, claimed: Claimed) -> Handed:
        """Hand over what must never go twice: one at a time, marked just before, and noted before the next is marked.

        So whoever dies leaves one at most of which nobody knows
        """
        away = Handed(Came.AWAY, why=delivery.NO_ANSWER)
        way = _scheme(claimed.endpoint)  # one service, whatever it hands on to
        if self._doubts.holds(way, office.clock()):
            return away
        ready = await carrier.ready(claimed)
        if isinstance(ready, Handed):
            return ready
        async with self._once:
            if self._doubts.holds(way, office.clock()):
                return away
            gone = await outbox.leaves(office.database, claimed, office.clock())
            if gone is None:
                return Handed(Came.LATER, noted=True)  # somebody else has it: they note what came of it
            handed = await ready()
            self._doubts.note(way, office.clock(), known=handed.came is not Came.UNKNOWN)
            stopped = await apart(self._note(office, [(gone, handed)]))
        return replace(handed, noted=not isinstance(stopped, Stopped))


async def _alone(office: Office, one: Claimed | Unconfirmed, moves: Callable[[Work], Awaitable[object]]) -> None:
    """Move one message on in a work of its own: what stops that stops no other. What passes does not count."""

    async def moved() -> None:
        try:
            async with office.work(delivery.AKSON, Purpose.MESSAGE, screen=_SCREEN) as work:
                await moves(work)
        except Refused as refused:
            if refused.code not in delivery.TRANSIENT:
                raise
            LOG.warning("a message waits for what passes", extra={"failure": refused.code, "attempts": one.attempts})
            await outbox.not_tried(office.database, [one])

    stopped = await apart(moved())
    if isinstance(stopped, Stopped):
        LOG.error("a message has stopped us", extra={"failure": stopped.failure, "attempts": one.attempts})


def _end(one: Claimed, handed: Handed) -> tuple[Event, Fault]:
    """Return what a message comes to that nobody takes any more: one that had left may lie with its receiver."""
    if handed.came is Came.UNKNOWN:
        return Event.GIVE_UP, Fault(UNKNOWN, handed.why)
    return (Event.DEADLINE, Fault("", delivery.NOT_CONFIRMED)) if one.rounds else (Event.GIVE_UP, Fault("", handed.why))


def _scheme(endpoint: str) -> str:
    return endpoint.partition(":")[0]


def _is_there(said: Said) -> bool:
    return said.delivery is not Delivery.AWAY


def _answers(handed: Handed) -> bool | None:
    """Tell whether somebody answers where a message was handed over; None where that is not known from it."""
    known = {Came.RECEIPT: True, Came.TAKEN: True, Came.AWAY: False, Came.UNKNOWN: False}
    return known.get(handed.came)


async def heard(work: Work, asked: Unconfirmed, said: Said) -> None:
    """Move a message on by what its transport says of it; what is not confirmed in time is sent again, a few times.

    Then it waits for its deadline: only what was turned away is told of as not sent
    """
    waits = asked.state is State.SENT
    if said.apprec:
        await delivery.move(work, asked.owner, asked.key, said.apprec, said.fault)
    elif waits and said.delivery is Delivery.ACKNOWLEDGED:
        await outbox.happened(work, asked.owner, asked.key, Event.RECEIPT)
        await outbox.ask_later(work, asked, State.DELIVERED)
    elif waits and said.delivery is Delivery.REJECTED:
        await delivery.move(work, asked.owner, asked.key, Event.GIVE_UP, Fault(states.TURNED_AWAY, TURNED_AWAY))
    elif waits and work.now >= asked.deadline:
        await delivery.move(work, asked.owner, asked.key, Event.DEADLINE, Fault("", delivery.NOT_CONFIRMED))
    elif waits and _goes_again(asked, said.delivery, work.now - asked.sent_at):
        if not await outbox.happened(work, asked.owner, asked.key, Event.UNCONFIRMED):
            await outbox.ask_later(work, asked, asked.state)  # its content has been erased: it cannot go again
    elif said.delivery in (Delivery.UNKNOWN, Delivery.AWAY):
        await outbox.ask_soon(work, asked)
    else:
        await outbox.ask_later(work, asked, asked.state)


async def _asked_no_more(work: Work, asked: Unconfirmed) -> None:
    """Let a message rest that stops whoever asks about it, and tell a human; an AppRec may still come."""
    await delivery.move(work, asked.owner, asked.key, Event.DEADLINE, Fault("", UNASKABLE))
    await outbox.ask_no_more(work, asked)


def _goes_again(asked: Unconfirmed, said: Delivery, after: timedelta) -> bool:
    """Say whether a message that was taken is sent once more. after: how long ago it left."""
    if asked.rounds >= ROUNDS or said not in (Delivery.GONE, Delivery.UNCONFIRMED):
        return False
    at_once = said is Delivery.GONE and asked.rounds < AT_ONCE
    return at_once or after >= UNCONFIRMED_AFTER[asked.rounds]
