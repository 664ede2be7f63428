"""Send what one of us has written: the Communication and the message that tells of it are one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from akson.access.roles import has
from akson.base.errors import Refused
from akson.base.work import Kind, Work
from akson.exchange import (
    addresses,
    carrying,
    closing,
    concerning,
    consents,
    contents,
    dialog,
    filing,
    inbox,
    outbox,
    referring,
    registry,
)
from akson.exchange.addresses import Address
from akson.exchange.envelope import ID_PERSON, Ack, Code, Conversation, Envelope, Ident, Party, Person, Professional
from akson.exchange.hodemelding import UNANSWERED
from akson.exchange.keeping import kept_back
from akson.exchange.messages import dialogmelding
from akson.exchange.opening import opened
from akson.exchange.telling import Told
from akson.record import journal
from akson.record.deciding import facts_for
from akson.record.session import Within
from akson.record.stored import Stored
from akson.registers.identifiers import HPR_SYSTEM, SYSTEMS, PersonKind

Resource = dict[str, Any]
_AT_ONCE: Final = timedelta()
_CAN_TAKE: Final = {"system": f"urn:oid:{filing.VOLVEN}7322", "code": "7",
                    "display": "Tilbakemelding på mottak av utskrivningsklar pasient"}  # fmt: skip


async def send(
    work: Work, communication: Resource, *, to: int, answered: Stored | None = None, beside: Sequence[Resource] = (),
    rests: timedelta = _AT_ONCE,
) -> Stored:  # fmt: skip
    """Write a Communication into the record and put its message on its way to HER-id `to`.

    answered   the Communication it answers, as just read by the same work
    beside     resources it is about that are no part of the record yet: they become one with it; a ServiceRequest is
               the order that a referral stands on
    rests      how long it waits, so that its sender may take it back: `states.REST` for what a person sends
    Raises     Refused AK-X001 no text, AK-X002 a type we cannot send, AK-X003 no such receiver, AK-X004 the unit has no
               address, AK-X005 the patient has no national identity number, AK-X007 to AK-X009 the text must not leave,
               AK-X031 it breaks the official schema, AK-X032 it cannot tell of a resource, AK-X033 the receiver does
               not take it, AK-X034 the role may not send it, AK-X035 a resource is another person's, AK-X093 it takes
               a consent to tell the receiver, AK-X101 the receiver gets none of it; and what the journal refuses
    Leaves     Communication, what is beside it, and the message in state queued with its author as the one responsible
    """
    envelope, sender, receiver = await _written(work, communication, to=to, answered=answered, beside=beside)
    body = closing.closed(envelope)
    closing.hold(body, work.office.schema)
    await consents.hold(work, communication["subject"]["reference"].removeprefix("Patient/"), receiver)
    if receiver.fiks:
        communication = concerning.kept_from_parents(communication)
    for each in beside:
        communication = referring.with_made(communication, await journal.create(
            work, referring.ordered(each | {"subject": communication["subject"]}, envelope, receiver, work)
        ))  # fmt: skip
    if answered:
        communication = communication | {"inResponseTo": [{"reference": answered.reference}]}
    stored = await journal.create(work, dialogmelding.as_sent(communication, envelope, sender))
    await outbox.queue(work, outbox.Letter(
        type=envelope.type.value, msg_id=envelope.msg_id, sender=sender.her_id, receiver=to,
        body=body, responsible=work.actor.id, owner=stored.owner, unit=work.actor.unit, told_of=stored.id, rests=rests,
        wants_apprec=envelope.ack is not Ack.NO,
    ))  # fmt: skip
    return stored


async def preview(work: Work, communication: Resource, *, to: int, beside: Sequence[Resource] = ()) -> Told:
    """Return the message as its receiver will read it: written, and opened again. Nothing is stored or sent.

    Raises   as `send`, but for a consent: that may be written down when it is sent
    """
    envelope, _, _ = await _written(work, communication, to=to, answered=None, beside=beside)
    closing.hold(closing.closed(envelope), work.office.schema)
    return _arrived(envelope)


async def answer(
    work: Work, communication: str, text: str, *, coded: Code | None = None, rests: timedelta = _AT_ONCE
) -> Stored:
    """Answer a received Communication (by id) with plain text, to the one who sent it.

    coded    what the answer is, where there are codes for it; else the message type says
    Raises   Refused AK-X006 when it did not come as a message; else as `send`
    """
    asked = await journal.read(work, "Communication", communication)
    received = await inbox.behind(work, asked.owner, communication)
    if received is None:
        raise Refused("AK-X006")
    title = str(asked.resource.get("topic", {}).get("text", ""))
    reply: Resource = {
        "resourceType": "Communication",
        "subject": asked.resource["subject"],
        "topic": {"text": title if title.startswith("Svar: ") else f"Svar: {title}".strip()},
        "payload": [{"contentString": text}] if text.strip() else [],
    }
    if stay := asked.resource.get("encounter"):
        reply["encounter"] = stay
    if filing.message_type(asked.resource) == "LOG_UTSKRIVNINGSKLAR":
        reply["topic"]["coding"] = [_CAN_TAKE]
    if coded:
        reply["topic"]["coding"] = [filing.coding(coded)]
    return await send(work, reply, to=received["sender"], answered=asked, rests=rests)


async def _written(
    work: Work, communication: Resource, *, to: int, answered: Stored | None, beside: Sequence[Resource]
) -> tuple[Envelope, Address, Address]:
    """Return the message that tells of a Communication, our unit that sends it, and whom it goes to."""
    known = await addresses.find(Within(work), [to])
    if to not in known or known[to].ours:
        raise Refused("AK-X003", her_id=to)
    sender = await addresses.of_unit(Within(work), work.actor.unit)
    if sender is None:
        raise Refused("AK-X004", unit=work.actor.unit_name)
    patient = await journal.read(work, "Patient", communication["subject"]["reference"].removeprefix("Patient/"))
    told_of = await _told_of(work, communication, patient, beside, known[to])
    kind, body = _body(work, communication, told_of, answered.resource if answered else None)
    if known[to].takes and kind.value not in known[to].takes:
        raise Refused("AK-X033", name=known[to].name, type=kind.name)
    envelope = Envelope(
        type=kind, msg_id=str(uuid4()), sent=work.now, sender=await _with_author(work, sender),
        receiver=known[to].party, patient=_person(patient.resource), conversation=await _conversation(work, answered),
        body=body, attachments=(*dialogmelding.attachments_of(communication), *await carrying.files(work, told_of)),
        ack=Ack.NO if kind.value in UNANSWERED else Ack.YES,
    )  # fmt: skip
    _check(envelope, filing.text_of(communication))
    return envelope, sender, known[to]


async def _told_of(
    work: Work, communication: Resource, patient: Stored, beside: Sequence[Resource], to: Address
) -> list[Mapping[str, Any]]:
    """Return the patient and what a message of a type of its own tells of; a dialog message tells only itself."""
    if registry.writer(filing.message_type(communication)) is None:
        return []
    named = [*communication.get("about", ()), *communication.get("basedOn", ()), communication.get("encounter")]
    wanted = list(dict.fromkeys(each["reference"] for each in named if each))
    found = await journal.read_many(work, wanted)
    if any(each not in found for each in wanted):
        raise Refused("AK-J001")
    if any(each.owner != patient.owner for each in found.values()):
        raise Refused("AK-X035")
    if await kept_back(work, (await facts_for(work, [patient.owner]))[patient.owner], wanted, to):
        raise Refused("AK-X101", name=to.name)
    return [patient.resource, *beside, *(each.resource for each in found.values())]


def _body(
    work: Work, communication: Resource, told_of: Sequence[Mapping[str, Any]], answered: Resource | None
) -> tuple[Code, Any]:
    """Return the type and the body of a message: of the type the Communication is of, else a dialog message."""
    asked = filing.message_type(communication)
    write = registry.writer(asked)
    if write and not has(work.actor.role, registry.needs(asked)):
        raise Refused("AK-X034")
    if write is None:
        kind, body = dialogmelding.from_communication(communication, answered=answered)
        return kind, dialog.build(body)
    return write(communication, told_of, work.now)


def _check(envelope: Envelope, text: str) -> None:
    """Refuse a message that must not leave."""
    number = envelope.patient.ident(*PersonKind) if envelope.patient else None
    contents.check(text, number.value if number else "")
    contents.check_arrival(_arrived(envelope), text)


def _arrived(envelope: Envelope) -> Told:
    """Return a message as its receiver reads it: written to bytes, and opened again."""
    arrived = opened(closing.closed(envelope)).envelope
    told = registry.in_words(arrived) if arrived else None
    if told is None:
        raise ValueError("we wrote a message that we cannot read")
    return told


async def _with_author(work: Work, sender: Address) -> Party:
    """Return our unit as the sending party, with the person who writes."""
    if work.actor.kind is not Kind.STAFF:
        return sender.party
    author = (await journal.read(work, "Practitioner", work.actor.id.removeprefix("Practitioner/"))).resource
    numbers = [each["value"] for each in author.get("identifier", []) if each.get("system") == HPR_SYSTEM]
    if not numbers:
        return sender.party
    name = (author.get("name") or [{}])[0]
    professional = Professional(
        family=name.get("family", ""),
        given=" ".join(name.get("given", [])),
        idents=(Ident(numbers[0], "HPR", ID_PERSON, "HPR-nummer"),),
    )
    return replace(sender.party, professional=professional)


def _person(patient: Resource) -> Person:
    """Return the patient as a message names one. Raises Refused AK-X005."""
    kinds = {system: kind for kind, system in SYSTEMS.items()}
    numbers = [each for each in patient.get("identifier", []) if each.get("system") in kinds]
    if not numbers:
        raise Refused("AK-X005")
    kind = kinds[numbers[0]["system"]]
    name = (patient.get("name") or [{}])[0]
    return Person(
        family=name.get("family", ""),
        given=" ".join(name.get("given", [])),
        idents=(Ident(numbers[0]["value"], str(kind), ID_PERSON, _KIND_NAMES.get(kind.value, "")),),
    )


_KIND_NAMES = {"FNR": "Fødselsnummer", "DNR": "D-nummer", "FHN": "Felles hjelpenummer", "HNR": "H-nummer"}


async def _conversation(work: Work, answered: Stored | None) -> Conversation | None:
    """Return the references of an answer: its parent, and the message that began the exchange."""
    received = await inbox.behind(work, answered.owner, answered.id) if answered else None
    if received is None:
        return None
    envelope = opened(received["body"]).envelope if received["body"] else None
    began = envelope.conversation.conversation if envelope and envelope.conversation else received["msg_id"]
    return Conversation(parent=received["msg_id"], conversation=began)
