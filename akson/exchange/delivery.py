"""Receive, file, answer and remind: one Work per message, done by Akson itself for the purpose of the message.

No message is ever lost in silence. It is kept before it is receipted, it stands in exactly one state, and somebody
answers for it at every moment: a unit, its author, or the one who answers for messages (meldingsansvarlig).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from akson.access.roles import OWN_JOB
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Actor, Kind, Purpose, Work
from akson.exchange import addresses, checks, inbox, outbox
from akson.exchange.addresses import Address
from akson.exchange.cleaning import cleaned
from akson.exchange.envelope import Ack, Code, Envelope, Organisation, Party
from akson.exchange.inbox import HUMAN, Kept, Outcome
from akson.exchange.messages import apprec
from akson.exchange.messages.apprec import AppRec, Original
from akson.exchange.opening import Opened, opened
from akson.exchange.registry import Letter, Unit
from akson.exchange.safexml import Fault, Schemas, Unreadable
from akson.exchange.states import IN_WORDS, NEEDS_A_HUMAN, Event, State
from akson.fhir.issues import Invalid
from akson.record import journal
from akson.record.office import Office
from akson.record.session import Within

SQL = queries(__file__)
AKSON: Final = Actor(
    kind=Kind.SYSTEM, id="Device/meldingsutveksling", key=0, name="Meldingsutveksling", role="system",
    scopes=frozenset({OWN_JOB}),
)  # fmt: skip
NO_ANSWER: Final = "Mottakeren svarer ikke."
NOT_STORABLE: Final = "Meldingen har et innhold som ikke kan lagres hos mottakeren ({where})."
_TRANSIENT: Final = frozenset({409, 412, 503})  # facts changed, the access log is down: the lease ends and we try again


class _TakenByAnother(Exception):
    """Another worker settled the message while we worked on it: nothing of ours may be committed."""


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """One message on the table: what came, what it says, and the addresses it names."""

    kept: Kept
    message: Opened
    known: Mapping[int, Address]

    @property
    def sender(self) -> Party | None:
        envelope, receipt = self.message.envelope, self.message.receipt
        return envelope.sender if envelope else receipt.sender if receipt else self.message.sketch.sender

    @property
    def type(self) -> str:
        envelope = self.message.envelope
        return "APPREC" if self.message.is_receipt else envelope.type.value if envelope else self.message.sketch.type

    @property
    def msg_id(self) -> str:
        return (self.message.envelope or self.message.receipt or self.message.sketch).msg_id

    @property
    def receiver(self) -> Party | None:
        envelope, receipt = self.message.envelope, self.message.receipt
        return envelope.receiver if envelope else receipt.receiver if receipt else self.message.sketch.receiver


async def receive_due(office: Office, *, schemas: Schemas | None = None) -> int:
    """Work through everything received that waits; return how many messages were touched."""
    touched = 0
    for bucket in await inbox.waiting(office.database, office.clock()):
        while kept := await inbox.claim(office.database, bucket, office.clock()):
            await receive(office, kept, schemas)
            touched += 1
    return touched


async def receive(office: Office, kept: Kept, schemas: Schemas | None = None) -> None:
    """File or refuse one message, and answer it.

    Leaves   all of it or nothing: the record, the state of the message and its AppRec are one transaction
    """
    if kept.again:
        async with office.work(AKSON, Purpose.MESSAGE, screen="melding kom igjen") as work:
            await outbox.receipts_again(work, kept.digest)
            await inbox.answered_again(work, kept)
        return
    desk = await _desk(office, kept, schemas)
    try:
        fault = desk.message.fault or await _take(office, desk)
        if fault:
            async with office.work(AKSON, Purpose.MESSAGE, screen="melding avvist") as work:
                await _refuse(work, desk, fault)
    except _TakenByAnother:
        return


async def _desk(office: Office, kept: Kept, schemas: Schemas | None) -> _Desk:
    """Open the message and look up every address in it; one that has stopped us too often is not opened again."""
    if kept.attempts > inbox.ATTEMPTS:
        message = Opened(fault=Fault("X99", "Meldingen kunne ikke behandles."))
    else:
        message = opened(kept.body, schemas)
    desk = _Desk(kept=kept, message=message, known={})
    parties = (desk.sender, desk.receiver, *(message.envelope.copies if message.envelope else ()))
    wanted = {kept.envelope_from, kept.envelope_to, *(each for party in parties for each in checks.her_ids(party))}
    return replace(desk, known=await addresses.find(office.database, wanted))


async def _take(office: Office, desk: _Desk) -> Fault | None:
    """File the message or apply the receipt; return what is wrong when it cannot be taken: then nothing is written."""
    try:
        if desk.message.receipt:
            async with office.work(AKSON, Purpose.MESSAGE, screen="kvittering inn") as work:
                await _apply(work, desk, desk.message.receipt)
        if desk.message.envelope:
            unit = checks.receiving_unit(desk.message.envelope, desk.known, desk.kept.envelope_to)
            actor = replace(
                AKSON, unit=unit.unit, unit_id=unit.unit_id, unit_name=unit.name, controller=unit.controller,
                controller_name=unit.parent_name or unit.name,
            )  # fmt: skip
            envelope = await cleaned(desk.message.envelope, office.scanner)
            async with office.work(actor, Purpose.MESSAGE, screen="melding inn") as work:
                await _file(work, desk, envelope, unit)
    except Unreadable as refused:
        return refused.fault
    except Refused as refused:
        if refused.status in _TRANSIENT:
            raise _TakenByAnother from None  # the lease ends, and it is tried again
        return Fault("X99", f"Meldingen kunne ikke lagres hos mottakeren ({refused.code}).")
    except Invalid as invalid:
        return Fault("X99", NOT_STORABLE.format(where=", ".join(sorted({each.path for each in invalid.issues})[:3])))
    return None


async def _file(work: Work, desk: _Desk, envelope: Envelope, unit: Address) -> None:
    """Put a message into the record and answer it."""
    sender = checks.sending_party(envelope.sender, desk.known, desk.kept.envelope_from)
    envelope = replace(envelope, sender=checks.as_registered(envelope.sender, sender, desk.known))
    kind = checks.message_type(envelope)
    patient = await checks.patient(work, envelope.patient) if kind.about_a_patient else None
    if patient:  # what is told of one person is filed one by one: each finds what the one before has made
        await journal.alone(work, patient.owner)
    parent = await _answered(work, envelope, sender)
    letter = Letter(
        envelope=envelope, received=desk.kept.received_at, patient=patient, sender=sender,
        unit=Unit(owner=unit.unit, reference=unit.unit_id, name=unit.name),
        answers=parent["told_of"] if parent and patient and parent["owner"] == patient.owner else "",
    )  # fmt: skip
    filed = await kind.receive(work, letter)
    if letter.answers and parent:
        await outbox.happened(work, parent["owner"], parent["key"], Event.ANSWER)
    await _settle(work, desk.kept, Outcome(
        state="filed", type=envelope.type.value, msg_id=envelope.msg_id, sender=sender.her_id, unit=unit.unit,
        owner=patient.owner if patient else None, filed_as=filed.communication, fault=filed.fault,
    ))  # fmt: skip
    await _answer(work, desk, filed.fault, filed=True, owner=patient.owner if patient else 0, unit=unit.unit)


async def _answered(work: Work, envelope: Envelope, sender: Address) -> Any | None:
    """Return the message of ours that one answers, or None; only who it was sent to can answer it.

    What goes on with an answer to us, a status after the first, answers the message that began the exchange.
    """
    talk = envelope.conversation
    for named in dict.fromkeys((talk.parent, talk.conversation)) if talk else ():
        parent = await sent_by_us(work, named)
        to = await addresses.find(Within(work), [parent["receiver"]]) if parent else {}
        if parent and sender.organisation in [each.organisation for each in to.values()]:
            return parent
    return None


async def _apply(work: Work, desk: _Desk, receipt: AppRec) -> None:
    """Let a receipt move the message it answers; what went wrong becomes a task."""
    sent = await sent_by_us(work, receipt.original.msg_id)
    if sent is None:
        raise Unreadable("E10", "Kvitteringen gjelder en melding vi ikke har sendt.")
    if sent["receiver"] not in checks.her_ids(receipt.sender) or not _delivered_by(desk, sent["receiver"]):
        raise Unreadable("X99", "Kvitteringen kommer fra en annen enn den meldingen gikk til.")
    errors = [each.value for each in receipt.errors]
    fault = Fault(errors[0] if errors else "", apprec.in_words(receipt) if errors else "")
    await move(work, sent["owner"], sent["key"], apprec.EVENTS[receipt.status], fault)
    await _settle(work, desk.kept, Outcome(
        state="receipt", type="APPREC", msg_id=receipt.msg_id, sender=sent["receiver"], owner=sent["owner"] or None,
        filed_as=sent["told_of"] or None, unit=sent["unit"],
    ))  # fmt: skip


def _delivered_by(desk: _Desk, her_id: int) -> bool:
    """Tell whether the transport names `her_id` or a service of it, or says nothing of who delivered."""
    given = desk.kept.envelope_from
    return given in (0, her_id) or (given in desk.known and desk.known[given].parent == her_id)


async def _refuse(work: Work, desk: _Desk, fault: Fault) -> None:
    """Keep a message for a human, with the reason, and tell the sender where that is possible."""
    sender = next((each for each in checks.her_ids(desk.sender) if each in desk.known), desk.kept.envelope_from)
    outcome = Outcome(state="refused", type=desk.type, msg_id=desk.msg_id, sender=sender, fault=fault)
    await _settle(work, desk.kept, outcome)
    if not desk.message.is_receipt:
        await _answer(work, desk, fault)


async def _answer(work: Work, desk: _Desk, fault: Fault | None, *, filed: bool = False, owner: int = 0, unit: int = 0
                  ) -> None:  # fmt: skip
    """Queue the AppRec, if the sender wants one and can be reached."""
    envelope, sketch, kept = desk.message.envelope, desk.message.sketch, desk.kept
    wanted = envelope.ack if envelope else sketch.ack
    route = _way_back(desk)
    if wanted is Ack.NO or (wanted is Ack.ON_ERROR and fault is None) or route is None:
        return
    original = Original(
        type=Code(value=desk.type or "UKJENT"),
        msg_id=desk.msg_id or kept.envelope_id,
        sent=(envelope.sent if envelope else sketch.sent) or kept.received_at,
    )
    us = desk.receiver or _party_of(desk.known.get(kept.envelope_to))
    receipt = apprec.answer(
        original, fault, sender=us, receiver=desk.sender or route.party, now=work.now, msg_id=str(uuid4()), filed=filed
    )
    await outbox.queue(work, outbox.Letter(
        type="APPREC", msg_id=receipt.msg_id, sender=us.her_id or 0, receiver=route.her_id, body=apprec.build(receipt),
        responsible=HUMAN, owner=owner, unit=unit, answers=kept.digest, wants_apprec=False,
    ))  # fmt: skip


def _way_back(desk: _Desk) -> Address | None:
    """Return the address an AppRec goes to: who delivered the message, else who it says it is from.

    One that is known but cannot be reached is used all the same: the AppRec then fails in sight of a human.
    """
    wanted = (desk.kept.envelope_from, *checks.her_ids(desk.sender))
    known = [desk.known[each] for each in wanted if each in desk.known]
    return next((each for each in known if each.endpoint), known[0] if known else None)


def _party_of(address: Address | None) -> Party:
    """Return the party that answers for a message which does not say whom it is for."""
    return address.party if address else Party(organisation=Organisation(name="Ukjent mottaker"))


async def _settle(work: Work, kept: Kept, outcome: Outcome) -> None:
    if not await inbox.settle(work, kept, outcome):
        raise _TakenByAnother


async def sent_by_us(work: Work, msg_id: str) -> Any | None:
    """Return the message we sent under `msg_id`, or None."""
    for owner, key in await outbox.by_id(work, msg_id) if msg_id else ():
        return await outbox.sent(work, owner, key)
    return None


async def move(work: Work, owner: int, key: int, event: Event, fault: Fault | None = None) -> None:
    """Move a message on; where that ends badly, a human gets a task."""
    if moved := await outbox.happened(work, owner, key, event, fault or Fault("", "")):
        await _tell_a_human(work, moved)


async def _tell_a_human(work: Work, sent: Any) -> None:
    """Make a task of a sent message that went wrong, for the unit that sent it; none of what has been erased."""
    state = State(sent["state"])
    if state not in NEEDS_A_HUMAN or not sent["told_of"] or sent["erased"]:
        return
    communication = await journal.read(work, "Communication", sent["told_of"])
    unit = await addresses.of_unit(Within(work), sent["unit"])
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "priority": "urgent",
        "code": {"text": "Følg opp melding som ikke kom fram"}, "description": f"Melding: {IN_WORDS[state]}",
        "focus": {"reference": f"Communication/{communication.id}"}, "for": communication.resource["subject"],
        "authoredOn": work.now.isoformat(),
    }  # fmt: skip
    if unit:
        task["owner"] = {"reference": unit.unit_id, "display": unit.name}
    await journal.create(work, task)


async def counts(database: Database) -> dict[tuple[str, str], int]:
    """Return how many messages stand in each state: ("in", "filed") -> 12; their sum is all that ever was."""
    return {(row["direction"], row["state"]): row["messages"] for row in await database.fetch(SQL.counts)}


async def remind_due(office: Office) -> int:
    """Mark messages without AppRec in time as overdue and make tasks of them; return how many."""
    late = await outbox.overdue(office.database, office.clock())
    for owner, key in late:
        async with office.work(AKSON, Purpose.MESSAGE, screen="purring av melding") as work:
            await move(work, owner, key, Event.DEADLINE)
    return len(late)
