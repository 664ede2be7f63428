"""Messages on their way out: written in the transaction of the record change, never shown as sent without a receipt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from akson.base.database import Database
from akson.base.ids import new_owner_key
from akson.base.queries import queries
from akson.base.work import Work
from akson.exchange import concern
from akson.exchange.inbox import HELD
from akson.exchange.safexml import Fault
from akson.exchange.states import (
    FETCHED_WITHIN,
    PATIENCE,
    Event,
    State,
    after,
    before,
    counted,
    next_attempt,
    next_question,
    soon,
    spread,
)
from akson.record.session import execute, fetch, transaction

SQL = queries(__file__)
LEASE: Final = timedelta(minutes=2)
_RESTS_FOR: Final = timedelta(days=30)  # between two looks at what stops whoever asks about it
NO_FAULT: Final = Fault("", "")
_RECEIPT: Final = ("type", "msg_id", "sender", "receiver", "body", "responsible", "owner", "unit", "answers")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message to be sent.

    owner     key of the patient it is about; 0 where there is none
    told_of   id of the Communication it carries
    answers   digest of the received message, for a receipt
    answers_as, answer_to   what its transport called that, and where it wants the receipt; "": as when it came first
    rests     how long it waits before it may be sent: so long its sender can take it back
    """

    type: str
    msg_id: str
    sender: int
    receiver: int
    body: bytes
    responsible: str
    owner: int = 0
    unit: int = 0
    told_of: str = ""
    answers: bytes | None = None
    answers_as: str = ""
    answer_to: str = ""
    wants_apprec: bool = True
    rests: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A message as it is handed over.

    endpoint    how its receiver is reached: its scheme names the transport
    untold      attempts, with this one, since somebody told what came of one: more than one, and it may stop its worker
    rounds      times it has left and nobody has confirmed it
    leaving     it may have left before, and nobody has told: known of what must never go twice
    lease       when it ends; whoever holds another has lost theirs, and what they know of it counts no more
    answers_id  what the transport called the message that this receipt answers; "" for others
    answer_to   where the transport wants that receipt; "": at the receiver's own address
    """

    owner: int
    key: int
    type: str
    msg_id: str
    sender: int
    receiver: int
    body: bytes
    attempts: int
    untold: int
    deadline: datetime
    wants_apprec: bool
    endpoint: str
    lease: datetime
    rounds: int = 0
    leaving: bool = False
    answers_id: str = ""
    answer_to: str = ""


@dataclass(frozen=True, kw_only=True)
class Unconfirmed:
    """A message that a transport has taken, about to be asked for.

    carrier_id  what the transport calls it
    untold      questions, with this one, since somebody told what came of one
    rounds      times it was sent again because nobody had confirmed it
    unexplained times it was told of as refused, and nobody said why
    endpoint    how its receiver is reached: its scheme names the transport
    """

    owner: int
    key: int
    state: State
    receiver: int
    carrier_id: str
    attempts: int
    untold: int
    rounds: int
    sent_at: datetime
    deadline: datetime
    endpoint: str
    lease: datetime
    unexplained: int = 0


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """A message whose AppRec has not come in time. unconfirmed: it was taken, and no receipt has come."""

    owner: int
    key: int
    deadline: datetime
    unconfirmed: bool


async def queue(work: Work, *letters: Letter) -> None:
    """Put messages on their way, in the work's transaction: sent if and only if the record change is committed."""
    rows = [
        (one.owner, key, key & 63, one.type, one.msg_id, one.sender, one.receiver, one.body, one.told_of, one.answers,
         one.wants_apprec, one.unit, one.responsible, work.now + one.rests, one.answers_as, one.answer_to)
        for one, key in ((one, new_owner_key()) for one in letters)
    ]  # fmt: skip
    if rows:
        await execute(work, SQL.queue, *map(list, zip(*rows, strict=True)), work.now, work.now + PATIENCE)


async def happened(
    work: Work, owner: int, key: int, event: Event, fault: Fault = NO_FAULT, *, why: str = ""
) -> Any | None:
    """Move a message on and log it; return its row, or None when the event changes nothing in the state it is in.

    why   a human's own words; the fault's where there are none
    """
    rows = await _moved(work, [(owner, key)], event, fault, why)
    return rows[0] if rows else None


async def is_the_only(work: Work, sent: Any) -> bool:
    """Tell whether a sent message is the only one that tells of its Communication."""
    return not await fetch(work, SQL.others, sent["owner"], sent["told_of"], sent["key"])


async def held(work: Work, leased: Claimed | Unconfirmed) -> bool:
    """Tell whether a message is still leased by who has it; then nobody takes it up until the work ends."""
    await transaction(work)
    return bool(await fetch(work, SQL.held, leased.owner, leased.key, leased.lease))


async def arrived(work: Work, handed: Sequence[Claimed]) -> Sequence[Any]:
    """Note that messages were taken with a receipt, in one statement; return the rows of those that were moved."""
    return await _moved(work, [(one.owner, one.key) for one in handed], Event.RECEIPT)


async def _moved(
    work: Work, which: Sequence[tuple[int, int]], event: Event, fault: Fault = NO_FAULT, why: str = ""
) -> Sequence[Any]:
    """Move messages on and log it; return the rows of those that the event changes something for."""
    (state,) = {after(state, event) for state in before(event)}
    owners, keys = zip(*which, strict=True)
    await transaction(work)
    return await fetch(
        work, SQL.happened, list(owners), list(keys), [str(each) for each in before(event)], str(state), work.now,
        fault.code, fault.text, str(event), work.actor.id, why, work.now + PATIENCE,
    )  # fmt: skip


async def untried(work: Work, owner: int, communication: str) -> tuple[int, str] | None:
    """Return key and responsible of the message made from a Communication, while nobody has tried to send it."""
    rows = await fetch(work, SQL.untried, owner, communication)
    return (rows[0]["key"], rows[0]["responsible"]) if rows else None


async def let_go(work: Work, owner: int, key: int) -> None:
    """Let a message that rests go now; one that does not rest goes as it went."""
    await transaction(work)
    await execute(work, SQL.let_go, owner, key, work.now)


async def receipt_again(work: Work, answered: bytes, name: str, answer_to: str) -> None:
    """Let the receipt of a message that came again go by the name it came by, each name by one of its own.

    One that waits to go by that name is its answer; of a message that wanted none, none goes
    """
    await transaction(work)
    for row in await fetch(work, SQL.receipt_of, answered, name, answer_to):
        goes = row["its_own"] and row["state"] == State.QUEUED
        if not goes and not (row["its_own"] and await happened(work, row["owner"], row["key"], Event.SEND_AGAIN)):
            same = {each: row[each] for each in _RECEIPT}
            await queue(work, Letter(**same, answers_as=name, answer_to=answer_to, wants_apprec=False))


async def by_id(work: Work, msg_id: str) -> list[tuple[int, int]]:
    """Return owner and key of the message we sent under an id: none or one."""
    return [(row["owner"], row["key"]) for row in await fetch(work, SQL.by_id, msg_id) if row["key"] is not None]


async def carried_as(work: Work, carrier_id: str) -> Any | None:
    """Return the report to a barnevern that its transport calls by this name, or None."""
    for row in await fetch(work, SQL.by_carrier, carrier_id) if carrier_id else ():
        return await sent(work, row["owner"], row["key"])
    return None


async def sent(work: Work, owner: int, key: int, *, content: bool = False) -> Any | None:
    """Return one sent message, or None; `content`: with its bytes, which hold patient data."""
    rows = await fetch(work, SQL.sent, owner, key, content)
    return rows[0] if rows else None


async def sent_by_us(work: Work, msg_id: str) -> Any | None:
    """Return the message we sent under `msg_id`, or None."""
    for owner, key in await by_id(work, msg_id) if msg_id else ():
        return await sent(work, owner, key)
    return None


async def told_of(work: Work, msg_id: str, correlation: str) -> Any | None:
    """Return the message we sent under `msg_id`, or None; of several receipts under it the one that goes by a name.

    correlation  what it was sent as an answer to: the message's own id where it answers none
    """
    rows = await fetch(work, SQL.under, msg_id) if msg_id else []
    for row in rows if len(rows) == 1 else [one for one in rows if one["answers_id"] == correlation]:
        return await sent(work, row["owner"], row["key"])
    return None


async def moves(work: Work, owner: int, key: int) -> list[dict[str, Any]]:
    """Return what has happened to one sent message, first to last."""
    return [dict(row) for row in await fetch(work, SQL.moves, owner, key)]


async def waiting(database: Database, now: datetime) -> list[int]:
    """Return the buckets with something to send."""
    return [row["bucket"] for row in await database.fetch(SQL.buckets_out, now)]


async def claim(database: Database, bucket: int, now: datetime, *, most: int = 1) -> list[Claimed]:
    """Lease the next messages of a bucket, only as many as are well held in memory together.

    One of whose last attempt nobody has told comes alone: if it stops whoever takes it, it does not stop others again.
    """
    rows = await database.fetch(SQL.claim_out, bucket, now, now + LEASE, most, HELD)
    return [Claimed(**dict(row)) for row in rows]


async def leaves(database: Database, claimed: Claimed, now: datetime) -> Claimed | None:
    """Note, durably, that a message is about to leave; return it as leased anew, None where it is not ours to send.

    From then on nobody knows whether it was taken, until somebody has told what came of it
    """
    rows = await database.fetch(SQL.leaves, claimed.owner, claimed.key, claimed.lease, now + LEASE)
    return replace(claimed, lease=rows[0]["lease"]) if rows else None


async def not_tried(database: Database, claimed: Sequence[Claimed | Unconfirmed], *, left: bool = False) -> None:
    """Take back that leased messages were attempted or asked about: there was no time, or what failed was ours.

    They go when the lease ends. left: they may have been handed over, so their senders cannot take them back any more
    """
    if claimed:
        leased = [(one.owner, one.key, one.lease) for one in claimed]
        await database.execute(SQL.not_tried, *map(list, zip(*leased, strict=True)), int(left))


async def try_later(work: Work, claimed: Claimed, why: str, *, away: bool = False) -> bool:
    """Let a message that nobody took wait for its next attempt; False when it is time to give up.

    away   nobody answers where it goes: it is brought forward when somebody does
    """
    spread_out = spread(claimed.key, claimed.attempts)
    left, report = claimed.rounds > 0, claimed.type == concern.TYPE
    due = next_attempt(work.now, claimed.attempts, claimed.deadline, spread_out, left=left, report=report)
    if due is None:
        return False
    rests_for = claimed.endpoint if away else ""
    await execute(
        work, SQL.try_later, claimed.owner, claimed.key, due, why, counted(claimed.attempts), rests_for, claimed.lease,
    )  # fmt: skip
    return True


async def resting(database: Database) -> list[str]:
    """Return the endpoints that messages wait for because nobody answered there."""
    return [row["rests_for"] for row in await database.fetch(SQL.resting)]


async def wake(database: Database, endpoint: str, now: datetime, most: int) -> None:
    """Bring forward some of the messages that wait for an endpoint, those first that would come first."""
    await database.execute(SQL.wake, endpoint, now, most)


async def handed_over(work: Work, taken: Sequence[tuple[Claimed, str]]) -> Sequence[Any]:
    """Note that transports have taken messages under ids of their own; they are asked until they confirm the delivery.

    taken    each with that id; "" where nobody will ever confirm it: a receipt at a broker. Who waits for it sends the
             message again
    Returns  the rows of those that were moved
    """
    ids = {(one.owner, one.key): carrier_id for one, carrier_id in taken}
    moved = await _moved(work, list(ids), Event.HANDED_OVER)
    owners, keys = zip(*ids, strict=True)
    due = next_question(work.now, State.SENT, 0)
    await execute(
        work, SQL.taken, list(owners), list(keys), list(ids.values()), due, work.now + FETCHED_WITHIN
    )  # fmt: skip
    return moved


async def unconfirmed(database: Database, now: datetime) -> list[int]:
    """Return the buckets with something to ask a transport about."""
    return [row["bucket"] for row in await database.fetch(SQL.buckets_unconfirmed, now)]


async def claim_unconfirmed(database: Database, bucket: int, now: datetime, *, most: int = 1) -> list[Unconfirmed]:
    """Lease the next messages of a bucket that a transport has taken; one that nobody told of comes alone, as above."""
    rows = await database.fetch(SQL.claim_unconfirmed, bucket, now, now + LEASE, most)
    return [Unconfirmed(**dict(row) | {"state": State(row["state"])}) for row in rows]


async def ask_later(work: Work, asked: Unconfirmed, state: State) -> None:
    """Let a message wait for the next question, in the state it is in now."""
    due = next_question(work.now, state, asked.attempts)
    await execute(work, SQL.ask_later, asked.owner, asked.key, due)


async def unexplained(work: Work, asked: Unconfirmed) -> None:
    """Count that a message was told of as refused, and nobody said why."""
    await execute(work, SQL.unexplained, asked.owner, asked.key)


async def ask_no_more(work: Work, asked: Unconfirmed) -> None:
    """Let a message that has been ended rest for long, and uncounted: whoever takes it up then does not ask either."""
    await execute(work, SQL.ask_no_more, asked.owner, asked.key, work.now + _RESTS_FOR, asked.untold)


async def ask_soon(work: Work, asked: Unconfirmed) -> None:
    """Let a message wait a little, as its transport did not answer; what is overdue hurries no more."""
    if asked.state is State.OVERDUE:
        return await ask_later(work, asked, asked.state)
    await execute(work, SQL.ask_later, asked.owner, asked.key, soon(work.now, spread(asked.key, asked.attempts)))


async def overdue(database: Database, until: datetime, but: Iterable[int] = ()) -> list[Overdue]:
    """Return messages whose AppRec was to come by then and has not, some at a time.

    but   keys of those that are not wanted, as they could not be marked
    """
    return [Overdue(**dict(row)) for row in await database.fetch(SQL.overdue, until, list(but))]


async def still_overdue(work: Work, one: Overdue) -> bool:
    """Tell whether the AppRec of a message is still missed; then nothing happens to it until the work ends."""
    await transaction(work)
    return bool(await fetch(work, SQL.still_overdue, one.owner, one.key, one.deadline))
