"""Whose record a resource belongs in, and who else is named in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from akson.fhir.definitions import elements, members
from akson.fhir.owners import OWNERS, Identified, named_in, other_patients, owner_reference, references
from akson.fhir.types import TYPES, is_type


def ref(reference: str) -> dict[str, str]:
    return {"reference": reference}


P1, P2, FNR = ref("Patient/1"), ref("Patient/2"), {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142059"}


@pytest.mark.parametrize(("kind", "named", "owner"), [
    ("Patient", {"link": [{"other": P2}]}, None),
    ("Organization", {"partOf": ref("Organization/1")}, None),
    ("Practitioner", {}, None),
    ("PractitionerRole", {"practitioner": ref("Practitioner/1")}, None),
    ("Group", {"member": [{"entity": P1}]}, None),
    ("Schedule", {"actor": [P1]}, None),
    ("Slot", {"schedule": ref("Schedule/1")}, None),
    ("List", {}, None),
    ("List", {"subject": P1}, "Patient/1"),
    ("Observation", {"subject": P1, "performer": [P2]}, "Patient/1"),
    ("Observation", {"subject": ref("urn:uuid:1")}, "urn:uuid:1"),
    ("Observation", {"subject": ref("https://example.org/fhir/Patient/1")}, "https://example.org/fhir/Patient/1"),
    ("Observation", {"subject": ref("Location/1")}, "Location/1"),
    ("Observation", {"encounter": ref("Encounter/1")}, "Encounter/1"),
    ("Observation", {"subject": {"identifier": FNR}}, Identified(FNR["system"], FNR["value"])),
    ("Observation", {"subject": {"display": "Astrid"}}, None),
    ("Observation", {"subject": ref("#p"), "contained": [{"resourceType": "Patient", "id": "p", "identifier": [FNR]}]},
     Identified(FNR["system"], FNR["value"])),
    ("AllergyIntolerance", {"patient": P1, "asserter": P2}, "Patient/1"),
    ("Consent", {"patient": P1}, "Patient/1"),
    ("Coverage", {"beneficiary": P1, "subscriber": P2}, "Patient/1"),
    ("ResearchSubject", {"individual": P1}, "Patient/1"),
    ("Task", {"for": P1, "focus": ref("ServiceRequest/1")}, "Patient/1"),
    ("Task", {"focus": ref("ServiceRequest/1")}, "ServiceRequest/1"),
    ("Appointment", {"participant": [{"actor": ref("Practitioner/1")}, {"actor": P1}]}, "Patient/1"),
    ("Appointment", {"participant": [{"actor": ref("Practitioner/1")}]}, None),
    ("Provenance", {"target": [ref("Observation/1"), P1]}, "Patient/1"),
    ("Provenance", {"target": [ref("Observation/1")]}, "Observation/1"),
    ("Provenance", {"target": [ref("Observation/1/_history/2")]}, "Observation/1"),
    ("AuditEvent", {"entity": [{"what": ref("Patient/1/_history/2")}]}, "Patient/1"),
    ("AuditEvent", {"agent": [{"who": {"identifier": {"value": "95"}}}]}, None),
    ("AuditEvent", {"agent": [{"who": {"identifier": FNR}}]}, Identified(FNR["system"], FNR["value"])),
    ("AuditEvent", {"agent": [{"who": {"identifier": {"value": "95"}, "type": "Patient"}}]}, Identified(None, "95")),
    ("Task", {"focus": {"identifier": {"value": "95"}}}, Identified(None, "95", person=False)),
    ("Observation", {"subject": {"identifier": {"value": "95"}, "type": "Device"}}, Identified(None, "95", person=False)),
    ("RelatedPerson", {"patient": P1}, "Patient/1"),
    ("Person", {"link": [{"target": ref("Practitioner/1")}, {"target": P1}]}, "Patient/1"),
    ("Person", {"link": [{"target": ref("Practitioner/1")}]}, None),
    ("Binary", {"securityContext": ref("DocumentReference/1")}, "DocumentReference/1"),
])  # fmt: skip
def test_the_owner_is_named_where_the_type_says(kind: str, named: dict[str, Any], owner: str | None) -> None:
    assert owner_reference({"resourceType": kind, **named}) == owner


def entry(kind: str, full: str = "", **members: Any) -> dict[str, Any]:
    return ({"fullUrl": full} if full else {}) | {"resource": {"resourceType": kind, **members}}


URN, SEEN = "urn:uuid:1", Identified(FNR["system"], FNR["value"])


@pytest.mark.parametrize(("entries", "names"), [
    ([], []),
    ([entry("Organization", id="1"), entry("ValueSet")], []),
    ([entry("Composition", subject=P1), entry("Observation", subject=P1), entry("Practitioner")], ["Patient/1"]),
    ([entry("Observation", subject=P1), entry("Observation", subject=P2)], ["Patient/1", "Patient/2"]),
    ([entry("Composition", subject=ref(URN)), entry("Patient", URN, identifier=[FNR])], [SEEN]),
    ([entry("Composition", subject=P1), entry("Patient", "http://a/Patient/1", id="1", identifier=[FNR])], [SEEN]),
    ([entry("Composition", subject=ref("http://a/Patient/1")), entry("Patient", "http://a/Patient/1", id="1")], ["Patient/1"]),
    ([entry("Composition", subject=ref(URN)), entry("Patient", URN)], [URN]),
    ([entry("Patient", id="1"), entry("Patient", id="2")], ["Patient/1", "Patient/2"]),
    ([entry("Patient", URN, identifier=[{"system": "urn:oid:1.2", "value": "7"}])], [Identified("urn:oid:1.2", "7")]),
    ([entry("Observation", encounter=ref("Encounter/1"))], ["Encounter/1"]),
    ([entry("Observation", encounter=ref("Encounter/1")), entry("Observation", subject=P1)], ["Patient/1"]),
    ([entry("Observation", encounter=ref(URN)), entry("Encounter", URN, subject=P1)], ["Patient/1"]),
    ([entry("Bundle", entry=[entry("Observation", subject=P1)]), entry("Observation", subject=P2)], ["Patient/1", "Patient/2"]),
])  # fmt: skip
def test_a_bundle_belongs_to_the_one_person_that_all_in_it_is_about(
    entries: list[dict[str, Any]], names: list[Any]
) -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    assert sorted(named_in(bundle), key=str) == sorted(names, key=str)
    assert owner_reference(bundle) == (names[0] if len(names) == 1 else None)


def test_other_patients_are_found_wherever_they_stand() -> None:
    note = {"resourceType": "Communication", "subject": P1, "sender": P2, "recipient": [P2, ref("Patient/3/_history/1")],
            "note": [{"authorReference": ref("https://example.org/fhir/Patient/4"), "text": "x"}]}  # fmt: skip
    assert others(note) == ["Patient/2", "Patient/3", "Patient/4"]
    assert others({"resourceType": "Patient", "id": "1", "link": [{"other": P1}, {"other": P2}]}) == ["Patient/2"]


@pytest.mark.parametrize(("performer", "found"), [
    ("Patient/1", []), ("Patient/1/_history/3", []), ("Practitioner/1", []),
    ("Patient/12", ["Patient/12"]), ("https://example.org/Patient/2", ["Patient/2"]), ("Patient/2/_history/1", ["Patient/2"]),
    ("Pat\\u0069ent/2", ["Patient/2"]), ("Patient\\/2", ["Patient/2"]), ("Patient\\/1", []),
])  # fmt: skip
def test_nobody_hides_from_the_quick_look_at_the_text(performer: str, found: list[str]) -> None:
    text = f'{{"resourceType":"Observation","subject":{{"reference":"Patient/1"}},"performer":[{{"reference":"{performer}"}}]}}'
    assert other_patients(json.loads(text), text.encode()) == found


def others(resource: dict[str, Any]) -> list[str]:
    return other_patients(resource, json.dumps(resource).encode())


def test_references_are_told_with_their_path() -> None:
    resource = {"resourceType": "Observation", "subject": P1, "performer": [P2], "contained": [
        {"resourceType": "Condition", "subject": P2}]}  # fmt: skip
    assert list(references(resource)) == [
        ("Observation.subject", "Patient/1"), ("Observation.performer[0]", "Patient/2"),
        ("Observation.contained[0].subject", "Patient/2"),
    ]  # fmt: skip


def test_every_path_of_the_table_is_a_reference_of_fhir() -> None:
    for kind, paths in OWNERS.items():
        assert is_type(kind)
        for path in paths:
            here = kind
            for name in path.removesuffix("!").split("."):
                here = members(here)[name][1]
            assert here == "Reference", (kind, path)


def test_no_type_that_must_name_a_patient_is_left_out() -> None:
    for kind in TYPES:
        required = [e.name for e in elements(kind) if e.required and "Patient" in e.targets and not e.choice]
        if {"subject", "patient", "beneficiary", "individual"} & set(required):
            assert kind in OWNERS, kind
