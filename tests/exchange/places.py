"""A municipality in small for tests of the exchange: a practice, a district, a hospital outside, and Astrid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.exchange import addresses, checks, delivery
from akson.exchange.addresses import Address
from akson.exchange.envelope import Envelope
from akson.record import journal
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.registers.identifiers import HPR_SYSTEM, Fnr
from tests.exchange.letters import ASTRID, HEART, NORDRE
from tests.offices import FNR, JOB, patient, staff, unit

DIALOGS_REFUSED = {  # among the real ones, and faulty on purpose or by accident: the right answer is the refusal
    "Expected.xml": "T01",  # a prefix nobody declared
    "dialogmelding_dialog_notat_pridok_bug.xml": "E30",  # a message head inside a message head; the outer has no patient
    "dialogmelding_dialog_notat_invalid.xml": "E31",  # ten digits
    "dialogmelding_kiropraktor.xml": "E31",  # the 23rd day of the 45th month
    "apprecError.xml": "E10", "apprecErrorUkjentMottaker.xml": "E10", "apprecOK.xml": "E10",  # for what we never sent
    "MetadataTests_Apprec10.xml": "E10",
}  # fmt: skip


@dataclass(frozen=True)
class Places:
    """Who is there."""

    office: Office
    practice: Actor
    doctor: Actor
    astrid: Stored

    async def found(self, type_: str, *pairs: tuple[str, str]) -> list[dict[str, Any]]:
        """Return every resource of a type, as our own job sees them."""
        async with self.office.work(JOB, Purpose.SYSTEM) as work:
            return [hit.resource for hit in (await search(work, type_, list(pairs))).hits]

    async def rows(self, query: str, *args: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.office.database.fetch(query, *args)]

    async def counts(self) -> dict[str, int]:
        """Return how many messages stand in each state, as "in filed": 1."""
        return {f"{way} {state}": n for (way, state), n in (await delivery.counts(self.office.database)).items()}


async def make(office: Office, *, endpoint: str = "http://127.0.0.1:1/exchange/local") -> Places:
    """Make the places and enter their addresses; the hospital answers at `endpoint`."""
    practice = await unit(office, "Nordre legesenter")
    doctor = await staff(office, practice, "Eikeland", role="fastlege")
    async with office.work(JOB, Purpose.SYSTEM) as work:
        named = {"resourceType": "Practitioner", "name": [{"family": "Eikeland", "given": ["Jonas"]}]}
        number = {"identifier": [{"system": HPR_SYSTEM, "value": "990000012"}]}
        made = await journal.create(work, named | number)
    doctor = replace(doctor, id=made.reference, key=made.owner)
    astrid = await patient(office, at=practice, identifier=[{"system": FNR, "value": ASTRID}])
    await addresses.put(office.database, [
        Address(her_id=NORDRE.parent, name=NORDRE.parent_name, ours=True, org_number="310000015"),
        Address(her_id=NORDRE.her_id, name=NORDRE.name, ours=True, parent=NORDRE.parent, unit=practice.unit,
                unit_id=practice.unit_id),
        Address(her_id=HEART.parent, name=HEART.parent_name, ours=False, endpoint=endpoint),
        Address(her_id=HEART.her_id, name=HEART.name, ours=False, parent=HEART.parent, endpoint=endpoint),
    ])  # fmt: skip
    return Places(office=office, practice=practice, doctor=doctor, astrid=astrid)


async def welcome(places: Places, envelope: Envelope, persons: dict[str, str]) -> None:
    """Enter the receiver as our practice, the sender as a party outside, and the patient where the number can be one."""
    sender = checks.her_ids(envelope.sender)
    known = [
        Address(her_id=each, name="Avsender", ours=False, parent=sender[-1] * (each != sender[-1])) for each in sender
    ]
    known += [
        Address(her_id=each, name="Mottaker", ours=True, unit=places.practice.unit, unit_id=places.practice.unit_id)
        for each in checks.her_ids(envelope.receiver)
    ]
    await addresses.put(places.office.database, known)
    number = envelope.patient.ident("FNR", "DNR") if envelope.patient else None
    if number and number.value not in persons and is_number(number.value):
        made = await patient(places.office, identifier=[Fnr(number.value).identifier()])
        persons[number.value] = made.id


def is_number(text: str) -> bool:
    try:
        Fnr(text)
    except Refused:
        return False
    return True
