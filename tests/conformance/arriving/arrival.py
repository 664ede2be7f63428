"""Let bytes in as a transport does, and say what is wrong with what became of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from uuid import uuid4

from lxml import etree

from akson.exchange import checks, delivery, inbox
from akson.exchange.addresses import Address
from akson.exchange.envelope import ID_PERSON, Ack, Code, Conversation, Envelope, Ident, Person, Professional
from akson.exchange.messages.apprec import Status
from akson.exchange.opening import Opened, opened
from akson.exchange.safexml import Schemas
from tests.conformance.servers import running
from tests.conformance.suites import SHARED
from tests.exchange.letters import ASTRID, HEART, NORDRE
from tests.exchange.places import Places, make
from tests.offices import NOW

XSD = "fixtures/hodemelding-dialog-apprec"
PERSONS: dict[str, str] = {}  # who has been entered so far: id by national identity number
Row = dict[str, object]


@cache
def places() -> Places:
    """Return the municipality in small that all messages come to."""
    home = running("messages")
    return home.run(make(home.office))


@cache
def schemas() -> Schemas:
    """Return the official schemas."""
    return Schemas(SHARED / XSD)


def whole(shared: Path) -> bytes:
    """Return the real message that others are made of."""
    return (shared / XSD / "message_without_attachments.xml").read_bytes()


async def received(
    there: Places, body: bytes, name: str, envelope: Envelope | None = None, *, seal: inbox.Seal | None = None,
    sender: int = 0,
) -> Row:  # fmt: skip
    """Let a message in and return its row. Where it names nobody by an address, the transport's word is all there is.

    seal, sender   how it came, and who delivered it
    """
    silent = envelope is not None and not checks.her_ids(envelope.sender)
    deaf = envelope is not None and not checks.her_ids(envelope.receiver)
    digest = await inbox.keep(
        there.office.database, body, now=there.office.clock(), envelope_id=name, seal=seal,
        envelope_from=HEART.her_id if silent else sender, envelope_to=NORDRE.her_id if deaf else 0,
    )  # fmt: skip
    await delivery.receive_due(there.office)
    (row,) = await there.rows("SELECT * FROM message_in WHERE digest = $1", bytes.fromhex(digest))
    return row


async def waits(there: Places, row: Row) -> bool:
    """Say whether a human is told of a message."""
    seen = await inbox.for_humans(there.office.database, None, 1000)
    return any(each["digest"] == row["digest"] for each in seen)


async def refused(there: Places, row: Row, message: Opened) -> str | None:
    """Say what is wrong with how a refused message was treated."""
    if not await waits(there, row):
        return "nobody is told of it"
    return await answered(there, row, message, Status.REJECTED)


async def answered(there: Places, row: Row, message: Opened, status: Status) -> str | None:
    """Say what is wrong with the receipt, which is written to the letter of its schema."""
    sent = await there.rows("SELECT body FROM message_out WHERE answers = $1", row["digest"])
    envelope = message.envelope
    unanswered = message.is_receipt or (envelope and envelope.ack is Ack.NO)
    reachable = bool(envelope)
    if unanswered or not reachable:
        return "it is answered" if sent else None
    if len(sent) != 1:
        return f"{len(sent)} answers"
    receipt = opened(sent[0]["body"], schemas())
    if receipt.receipt is None:
        return f"its receipt breaks the schema: {receipt.fault}"
    return None if receipt.receipt.status is status else f"its receipt says {receipt.receipt.status}"


def headed(type_: Code, body: etree._Element | None, *, within: bool = True) -> Envelope:
    """Return a message under the head that is our own: of a doctor's unit, about Astrid, in a conversation.

    within   both parties are services of an organisation; else the organisations themselves
    """
    ours, theirs = (
        Address(her_id=place.her_id if within else place.parent, name=place.name, ours=place is NORDRE,
                parent=place.parent * within, parent_name=place.parent_name, org_number=number)
        for place, number in ((NORDRE, "310000015"), (HEART, "310000023"))
    )  # fmt: skip
    doctor = Professional(
        family="Eikeland", given="Jonas", idents=(Ident("990000012", "HPR", ID_PERSON, "HPR-nummer"),),
    )  # fmt: skip
    number = Ident(ASTRID, "FNR", ID_PERSON, "Fødselsnummer")
    return Envelope(
        type=type_, msg_id=str(uuid4()), sent=NOW, sender=replace(ours.party, professional=doctor),
        receiver=theirs.party, patient=Person(family="Nordli", given="Astrid", idents=(number,)),
        conversation=Conversation(parent=str(uuid4()), conversation=str(uuid4())), body=body,
    )  # fmt: skip
