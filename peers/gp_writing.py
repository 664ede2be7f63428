"""What the GP's system writes: FHIR R4 of what she notes down, and the attestation of why she reads. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

SOURCE: Final = "https://vestbyen.example/journal"  # meta.source of all that comes from this system
OID: Final = "urn:oid:2.16.578.1.12.4.1."
HL7: Final = "http://terminology.hl7.org/CodeSystem/"
KINDS: Final = {"notat": "Notat", "diagnose": "Diagnose (ICPC-2 og tekst)", "legemiddel": "Legemiddel", "vekt": "Vekt"}
TYPES: Final = ("DocumentReference", "Condition", "MedicationStatement", "Observation")
Resource = dict[str, Any]
Told = Mapping[str, str]


def made(
    kind: str, patient: str, text: str, dose: str, doctor: Mapping[str, str], place: Mapping[str, str]
) -> Resource:
    """Return what she noted down as a resource. dose: of a medicine. Raises ValueError for a weight that is none."""
    who = {"display": f"{doctor['name']}, {place['name']}", "type": "Practitioner",
           "identifier": {"system": f"{OID}4.4", "value": doctor["hpr"]}}  # fmt: skip
    about, now = {"reference": f"Patient/{patient}"}, datetime.now(UTC).isoformat(timespec="seconds")
    make = {"notat": _note, "diagnose": _problem, "legemiddel": _medicine, "vekt": _weight}[kind]
    return {**make(text, dose, about, who, now), "meta": {"source": SOURCE}}


def attested(doctor: Told, place: Told, *, decision: str, old: bool = False) -> Resource:
    """Return the attestation of the national trust framework; the patient's number travels beside it."""
    own = {"id": place["number"], "name": place["name"], "system": f"{OID}4.101"}
    made_at = datetime.now(UTC) - timedelta(hours=25 if old else 0)
    return {
        "type": "nhn:tillitsrammeverk:parameters",
        "toa": made_at.isoformat(timespec="seconds"),
        "practitioner": {
            "identifier": {"id": doctor["fnr"], "name": doctor["name"], "system": f"{OID}4.1"},
            "hpr_nr": {"id": doctor["hpr"], "system": f"{OID}4.4"},
            "authorization": {"code": "LE", "text": "Lege", "system": f"{OID}1.9060"},
            "legal_entity": dict(own), "point_of_care": dict(own),
        },
        "care_relationship": {
            "healthcare_service": {"code": "KA01", "text": "Fastlegetjeneste", "system": f"{OID}1.8663"},
            "purpose_of_use": {"code": "TREAT", "text": "Behandling", "system": "urn:oid:2.16.840.1.113883.1.11.20448"},
            "decision_ref": {"id": decision, "user_selected": False},
        },
        "patients": [{}],
    }  # fmt: skip


def told(one: Mapping[str, Any]) -> str:
    """Return one entry in words, as she keeps it in her own record."""
    concepts = (one.get(name) for name in ("code", "medicationCodeableConcept", "type"))
    named = next((_words(each) for each in concepts if each), "")
    quantity = one.get("valueQuantity") or {}
    value = f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip()
    return " ".join(filter(None, (one.get("description") or named, value)))


def _note(text: str, _: str, about: Resource, who: Resource, now: str) -> Resource:
    data = base64.b64encode(text.encode()).decode()
    return {
        "resourceType": "DocumentReference", "status": "current", "docStatus": "final",
        "type": {"coding": [{"system": f"{OID}1.9602", "code": "B02-2", "display": "Journalnotat"}]},
        "description": "Konsultasjon hos fastlegen", "subject": about, "date": now, "author": [who],
        "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": data, "creation": now}}],
    }  # fmt: skip


def _problem(text: str, _: str, about: Resource, who: Resource, now: str) -> Resource:
    code, _, name = text.partition(" ")
    return {
        "resourceType": "Condition", "subject": about, "recordedDate": now, "onsetDateTime": now[:10], "recorder": who,
        "clinicalStatus": _coded("condition-clinical", "active"),
        "verificationStatus": _coded("condition-ver-status", "confirmed"),
        "category": [_coded("condition-category", "problem-list-item")],
        "code": {"coding": [{"system": f"{OID}1.7170", "code": code, "display": name or code}], "text": name or code},
    }  # fmt: skip


def _medicine(text: str, dose: str, about: Resource, who: Resource, now: str) -> Resource:
    atc, _, name = text.partition(" ")
    return {
        "resourceType": "MedicationStatement", "status": "active", "subject": about, "dateAsserted": now,
        "category": {"coding": [{"system": "https://akson.no/fhir/medication-source", "code": "fastlege"}]},
        "effectivePeriod": {"start": now[:10]}, "informationSource": who, "dosage": [{"text": dose}],
        "medicationCodeableConcept": {
            "coding": [{"system": f"{OID}1.7180", "code": atc, "display": name}], "text": name},
    }  # fmt: skip


def _weight(text: str, _: str, about: Resource, who: Resource, now: str) -> Resource:
    return {
        "resourceType": "Observation", "status": "final", "subject": about, "effectiveDateTime": now,
        "performer": [who],
        "category": [_coded("observation-category", "vital-signs")],
        "code": {"text": "Vekt",
                 "coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Body weight"}]},
        "valueQuantity": {"value": float(text.replace(",", ".")), "unit": "kg", "code": "kg",
                          "system": "http://unitsofmeasure.org"},
    }  # fmt: skip


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"{HL7}{system}", "code": code}]}


def _words(concept: Any) -> str:
    first = concept[0] if isinstance(concept, list) else concept
    coding = (first.get("coding") or [{}])[0]
    return str(first.get("text") or coding.get("display") or coding.get("code") or "")
