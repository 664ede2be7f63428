"""An invented population as NDJSON for `akson import`: people, who cares for them, and what was written about them.

The first people are on the list of a GP and in the care of a home care unit, the same at any size; all others are
strangers to both, so that what those two can see stays as it is while the data grow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench import samples
from bench.samples import HL7, Resource, coded

AT_GP, AT_UNIT = 1200, 200  # people
CODES = ("8310-5", "8867-4", "29463-7", "8302-2", "718-7", "2345-7", "4548-4", "2160-0")  # LOINC
UNITS = ("Cel", "/min", "kg", "cm", "g/dL", "mmol/L", "%", "umol/L")
PROBLEMS, HYPERTENSION, PROCEDURES = (70, 99), range(85, 88), 40  # codes: K70 to K98, three of them; P0 to P39
UCUM = "http://unitsofmeasure.org"


@dataclass(frozen=True, kw_only=True)
class Carers:
    """Who cares for the first people: references that stand in the record already."""

    gp: str
    unit: str


def write(file: Path, first: int, after: int, carers: Carers) -> int:
    """Write the lines of the people from `first` to before `after`; return how many lines."""
    count = 0
    with file.open("w", encoding="utf-8") as lines:
        for n in range(first, after):
            for resource in person(n, carers):
                lines.write(json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n")
                count += 1
    return count


def person(n: int, carers: Carers) -> Iterator[Resource]:
    """Yield what there is about one person: themselves first, then what refers to them."""
    drawn = Random(n)
    of = {kind: f"{kind}/b{kind[0].lower()}-{n // 50}" for kind in ("Practitioner", "Organization", "Location")}
    if n % 50 == 0:
        for kind, reference in of.items():
            yield _named(samples.nine(kind, {}, n // 50), reference)
    of["Patient"] = f"Patient/bench-{n}"
    patient = samples.nine("Patient", of, n) | {"gender": ("female", "male")[n % 2]}
    if n < AT_GP:
        patient["generalPractitioner"] = [{"reference": carers.gp}]
    yield _named(patient, of["Patient"])
    about = {"subject": {"reference": of["Patient"]}}
    if n < AT_UNIT:
        yield {"resourceType": "EpisodeOfCare", "id": f"be-{n}", "status": "active",
               "patient": about["subject"], "managingOrganization": {"reference": carers.unit}}  # fmt: skip
    for visit in range(2):
        of["Encounter"] = f"Encounter/bv-{n}-{visit}"
        number = drawn.randrange(10**6)
        yield _named(samples.nine("Encounter", of, number), of["Encounter"]) | {
            "status": drawn.choice(("finished", "finished", "cancelled", "entered-in-error")),
            "class": {"system": f"{HL7}v3-ActCode", "code": drawn.choice(("AMB", "HH", "IMP", "VR"))},
        }  # fmt: skip
        for one in range(5):
            yield observation(of, drawn, f"bo-{n}-{visit}-{one}")
        yield _named(samples.nine("MedicationRequest", of, number), f"MedicationRequest/bm-{n}-{visit}")
        problem = drawn.randrange(*PROBLEMS)
        text = "Høyt blodtrykk" if problem in HYPERTENSION else "Problem"
        yield {"resourceType": "Condition", "id": f"bc-{n}-{visit}", **about,
               "code": coded(f"K{problem}", text), "recordedDate": _day(drawn)}  # fmt: skip
    examined = coded(f"P{drawn.randrange(PROCEDURES)}", "Undersøkelse")
    yield {"resourceType": "Procedure", "id": f"bx-{n}", **about, "status": "completed", "code": examined,
           "performedDateTime": _day(drawn)}  # fmt: skip


def observation(of: dict[str, str], drawn: Random, id_: str) -> Resource:
    """Return a measurement: of ten, eight with one value, two with two components."""
    kind = drawn.randrange(len(CODES))
    made: Resource = {
        "resourceType": "Observation", "id": id_, "status": "final",
        "category": [coded(drawn.choice(("vital-signs", "laboratory")), "Måling", f"{HL7}observation-category")],
        "subject": {"reference": of["Patient"]}, "encounter": {"reference": of["Encounter"]},
        "performer": [{"reference": of["Practitioner"]}], "effectiveDateTime": _day(drawn) + "T09:28:35+01:00",
    }  # fmt: skip
    if drawn.randrange(10) < 8:
        return made | {"code": coded(CODES[kind], "Måling", "http://loinc.org"), "valueQuantity": _value(drawn, kind)}
    parts = [
        {"code": coded(code, "Blodtrykk", "http://loinc.org"),
         "valueQuantity": {"value": drawn.randrange(50, 200), "unit": "mm[Hg]", "system": UCUM, "code": "mm[Hg]"}}
        for code in ("8480-6", "8462-4")
    ]  # fmt: skip
    return made | {"code": coded("85354-9", "Blodtrykk", "http://loinc.org"), "component": parts}


def _value(drawn: Random, kind: int) -> Resource:
    unit = UNITS[kind]
    return {"value": drawn.randrange(300, 2000) / 10, "unit": unit, "system": UCUM, "code": unit}


def _day(drawn: Random) -> str:
    return f"{drawn.randrange(2005, 2026)}-{drawn.randrange(1, 13):02}-{drawn.randrange(1, 29):02}"


def _named(resource: Resource, reference: str) -> Resource:
    return {**resource, "id": reference.partition("/")[2]}
