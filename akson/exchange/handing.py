"""Hands messages over to whoever carries them. What comes of it moves the message; a carrier itself moves nothing.

A carrier takes one message and says what happened: the receiver's receipt, only that it was taken, not now, or never.
So no message is called delivered without a receipt, whatever the carrier is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Protocol

from akson.base.work import Purpose, Work
from akson.exchange import delivery, inbox, outbox
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.safexml import Fault, Schemas
from akson.exchange.states import ATTEMPTS, ROUNDS, UNCONFIRMED_AFTER, Event, State
from akson.record.office import Office

_NO_FAULT: Final = Fault("", "")
_TRIED_EVERY: Final = timedelta(
    minutes=1
)  # a message tries where nobody answered, however long all of them are to wait
_BEHIND: Final = timedelta(minutes=1)  # what has waited so long to be read here may be the answer that is missed
_WOKEN: Final = 1000  # brought forward in one turn
_SCREEN: Final = "melding ut"
_TOGETHER: Final = 16  # messages of a bucket that are leased, and whose receipts are noted, in one go
_RESTS_AFTER: Final = 3  # failures of one endpoint in one turn: the rest of its messages wait without being tried
NOWHERE: Final = "Mottakeren har ingen adresse vi kan nå."
NOT_CONFIRMED: Final = "Meldingen ble tatt imot underveis, men ingen har bekreftet at den kom fram."
TURNED_AWAY: Final = "Mottakerens side har avvist meldingen under transporten."
POISON: Final = "Meldingen har stanset sendingen gang på gang."


class Came(Enum):
    """What came of handing a message over."""

    RECEIPT = "receipt"  # the receiver's side has it, durably
    TAKEN = "taken"  # somebody on the way has it; whether it arrives must be asked for
    AWAY = "away"  # nobody answers there: what goes the same way waits too, and is brought forward when somebody does
    LATER = "later"  # this one not now; others may
    REFUSED = "refused"  # trying again will not help


@dataclass(frozen=True)
class Handed:
    """What a carrier says of one message. id: what it calls it from now on; why: for people, nothing of the content."""

    came: Came
    id: str = ""
    why: str = ""


class Delivery(Enum):
    """What a transport says of a message it has taken."""

    UNCONFIRMED = "Unconfirmed"
    UNDERWAY = "underway"  # taken by one who answers for it to the end: never to be sent again
    ACKNOWLEDGED = "Acknowledged"
    REJECTED = "Rejected"
    GONE = "gone"  # it knows no such message
    UNKNOWN = "unknown"  # it does not answer


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


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """All the ways there are. carriers: scheme of an endpoint -> who carries to it."""

    carriers: Mapping[str, Carrier]
    _tries: dict[str, datetime] = field(default_factory=dict, init=False, repr=False)

    async def turn(self, office: Office, *, schemas: Schemas | None = None) -> int:
        """Do all that is due, in and out, once; return how many messages were touched. The worker calls it again."""
        received = await delivery.receive_due(office, schemas=schemas)
        sent = await self.deliver_due(office)
        return received + sent + await self.ask_due(office) + await delivery.remind_due(office)

    async def deliver_due(self, office: Office) -> int:
        """Hand over every message that is due; return how many."""
        tried, failures, answered = 0, Counter[str](), set[str]()
        resting = await self._try_resting(office)
        for bucket in await outbox.waiting(office.database, office.clock()):
            while claimed := await outbox.claim(office.database, bucket, office.clock(), most=_TOGETHER):
                tried += await self._deliver(office, claimed, failures, answered)
        for endpoint in answered.intersection(resting):
            self._tries.pop(endpoint, None)
            await outbox.wake(office.database, endpoint, office.clock(), _WOKEN)
        return tried

    async def _deliver(
        self, office: Office, claimed: Sequence[Claimed], failures: Counter[str], answered: set[str]
    ) -> int:
        """Hand over the messages of one lease; return how many. What it has no time for goes when the lease ends.

        Receipts are noted between them: whoever dies before sends again what the receiver knows by its id.
        """
        handed_over, arrived, until = 0, list[Claimed](), office.clock() + outbox.LEASE / 2
        try:
            for one in claimed:
                if handed_over and office.clock() >= until:
                    break
                handed = await self._hand_over(one, resting=failures[one.endpoint] >= _RESTS_AFTER)
                handed_over += 1
                if handed.came is Came.AWAY:
                    failures[one.endpoint] += 1
                    self._tries.setdefault(one.endpoint, office.clock() + _TRIED_EVERY)
                elif handed.came in (Came.RECEIPT, Came.TAKEN):
                    answered.add(one.endpoint)
                if handed.came is Came.RECEIPT:
                    arrived.append(one)
                else:
                    async with office.work(delivery.AKSON, Purpose.MESSAGE, screen=_SCREEN) as work:
                        await _note(work, one, handed)
        finally:
            if arrived:
                async with office.work(delivery.AKSON, Purpose.MESSAGE, screen=_SCREEN) as work:
                    await outbox.arrived(work, arrived)
        return handed_over

    async def _try_resting(self, office: Office) -> list[str]:
        """Let one message try each endpoint where nobody answered, now and then; return those endpoints."""
        resting, now = await outbox.resting(office.database), office.clock()
        for endpoint in resting:
            if now >= self._tries.get(endpoint, now):
                self._tries[endpoint] = now + _TRIED_EVERY
                await outbox.wake(office.database, endpoint, now, 1)
        return resting

    async def ask_due(self, office: Office) -> int:
        """Ask what became of the messages that a carrier has taken; return how many were asked for.

        While what came here is long unread nothing is sent again: its answer may lie there, and would only come twice.
        """
        asked, due = 0, await outbox.unconfirmed(office.database, office.clock())
        behind = bool(due and await inbox.waiting(office.database, office.clock() - _BEHIND))
        for bucket in due:
            while one := await outbox.claim_unconfirmed(office.database, bucket, office.clock()):
                carrier = self._carrier(one.endpoint)
                said = await carrier.ask(one) if carrier else Said(delivery=Delivery.UNCONFIRMED)
                if behind and said.delivery is Delivery.UNCONFIRMED:
                    said = replace(said, delivery=Delivery.UNKNOWN)
                async with office.work(delivery.AKSON, Purpose.MESSAGE, screen="melding bekreftet") as work:
                    await heard(work, one, said)
                asked += 1
        return asked

    def _carrier(self, endpoint: str) -> Carrier | None:
        return self.carriers.get(endpoint.partition(":")[0])

    async def _hand_over(self, claimed: Claimed, *, resting: bool) -> Handed:
        carrier = self._carrier(claimed.endpoint)
        if carrier is None:
            return Handed(Came.REFUSED, why=NOWHERE)
        if claimed.attempts > ATTEMPTS:  # every worker that took it died
            return Handed(Came.REFUSED, why=POISON)
        return Handed(Came.AWAY, why=delivery.NO_ANSWER) if resting else await carrier.hand_over(claimed)


async def _note(work: Work, claimed: Claimed, handed: Handed) -> None:
    """Move a message on by what came of handing it over, when it was no receipt."""
    if handed.came is Came.TAKEN:
        await outbox.handed_over(work, claimed, handed.id)
    elif handed.came is Came.REFUSED or not await outbox.try_later(
        work, claimed, handed.why, away=handed.came is Came.AWAY
    ):
        await delivery.move(work, claimed.owner, claimed.key, Event.GIVE_UP, Fault("", handed.why))


async def heard(work: Work, asked: Unconfirmed, said: Said) -> None:
    """Move a message on by what its transport says of it; what is not confirmed in time is sent again, a few times."""
    waits = asked.state is State.SENT
    late = work.now - asked.sent_at >= UNCONFIRMED_AFTER[min(asked.rounds, ROUNDS)]
    if said.apprec:
        await delivery.move(work, asked.owner, asked.key, said.apprec, said.fault)
    elif waits and said.delivery is Delivery.ACKNOWLEDGED:
        await outbox.happened(work, asked.owner, asked.key, Event.RECEIPT)
        await outbox.ask_later(work, asked, State.DELIVERED)
    elif waits and said.delivery is Delivery.REJECTED:
        await delivery.move(work, asked.owner, asked.key, Event.GIVE_UP, Fault("", TURNED_AWAY))
    elif waits and (said.delivery is Delivery.GONE or (late and said.delivery is Delivery.UNCONFIRMED)):
        if asked.rounds < ROUNDS:
            await outbox.happened(work, asked.owner, asked.key, Event.UNCONFIRMED)
        else:
            await delivery.move(work, asked.owner, asked.key, Event.GIVE_UP, Fault("", NOT_CONFIRMED))
    elif said.delivery is Delivery.UNKNOWN:
        await outbox.ask_soon(work, asked)
    else:
        await outbox.ask_later(work, asked, asked.state)
