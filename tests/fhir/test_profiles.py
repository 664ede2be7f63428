"""What profiles ask is asked of the resources that claim them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from akson.fhir import xml
from akson.fhir.issues import Invalid
from akson.fhir.profiles.bindings import Asking
from akson.fhir.profiles.checking import faults
from akson.fhir.profiles.library import Library
from tests.fhir.profiled import ALL, CODES, ID, URL, Json, kari, part, pressure, said, shoes, structure

LIBRARY = Library(ALL)
CONTACT = {"contact": [{"name": {"text": "Mor"}}]}


def told(resource: Json, library: Library = LIBRARY) -> list[tuple[str, str]]:
    return [(issue.severity, issue.path) for issue in faults(resource, library)]


@pytest.mark.parametrize("resource", [
    kari(), kari(extension=None), kari(deceasedBoolean=False), kari(identifier=[{"system": ID, "value": "1"}]),
    kari(extension=[shoes("45.5")]), kari(generalPractitioner=[{"reference": "PractitionerRole/1"}]),
    kari(meta={"profile": [f"{URL}/child"]}, identifier=[{"system": ID, "value": "1"}], **CONTACT),
    pressure(), pressure(component=[part("8480-6"), part("8462-4"), part("1-8")]),
    pressure(performer=[{"display": "x"}, {"reference": "Practitioner/1"}]),
])  # fmt: skip
def test_what_conforms_is_let_through(resource: Json) -> None:
    assert told(resource) == []


@pytest.mark.parametrize(("resource", "path"), [
    (kari(identifier=None), "Patient.identifier"),
    (kari(identifier=[{"system": ID, "value": "1"}, {"system": ID, "value": "2"}]), "Patient.identifier"),
    (kari(identifier=[{"system": ID, "value": "1"}, {"system": "urn:oid:1.2", "value": "2"}]), "Patient.identifier[1]"),
    (kari(identifier=[{"system": ID}]), "Patient.identifier[0].value"),
    (kari(identifier=[{"system": ID, "value": "123456789012"}]), "Patient.identifier[0].value"),
    (kari(name=[{"use": "usual", "text": "x"}]), "Patient.name[0].use"),
    (kari(name=[{"text": "x"}] * 3), "Patient.name"),
    (kari(birthDate=None), "Patient.birthDate"),
    (kari(birthDate="1899-12-31"), "Patient.birthDate"),
    (kari(photo=[{"title": "x"}]), "Patient.photo"),
    (kari(deceasedDateTime="2026"), "Patient.deceasedDateTime"),
    (kari(generalPractitioner=[{"reference": "Practitioner/1"}]), "Patient.generalPractitioner[0].reference"),
    (kari(extension=[shoes("45")]), "Patient.extension[0].valueCodeableConcept"),
    (kari(extension=[{"url": f"{URL}/shoe-size", "valueString": "44"}]), "Patient.extension[0].valueString"),
    (kari(extension=[shoes("44"), shoes("44")]), "Patient.extension"),
    (kari(extension=None, name=[{"use": "official", "extension": [shoes("44")]}]), "Patient.name[0].extension[0]"),
    (kari(meta={"profile": [f"{URL}/pressure"]}), "Patient"),
    (pressure(code={"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}), "Observation.code"),
    (pressure(component=[part("8480-6")]), "Observation.component"),
    (pressure(component=[part("8462-4"), part("8480-6")]), "Observation.component"),
    (pressure(component=[part("8480-6", valueQuantity=None, valueString="x"), part("8462-4")]),
     "Observation.component[0].valueString"),
    (pressure(valueString="120/80"), "Observation.valueString"),
    (pressure(valueQuantity={"value": 1}), "Observation.valueQuantity.unit"),
    (pressure(hasMember=[{"reference": "#m"}], contained=[{"resourceType": "MolecularSequence", "id": "m"}]),
     "Observation.hasMember[0]"),
    (pressure(performer=[{"display": "x"}, {"display": "y"}]), "Observation.performer"),
])  # fmt: skip
def test_what_does_not_conform_is_told_with_its_place(resource: Json, path: str) -> None:
    resource = {k: [{n: v for n, v in p.items() if v is not None} for p in value] if k == "component" else value
                for k, value in resource.items()}  # fmt: skip
    found = told(resource)
    assert ("error", path) in found
    assert all(p == path or p.startswith(path) for _, p in found), found


def test_a_profile_on_a_profile_asks_for_both() -> None:
    child: dict[str, Any] = {"meta": {"profile": [f"{URL}/child"]}}
    assert told(kari(**child, **CONTACT)) == [("error", "Patient.identifier[0].value")]
    short = {"identifier": [{"system": ID, "value": "123"}]}
    assert told(kari(**child, **short)) == [("error", "Patient.contact")]
    assert told(kari(**child, **short, **CONTACT, photo=[{"title": "x"}])) == [("error", "Patient.photo")]


def test_a_profile_that_nobody_knows_is_a_warning() -> None:
    assert told(kari(meta={"profile": ["http://example.org/unknown"]})) == [("warning", "Patient.meta.profile")]
    assert told(kari(meta={"profile": ["http://hl7.org/fhir/StructureDefinition/Patient"]})) == []


def test_resources_inside_others_are_held_to_what_they_claim() -> None:
    broken = kari(birthDate=None)
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": kari()}, {"resource": broken}]}
    assert told(bundle) == [("error", "Bundle.entry[1].resource.birthDate")]
    assert told({"resourceType": "Basic", "contained": [broken]}) == [("error", "Basic.contained[0].birthDate")]


def test_a_snapshot_says_the_same_as_its_differential() -> None:
    rows = [said("Patient", min=0, max="*"), said("Patient.birthDate", min=1, max="1", base={"min": 0, "max": "1"}),
            said("Patient.gender", min=0, max="1", base={"min": 0, "max": "1"})]  # fmt: skip
    library = Library([structure("s", "Patient", snapshot={"element": rows})])
    claims = {"meta": {"profile": [f"{URL}/s|1.0"]}}
    assert told(kari(**claims), library) == []
    assert told(kari(**claims, birthDate=None), library) == [("error", "Patient.birthDate")]


def test_codes_of_sets_that_cannot_be_counted_up_are_asked_for_together() -> None:
    bound = {"strength": "required", "valueSet": "http://example.org/vs"}
    library = Library([structure("m", "Patient", said("Patient.maritalStatus", binding=bound))])
    person = kari(meta={"profile": [f"{URL}/m"]}, maritalStatus={"coding": [{"system": CODES, "code": "G"}]})
    asking = Asking(library.terms)
    assert [i.severity for i in faults(person, library, terms=asking)] == ["information"]
    assert asking.open == {(CODES, "G", "http://example.org/vs")}
    for answer, expected in ((True, []), (False, ["error"])):
        asking.answers[CODES, "G", "http://example.org/vs"] = answer
        assert [i.severity for i in faults(person, library, terms=asking)] == expected


def test_an_invariant_that_makes_no_sense_is_a_warning_not_a_crash() -> None:
    odd = [{"key": "x-1", "severity": "error", "human": "x", "expression": "name.where("}]
    library = Library([structure("odd", "Patient", said("Patient", constraint=odd))])
    assert told(kari(meta={"profile": [f"{URL}/odd"]}), library) == [("warning", "Patient")]


NAMED = b'<Patient xmlns="http://hl7.org/fhir"><active value="true"/><name><given value="A"/>%s</name></Patient>'


def test_xml_is_read_as_its_json() -> None:
    text = NAMED % b'<given id="g"><extension url="http://e.org"><valueInteger value="7"/></extension></given>'
    assert xml.loads(text) == {
        "resourceType": "Patient", "active": True,
        "name": [{"given": ["A", None], "_given": [None, {"id": "g", "extension": [
            {"url": "http://e.org", "valueInteger": 7}]}]}],
    }  # fmt: skip


@pytest.mark.parametrize("text", [
    b"<Patient", b"<Patient/>", b'<Pasient xmlns="http://hl7.org/fhir"/>', NAMED % b"<shoe/>", NAMED % b"text",
    b'<!DOCTYPE x [<!ENTITY a "b">]><Patient xmlns="http://hl7.org/fhir"/>',
    b'<Patient xmlns="http://hl7.org/fhir"><active value="true"/><active value="true"/></Patient>',
])  # fmt: skip
def test_xml_that_is_no_resource_is_refused(text: bytes) -> None:
    with pytest.raises(Invalid):
        xml.loads(text)


def test_no_basis_is_enforced_for_those_who_claim_it(shared: Path) -> None:
    library = Library([xml.loads(f.read_bytes()) for f in sorted((shared / "fixtures/no-basis-r4").glob("*.xml"))])
    assert len(library) > 30
    espen = xml.loads((shared / "fixtures/no-basis-r4/no-basis-Patient-Espen-Eksempel.xml").read_bytes())
    assert [i for i in faults(espen, library) if i.severity != "information"] == []
    official = "http://hl7.no/fhir/StructureDefinition/no-basis-address-official"
    espen["name"][0]["extension"] = [{"url": official, "valueBoolean": True}]  # belongs on an address
    assert [i.path for i in faults(espen, library) if i.severity == "error"] == ["Patient.name[0].extension[0]"]
