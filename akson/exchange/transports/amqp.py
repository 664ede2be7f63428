"""AMQP 1.0: queues at a broker, as on NHN's message bus. Four per address: async, sync, syncreply and error.

A broker that accepts has only taken a message, whatever it does with it afterwards: nothing here is ever a receipt.
What lies in our queues is stored before the broker is told, so what is interrupted comes twice and is filed once.

Source   NHN's message bus as interop.md tells of it (docs/sources.md); OASIS AMQP 1.0
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import proton
from asyncpg import DataError

from akson.base.apart import Stopped, apart
from akson.base.work import Purpose
from akson.exchange import addresses, delivery, inbox, outbox
from akson.exchange.carriers import Came, Delivery, Handed, Said
from akson.exchange.delivery import Move
from akson.exchange.lasting import Lasting
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.safexml import Fault
from akson.exchange.seals.model import SEALED, NotSealed, Unsealed
from akson.exchange.states import TURNED_AWAY, Event
from akson.exchange.transports.broker import Arrival, Away, Broker, NoQueue, Outcome
from akson.exchange.transports.line import Line
from akson.record.office import Office

if TYPE_CHECKING:
    from akson.exchange.seals.sealing import Seals

LOG = logging.getLogger("akson.exchange.amqp")
ASYNC, SYNC, SYNC_REPLY, ERROR = "async", "sync", "syncreply", "error"
AWAY: Final = "Meldingskøen svarer ikke."
NO_QUEUE: Final = "Mottakeren har ingen meldingskø."
NOT_TAKEN: Final = "Meldingskøen tar ikke imot meldingen nå."
FAILED_THERE: Final = "Mottakerens side kunne ikke lese meldingen ({condition})."
OPEN: Final = "text/plain"  # the content is XML as it is; what is encrypted has a type of its own
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between two tries to connect
_TRIED_EVERY: Final = timedelta(minutes=1)
_CONDITIONS: Final = frozenset({
    "transport:not-well-formed-xml", "transport:invalid-field-value", "transport:internal-error",
    "transport:unsupported-message", "transport:missing-certificate", "transport:expired-certificate",
    "transport:invalid-certificate", "transport:revoked-certificate", "transport:unverified-certificate",
    "abuse:spoofing-attack",
})  # fmt: skip


@dataclass(kw_only=True)
class Amqp:
    """Our end. name: what the broker knows this process by; seals: None where everything goes as it is."""

    broker: Broker
    name: str
    clock: Callable[[], datetime]
    seals: Seals | None = None
    _line: Line | None = field(default=None, repr=False)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _failures: int = 0
    _not_before: float = 0.0
    _refused: int = 0
    _stopped: Lasting = field(default_factory=Lasting, repr=False)  # errors that cannot be noted, and since when

    async def turn(self, office: Office) -> int:
        """Store what lies in our queues, and tell the broker; return how many messages that were."""
        try:
            line = await self._open()
        except Away:
            return 0
        ours = await addresses.served(office.database)
        line.listen(f"{her_id}_{kind}" for her_id in ours for kind in (ASYNC, SYNC, SYNC_REPLY, ERROR))
        taken = waits = 0
        while len(line.arrived) > waits:
            # where storing fails it stays the first, and the turn ends
            outcome = await self._take(office, line.arrived[0])
            if outcome is None:
                line.arrived.rotate(-1)  # all others go first
                waits += 1
                continue
            if line.arrived:  # else the line was lost meanwhile: it comes again
                line.answer(line.arrived.popleft(), outcome)
            taken += 1
        if line.unread:
            LOG.error("the broker gave us what is no message: %d dead letters", line.unread)
            line.unread = 0
        if line.refused != self._refused:
            self._refused = line.refused
            LOG.error("the broker has refused us %d of our queues", line.refused)
        return taken

    async def _take(self, office: Office, arrival: Arrival) -> Outcome | None:
        """Store one message; return what the broker shall be told, None: nothing yet.

        What cannot be stored at all becomes a dead letter
        """
        kind = arrival.queue.rpartition("_")[2]
        if kind == SYNC_REPLY:
            LOG.warning("an answer that nobody waits for was thrown away")  # we ask nothing that is answered at once
            return Outcome.ACCEPTED
        told = await self._told_of_failure(office, arrival.message) if kind == ERROR else False
        if told is None:
            return None
        return Outcome.ACCEPTED if told else await _stored(office, arrival, self.seals)

    async def _told_of_failure(self, office: Office, message: proton.Message) -> bool | None:
        """Let a message of ours fail that its receiver says it could not read; False when it is none of ours.

        What stops that may pass: None, it is tried every minute. Where it has not passed for long the message fails
        without a task, and stands at the desk; where that stops too, False: a human reads the error
        """
        told, now = _properties(message), office.clock()
        which = _text(told.get("originalMessageId")), _text(message.correlation_id), _number(told.get("fromHerId"))
        if which in self._stopped.seen(now, _TRIED_EVERY):
            return None
        done = await apart(_failed(office, message, delivery.move))
        if isinstance(done, Stopped):
            LOG.error("an error of a receiver's has stopped us", extra={"failure": done.failure})
            if not self._stopped.lasts(which, now):
                return None
            done = await apart(_failed(office, message, outbox.happened))
        self._stopped.over(which)
        return False if isinstance(done, Stopped) else done

    async def hand_over(self, claimed: Claimed) -> Handed:
        """Put one message into the queue of its receiver."""
        queue = claimed.answer_to or f"{claimed.receiver}_{ASYNC}"
        try:
            line = await self._open()
            outcome = await line.send(queue, await self._wrapped(claimed, queue))
        except NotSealed as why:
            return Handed(Came.LATER, why=str(why))
        except Away:
            return Handed(Came.AWAY, why=AWAY)
        except NoQueue:
            return Handed(Came.LATER, why=NO_QUEUE)
        if outcome is not Outcome.ACCEPTED:
            return Handed(Came.LATER, why=NOT_TAKEN)
        return Handed(Came.TAKEN, id=claimed.msg_id if claimed.wants_apprec else "")

    async def _wrapped(self, claimed: Claimed, queue: str) -> proton.Message:
        """Return a message of ours as it travels to its receiver: sealed, or as it is. Raises NotSealed."""
        now = self.clock()
        message = _message(claimed, queue, now)
        sealed = await self.seals.seal(claimed.body, claimed.receiver, now) if self.seals else None
        if sealed is not None:
            message.body, message.content_type = sealed, SEALED
        return message

    async def ask(self, asked: Unconfirmed) -> Said:
        """Say that a broker never knows: only the receiver's own word counts, and that comes as a message."""
        return Said(delivery=Delivery.UNCONFIRMED)

    async def leave(self) -> None:
        """End the connection; what was not stored goes to the next that asks."""
        if self._line:
            await self._line.leave()

    async def _open(self) -> Line:
        """Return the connection, made anew where it has ended; with pauses while nobody answers. Raises Away."""
        async with self._opening:
            if self._line and not self._line.lost:
                return self._line
            loop = asyncio.get_running_loop()
            if loop.time() < self._not_before:
                raise Away("resting")
            try:
                self._line = await Line.open(self.broker, self.name)
            except Away as why:
                self._not_before = loop.time() + min(_SHORTEST_PAUSE * 2.0**self._failures, _LONGEST_PAUSE)
                self._failures = min(self._failures + 1, 10)
                LOG.warning("the broker does not answer", extra={"failure": str(why)})
                raise
            self._failures, self._refused = 0, 0
            return self._line


async def _stored(office: Office, arrival: Arrival, seals: Seals | None) -> Outcome:
    her_id, _, kind = arrival.queue.rpartition("_")
    body = _body(arrival.message)
    if not body:
        LOG.error("a message without content became a dead letter")
        return Outcome.REJECTED
    sender = _number(_properties(arrival.message).get("fromHerId"))
    try:
        found = await seals.unseal(body, sender, office.clock()) if seals else Unsealed(body=body)
        await inbox.keep(
            office.database, found.body, now=office.clock(), envelope_id=_text(arrival.message.id),
            envelope_from=sender or inbox.NOT_NAMED, envelope_to=int(her_id),
            answer_to=_reply_queue(arrival.message, sender) if kind == SYNC else "",
            seal=inbox.Seal(bytes=found.sealed, fault=found.fault, type=_text(arrival.message.subject)),
        )  # fmt: skip
    except DataError:
        LOG.error("a message that cannot be stored became a dead letter")
        return Outcome.REJECTED
    return Outcome.ACCEPTED


async def _failed(office: Office, message: proton.Message, moves: Move) -> bool:
    """Let a message of ours fail, with its task or without; False when it is none of ours."""
    told = _properties(message)
    condition, sender = str(told.get("errorCondition", "")), _number(told.get("fromHerId"))
    async with office.work(delivery.AKSON, Purpose.MESSAGE, screen="melding feilet underveis") as work:
        sent = await outbox.told_of(work, _text(told.get("originalMessageId")), _text(message.correlation_id))
        if sent is None or sent["receiver"] != sender:
            return False
        named = condition if condition in _CONDITIONS else "ukjent feil"
        await moves(
            work, sent["owner"], sent["key"], Event.GIVE_UP, Fault(TURNED_AWAY, FAILED_THERE.format(condition=named))
        )
    return True


def _message(claimed: Claimed, queue: str, now: datetime) -> proton.Message:
    """Return a message of ours as the bus carries it; it lives as long as we wait for its answer."""
    properties = {
        "fromHerId": claimed.sender, "toHerId": claimed.receiver,
        "applicationTimeStamp": now.isoformat(timespec="milliseconds"),
        "X-MessageInfo-Type": claimed.type, "X-MessageInfo-MsgId": claimed.msg_id, "X-Sender-Lvl2Id": claimed.sender,
        "X-Receiver-Lvl2Id": claimed.receiver,
    }  # fmt: skip
    lives = max((claimed.deadline - now).total_seconds(), 60.0)
    return proton.Message(
        body=claimed.body, inferred=True, durable=True, id=claimed.msg_id, subject=claimed.type,
        correlation_id=claimed.answers_id or claimed.msg_id, address=queue, content_type=OPEN,
        reply_to=f"{claimed.sender}_{ASYNC}", ttl=lives, properties=properties,
    )  # fmt: skip


def _body(message: proton.Message) -> bytes:
    """Return the content; empty where it is neither bytes nor text."""
    body: Any = message.body
    return body.encode() if isinstance(body, str) else bytes(body) if isinstance(body, bytes | memoryview) else b""


def _properties(message: proton.Message) -> dict[str, Any]:
    held: Any = message.properties  # whatever its writer put where a map belongs
    return {str(name): value for name, value in held.items()} if isinstance(held, dict) else {}


def _reply_queue(message: proton.Message, sender: int) -> str:
    """Return the queue a synchronous message is answered in: the sender's own and no other, "" where it names none."""
    own = f"{sender}_{SYNC_REPLY}"
    return own if sender and _text(message.reply_to) == own else ""


def _text(given: Any) -> str:
    """Return an id as text that can be stored."""
    return str(given if given is not None else "").replace("\x00", "")[:200]


def _number(given: Any) -> int:
    """Return a HER-id, which some write as text; 0 where it is none."""
    written = str(given)
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0
