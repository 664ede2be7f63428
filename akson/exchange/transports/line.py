"""One connection to a broker that speaks AMQP 1.0: Proton's protocol engine, fed by asyncio. Knows nothing of messages.

Proton only turns bytes into events and back; no thread, nothing that blocks. Each queue has a session of its own, so
what goes wrong with one leaves the others alone. TLS is Python's own.

What is held is bounded in bytes: a session's window holds a little of each queue; beyond that messages are taken in
only as far as there is room, and large ones one at a time. Who answers makes room for the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

import proton

from akson.exchange.safexml import LARGEST
from akson.exchange.transports.broker import (
    FRAME,
    Arrival,
    Away,
    Broker,
    NoQueue,
    Outcome,
    connected,
    decoded,
    engine,
    why,
)

PATIENCE: Final = 20.0  # seconds for the broker's answer
_REST: Final = 30.0  # seconds before we ask again for a queue we were refused
_AT_ONCE: Final = 50  # messages of a queue that the broker may hand us before we have answered for the first
_ROOM: Final = LARGEST + 64 * 1024  # bytes of a message with its properties
_WINDOW: Final = 4 * FRAME  # bytes of a queue that the broker may send before we have read any
_SMALL: Final = _WINDOW // 2  # bytes that come whole, however many frames they take
_HELD: Final = 64 * 1024 * 1024  # bytes of messages that wait for an answer, of all queues; one more may go beyond


@dataclass(frozen=True)
class _Mailing:
    data: bytes
    answer: asyncio.Future[Outcome]


class Line(asyncio.Protocol):
    """One connection, from its opening to its end; a new one is made after that."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.arrived: deque[Arrival] = deque()
        self.held = 0  # bytes of what has arrived and is not answered, and of the large message that is coming
        self.unread = 0  # messages that were no messages, and went to the dead letters
        self._broker = broker
        self._loop = asyncio.get_running_loop()
        self._socket: asyncio.Transport | None = None  # while it lives
        self._made: asyncio.Transport | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._tick: asyncio.TimerHandle | None = None
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._senders: dict[str, proton.Sender] = {}
        self._receivers: dict[str, proton.Receiver] = {}
        self._waiting: dict[str, deque[_Mailing]] = {}  # queue -> not yet given to the broker
        self._given: dict[str, asyncio.Future[Outcome]] = {}  # tag of the delivery -> what the broker says
        self._coming = bytearray()  # what is here of the one large message
        self._comes = ""  # the queue it comes from; "" where none does
        self._stalled: set[str] = set()  # queues with more than there is room for
        self._refused: dict[str, float] = {}  # queues the broker will not let us read -> when to try again
        self._number = 0
        self._events = proton.Collector()
        self._connection = connected(broker, name, self._events)
        self._engine = engine(broker, self._connection)

    @classmethod
    async def open(cls, broker: Broker, name: str) -> Line:
        """Connect and sign in. Raises Away."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE):
                _, line = await loop.create_connection(
                    lambda: cls(broker, name), broker.host, broker.port, ssl=broker.tls
                )
                try:
                    await asyncio.shield(line._opened)
                except BaseException:
                    await line.leave()
                    raise
        except (OSError, TimeoutError) as why:
            raise Away(type(why).__name__) from None
        return line

    @property
    def lost(self) -> bool:
        return self._socket is None

    @property
    def refused(self) -> int:
        """How many queues the broker has refused to let us read."""
        return len(self._refused)

    def close(self) -> None:
        """Say goodbye; what was not answered for goes to somebody else."""
        if self._socket:
            self._connection.close()
            self._flush()
            if self._socket:
                self._socket.close()
        self._end("closed")

    async def leave(self) -> None:
        """Say goodbye, and wait until the connection has ended; one that does not end is cut."""
        self.close()
        await asyncio.wait([self._ended], timeout=PATIENCE)
        if self._made and not self._ended.done():
            self._made.abort()

    def listen(self, queues: Iterable[str]) -> None:
        """Ask for what lies in these queues; those that are listened to already, or cannot be, are left."""
        for queue in queues:
            if queue in self._receivers or self.lost or self._loop.time() < self._refused.get(queue, 0):
                continue
            receiver = self._session(window=_WINDOW).receiver(f"in {queue}")
            receiver.source.address = self._broker.prefix + queue
            receiver.snd_settle_mode, receiver.rcv_settle_mode = proton.Link.SND_UNSETTLED, proton.Link.RCV_FIRST
            receiver.max_message_size = _ROOM
            receiver.open()
            receiver.flow(_AT_ONCE)
            self._receivers[queue] = receiver
        self._flush()

    def answer(self, arrival: Arrival, outcome: Outcome) -> None:
        """Say what became of a message, once; the broker lets go of it, and there is room for the next."""
        if not self.lost:
            self.held -= arrival.size
            self._settle(arrival.queue, arrival.delivery, outcome)
            self._flush()

    async def send(self, queue: str, message: proton.Message) -> Outcome:
        """Give the broker a message for a queue, and return its answer. Raises Away, NoQueue."""
        if self.lost:
            raise Away("closed")
        answer: asyncio.Future[Outcome] = self._loop.create_future()
        self._waiting.setdefault(queue, deque()).append(_Mailing(message.encode(), answer))
        if queue not in self._senders:
            sender = self._session().sender(f"out {queue}")
            sender.target.address = self._broker.prefix + queue
            sender.snd_settle_mode, sender.rcv_settle_mode = proton.Link.SND_UNSETTLED, proton.Link.RCV_FIRST
            sender.open()
            self._senders[queue] = sender
        self._give(queue)
        self._flush()
        try:
            return await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            self.close()  # its answer could come for the next message
            raise Away("TimeoutError") from None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to speak."""
        self._socket = self._made = cast(asyncio.Transport, transport)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Let the engine read, and do what it says."""
        while data and self._socket:
            room = self._engine.capacity()
            if room <= 0:
                break
            self._engine.push(data[:room])
            data = data[room:]
            self._hear()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell all who wait."""
        self._end(type(exc).__name__ if exc else "closed")
        if not self._ended.done():
            self._ended.set_result(None)

    def _session(self, window: int = 0) -> proton.Session:
        """Return a session, opened. window: bytes that may come before they are read; 0: nothing comes in it."""
        session = self._connection.session()
        if window:
            session.incoming_capacity = window
        session.open()
        return session

    def _flush(self) -> None:
        """Send what the engine has to say, and come back when it wants to be heard again."""
        self._hear()
        while self._socket and (size := self._engine.pending()) > 0:
            said = self._engine.peek(size)
            if said is None:
                break
            self._socket.write(bytes(said))
            self._engine.pop(len(said))
        if self._tick:
            self._tick.cancel()
            self._tick = None
        if self._socket:
            now = self._loop.time()
            if self._engine.closed or self._engine.pending() < 0:
                self._socket.close()
            elif (due := self._engine.tick(now)) > 0:
                self._tick = self._loop.call_later(max(due - now, 0.01), self._flush)

    def _hear(self) -> None:
        """Do what the engine's events say, and what waited for room."""
        while (event := self._events.peek()) is not None:
            kind, link = event.type, event.link
            if kind is proton.Event.CONNECTION_REMOTE_OPEN and not self._opened.done():
                self._opened.set_result(None)
            elif kind is proton.Event.DELIVERY and link.is_receiver:
                self._take(link.name.removeprefix("in "))
            elif kind is proton.Event.DELIVERY:
                self._answered(event.delivery)
            elif kind is proton.Event.LINK_FLOW and link.is_sender:
                self._give(link.name.removeprefix("out "))
            elif kind in (proton.Event.LINK_REMOTE_CLOSE, proton.Event.LINK_REMOTE_DETACH):
                self._without(link.session)
            elif kind is proton.Event.SESSION_REMOTE_CLOSE:
                self._without(event.session)
            elif kind in (proton.Event.CONNECTION_REMOTE_CLOSE, proton.Event.TRANSPORT_ERROR):
                self._connection.close()
                self._fail(why(self._connection, self._engine))
            self._events.pop()
        for queue in sorted(self._stalled):
            self._take(queue)

    def _take(self, queue: str) -> None:
        """Take in what of a queue is here, in its order, as far as there is room.

        A small message is taken in as soon as the whole of it is here; of a large one what is here, for the broker
        sends no more before, but of one such message at a time.
        """
        link = self._receivers.get(queue)
        self._stalled.discard(queue)
        while link is not None and (delivery := link.current) is not None:
            comes = self._comes == queue
            large = comes or (delivery.partial and delivery.pending > _SMALL)
            if delivery.aborted:
                self._end_of(queue, link)
                delivery.settle()
                link.flow(1)
            elif delivery.partial and not large:
                return
            elif not comes and (self.held + delivery.pending > _HELD or (large and self._comes)):
                self._stalled.add(queue)
                return
            elif not self._read(queue, link, delivery):
                return

    def _read(self, queue: str, link: proton.Receiver, delivery: proton.Delivery) -> bool:
        """Read what is here of a message; return whether that was its end: what is none becomes a dead letter."""
        data = link.recv(delivery.pending) or b""
        if delivery.partial or self._comes == queue:
            self._comes = queue
            self._coming += data
            self.held += len(data)
            if delivery.partial and len(self._coming) <= _ROOM:
                return False
            data = bytes(self._coming)
        too_large = len(data) > _ROOM
        message = None if too_large else decoded(data)
        self._end_of(queue, link)
        if message is None:
            self.unread += 1
            self._settle(queue, delivery, Outcome.REJECTED)
        else:
            self.held += len(data)
            self.arrived.append(Arrival(queue, message, len(data), delivery))
        return True

    def _end_of(self, queue: str, link: proton.Receiver) -> None:
        """Leave the message of a queue that is being read behind, whole or not."""
        link.advance()
        self._let_go(queue)

    def _let_go(self, queue: str) -> None:
        """Throw away what is here of a large message from a queue; another one may come then."""
        self._stalled.discard(queue)
        if self._comes == queue:
            self.held -= len(self._coming)
            self._coming, self._comes = bytearray(), ""

    def _settle(self, queue: str, delivery: proton.Delivery, outcome: Outcome) -> None:
        delivery.update(outcome.value)
        delivery.settle()
        if queue in self._receivers:
            self._receivers[queue].flow(1)

    def _answered(self, delivery: proton.Delivery) -> None:
        """Hand on what the broker says of a message of ours."""
        if not (delivery.updated and (delivery.remote_state or delivery.settled)):
            return
        known = {each.value: each for each in Outcome}
        answer = self._given.pop(delivery.tag, None)
        if answer and not answer.done():
            answer.set_result(known.get(delivery.remote_state, Outcome.RELEASED))
        delivery.settle()

    def _give(self, queue: str) -> None:
        """Give the broker what waits for a queue, as far as it takes more."""
        sender, waiting = self._senders[queue], self._waiting.get(queue, deque())
        while waiting and sender.credit > 0:
            mailing = waiting.popleft()
            if mailing.answer.done():
                continue
            self._number += 1
            tag = f"{self._number} {queue}"
            sender.delivery(tag)
            self._given[tag] = mailing.answer
            sender.stream(mailing.data)
            sender.advance()

    def _without(self, session: proton.Session) -> None:
        """Let go of the queue whose session or link the broker has ended."""
        for queue, receiver in list(self._receivers.items()):
            if receiver.session == session:
                del self._receivers[queue]
                self._let_go(queue)
                self._refused[queue] = self._loop.time() + _REST
        for queue, sender in list(self._senders.items()):
            if sender.session == session:
                del self._senders[queue]
                self._refuse(queue)
        session.close()

    def _refuse(self, queue: str) -> None:
        given = [tag for tag in self._given if tag.partition(" ")[2] == queue]
        waiting = [mailing.answer for mailing in self._waiting.pop(queue, ())]
        for answer in (*waiting, *(self._given.pop(tag) for tag in given)):
            if not answer.done():
                answer.set_exception(NoQueue(queue))

    def _fail(self, why: str) -> None:
        """Tell all who wait that nothing more will come."""
        waiting = [each.answer for queue in self._waiting.values() for each in queue]
        for answer in (*waiting, *self._given.values()):
            if not answer.done():
                answer.set_exception(Away(why))
        if not self._opened.done():
            self._opened.set_exception(Away(why))
            self._opened.exception()  # seen: nobody may be waiting any more
        self._waiting.clear()
        self._given.clear()

    def _end(self, why: str) -> None:
        if self._tick:
            self._tick.cancel()
        self._socket, self._tick = None, None
        self.arrived.clear()  # the broker has them still
        self.held, self._coming, self._comes = 0, bytearray(), ""
        self._stalled.clear()
        self._fail(why)
