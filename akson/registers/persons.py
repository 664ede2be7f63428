"""Folkeregisteret as NHN's Persontjenesten tells it: who somebody is, where they live, whether they are dead. Pure.

Sources   Persontjenesten API 2, its OpenAPI description (docs/sources.md): the parts of a person, the feed of events.
          What is no longer valid (`isValid` false) counts as not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

import msgspec

from akson.registers.professionals import Unclear

PARTS: Final = ("Name", "NorwegianIdentificationNumber", "ResidentialAddress", "AddressProtection", "Death", "Status",
                "GuardianshipOrFuturePowerOfAttorney")  # fmt: skip
PROTECTION: Final = {"Unclassified": "", "ClientAddress": "klientadresse", "Confidential": "kode7",
                     "StrictlyConfidential": "kode6"}  # fmt: skip
STRONGEST: Final = ("kode6", "kode7", "klientadresse", "")
_ALIVE: Final = frozenset({"Resident", "NotResident", "RegisteredAtBirth", "Emigrated", "Temporary", "Active"})


# Folkeregisteret's own words, as a mandate has them here; one that nobody knows stands as it is, and lets nobody in.
_SCOPES: Final = {
    "PersonalInterests": "personligeInteresser", "FinancialInterests": "oekonomiskeInteresser",
    "PersonalAndFinancialInterests": "personligeOgOekonomiskeInteresser",
    "ImmigrationPersonalAndFinancialInterests": "utlendingssakerPersonligeOgOekonomiskeInteresser",
}  # fmt: skip
_KINDS: Final = {
    "SingleMinorAsylumSeeker": "ensligMindreaarigAsylsoeker", "SingleMinorRefugee": "ensligMindreaarigFlyktning",
    "Adult": "voksen", "TemporaryForAdult": "midlertidigForVoksen", "Minor": "mindreaarig",
    "TemporaryForMinor": "midlertidigForMindreaarig", "ConfirmedFuturePowerOfAttorney": "stadfestetFremtidsfullmakt",
}  # fmt: skip
_MONEY_ALONE: Final = "ManagementOutsideGuardianship"  # of property, by law: nobody is guardian


@dataclass(frozen=True, kw_only=True)
class Guardian:
    """Who is appointed to act for a person. number: "" where none is told; start, end: instants, "" for none.

    kind     of guardianship, in Folkeregisteret's words; "" where nobody knows the word
    mandate  what it is about, in those words: the scope, and tasks, if any, that narrow it; empty where it is not told
    unclear  when it begins or ends cannot be read: then no mandate is told
    """

    number: str = ""
    given: tuple[str, ...] = ()
    family: str = ""
    kind: str = ""
    mandate: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    unclear: bool = False


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person.

    id          what the register calls them
    numbers     national numbers in use
    given       with the middle name last; family: "" where the register tells no name
    line        street and number; postal_code, city: "" where no street is known
    protection  a code of Patient's security label, "" for none; None where nothing is told of it
    lifts       codes that it says plainly no longer hold, if `protection` is weaker: silence lifts none
    died        the day; None where none is told
    alive       it says plainly that the person is not dead: silence does not
    guardians   those appointed now: one that is not told is none any more
    """

    id: str
    numbers: tuple[str, ...]
    given: tuple[str, ...] = ()
    family: str = ""
    line: str = ""
    postal_code: str = ""
    city: str = ""
    protection: str | None = None
    lifts: frozenset[str] = frozenset()
    died: date | None = None
    alive: bool = False
    guardians: tuple[Guardian, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something has changed about a person. number: of the event in the feed, growing."""

    number: int
    person: str
    kind: str


class Persons(Protocol):
    """The register, asked."""

    async def latest(self) -> int:
        """Return the number of the newest event. Raises Away."""
        ...

    async def events(self, since: int) -> list[Event]:
        """Return the events from a number on, that one included, a thousand at most, oldest first. Raises Away."""
        ...

    async def person(self, id_: str) -> Person | None:
        """Return whom the register calls so; None when it knows nobody. Raises Away, Unclear."""
        ...

    async def numbered(self, number: str) -> Person | None:
        """Return who has a national number; None when nobody does. Raises Away, Unclear."""
        ...


class _Valid(msgspec.Struct, frozen=True, rename="camel"):
    is_valid: bool | None = None

    @property
    def holds(self) -> bool:
        return self.is_valid is not False


class _Number(_Valid, frozen=True, rename="camel"):
    identification_number: str | None = None
    status: str | None = None


class _Name(_Valid, frozen=True, rename="camel"):
    given_name: str | None = None
    middle_name: str | None = None
    family_name: str | None = None


class _House(msgspec.Struct, frozen=True, rename="camel"):
    house_number: str | None = None
    house_letter: str | None = None


class _City(msgspec.Struct, frozen=True, rename="camel"):
    city_name: str | None = None
    postal_code: str | None = None


class _Street(msgspec.Struct, frozen=True, rename="camel"):
    address_name: str | None = None
    address_number: _House | None = None
    city: _City | None = None


class _Address(_Valid, frozen=True, rename="camel"):
    street_address: _Street | None = None
    address_confidentiality: str | None = None


class _Protection(_Valid, frozen=True, rename="camel"):
    protection_level: str | None = None


class _Death(_Valid, frozen=True, rename="camel"):
    deceased_date: str | None = None


class _Status(_Valid, frozen=True, rename="camel"):
    status: str | None = None


class _Service(msgspec.Struct, frozen=True, rename="camel"):
    guardian_service_establishment: str | None = None
    guardian_service_task: str | None = None


class _Guardian(msgspec.Struct, frozen=True, rename="camel"):
    name: _Name | None = None
    identification_number: str | None = None
    guardianship_scope: str | None = None
    is_guardianship_in_personal_scope: bool | None = None
    guardian_service_area: list[_Service] | None = None


class _Guardianship(_Valid, frozen=True, rename="camel"):
    guardianship_type: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    guardian: _Guardian | None = None


class _Person(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    norwegian_identification_number: list[_Number] | None = None
    name: list[_Name] | None = None
    residential_address: list[_Address] | None = None
    address_protection: list[_Protection] | None = None
    death: _Death | None = None
    status: list[_Status] | None = None
    guardianship_or_future_power_of_attorney: list[_Guardianship] | None = None


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    sequence_number: int | str
    person_id: str
    event_type: str | None = None


class _Events(msgspec.Struct, frozen=True, rename="camel"):
    results: list[_Event] | None = None


def read(body: bytes) -> Person:
    """Return the person of an answer. Raises Unclear where it is not as expected."""
    told = _decoded(body, _Person)
    name = next((one for one in told.name or () if one.holds), _Name())
    address = next((one for one in told.residential_address or () if one.holds), None)
    street = (address.street_address if address else None) or _Street()
    house, city = street.address_number or _House(), street.city or _City()
    number = f"{house.house_number or ''}{house.house_letter or ''}"
    return Person(
        id=told.id,
        numbers=tuple(one.identification_number for one in told.norwegian_identification_number or ()
                      if one.holds and one.identification_number and one.status != "Discontinued"),
        given=tuple(filter(None, (name.given_name, name.middle_name))), family=name.family_name or "",
        line=" ".join(filter(None, (street.address_name, number))), postal_code=city.postal_code or "",
        city=city.city_name or "", protection=_protection(told), lifts=_lifts(told), died=_died(told.death),
        alive=_alive(told), guardians=tuple(_guardians(told)),
    )  # fmt: skip


def events(body: bytes) -> list[Event]:
    """Return the events of an answer, in order. Raises Unclear."""
    return sorted((_event(one) for one in _decoded(body, _Events).results or ()), key=lambda event: event.number)


def event(body: bytes) -> Event:
    """Return the one event of an answer. Raises Unclear."""
    return _event(_decoded(body, _Event))


def _guardians(told: _Person) -> Iterator[Guardian]:
    for each in told.guardianship_or_future_power_of_attorney or ():
        one = each.guardian
        if one is None or not each.holds or each.guardianship_type == _MONEY_ALONE:
            continue
        name, lasts = one.name or _Name(), (_instant(each.valid_from), _instant(each.valid_to))
        unclear = None in lasts
        yield Guardian(
            number=one.identification_number or "", given=tuple(filter(None, (name.given_name, name.middle_name))),
            family=name.family_name or "", kind=_KINDS.get(each.guardianship_type or "", ""),
            mandate=() if unclear else _mandate(one), start=lasts[0] or "", end=lasts[1] or "", unclear=unclear,
        )  # fmt: skip


def _mandate(one: _Guardian) -> tuple[str, ...]:
    """Return the words of a mandate: one for a whole service, which is told without a task, is that service's name."""
    scope = one.guardianship_scope or ("PersonalInterests" if one.is_guardianship_in_personal_scope else "")
    services = (each.guardian_service_task or each.guardian_service_establishment
                for each in one.guardian_service_area or ())  # fmt: skip
    return tuple(dict.fromkeys(filter(None, (_SCOPES.get(scope, scope), *services))))


def _instant(told: str | None) -> str | None:
    """Return a time as FHIR has it, None where it cannot be read; without an offset the day alone counts."""
    if not told:
        return ""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at.isoformat(timespec="milliseconds") if at.tzinfo and len(told) > 10 else at.date().isoformat()


def _protection(told: _Person) -> str | None:
    """Return the strongest protection told, of the person and of the address; a word nobody knows is the strongest."""
    said = [one.protection_level for one in told.address_protection or () if one.holds]
    said += [one.address_confidentiality for one in told.residential_address or () if one.holds]
    codes = {PROTECTION.get(one, "kode6") for one in said if one}
    return next((code for code in STRONGEST if code in codes), None)


def _lifts(told: _Person) -> frozenset[str]:
    """Return what no longer holds: all that is stronger, where the person's protection is told; else what has ended.

    The protection of one address says nothing of the person's.
    """
    every = [one for one in told.address_protection or () if one.protection_level]
    if any(one.holds for one in every):
        return frozenset(STRONGEST)
    return frozenset(PROTECTION.get(one.protection_level or "", "") for one in every)


def _alive(told: _Person) -> bool:
    """Say whether a death holds no longer, or the status is one of the living, and nothing says the opposite."""
    statuses = {one.status for one in told.status or () if one.holds and one.status}
    if _died(told.death) or "Deceased" in statuses:
        return False
    taken_back = told.death is not None and not told.death.holds
    return taken_back or (bool(statuses) and statuses <= _ALIVE)


def _died(death: _Death | None) -> date | None:
    if death is None or not death.holds or not death.deceased_date:
        return None
    try:
        return date.fromisoformat(death.deceased_date[:10])
    except ValueError:
        raise Unclear("the answer is not as expected") from None


def _event(one: _Event) -> Event:
    try:
        return Event(number=int(one.sequence_number), person=one.person_id, kind=one.event_type or "")
    except ValueError:
        raise Unclear("the answer is not as expected") from None


def _decoded(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Unclear("the answer is not as expected") from None
