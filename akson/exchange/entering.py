"""From a message on the table to the record: what is asked of it, what it becomes, and what is written beside that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from akson.base.work import Actor, Work
from akson.exchange import addresses, checks, concerning, inbox, outbox
from akson.exchange.addresses import Address
from akson.exchange.cleaning import cleaned
from akson.exchange.concerning import Heard
from akson.exchange.desk import Desk, receipt_for
from akson.exchange.envelope import Envelope
from akson.exchange.inbox import Outcome
from akson.exchange.lifting import Lifts, lifted
from akson.exchange.registry import Letter, MessageType, Patient, Unit
from akson.exchange.safexml import Unreadable
from akson.exchange.states import Event
from akson.record.office import Office
from akson.record.persons import Number
from akson.record.session import Within
from akson.registers.identifiers import Fnr


class TakenByAnother(Exception):
    """Another worker settled the message while we worked on it: nothing of ours may be committed."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A message that may be filed, if its patient is here. number: whom it is about."""

    desk: Desk
    envelope: Envelope
    unit: Address
    sender: Address
    kind: MessageType
    number: Fnr | None

    def actor(self, own: Actor) -> Actor:
        """Return who files it: our own job, for the unit that it is for."""
        unit = self.unit
        return replace(
            own, unit=unit.unit, unit_id=unit.unit_id, unit_name=unit.name, controller=unit.controller,
            controller_name=unit.parent_name or unit.name,
        )  # fmt: skip

    @property
    def held(self) -> Number | None:
        """Return the number whose record is held while this is filed; None where no number is one person's alone."""
        return checks.held(self.number)


@dataclass(frozen=True, kw_only=True)
class Closed:
    """What stands beside the record once a message is filed. answered: owner and key of ours that it answers."""

    desk: Desk
    outcome: Outcome
    receipt: Sequence[outbox.Letter]
    answered: tuple[int, int] | None = None


async def accepted(office: Office, desk: Desk, envelope: Envelope) -> Accepted:
    """Ask of a message all that can be asked without the record. Raises Unreadable."""
    unit = checks.receiving_unit(envelope, desk.known, desk.kept.envelope_to)
    sender = checks.sending_party(envelope.sender, desk.known, desk.kept.envelope_from)
    kind = checks.message_type(envelope)
    number = _number(envelope, kind, sender)
    clean = await cleaned(envelope, office.scanner)
    clean = replace(clean, sender=checks.as_registered(envelope.sender, sender, desk.known))
    return Accepted(desk=desk, envelope=clean, unit=unit, sender=sender, kind=kind, number=number)


async def filed(work: Work, one: Accepted, held: Mapping[Number, Any]) -> Closed:
    """Put a message into the record. held: the persons whose records nobody else writes to meanwhile.

    Raises   Unreadable, and what the journal refuses
    """
    desk, envelope = one.desk, one.envelope
    parent = await _answered(work, envelope, one.sender)
    alone = parent is not None and await concerning.stands_alone(work, parent)
    patient = None if alone else await _patient(work, one, held)
    answers = parent if parent and (alone or (patient and parent["owner"] == patient.owner)) else None
    heard = await concerning.answered(work, answers, one.sender, patient)
    filed = await one.kind.receive(work, _letter(one, patient, answers["told_of"] if answers else "", heard))
    await heard.settle(work)
    owner, unit = patient.owner if patient else None, one.unit.unit
    outcome = Outcome(
        state="filed", type=envelope.type.value, msg_id=envelope.msg_id, sender=one.sender.her_id, unit=unit,
        owner=work.office.ids.open(filed.communication) if alone else owner,  # its own: so the bytes go with it
        filed_as=filed.communication, fault=filed.fault,
    )  # fmt: skip
    receipt = receipt_for(work, desk, filed.fault, filed=True, owner=owner or 0, unit=unit)
    ours = (answers["owner"], answers["key"]) if answers and answers["told_of"] else None
    return Closed(desk=desk, outcome=outcome, receipt=receipt, answered=ours)


async def close(work: Work, closed: Sequence[Closed], lifts: Lifts = lifted) -> None:
    """Write what stands beside the record of messages that were filed or refused.

    lifts    what becomes of the tasks about messages of ours that they answer
    Raises   TakenByAnother, Unreadable E10
    """
    for one in closed:
        if one.answered and (moved := await outbox.happened(work, *one.answered, Event.ANSWER)):
            await lifts(work, moved)
    if not await inbox.settle(work, [(one.desk.kept, one.outcome) for one in closed]):
        raise TakenByAnother
    await outbox.queue(work, *(letter for one in closed for letter in one.receipt))


def _letter(one: Accepted, patient: Patient | None, answers: str, heard: Heard) -> Letter:
    unit = Unit(owner=one.unit.unit, reference=one.unit.unit_id, name=one.unit.name)
    return Letter(envelope=one.envelope, received=one.desk.kept.received_at, patient=patient, sender=one.sender,
                  unit=unit, answers=answers, marks=heard.marks, owner=heard.owner,
                  doubtful=checks.is_another(one.envelope.patient, patient))  # fmt: skip


def _number(envelope: Envelope, kind: MessageType, sender: Address) -> Fnr | None:
    """Return whom a message is about; None where that must wait: a barnevern may answer about a child without a number.

    Raises   Unreadable E30, E31
    """
    if not kind.about_a_patient:
        return None
    try:
        return checks.number(envelope.patient)
    except Unreadable:
        if not sender.fiks:
            raise
        return None


async def _patient(work: Work, one: Accepted, held: Mapping[Number, Any]) -> Patient | None:
    """Return whose record it goes into. Raises Unreadable E30, E31, E35."""
    if not one.kind.about_a_patient:
        return None
    return await checks.patient(work, one.number or checks.number(one.envelope.patient), held)


async def _answered(work: Work, envelope: Envelope, sender: Address) -> Any | None:
    """Return the message of ours that one answers, or None; only who it was sent to can answer it.

    What goes on with an answer to us, a status after the first, answers the message that began the exchange.
    """
    talk = envelope.conversation
    for named in dict.fromkeys((talk.parent, talk.conversation)) if talk else ():
        parent = await outbox.sent_by_us(work, named)
        if parent is None and sender.fiks:  # a barnevern knows a report by what Fiks calls it
            parent = await outbox.carried_as(work, named)
        to = await addresses.find(Within(work), [parent["receiver"]]) if parent else {}
        if parent and sender.organisation in [each.organisation for each in to.values()]:
            return parent
    return None
