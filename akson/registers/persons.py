"""Folkeregisteret as NHN's Persontjenesten tells it: who somebody is, where they live, whether they are dead. Pure.

Sources   Persontjenesten API 2, its OpenAPI description (docs/sources.md): the parts of a person, the feed of events.
          What is no longer valid (`isValid` false) counts as not told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

import msgspec

from akson.registers.professionals import Unclear

PARTS: Final = ("Name", "NorwegianIdentificationNumber", "ResidentialAddress", "AddressProtection", "Death", "Status")
PROTECTION: Final = {"Unclassified": "", "ClientAddress": "klientadresse", "Confidential": "kode7",
                     "StrictlyConfidential": "kode6"}  # fmt: skip
STRONGEST: Final = ("kode6", "kode7", "klientadresse", "")
_ALIVE: Final = frozenset({"Resident", "NotResident", "RegisteredAtBirth", "Emigrated", "Temporary", "Active"})


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


class _Person(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    norwegian_identification_number: list[_Number] | None = None
    name: list[_Name] | None = None
    residential_address: list[_Address] | None = None
    address_protection: list[_Protection] | None = None
    death: _Death | None = None
    status: list[_Status] | None = None


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
        alive=_alive(told),
    )  # fmt: skip


def events(body: bytes) -> list[Event]:
    """Return the events of an answer, in order. Raises Unclear."""
    return sorted((_event(one) for one in _decoded(body, _Events).results or ()), key=lambda event: event.number)


def event(body: bytes) -> Event:
    """Return the one event of an answer. Raises Unclear."""
    return _event(_decoded(body, _Event))


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
