"""The search mix: six families, as the public benchmark of FHIR servers asks them, with values that hit and others.

Source: HealthSamurai/fhir-server-performance-benchmark (k6/search.js): each (family, type, parameter) once a round
with a random value, `_count=20`.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from urllib.parse import quote

from bench.population import CODES, UCUM, UNITS
from bench.samples import HL7

PREFIXES = ("", "eq", "lt", "gt", "ge", "le", "sa", "eb")
CATEGORY, ACT = f"{HL7}observation-category", f"{HL7}v3-ActCode"
Value = Callable[[Random, int], str]  # people -> a value


def _name(drawn: Random, people: int) -> str:
    return drawn.choice(
        (f"Prøve{drawn.randrange(997)}", "Målestad", "Anne", f"Måling{drawn.randrange(89)}", "Finnesikke")
    )


def _address(drawn: Random, people: int) -> str:
    return drawn.choice((f"Granstien {drawn.randrange(90)}", "Fjordvik", "9996", "Ukjentveien"))


def _day(drawn: Random, people: int) -> str:
    return (
        f"{drawn.choice(PREFIXES)}{drawn.randrange(2004, 2027)}-{drawn.randrange(1, 13):02}-{drawn.randrange(1, 29):02}"
    )


def _birth(drawn: Random, people: int) -> str:
    return f"{drawn.choice(PREFIXES)}19{drawn.randrange(10, 100)}-0{drawn.randrange(1, 10)}-1{drawn.randrange(9)}"


def _coded(system: str, *codes: str) -> Value:
    def value(drawn: Random, people: int) -> str:
        one, other = drawn.choice(codes), drawn.choice(codes)
        return drawn.choice((one, f"{system}|{one}", f"{one},{other}", "finnes-ikke"))

    return value


def _quantity(drawn: Random, people: int) -> str:
    amount = f"{drawn.choice(('', 'lt', 'gt', 'ge', 'le'))}{drawn.randrange(300, 2000) / 10}"
    return drawn.choice((amount, f"{amount}|{UCUM}|{drawn.choice(UNITS)}"))


def _pressure(drawn: Random, people: int) -> str:
    amount = f"{drawn.choice(('', 'lt', 'gt'))}{drawn.randrange(40, 210)}"
    return drawn.choice((amount, f"{amount}|{UCUM}|mm[Hg]"))


def _measured(drawn: Random, people: int) -> str:
    kind = drawn.randrange(len(CODES))
    return f"http://loinc.org|{CODES[kind]}${_quantity(drawn, people).partition('|')[0]}"


def _pressed(drawn: Random, people: int) -> str:
    return f"http://loinc.org|{drawn.choice(('8480-6', '8462-4'))}${_pressure(drawn, people).partition('|')[0]}"


def _one_of(kind: str, prefix: str, each: int = 1, more: str = "") -> Value:
    """Return references to one of those there are, now and then to one there is not."""
    return lambda drawn, people: f"{kind}/{prefix}-{drawn.randrange(people * 21 // 20) // each}{more}"


_PATIENT, _VISIT = _one_of("Patient", "bench"), _one_of("Encounter", "bv", more="-1")
_STAFF = _one_of("Practitioner", "bp", 50)
FAMILIES: dict[str, tuple[tuple[str, str, Value], ...]] = {
    "string": (("Patient", "name", _name), ("Patient", "name:contains", _name), ("Patient", "address", _address),
               ("Organization", "name", lambda drawn, _: f"Avdeling {drawn.randrange(420)}"),
               ("Organization", "name:contains", lambda drawn, _: f"deling {drawn.randrange(420)}")),
    "date": (("Patient", "birthdate", _birth), ("Observation", "date", _day), ("Encounter", "date", _day)),
    "token": (("Observation", "category", _coded(CATEGORY, "vital-signs", "laboratory")),
              ("Observation", "code", _coded("http://loinc.org", *CODES)),
              ("Encounter", "status", _coded("http://hl7.org/fhir/encounter-status", "finished", "cancelled")),
              ("Encounter", "class", _coded(ACT, "AMB", "HH", "IMP", "VR"))),
    "quantity": (("Observation", "value-quantity", _quantity), ("Observation", "component-value-quantity", _pressure),
                 ("Observation", "combo-value-quantity", _quantity)),
    "composite": (("Observation", "code-value-quantity", _measured),
                  ("Observation", "component-code-value-quantity", _pressed),
                  ("Observation", "combo-code-value-quantity", _measured)),
    "reference": (("Observation", "subject", _PATIENT), ("Observation", "encounter", _VISIT),
                  ("Observation", "performer", _STAFF), ("Encounter", "subject", _PATIENT),
                  ("Encounter", "participant", _STAFF), ("MedicationRequest", "subject", _PATIENT),
                  ("MedicationRequest", "encounter", _VISIT), ("MedicationRequest", "requester", _STAFF)),
}  # fmt: skip


def paths(family: str, people: int, rounds: int, seed: int) -> list[str]:
    """Return the addresses of so many rounds over one family. people: of whom one is drawn where a person is named."""
    drawn = Random(f"{family} {seed}")
    asked = [one for _ in range(rounds) for one in FAMILIES[family]]
    return [
        f"/fhir/{type_}?{name}={quote(value(drawn, people), safe='|,$/:')}&_count=20" for type_, name, value in asked
    ]
