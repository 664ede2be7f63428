"""Norwegian identifiers as types: what cannot be built here is not an identifier.

Sources   no-basis naming systems (OIDs); Skatteetaten, check digits until and from 2032-01-01 (docs/sources.md#fnr)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice

from akson.base.errors import Refused

OID = "urn:oid:2.16.578.1.12.4.1."
HPR_SYSTEM = OID + "4.4"
ORG_SYSTEM = OID + "4.101"

FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
ORG_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2, 1)
CENTURIES = (1800, 1900, 2000, 2100)
DEEPEST_INDEX = 180  # every birth date has at least so many synthetic numbers per sex


class PersonKind(StrEnum):
    """Which sort of number a person is known by; the value is the code in Volven 8116."""

    FNR = "FNR"
    DNR = "DNR"
    FHN = "FHN"
    HNR = "HNR"


SYSTEMS = {
    PersonKind.FNR: OID + "4.1",
    PersonKind.DNR: OID + "4.2",
    PersonKind.FHN: OID + "4.3",
    PersonKind.HNR: "HNR",
}  # a local number (no-basis): unique only together with its issuer
PERSON_SYSTEMS = frozenset(SYSTEMS.values())


@dataclass(frozen=True, order=True)
class Fnr:
    """A number for a person: fødselsnummer, D-number, felles hjelpenummer or local aid number; 11 digits.

    Sex and birth date are never read from it as truth: from 2032 they cannot be. Raises AK-R001 to AK-R003.
    """

    value: str

    def __post_init__(self) -> None:
        if len(self.value) != 11 or not _digits(self.value):
            raise Refused("AK-R001", found=len(self.value))
        if self.kind is not PersonKind.FHN and not _exists(*self._date_parts()):
            raise Refused("AK-R002")
        if _remainder(self.value, FIRST_WEIGHTS) > 3:  # 0 by the rule of 1964; 0 to 3 by the rule of 2032
            raise Refused("AK-R003", which="første")
        if _remainder(self.value, SECOND_WEIGHTS) != 0:
            raise Refused("AK-R003", which="andre")

    @classmethod
    def parse(cls, text: str, *, synthetic: bool = True) -> Fnr:
        """Read a number as people write it, with or without spaces; refuse test numbers where `synthetic` is False."""
        number = cls(_compact(text))
        if number.synthetic and not synthetic:
            raise Refused("AK-R004")
        return number

    @property
    def kind(self) -> PersonKind:
        if self.value[0] in "89":
            return PersonKind.FHN
        if self.value[0] in "4567":
            return PersonKind.DNR
        return PersonKind.HNR if 40 < int(self.value[2:4]) <= 52 else PersonKind.FNR

    @property
    def synthetic(self) -> bool:
        """Say whether it belongs to an invented person: month + 80 (Tenor) or + 65 (older health tests)."""
        return self.kind is not PersonKind.FHN and int(self.value[2:4]) > 65

    @property
    def by_rule_of_2032(self) -> bool:
        return _remainder(self.value, FIRST_WEIGHTS) != 0

    @property
    def system(self) -> str:
        return SYSTEMS[self.kind]

    @property
    def begins_with(self) -> tuple[int, int, int] | None:
        """Return day, month and year of its first six digits: a D-number and what came after it tell the same.

        No birth date; None of a number that tells none.
        """
        return None if self.kind is PersonKind.FHN else self._date_parts()

    @property
    def shown(self) -> str:
        """Return it as people read it: 6 + 5 digits."""
        return f"{self.value[:6]} {self.value[6:]}"

    def identifier(self) -> dict[str, str]:
        """Return the FHIR Identifier."""
        return {"system": self.system, "value": self.value}

    def _date_parts(self) -> tuple[int, int, int]:
        day, month = int(self.value[:2]), int(self.value[2:4])
        offset = 80 if month > 80 else 65 if month > 65 else 40 if month > 40 else 0
        return day - 40 if day > 40 else day, month - offset, int(self.value[4:6])


@dataclass(frozen=True, order=True)
class OrgNr:
    """A number in Enhetsregisteret, 9 digits with one check digit. Raises AK-R005, AK-R006."""

    value: str

    def __post_init__(self) -> None:
        if len(self.value) != 9 or not _digits(self.value):
            raise Refused("AK-R005", found=len(self.value))
        if _remainder(self.value, ORG_WEIGHTS) != 0:
            raise Refused("AK-R006")

    @classmethod
    def parse(cls, text: str) -> OrgNr:
        """Read a number as people write it, with or without spaces."""
        return cls(_compact(text))

    @property
    def synthetic(self) -> bool:
        """Say whether it belongs to an invented organisation: real ones begin with 8 or 9."""
        return self.value[0] in "23"

    @property
    def shown(self) -> str:
        return f"{self.value[:3]} {self.value[3:6]} {self.value[6:]}"

    def identifier(self) -> dict[str, str]:
        """Return the FHIR Identifier."""
        return {"system": ORG_SYSTEM, "value": self.value}


@dataclass(frozen=True, order=True)
class Hpr:
    """A number in Helsepersonellregisteret, up to 9 digits. Raises AK-R007.

    A failing check digit is a `doubtful` number, never a refusal: true ones that fail have been seen.
    """

    value: str

    def __post_init__(self) -> None:
        if not (1 <= len(self.value) <= 9 and _digits(self.value)):
            raise Refused("AK-R007")

    @classmethod
    def parse(cls, text: str) -> Hpr:
        """Read a number as people write it, with or without spaces."""
        return cls(_compact(text))

    @property
    def doubtful(self) -> bool:
        """Say whether the last digit is not the mod-11 check of the others (weights 2 to 7 from the right)."""
        weights = (1, *(2 + place % 6 for place in range(len(self.value) - 1)))
        return _remainder(self.value, weights[::-1]) != 0

    def identifier(self) -> dict[str, str]:
        """Return the FHIR Identifier."""
        return {"system": HPR_SYSTEM, "value": self.value}


@dataclass(frozen=True, order=True)
class HerId:
    """An address in Adresseregisteret; for messages only, so it makes no FHIR Identifier. Raises AK-R008."""

    value: int

    def __post_init__(self) -> None:
        if not 0 < self.value < 10**9:
            raise Refused("AK-R008")

    @classmethod
    def parse(cls, text: str) -> HerId:
        """Read the number from text."""
        if not _digits(text.strip()):
            raise Refused("AK-R008")
        return cls(int(text))


def synthetic_fnr(born: date, index: int, *, female: bool) -> Fnr:
    """Make the number of an invented person: month + 80, check digits by the rule of 1964, same answer every time.

    born    1900 to 2039
    index   which of the numbers of that day and sex, from 0; below DEEPEST_INDEX there always is one
    """
    return Fnr(next(islice(_synthetic_numbers(born, female=female), index, None)))


def synthetic_orgnr(index: int) -> OrgNr:
    """Make the number of an invented organisation: begins with 31, valid check digit, same answer every time."""
    return OrgNr(next(islice(_closed("31", 6, 10**6, ORG_WEIGHTS), index, None)))


def synthetic_hpr(index: int) -> Hpr:
    """Make the number of an invented professional: nine digits beginning with 99, more than are ever given out."""
    weights = (3, 2, 7, 6, 5, 4, 3, 2, 1)
    return Hpr(next(islice(_closed("99", 6, 10**6, weights), index, None)))


def _synthetic_numbers(born: date, *, female: bool) -> Iterator[str]:
    day = f"{born.day:02}{born.month + 80:02}{born.year % 100:02}"
    first = 500 if born.year >= 2000 else 0
    for individual in range(first + (not female), first + 500, 2):
        for ten in _closed(f"{day}{individual:03}", 0, 1, FIRST_WEIGHTS):
            yield from _closed(ten, 0, 1, SECOND_WEIGHTS)


def _closed(start: str, places: int, count: int, weights: tuple[int, ...]) -> Iterator[str]:
    """Yield `start` + a running number + its check digit, leaving out those that have none."""
    for running in range(count):
        body = f"{start}{running:0{places}}" if places else start
        check = -_remainder(body, weights) % 11
        if check < 10:
            yield f"{body}{check}"


def _remainder(digits: str, weights: tuple[int, ...]) -> int:
    return sum(weight * (ord(digit) - 48) for weight, digit in zip(weights, digits, strict=False)) % 11


def _exists(day: int, month: int, year: int) -> bool:
    return any(_is_date(century + year, month, day) for century in CENTURIES)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _compact(text: str) -> str:
    return "".join(text.split()).replace(".", "").replace("-", "")
