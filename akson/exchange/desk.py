"""One message on the table: what came, what it says, the addresses it names, and the receipt its sender gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from akson.base.work import Work
from akson.exchange import addresses, checks, inbox, outbox
from akson.exchange.addresses import Address
from akson.exchange.envelope import Ack, Code, Organisation, Party
from akson.exchange.inbox import HUMAN, Kept
from akson.exchange.messages import apprec
from akson.exchange.messages.apprec import Original
from akson.exchange.opening import Opened, opened, refused
from akson.exchange.safexml import Fault, Schemas
from akson.exchange.seals import cms
from akson.exchange.seals.model import NOT_OPENED
from akson.record.office import Office

_STOPS_US: Final = Fault("X99", "Meldingen kunne ikke behandles.")


@dataclass(frozen=True, kw_only=True)
class Desk:
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

    def told(self, fault: Fault) -> Fault:
        """Return what the sender is told of a fault: of what is still sealed not why, which is for people here."""
        return NOT_OPENED if cms.is_cms(self.kept.body) else fault

    @property
    def parties(self) -> list[Party]:
        """Everybody the message names: who it is from, who it is for, and who has a copy."""
        copies = self.message.envelope.copies if self.message.envelope else ()
        return [party for party in (self.sender, self.receiver, *copies) if party]


async def desks_of(office: Office, kept: Sequence[Kept], schemas: Schemas | None) -> list[Desk]:
    """Open messages and look up every address in them; one that has stopped us too often is not opened again."""
    found = [Desk(kept=each, message=_opened(each, schemas), known={}) for each in kept]
    wanted = {her_id for desk in found for party in desk.parties for her_id in checks.her_ids(party)}
    wanted |= {her_id for each in kept for her_id in (each.envelope_from, each.envelope_to)}
    known = await addresses.find(office.database, wanted)
    return [Desk(kept=desk.kept, message=desk.message, known=known) for desk in found]


def _opened(kept: Kept, schemas: Schemas | None) -> Opened:
    if kept.attempts > inbox.ATTEMPTS:
        return Opened(fault=_STOPS_US)
    if kept.fault_code:
        return refused(kept.body, Fault(kept.fault_code, kept.fault_text), kept.type)
    return opened(kept.body, schemas)


def receipt_for(
    work: Work, desk: Desk, fault: Fault | None, *, filed: bool = False, owner: int = 0, unit: int = 0
) -> list[outbox.Letter]:
    """Return the AppRec, if the sender wants one and can be reached."""
    envelope, sketch, kept = desk.message.envelope, desk.message.sketch, desk.kept
    wanted = envelope.ack if envelope else sketch.ack
    route = _way_back(desk)
    if wanted is Ack.NO or (wanted is Ack.ON_ERROR and fault is None) or route is None:
        return []
    original = Original(
        type=Code(value=desk.type or "UKJENT"),
        msg_id=desk.msg_id or kept.envelope_id,
        sent=(envelope.sent if envelope else sketch.sent) or kept.received_at,
    )
    us = desk.receiver or _party_of(desk.known.get(kept.envelope_to))
    receipt = apprec.answer(
        original, fault, sender=us, receiver=desk.sender or route.party, now=work.now, msg_id=str(uuid4()), filed=filed,
        version=route.apprec,
    )  # fmt: skip
    return [outbox.Letter(
        type="APPREC", msg_id=receipt.msg_id, sender=us.her_id or 0, receiver=route.her_id, body=apprec.build(receipt),
        responsible=HUMAN, owner=owner, unit=unit, answers=kept.digest, wants_apprec=False,
    )]  # fmt: skip


def _way_back(desk: Desk) -> Address | None:
    """Return the address an AppRec goes to: who delivered the message, else who it says it is from.

    One that is known but cannot be reached is used all the same: the AppRec then fails in sight of a human. Who is said
    to have written what a named other delivers is told nothing: they may never have sent it.
    """
    given, named = desk.kept.envelope_from, checks.her_ids(desk.sender)
    wanted = (given,) if given > 0 and given not in named else (given, *named)
    known = [desk.known[each] for each in wanted if each in desk.known]
    return next((each for each in known if each.endpoint), known[0] if known else None)


def _party_of(address: Address | None) -> Party:
    """Return the party that answers for a message which does not say whom it is for."""
    return address.party if address else Party(organisation=Organisation(name="Ukjent mottaker"))
