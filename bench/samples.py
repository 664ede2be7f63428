"""The resources that are written: nine small ones, and Bundles shaped like a generated life in a record.

All invented. The nine have the sizes of the public CRUD benchmark of FHIR servers; a Bundle has the mix of types of
Synthea's (half of it observations), about 150 entries that refer to each other by `urn:uuid`.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

Resource = dict[str, Any]
LOCAL = "https://bench.example/codes"
HL7 = "http://terminology.hl7.org/CodeSystem/"
NINE = ("Patient", "Location", "Organization", "Practitioner", "Encounter", "Observation", "MedicationRequest",
        "Claim", "ExplanationOfBenefit")  # fmt: skip
CHANGES: dict[str, Resource] = {  # what an update changes
    "Patient": {"gender": "other"}, "Location": {"name": "Rom 9"}, "Organization": {"name": "Ny avdeling"},
    "Practitioner": {"gender": "male"}, "Encounter": {"status": "cancelled"}, "Observation": {"status": "amended"},
    "MedicationRequest": {"status": "completed"}, "Claim": {"created": "2026-11-03"},
    "ExplanationOfBenefit": {"created": "2026-11-03"},
}  # fmt: skip


def nine(kind: str, of: dict[str, str], n: int) -> Resource:
    """Return one of the nine. of: references to those made before it, by type; n makes it unlike the others."""
    made: Resource = {"resourceType": kind, "meta": {"tag": [{"system": LOCAL, "code": "bench"}]}, **_NINE[kind](of, n)}
    return made


def coded(code: str, text: str, system: str = LOCAL) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def _identified(n: int) -> list[Resource]:
    return [{"system": "https://bench.example/number", "value": f"bench-{n}"}]


def _address(n: int) -> list[Resource]:
    return [{"use": "home", "line": [f"Granstien {n % 90}"], "city": "Fjordvik", "postalCode": "9996", "country": "NO"}]


def _patient(_: dict[str, str], n: int) -> Resource:
    return {
        "identifier": [*_identified(n), {"system": "https://bench.example/other", "value": str(n * 7)}],
        "active": True,
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Oppdiktet innbygger</div>'},
        "name": [
            {"use": "official", "family": f"Prøve{n % 997}", "given": ["Anne", f"Måling{n % 89}"]},
            {"use": "maiden", "family": "Målestad", "given": ["Anne"]},
        ],
        "telecom": [{"system": "phone", "value": f"+470000{n % 10000:04}", "use": "mobile"}],
        "gender": "female",
        "birthDate": f"19{n % 90 + 10}-0{n % 9 + 1}-1{n % 9}",
        "address": _address(n),
        "maritalStatus": coded("M", "Gift", HL7 + "v3-MaritalStatus"),
        "multipleBirthBoolean": False,
        "communication": [{"language": coded("nb", "Bokmål", "urn:ietf:bcp:47"), "preferred": True}],
        "contact": [
            {"relationship": [coded("N", "Pårørende", HL7 + "v2-0131")], "name": {"family": "Prøve", "given": ["Per"]},
             "telecom": [{"system": "phone", "value": "+4700000001"}], "gender": "male"}
            for _ in range(4)
        ],
    }  # fmt: skip


def _location(_: dict[str, str], n: int) -> Resource:
    return {
        "identifier": _identified(n), "status": "active", "name": f"Rom {n % 400}", "mode": "instance",
        "description": "Rom for undersøkelse", "type": [coded("OF", "Kontor", HL7 + "v3-RoleCode")],
        "telecom": [{"system": "phone", "value": "+4700000002"}], "address": _address(n)[0],
        "position": {"longitude": 14.25, "latitude": 67.0312},
    }  # fmt: skip


def _organization(_: dict[str, str], n: int) -> Resource:
    return {
        "identifier": _identified(n), "active": True, "name": f"Avdeling {n % 400}", "alias": ["Avdelingen"],
        "type": [coded("dept", "Avdeling", HL7 + "organization-type")],
        "telecom": [{"system": "phone", "value": "+4700000003"}], "address": [_address(n)[0] | {"use": "work"}],
    }  # fmt: skip


def _practitioner(_: dict[str, str], n: int) -> Resource:
    return {
        "identifier": _identified(n), "active": True, "gender": "female", "birthDate": "1979-04-02",
        "name": [{"use": "official", "family": f"Måler{n % 400}", "given": ["Marit"], "prefix": ["Dr."]}],
        "telecom": [{"system": "phone", "value": "+4700000004", "use": "work"}], "address": _address(n),
        "qualification": [{"code": coded("LE", "Lege"), "period": {"start": "2006-06-01"}}],
    }  # fmt: skip


def _encounter(of: dict[str, str], n: int) -> Resource:
    when = _when(n)
    return {
        "identifier": _identified(n), "status": "finished",
        "class": {"system": HL7 + "v3-ActCode", "code": "AMB", "display": "ambulatory"},
        "type": [coded("kons", "Konsultasjon")], "subject": {"reference": of["Patient"]},
        "participant": [{"individual": {"reference": of["Practitioner"]}, "period": {"start": when}}],
        "period": {"start": when, "end": when}, "reasonCode": [coded("A04", "Slapphet")],
        "location": [{"location": {"reference": of["Location"]}}],
        "serviceProvider": {"reference": of["Organization"]},
    }  # fmt: skip


def _observation(of: dict[str, str], n: int) -> Resource:
    when = _when(n)
    return {
        "status": "final", "category": [coded("vital-signs", "Vitale tegn", HL7 + "observation-category")],
        "code": coded(("8310-5", "8867-4", "29463-7", "8302-2")[n % 4], "Måling", "http://loinc.org"),
        "subject": {"reference": of["Patient"]}, "encounter": {"reference": of["Encounter"]},
        "performer": [{"reference": of["Practitioner"]}], "effectiveDateTime": when, "issued": when,
        "valueQuantity": {"value": 30 + n % 1000 / 10, "unit": "kg", "system": "http://unitsofmeasure.org",
                          "code": "kg"},
        "note": [{"text": "Målt hjemme, hvilende."}],
    }  # fmt: skip


def _medication_request(of: dict[str, str], n: int) -> Resource:
    return {
        "status": "active", "intent": "order", "subject": {"reference": of["Patient"]}, "authoredOn": _when(n),
        "medicationCodeableConcept": coded("N02BE01", "Paracetamol tab 500 mg", "http://www.whocc.no/atc"),
        "encounter": {"reference": of["Encounter"]}, "requester": {"reference": of["Practitioner"]},
        "dosageInstruction": [{"text": "1 tablett tre ganger daglig", "timing": {"repeat": {"frequency": 3, "period": 1,
                               "periodUnit": "d"}}, "asNeededBoolean": False}],
    }  # fmt: skip


def _claim(of: dict[str, str], n: int) -> Resource:
    return {
        "identifier": _identified(n), "status": "active", "type": coded("professional", "Lege", HL7 + "claim-type"),
        "use": "claim", "patient": {"reference": of["Patient"]}, "created": _when(n),
        "billablePeriod": {"start": _when(n), "end": _when(n)}, "provider": {"reference": of["Organization"]},
        "priority": coded("normal", "Normal", HL7 + "processpriority"),
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Helfo"}}],
        "item": [{"sequence": i, "productOrService": coded(f"2a{i}", "Konsultasjon"),
                  "encounter": [{"reference": of["Encounter"]}]} for i in (1, 2)],
        "total": {"value": 385, "currency": "NOK"},
    }  # fmt: skip


def _benefit(of: dict[str, str], n: int) -> Resource:
    share = {"category": coded("copay", "Egenandel", HL7 + "adjudication"), "amount": {"value": 95, "currency": "NOK"}}
    return {
        "identifier": _identified(n), "status": "active", "type": coded("professional", "Lege", HL7 + "claim-type"),
        "use": "claim", "patient": {"reference": of["Patient"]}, "created": _when(n), "insurer": {"display": "Helfo"},
        "billablePeriod": {"start": _when(n), "end": _when(n)}, "provider": {"reference": of["Practitioner"]},
        "claim": {"reference": of["Claim"]}, "outcome": "complete",
        "contained": [{"resourceType": "Coverage", "id": "coverage", "status": "active", "type": {"text": "Helfo"},
                       "beneficiary": {"reference": of["Patient"]}, "payor": [{"display": "Helfo"}]}],
        "careTeam": [{"sequence": 1, "provider": {"reference": of["Practitioner"]}, "role": coded("primary", "Lege")}],
        "insurance": [{"focal": True, "coverage": {"reference": "#coverage"}}],
        "item": [{"sequence": i, "category": coded("1", "Legetjeneste"), "productOrService": coded(f"2a{i}", "Takst"),
                  "servicedPeriod": {"start": _when(n), "end": _when(n)}, "adjudication": [share] * 5,
                  "encounter": [{"reference": of["Encounter"]}]} for i in range(1, 5)],
        "total": [{"category": coded("submitted", "Sendt inn", HL7 + "adjudication"),
                   "amount": {"value": 385, "currency": "NOK"}}],
        "payment": {"amount": {"value": 290, "currency": "NOK"}},
    }  # fmt: skip


_NINE: dict[str, Callable[[dict[str, str], int], Resource]] = {
    "Patient": _patient, "Location": _location, "Organization": _organization, "Practitioner": _practitioner,
    "Encounter": _encounter, "Observation": _observation, "MedicationRequest": _medication_request, "Claim": _claim,
    "ExplanationOfBenefit": _benefit,
}  # fmt: skip


def _when(n: int) -> str:
    return f"20{n % 20 + 5:02}-{n % 12 + 1:02}-{n % 28 + 1:02}T09:28:35+01:00"


# Bundles ------------------------------------------------------------------------------------------

VISITS = 12


def bundle(n: int) -> bytes:
    """Return one transaction Bundle: a Patient, who cares for them, and twelve visits with what came of each."""
    drawn = random.Random(n)
    entries = [
        {"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
        for url, resource in _life(drawn)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}, ensure_ascii=False).encode()


def _life(drawn: random.Random) -> Iterator[tuple[str, Resource]]:
    of: dict[str, str] = {}

    def new(kind: str, body: Resource | None = None) -> tuple[str, Resource]:
        number, of[kind] = drawn.randrange(10**9), f"urn:uuid:{uuid.UUID(int=drawn.getrandbits(128), version=4)}"
        made = nine(kind, of, number) if body is None else {"resourceType": kind, **body}
        return of[kind], made

    for kind in ("Patient", "Location", "Organization", "Practitioner"):
        yield new(kind)
    for visit in range(VISITS):
        yield new("Encounter")
        about = {"subject": {"reference": of["Patient"]}, "encounter": {"reference": of["Encounter"]}}
        yield new("Condition", _condition(visit) | about)
        results = []
        for _ in range(6):
            yield (result := new("Observation"))
            results.append({"reference": result[0]})
        yield new("DiagnosticReport", _report(visit, results) | about)
        yield new("Claim")
        yield new("ExplanationOfBenefit")
        yield new(*(("MedicationRequest", None) if visit % 3 else ("Procedure", _procedure(visit) | about)))


def _condition(n: int) -> Resource:
    return {
        "clinicalStatus": coded("active", "Aktiv", HL7 + "condition-clinical"), "onsetDateTime": _when(n),
        "verificationStatus": coded("confirmed", "Bekreftet", HL7 + "condition-ver-status"),
        "code": coded(f"K{n + 74}", "Problem"), "recordedDate": _when(n),
    }  # fmt: skip


def _report(n: int, results: list[Resource]) -> Resource:
    return {
        "status": "final", "category": [coded("LAB", "Laboratorium", HL7 + "v2-0074")],
        "code": coded("57698-3", "Fettstoffer", "http://loinc.org"), "effectiveDateTime": _when(n), "issued": _when(n),
        "result": results,
    }  # fmt: skip


def _procedure(n: int) -> Resource:
    return {"status": "completed", "code": coded("EKG", "EKG"), "performedPeriod": {"start": _when(n), "end": _when(n)}}
