"""What is asked of a message before it is filed: is it for us, who says so, is it a type we take, whom is it about?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange import registry
from akson.exchange.addresses import Address
from akson.exchange.envelope import Envelope, Party, Person
from akson.exchange.registry import MessageType, Patient
from akson.exchange.safexml import Fault, Unreadable
from akson.fhir.folding import normalise
from akson.record import persons
from akson.record.persons import Number
from akson.record.search.searching import search
from akson.registers.identifiers import Fnr, PersonKind

NOBODY_HERE: Final = Fault("E21", "Mottakeren finnes ikke her.")
UNKNOWN: Final = "Pasienten finnes ikke hos mottakeren."


def her_ids(party: Party | None) -> list[int]:
    """Return the HER-ids of a party, the most exact first."""
    if party is None:
        return []
    levels = (party.service, party.professional, party.organisation)
    return [level.her_id for level in levels if level and level.her_id is not None]


def receiving_unit(envelope: Envelope, known: Mapping[int, Address], delivered_to: int = 0) -> Address:
    """Return the unit of ours a message is for, as its receiver or with a copy.

    delivered_to   HER-id by the transport's word; 0: not said. It decides among those who are named
    Raises         Unreadable E21
    """
    parties = (envelope.receiver, *envelope.copies)
    delivered = known.get(delivered_to)
    if delivered and delivered.takes_in and not her_ids(envelope.receiver):
        return delivered  # the receiver has no address in the message: the transport's word is all there is
    for party in sorted(parties, key=lambda each: delivered_to not in her_ids(each)):
        if unit := _unit(party, known):
            return unit
    raise Unreadable(NOBODY_HERE.code, NOBODY_HERE.text)


def _unit(party: Party, known: Mapping[int, Address]) -> Address | None:
    """Return the unit of ours that a party is, or None: also where it is closed, and nobody would read it.

    A service that is named must be known. A person we do not know falls back to the organisation: the unit reads it.
    """
    service = party.service.her_id if party.service else None
    wanted = her_ids(party) if service is None else [service]
    for her_id in wanted:
        address = known.get(her_id)
        if address and address.takes_in:
            return address
    return None


def sending_party(party: Party, known: Mapping[int, Address], delivered_by: int) -> Address:
    """Return who sent a message, as the address register knows them.

    delivered_by   HER-id by the transport's word; 0: not said
    Raises         Unreadable X99 when unknown, or when the message names another sender than the transport, or
                   services of several organisations as one sender
    """
    named = her_ids(party) or [delivered_by]
    found = [known[each] for each in named if each in known]
    if not found or (delivered_by and delivered_by in named and delivered_by not in known):
        raise Unreadable("X99", "Avsenderen finnes ikke i adresseregisteret.")
    if (delivered_by and delivered_by not in named) or len({each.organisation for each in found}) > 1:
        raise Unreadable("X99", "Avsenderen i meldingen er en annen enn den som leverte den.")
    return found[0]


def as_registered(party: Party, sender: Address, known: Mapping[int, Address]) -> Party:
    """Return the sender of a message under the names the address register has: people read who it is from by them.

    A service that the register does not know, or that has no HER-id, has no name.
    """
    organisation = replace(party.organisation, name=sender.parent_name or sender.name)
    service = party.service
    if service:
        address = known.get(service.her_id or 0)
        service = replace(service, name=address.name if address else "")
    return replace(party, organisation=organisation, service=service)


def message_type(envelope: Envelope) -> MessageType:
    """Return how the message is received. Raises Unreadable T10."""
    found = registry.of(envelope.type)
    if found is None:
        raise Unreadable("T10", "Meldingstypen støttes ikke.")
    return found


def number(person: Person | None) -> Fnr:
    """Return the national identity number of who a message is about. Raises Unreadable E30, E31."""
    found = person.ident(*PersonKind) if person else None
    if found is None:
        raise Unreadable("E30", "Meldingen sier ikke hvilket fødselsnummer pasienten har.")
    try:
        return Fnr(found.value)
    except Refused:
        raise Unreadable("E31", "Pasientens fødselsnummer er ikke gyldig.") from None


def held(known: Fnr | None) -> Number | None:
    """Return a number that is one person's alone, by which a record is held; a local aid number is not."""
    return (known.system, known.value) if known and known.kind is not PersonKind.HNR else None


async def patient(work: Work, known: Fnr, persons_held: Mapping[Number, Record]) -> Patient:
    """Return the patient of a message, found by the national identity number and nothing else.

    persons_held   by number, those whose records are held already; whoever is found otherwise is held from now on
    Raises         Unreadable E35
    """
    if mine := held(known):
        row = persons.opened(work, persons_held.get(mine))
        if row is None:
            raise Unreadable("E35", UNKNOWN)
        return Patient(owner=row["owner"], id=row["id"], given=row["given"])
    found = (await search(work, "Patient", [("identifier", f"{known.system}|{known.value}")])).hits
    if len(found) != 1:
        raise Unreadable("E35", UNKNOWN)
    await persons.hold(work, found[0].owner)
    names = [normalise(" ".join(name.get("given", ()))) for name in found[0].resource.get("name", ())]
    return Patient(owner=found[0].owner, id=found[0].id, given=names)


def is_another(named: Person | None, patient: Patient | None) -> bool:
    """Say whether a message names another than the one whose number it has: no word of its name begins a first name.

    Nor the other way: names are shortened, written in one and married away. Where one says none there is no telling
    """
    if named is None or patient is None:
        return False
    told, given = _words(named.given, named.middle), _words(*patient.given)
    return bool(told and given) and not any(
        one.startswith(other) or other.startswith(one) for one in told for other in given
    )


def _words(*names: str) -> list[str]:
    return [word for name in names for each in normalise(name).replace("-", " ").split() if (word := each.strip("."))]
