"""Who a person is: finding them, and the little that may be told before their record is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.work import Work
from akson.record.facts import PROTECTION
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.registers.identifiers import PERSON_SYSTEMS, Fnr

MOST: Final = 25
_DIGITS: Final = re.compile(r"^\d[\d ]{8,}$")
_DATE: Final = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})$")
_GENDER: Final = {"male": "Mann", "female": "Kvinne", "other": "Annet"}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The minimum that tells one person from another.

    place       street address; empty when it is protected or unknown
    home        all of the home address on one line, as place
    protected   the address may not be shown or made inferable
    """

    id: str
    owner: int
    family: str
    given: str
    born: date | None
    gender: str  # "Kvinne"; "" when not recorded
    fnr: str
    place: str
    deceased: bool
    protected: bool
    home: str = ""

    @property
    def name(self) -> str:
        return f"{self.family.upper()}, {self.given}"

    @property
    def listed(self) -> str:
        """Return the name as lists show it: "NORDLI, Astrid"."""
        return f"{self.family.upper()}, {self.given.partition(' ')[0]}"

    def age(self, today: date) -> int | None:
        """Return whole years on `today`, or None when the birth date is unknown."""
        if self.born is None:
            return None
        return today.year - self.born.year - ((today.month, today.day) < (self.born.month, self.born.day))


def identity_of(stored: Stored) -> Identity:
    """Return the identity in a Patient resource."""
    resource = stored.resource
    name: dict[str, Any] = (resource.get("name") or [{}])[0]
    security = (resource.get("meta") or {}).get("security") or []
    protected = any(code.get("system") == PROTECTION for code in security)
    address: dict[str, Any] = (resource.get("address") or [{}])[0]
    return Identity(
        id=stored.id,
        owner=stored.owner,
        family=name.get("family", ""),
        given=" ".join(name.get("given", [])),
        born=_day(resource.get("birthDate", "")),
        gender=_GENDER.get(resource.get("gender", ""), ""),
        fnr=next((i["value"] for i in resource.get("identifier") or [] if i.get("system") in PERSON_SYSTEMS), ""),
        place="" if protected else ", ".join(address.get("line", [])),
        protected=protected,
        home="" if protected else _home(resource.get("address") or []),
        deceased=bool(resource.get("deceasedBoolean") or resource.get("deceasedDateTime")),
    )


async def find(work: Work, text: str) -> tuple[list[Identity], bool]:
    """Return the persons that `text` fits and the actor may be told of, and whether there are more.

    text     national identifier, a birth date (dd.mm.yyyy), or parts of a name with or without one
    Raises   Refused AK-S003 when there is too little to look for, AK-R001 to AK-R003 for a number
    Leaves   the search and every person shown in the access log
    """
    page = await search(work, "Patient", _pairs(text), act=Act.SEARCH_IDENTITY)
    return [identity_of(hit) for hit in page.hits], page.next is not None


async def minimal(work: Work, patient: str) -> Identity | None:
    """Return who the Patient with this id is, before the record is open, if the actor may be told of them."""
    page = await search(work, "Patient", [("_id", patient)], act=Act.SEARCH_IDENTITY)
    return identity_of(page.hits[0]) if page.hits else None


def is_number(text: str) -> bool:
    """Say whether what was typed is looked for as a national identifier: it names one person."""
    return bool(_DIGITS.match(text.strip()))


def _pairs(text: str) -> list[tuple[str, str]]:
    """Return the search of what was typed: a number, or every word as the beginning of a name."""
    count = ("_count", str(MOST))
    if is_number(text):
        number = Fnr.parse(text).value
        return [("identifier", ",".join(f"{system}|{number}" for system in sorted(PERSON_SYSTEMS))), count]
    pairs, letters, dated = [], 0, False
    for word in re.split(r"[\s,]+", text.strip()):
        if found := _DATE.match(word):
            day, month, year = (int(part) for part in found.groups())
            pairs.append(("birthdate", f"{year:04}-{month:02}-{day:02}"))
            dated = True
        elif word:
            letters += len(word)
            pairs.append(("name", re.sub(r"([,|$\\])", r"\\\1", word)))
    if letters < 2 and not dated:
        raise Refused("AK-S003")
    return [*pairs, ("_sort", "family,given"), count]


def _home(addresses: Sequence[Mapping[str, Any]]) -> str:
    """Return where somebody lives, with postal code and place: by the home address, else the first in use."""
    used = [one for one in addresses if one.get("use") != "old"]
    home: Mapping[str, Any] = next((one for one in used if one.get("use") == "home"), used[0] if used else {})
    town = " ".join(filter(None, (home.get("postalCode"), home.get("city"))))
    return ", ".join(filter(None, [*home.get("line", []), town]))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
