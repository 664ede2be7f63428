"""Codes: the systems we speak, and the small lists a working day needs.

Names in `icpc2.toml` are our own short words for the commonest ICPC-2 codes, with words people search by. The full code
sets are fetched by an operator; nothing here is a copy of them.
Sources   Volven (OIDs), loinc.org (vital signs), unitsofmeasure.org (UCUM); docs/sources.md#codes
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
ATC = "http://www.whocc.no/atc"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CONDITION_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
MEDICATION_SOURCE = "https://akson.no/fhir/medication-source"  # whose list a MedicationStatement stands on
SERVICE_AMOUNT = "https://akson.no/fhir/service-amount"  # extension of EpisodeOfCare, as people read it


def volven(number: int) -> str:
    """Return the system of one Norwegian code list."""
    return f"urn:oid:2.16.578.1.12.4.1.1.{number}"


ICPC2 = volven(7170)
ICD10 = volven(7110)
REACTION = volven(7497)  # what happened, in critical information
REACTION_SOURCE = volven(7498)
SPECIALTY = volven(7426)
KINSHIP = volven(9033)
ROLE = "https://akson.no/fhir/role"  # PractitionerRole.code: keys of akson/access/roles.py
PROFESSION = volven(9060)
SERVICE = volven(9151)  # municipal services, as reported
DOCUMENT = volven(9602)
SERVICE_TYPE = volven(8663)  # of a municipal unit, in the address register


@dataclass(frozen=True, kw_only=True)
class Code:
    """One code as it is searched for and written down."""

    system: str
    code: str
    name: str  # as shown on screen
    words: tuple[str, ...] = ()  # lower case, what people may type to find it

    def coding(self) -> dict[str, str]:
        """Return the FHIR Coding."""
        return {"system": self.system, "code": self.code, "display": self.name}

    def concept(self, text: str | None = None) -> dict[str, object]:
        """Return the FHIR CodeableConcept, with what the writer wrote if it differs from the name."""
        return {"coding": [self.coding()], "text": text or self.name}


@dataclass(frozen=True, kw_only=True)
class Vital:
    """One sort of vital sign as it is coded and shown.

    Codes: FHIR R4 vital signs profile, hl7.org/fhir/R4/observation-vitalsigns.html; units UCUM.
    """

    loinc: str
    name: str
    unit: str  # UCUM
    shown: str  # the unit as people read it

    def concept(self) -> dict[str, object]:
        """Return the FHIR CodeableConcept."""
        more = [{"system": LOINC, "code": "59408-5"}] if self.loinc == SATURATION.loinc else []
        return {"coding": [{"system": LOINC, "code": self.loinc, "display": self.name}, *more], "text": self.name}


RESPIRATION = Vital(loinc="9279-1", name="Respirasjonsfrekvens", unit="/min", shown="/min")
SATURATION = Vital(loinc="2708-6", name="Oksygenmetning", unit="%", shown="%")
SYSTOLIC = Vital(loinc="8480-6", name="Systolisk blodtrykk", unit="mm[Hg]", shown="mmHg")
DIASTOLIC = Vital(loinc="8462-4", name="Diastolisk blodtrykk", unit="mm[Hg]", shown="mmHg")
PULSE = Vital(loinc="8867-4", name="Puls", unit="/min", shown="/min")
TEMPERATURE = Vital(loinc="8310-5", name="Kroppstemperatur", unit="Cel", shown="°C")
WEIGHT = Vital(loinc="29463-7", name="Vekt", unit="kg", shown="kg")
HEIGHT = Vital(loinc="8302-2", name="Høyde", unit="cm", shown="cm")
HEAD = Vital(loinc="9843-4", name="Hodeomkrets", unit="cm", shown="cm")
GLUCOSE = Vital(loinc="14743-9", name="Blodsukker", unit="mmol/L", shown="mmol/l")
VITALS = (RESPIRATION, SATURATION, SYSTOLIC, DIASTOLIC, PULSE, TEMPERATURE, WEIGHT, HEIGHT, HEAD, GLUCOSE)
BLOOD_PRESSURE = Code(system=LOINC, code="85354-9", name="Blodtrykk")  # panel of SYSTOLIC and DIASTOLIC
CONSCIOUSNESS = Code(system=LOINC, code="67775-7", name="Bevissthet")
AWAKE = Code(system=SNOMED, code="248234008", name="Våken")
ACVPU = {  # letter of the scale -> finding
    "A": AWAKE,
    "C": Code(system=SNOMED, code="130987000", name="Forvirret"),
    "V": Code(system=SNOMED, code="300202002", name="Reagerer på tiltale"),
    "P": Code(system=SNOMED, code="450847001", name="Reagerer på smerte"),
    "U": Code(system=SNOMED, code="422768004", name="Reagerer ikke"),
}
BREATHES = Code(system=SNOMED, code="250774007", name="Luft eller oksygen")  # inspired oxygen
AIR = Code(system=SNOMED, code="722742002", name="Luft")
OXYGEN = Code(system=SNOMED, code="371825009", name="Oksygen")
NEWS2 = Code(system=SNOMED, code="1104051000000101", name="NEWS2")

DISCHARGE_SUMMARY = Code(system=DOCUMENT, code="A03-2", name="Epikrise")
JOURNAL_NOTE = Code(system=DOCUMENT, code="B02-2", name="Journalnotat")


@cache
def icpc2() -> dict[str, Code]:
    """Return the ICPC-2 codes we have words for, by code."""
    listed: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "icpc2.toml").read_text("utf-8"))
    return {
        code: Code(system=ICPC2, code=code, name=name, words=tuple(words.split()))
        for code, (name, words) in listed.items()
    }


def search(text: str, limit: int = 12) -> list[Code]:
    """Find ICPC-2 codes while somebody types: the start of a code, or the start of every word typed.

    Codes come before names, names before other words; the list is short enough to be read through each time.
    """
    typed = tuple(_words(text))
    if not typed:
        return []
    ranked = ((rank, code.code, code) for code in icpc2().values() if (rank := _rank(code, typed)) is not None)
    return [code for _, _, code in sorted(ranked, key=lambda hit: hit[:2])[:limit]]


def _rank(code: Code, typed: tuple[str, ...]) -> int | None:
    name = tuple(_words(code.name))
    if len(typed) == 1 and code.code.lower().startswith(typed[0]):
        return 0
    if name and name[0].startswith(typed[0]) and _all_start(typed, name):
        return 1
    if _all_start(typed, name):
        return 2
    return 3 if _all_start(typed, (*name, *code.words)) else None


def _all_start(typed: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return all(any(word.startswith(part) for word in words) for part in typed)


def _words(text: str) -> Iterator[str]:
    return (word for word in text.lower().replace(",", " ").split())
