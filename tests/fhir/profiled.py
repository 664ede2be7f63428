"""Invented profiles, one for each thing that profiles can ask."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
URL = "http://example.org/fhir/StructureDefinition"
ID = "urn:oid:2.16.578.1.12.4.1.4.1"
CODES = "http://example.org/fhir/CodeSystem/shoes"


def structure(name: str, of: str, *elements: Json, base: str | None = None, **more: Any) -> Json:
    """Return a StructureDefinition with these elements in its differential."""
    return {
        "resourceType": "StructureDefinition", "url": f"{URL}/{name}", "name": name, "status": "active",
        "kind": "resource", "abstract": False, "type": of, "derivation": "constraint",
        "baseDefinition": base or f"http://hl7.org/fhir/StructureDefinition/{of}",
        "differential": {"element": list(elements)}, **more,
    }  # fmt: skip


def said(id_: str, **more: Any) -> Json:
    path = ".".join(part.partition(":")[0] for part in id_.split("."))
    return {"id": id_, "path": path, **more}


def by(path: str, kind: str = "value", rules: str = "open", **more: Any) -> Json:
    return {"discriminator": [{"type": kind, "path": path}], "rules": rules, **more}


SHOES = structure(
    "shoe-size", "Extension",
    said("Extension.extension", max="0"),
    said("Extension.url", fixedUri=f"{URL}/shoe-size"),
    said("Extension.value[x]", min=1, type=[{"code": "CodeableConcept"}],
         binding={"strength": "required", "valueSet": "http://example.org/fhir/ValueSet/shoes"}),
    context=[{"type": "element", "expression": "Patient"}],
)  # fmt: skip
SHOE_CODES = {"resourceType": "CodeSystem", "url": CODES, "content": "complete",
              "concept": [{"code": "44"}, {"code": "45", "concept": [{"code": "45.5"}]}]}  # fmt: skip
SHOE_SET = {"resourceType": "ValueSet", "url": "http://example.org/fhir/ValueSet/shoes",
            "compose": {"include": [{"system": CODES}], "exclude": [{"system": CODES, "concept": [{"code": "45"}]}]}}  # fmt: skip
PATIENT = structure(
    "patient", "Patient",
    said("Patient.extension", slicing=by("url")),
    said("Patient.extension:shoes", sliceName="shoes", max="1",
         type=[{"code": "Extension", "profile": [f"{URL}/shoe-size"]}]),
    said("Patient.identifier", min=1, slicing=by("system", rules="closed")),
    said("Patient.identifier:fnr", sliceName="fnr", min=1, max="1"),
    said("Patient.identifier:fnr.system", fixedUri=ID),
    said("Patient.identifier:fnr.value", min=1, maxLength=11),
    said("Patient.name", min=1, max="2"),
    said("Patient.name.use", patternCode="official"),
    said("Patient.birthDate", min=1, constraint=[{
        "key": "p-1", "severity": "error", "human": "born after 1900", "expression": "$this > @1900-01-01"}]),
    said("Patient.photo", max="0"),
    said("Patient.deceased[x]", type=[{"code": "boolean"}]),
    said("Patient.generalPractitioner", type=[{
        "code": "Reference", "targetProfile": ["http://hl7.org/fhir/StructureDefinition/PractitionerRole"]}]),
)  # fmt: skip
CHILD = structure(
    "child", "Patient",
    said("Patient.identifier:fnr.value", maxLength=3),
    said("Patient.contact", min=1),
    base=f"{URL}/patient",
)  # fmt: skip
PRESSURE = structure(
    "pressure", "Observation",
    said("Observation.code", patternCodeableConcept={"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}),
    said("Observation.component", slicing=by("code", "pattern", "open", ordered=True)),
    said("Observation.component:high", sliceName="high", min=1, max="1"),
    said("Observation.component:high.code",
         patternCodeableConcept={"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}),
    said("Observation.component:high.value[x]", min=1, type=[{"code": "Quantity"}]),
    said("Observation.component:low", sliceName="low", min=1, max="1"),
    said("Observation.component:low.code",
         patternCodeableConcept={"coding": [{"system": "http://loinc.org", "code": "8462-4"}]}),
    said("Observation.value[x]", slicing=by("$this", "type", "closed")),
    said("Observation.value[x]:valueQuantity", sliceName="valueQuantity", max="1", type=[{"code": "Quantity"}]),
    said("Observation.value[x]:valueQuantity.unit", min=1),
    said("Observation.hasMember", slicing=by("resolve()", "type", "closed")),
    said("Observation.hasMember:other", sliceName="other", type=[{
        "code": "Reference", "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Observation"]}]),
    said("Observation.performer", slicing=by("display", "exists")),
    said("Observation.performer:named", sliceName="named", max="1"),
    said("Observation.performer:named.display", min=1),
    said("Observation.performer:bare", sliceName="bare", max="1"),
    said("Observation.performer:bare.display", max="0"),
)  # fmt: skip
ALL = [SHOES, SHOE_CODES, SHOE_SET, PATIENT, CHILD, PRESSURE]


def kari(**more: Any) -> Json:
    """Return a patient who conforms, with these members changed; None takes one out."""
    sound = {
        "resourceType": "Patient", "meta": {"profile": [f"{URL}/patient"]},
        "identifier": [{"system": ID, "value": "13847512345"}], "birthDate": "1975-04-13",
        "name": [{"use": "official", "family": "Lien"}],
        "extension": [shoes("44")],
    }  # fmt: skip
    return {name: value for name, value in (sound | more).items() if value is not None}


def shoes(code: str) -> Json:
    return {"url": f"{URL}/shoe-size", "valueCodeableConcept": {"coding": [{"system": CODES, "code": code}]}}


def part(code: str, **more: Any) -> Json:
    value = {"valueQuantity": {"value": 120, "unit": "mmHg"}}
    return {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, **value, **more}


def pressure(**more: Any) -> Json:
    """Return a blood pressure that conforms, with these members changed."""
    sound = {
        "resourceType": "Observation", "meta": {"profile": [f"{URL}/pressure"]}, "status": "final",
        "code": {"coding": [{"system": "http://example.org", "code": "bp"}, {"system": "http://loinc.org", "code": "85354-9"}]},
        "component": [part("8480-6"), part("8462-4")],
    }  # fmt: skip
    return {name: value for name, value in (sound | more).items() if value is not None}
