"""Receive, file, answer and remind: one Work per message, done by Akson itself for the purpose of the message.

No message is ever lost in silence. It is kept before it is receipted, it stands in exactly one state, and somebody
answers for it at every moment: a unit, its author, or the one who answers for messages (meldingsansvarlig).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from akson.access.roles import OWN_JOB
from akson.base.apart import Stopped, apart
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Actor, Kind, Purpose, Work
from akson.exchange import addresses, checks, concerning, inbox, limits, outbox, repeating, together
from akson.exchange.desk import Desk, desks_of, receipt_for
from akson.exchange.entering import Accepted, Closed, TakenByAnother, accepted, close, filed
from akson.exchange.filing import filled
from akson.exchange.inbox import Again, Kept, Outcome
from akson.exchange.lasting import Lasting
from akson.exchange.lifting import FOLLOW_UP, Lifts, identifiers, left, lifted
from akson.exchange.messages import apprec
from akson.exchange.messages.apprec import AppRec
from akson.exchange.safexml import Fault, Schemas, Unreadable
from akson.exchange.states import NEEDS_A_HUMAN, Event, State, in_words
from akson.fhir.issues import Invalid
from akson.record import journal, persons
from akson.record.office import Office
from akson.record.session import Within

LOG: Final = logging.getLogger("akson.exchange")
SQL = queries(__file__)
AKSON: Final = Actor(
    kind=Kind.SYSTEM, id="Device/meldingsutveksling", key=0, name="Meldingsutveksling", role="system",
    scopes=frozenset({OWN_JOB}),
)  # fmt: skip
NOT_CONFIRMED: Final = "Meldingen ble tatt imot underveis, men ingen har bekreftet at den kom fram."
NO_ANSWER: Final = "Mottakeren svarer ikke."
NOT_STORABLE: Final = "Meldingen har et innhold som ikke kan lagres hos mottakeren ({where})."
# What is ours and passes: somebody else wrote at the same moment, the access log is down, an index is being made.
TRANSIENT: Final = frozenset({"AK-J003", "AK-J006", "AK-J008", "AK-J010", "AK-J011", "AK-S009"})
_UNIT_CLOSED: Final = "AK-J025"
_OUT_OF_VIEW: Final = frozenset({"AK-J001", "AK-J002"})
_AGAIN: Final = "melding kom igjen"
_TOGETHER: Final = 32  # messages that are filed in one transaction, at most
Move = Callable[..., Awaitable[object]]  # `move`; or `outbox.happened`, which leaves no task


async def receive_due(office: Office, *, schemas: Schemas | None = None, lasting: Lasting | None = None) -> int:
    """Work through everything received that waits; return how many messages were touched.

    lasting   what this worker has seen before of messages that wait for what passes
    """
    touched, lasting = 0, lasting or Lasting()
    waits: list[Kept] = []
    for bucket in await inbox.waiting(office.database, office.clock()):
        while claimed := await inbox.claim(office.database, bucket, office.clock(), most=_TOGETHER - len(waits)):
            if claimed[0].attempts > 1:
                touched += await _read(office, claimed, schemas, lasting)
                continue
            if sum(len(one.body) for one in (*waits, *claimed)) > inbox.HELD:
                touched, waits = touched + await _read(office, waits, schemas, lasting), []
            waits += claimed
            if len(waits) >= _TOGETHER:
                touched, waits = touched + await _read(office, waits, schemas, lasting), []
    return touched + await _read(office, waits, schemas, lasting) + await _answer_again(office)


async def _read(office: Office, kept: Sequence[Kept], schemas: Schemas | None, lasting: Lasting) -> int:
    """Answer what came again, and then work through messages; return how many it was.

    What came again waits for no backlog: an answer that is late is asked for again. What stops it here is told of when
    the turn ends
    """
    if not kept:
        return 0
    again = await apart(_answer_again(office))
    await receive_all(office, kept, schemas, lasting=lasting)
    return len(kept) + (0 if isinstance(again, Stopped) else again)


async def receive_all(
    office: Office, kept: Sequence[Kept], schemas: Schemas | None = None, *, lasting: Lasting | None = None
) -> None:
    """File or refuse messages, and answer them: those that can be in one transaction, all others one by one.

    One that stops us is told of in the log, by what did, and comes back when its lease ends; the others are done. Where
    the database did, that does not count, unless it has gone on for long
    """
    lasting = lasting or Lasting()
    filed: set[bytes] = set()
    known: dict[bytes, Desk] = {}  # receipts, and what could not be read: they are not opened twice
    if len(kept) > 1:
        done = await apart(_filed_together(office, kept, schemas))
        if isinstance(done, Stopped):  # it comes again with the message that it is about, if it is about one
            LOG.warning("messages are taken one by one", extra={"failure": done.failure})
        else:
            filed, known = done
    for each in kept:
        if each.digest not in filed:
            alone = await apart(receive(office, each, schemas, desk=known.get(each.digest), lasting=lasting))
            if isinstance(alone, Stopped):
                LOG.error("a message has stopped us", extra={"failure": alone.failure, "attempts": each.attempts})
                if alone.passes and not lasting.lasts(each.digest, office.clock()):
                    await apart(inbox.give_back(office.database, each, alone=True))


async def _filed_together(
    office: Office, kept: Sequence[Kept], schemas: Schemas | None
) -> tuple[set[bytes], dict[bytes, Desk]]:
    """File messages in one transaction; return the digests of those that were, and what is no message to be filed."""
    desks = await desks_of(office, kept, schemas)
    known = {desk.kept.digest: desk for desk in desks if desk.message.envelope is None}
    return await together.file(office, AKSON, desks), known


async def receive(
    office: Office,
    kept: Kept,
    schemas: Schemas | None = None,
    *,
    desk: Desk | None = None,
    lasting: Lasting | None = None,
) -> None:
    """File or refuse one message, and answer it.

    desk     the same where it has been opened already
    lasting  what this worker has seen before, as above
    Leaves   all of it or nothing: the record, the state of the message and its AppRec are one transaction. Where what
             fails is ours and passes, nothing: the lease ends, and it is tried again as often as that takes
    """
    lasting = lasting or Lasting()
    try:
        await _settle(office, kept, schemas, desk, lasting)
    except TakenByAnother:
        pass
    except Refused as refused:
        if refused.code not in TRANSIENT:
            raise
        LOG.warning("a message waits for what passes", extra={"failure": refused.code, "attempts": kept.attempts})
        await inbox.give_back(office.database, kept)
        return
    lasting.over(kept.digest)


async def _answer_again(office: Office) -> int:
    """Answer what came again by each name it came by; return how many. One that stops us comes back, as above."""
    touched = 0
    while again := await inbox.came_again(office.database, office.clock(), most=_TOGETHER):
        touched += len(again)
        for each in again:
            done = await apart(_answer_one(office, each))
            if isinstance(done, Stopped):
                LOG.error("the answer to a message that came again has stopped us", extra={"failure": done.failure})
    return touched


async def _answer_one(office: Office, again: Again) -> None:
    async with office.work(AKSON, Purpose.MESSAGE, screen=_AGAIN) as work:
        await repeating.answer(work, again)


async def _settle(office: Office, kept: Kept, schemas: Schemas | None, desk: Desk | None, lasting: Lasting) -> None:
    if desk is None:
        (desk,) = await desks_of(office, [kept], schemas)
    fault = desk.message.fault or await _take(office, desk, lasting)
    if fault:
        async with office.work(AKSON, Purpose.MESSAGE, screen="melding avvist") as work:
            await _refuse(work, desk, fault)


async def _take(office: Office, desk: Desk, lasting: Lasting) -> Fault | None:
    """File the message or apply the receipt; return what is wrong when it cannot be taken: then nothing is written.

    What cannot be taken is tried without the tasks about what it answers, and so is what may stop us for the last time
    Raises   Refused where what fails passes, and has not failed for long: however long ago the message came
    """
    if desk.kept.attempts < inbox.ATTEMPTS:
        try:
            return await _taken(office, desk, move, lifted)
        except Refused as refused:
            if refused.code in TRANSIENT and not lasting.lasts(desk.kept.digest, office.clock()):
                raise
        except Invalid:
            pass
    try:
        return await _taken(office, desk, outbox.happened, left)
    except Refused as refused:
        if refused.code in TRANSIENT and not lasting.lasts(desk.kept.digest, office.clock()):
            raise
        return Fault("X99", f"Meldingen kunne ikke lagres hos mottakeren ({refused.code}).")
    except Invalid as invalid:
        return Fault("X99", NOT_STORABLE.format(where=", ".join(sorted({each.path for each in invalid.issues})[:3])))


async def _taken(office: Office, desk: Desk, moves: Move, lifts: Lifts) -> Fault | None:
    """Do so; return what is wrong with the message itself. Raises Refused, Invalid."""
    try:
        if desk.message.receipt:
            async with office.work(AKSON, Purpose.MESSAGE, screen="kvittering inn") as work:
                await _apply(work, desk, desk.message.receipt, moves)
        if desk.message.envelope:
            await _file(office, await accepted(office, desk, desk.message.envelope), lifts)
    except Unreadable as refused:
        return refused.fault
    except Refused as refused:
        if refused.code == _UNIT_CLOSED:  # while the message was filed
            return checks.NOBODY_HERE
        raise
    return None


async def _file(office: Office, one: Accepted, lifts: Lifts) -> None:
    """File a message, or answer it as the one that has been filed, where it is the same, written anew.

    Raises   as _taken; Unreadable E10 where its id is another's
    """
    try:
        async with office.work(one.actor(AKSON), Purpose.MESSAGE, screen=together.SCREEN) as work:
            held = await persons.alone(work, [one.held] if one.held else [])
            await close(work, [await filed(work, one, held)], lifts)
    except Unreadable as refused:
        if refused.fault != inbox.ID_TAKEN:
            raise
        async with office.work(AKSON, Purpose.MESSAGE, screen=_AGAIN) as work:
            if not await repeating.answered(work, one):
                raise


async def _apply(work: Work, desk: Desk, receipt: AppRec, moves: Move) -> None:
    """Let a receipt move the message it answers; what went wrong becomes a task."""
    sent = await outbox.sent_by_us(work, receipt.original.msg_id)
    if sent is None:
        raise Unreadable("E10", "Kvitteringen gjelder en melding vi ikke har sendt.")
    if sent["receiver"] not in checks.her_ids(receipt.sender) or not _delivered_by(desk, sent["receiver"]):
        raise Unreadable("X99", "Kvitteringen kommer fra en annen enn den meldingen gikk til.")
    await moves(work, sent["owner"], sent["key"], apprec.EVENTS[receipt.status], apprec.fault(receipt))
    outcome = Outcome(
        state="receipt", type="APPREC", msg_id=receipt.msg_id, sender=sent["receiver"], owner=sent["owner"] or None,
        filed_as=sent["told_of"] or None, unit=sent["unit"],
    )  # fmt: skip
    await close(work, [Closed(desk=desk, outcome=outcome, receipt=())])


def _delivered_by(desk: Desk, her_id: int) -> bool:
    """Tell whether the transport names `her_id` or a service of it, or says nothing of who delivered."""
    given = desk.kept.envelope_from
    return given in (0, her_id) or (given in desk.known and desk.known[given].parent == her_id)


async def _refuse(work: Work, desk: Desk, fault: Fault) -> None:
    """Keep a message for a human, with the reason, and tell the sender where that is possible."""
    sender = next((each for each in checks.her_ids(desk.sender) if each in desk.known), desk.kept.envelope_from)
    outcome = Outcome(state="refused", type=desk.type, msg_id=desk.msg_id, sender=sender, fault=fault)
    receipt = [] if desk.message.is_receipt else receipt_for(work, desk, desk.told(fault))
    await close(work, [Closed(desk=desk, outcome=outcome, receipt=receipt)])


async def move(work: Work, owner: int, key: int, event: Event, fault: Fault = outbox.NO_FAULT) -> bool:
    """Move a message on; where that ends badly, a human gets a task. Tell whether it changed anything."""
    moved = await outbox.happened(work, owner, key, event, fault)
    if moved:
        await lifted(work, moved)
        await _tell_a_human(work, moved)
    return bool(moved)


async def _tell_a_human(work: Work, sent: Any) -> None:
    """Make a task of a sent message that went wrong, for the unit that sent it; none of what has been erased.

    Nor of what is out of view, deleted by a client: there is nothing to open. It stands at the desk like all others
    """
    state = State(sent["state"])
    if state not in NEEDS_A_HUMAN or not sent["told_of"] or sent["erased"]:
        return
    try:
        communication = await journal.read(work, "Communication", sent["told_of"])
    except Refused as gone:
        if gone.code not in _OUT_OF_VIEW:
            raise
        return
    unit, told = await addresses.of_unit(Within(work), sent["unit"]), in_words(state, sent["fault_code"])
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "priority": "urgent",
        "code": {"text": FOLLOW_UP}, "description": f"Melding: {told}", "identifier": identifiers(sent),
        "focus": {"reference": f"Communication/{communication.id}"}, "for": communication.resource.get("subject"),
        "authoredOn": work.now.isoformat(), "restriction": limits.until(work.now + limits.URGENT),
    }  # fmt: skip
    if unit:
        task["owner"] = {"reference": unit.unit_id, "display": unit.name}
    await journal.create(work, filled(task | concerning.of_report(communication, sent)))


async def counts(database: Database) -> dict[tuple[str, str], int]:
    """Return how many messages stand in each state: ("in", "filed") -> 12; their sum is all that ever was."""
    return {(row["direction"], row["state"]): row["messages"] for row in await database.fetch(SQL.counts)}
