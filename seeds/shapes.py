"""Shapes: short ways to write the FHIR resources of the demo. Plain dictionaries in, plain dictionaries out."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from akson.registers.codes import Code
from akson.registers.identifiers import Fnr

Resource = dict[str, Any]

OURS = "https://akson.no/fhir/"  # our own code systems and extensions
PROTECTION = OURS + "protection"  # Patient.meta.security: kode6, kode7, klientadresse
MARK = OURS + "mark"  # meta.security: withheld-parents and the other marks of akson/access/facts.py
ROLE = OURS + "role"  # PractitionerRole.code
MEDICINE_SOURCE = OURS + "medication-source"  # MedicationStatement.category: fastlege, sykehus, multidose, pasient
FLAG = OURS + "flag"  # Flag.code
TASK = OURS + "task"  # Task.code: handling (must be acted on), orientering (for information)
AMOUNT = OURS + "service-amount"  # EpisodeOfCare extension, how much and how often, as people read it
KEY_CODE = OURS + "key-code"  # Flag extension on a key box; shown on request only
COVERED_BY = OURS + "covered-by"  # PractitionerRole.notAvailable extension: who acts meanwhile
NO_BASIS = "http://hl7.no/fhir/"
HL7 = "http://terminology.hl7.org/CodeSystem/"
OSLO = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True)
class Seed:
    """One resource to be made.

    key       "Patient/astrid": what other seeds write in a reference; the loader mints the id
    resource  FHIR R4, without id and meta.versionId
    """

    key: str
    resource: Resource


@dataclass(frozen=True)
class Clock:
    """The demo's time, so that its stories are always fresh.

    What has happened is told from the last morning that is over; what is to come, from the calendar's today.
    """

    now: datetime  # any zone

    @property
    def today(self) -> date:
        return self.now.astimezone(OSLO).date()

    @property
    def morning(self) -> date:
        """Return the last day whose morning round is done (10.45)."""
        return (self.now.astimezone(OSLO) - timedelta(hours=10, minutes=45)).date()

    def ago(self, days: int, clock: str = "12.00") -> str:
        """Return the time `clock`, so many days before the last morning."""
        return _at(self.morning - timedelta(days=days), clock)

    def ahead(self, days: int, clock: str = "12.00") -> str:
        """Return the time `clock`, so many days after today."""
        return _at(self.today + timedelta(days=days), clock)

    def before(self, days: int) -> str:
        """Return a date so many days before the last morning."""
        return (self.morning - timedelta(days=days)).isoformat()

    def after(self, days: int) -> str:
        """Return a date so many days after today."""
        return (self.today + timedelta(days=days)).isoformat()


def _at(day: date, clock: str) -> str:
    hour, minute = clock.split(".")
    return datetime.combine(day, time(int(hour), int(minute)), OSLO).isoformat()


def later(clock: str, minutes: int) -> str:
    """Return a time of day some minutes after another: "09.45", 30 -> "10.15"."""
    hour, minute = divmod(int(clock[:2]) * 60 + int(clock[3:]) + minutes, 60)
    return f"{hour:02}.{minute:02}"


_DAYS: Final = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
_MONTHS: Final = ("januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober",
                  "november", "desember")  # fmt: skip


def norwegian(day: str) -> str:
    """Return a FHIR date or time as people read the day: 02.09.2026."""
    return f"{day[8:10]}.{day[5:7]}.{day[:4]}"


def in_words(day: str) -> str:
    """Return a date as it stands in a letter: "28. februar"."""
    return f"{int(day[8:10])}. {_MONTHS[int(day[5:7]) - 1]}"


def flowing(text: str) -> str:
    """Return a text whose lines were broken for the file only, paragraph by paragraph."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def stay(start: str, end: str) -> str:
    """Return two dates as a stay is told: "16.–20.", or with their months when these differ: "28.10.–2.11."."""
    first, last = (f"{int(day[8:10])}." for day in (start, end))
    same = start[:7] == end[:7]
    return f"{first}–{last}" if same else f"{first}{int(start[5:7])}.–{last}{int(end[5:7])}."


def weekday(day: str) -> str:
    """Return "fredag"."""
    return _DAYS[date.fromisoformat(day[:10]).weekday()]


def ref(key: str, display: str | None = None) -> Resource:
    """Return a reference to another seed."""
    return {"reference": key} | ({"display": display} if display else {})


def coded(system: str, code: str, text: str) -> Resource:
    """Return a CodeableConcept with one code, whose name is also what people read."""
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def hl7(system: str, code: str) -> Resource:
    """Return a CodeableConcept from one of HL7's own systems."""
    return {"coding": [{"system": HL7 + system, "code": code}]}


def icpc(code: Code, text: str | None = None) -> Resource:
    """Return the CodeableConcept of a diagnosis."""
    return dict(code.concept(text))


def period(start: str, end: str = "") -> Resource:
    """Return a Period; open if it has no end."""
    return {"start": start} | ({"end": end} if end else {})


def plain_text(title: str, text: str, created: str) -> Resource:
    """Return an Attachment that carries its text in itself."""
    data = base64.b64encode(text.encode()).decode()
    return {
        "contentType": "text/plain; charset=utf-8",
        "language": "nb",
        "data": data,
        "title": title,
        "creation": created,
    }


def human_name(family: str, *given: str) -> Resource:
    """Return a HumanName; every given name but the first is a middle name."""
    return {"use": "official", "family": family, "given": list(given), "text": f"{' '.join(given)} {family}"}


def home(line: str, place: str = "9996 Fjordvik") -> Resource:
    """Return an Address in the municipality."""
    code, city = place.split(" ", 1)
    official = {"url": NO_BASIS + "StructureDefinition/no-basis-address-official", "valueBoolean": True}
    return {
        "extension": [official],
        "use": "home",
        "type": "both",
        "line": [line],
        "city": city,
        "district": "Fjordvik",
        "postalCode": code,
        "country": "NO",
    }


def phone(number: int, use: str = "mobile") -> Resource:
    """Return a telephone number that nobody has."""
    return {"system": "phone", "value": f"+470000{number:04}", "use": use}


def person(fnr: Fnr, name: Resource, born: str, *, female: bool) -> Resource:
    """Return what Patient, Practitioner and RelatedPerson have in common."""
    return {
        "identifier": [fnr.identifier()],
        "active": True,
        "name": [name],
        "gender": "female" if female else "male",
        "birthDate": born,
    }
