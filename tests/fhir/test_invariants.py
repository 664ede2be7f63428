"""The invariants of R4 itself."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from akson.fhir import invariants
from akson.fhir.bodies import dumps, loads
from akson.fhir.checks import check
from akson.fhir.definitions import elements
from akson.fhir.fhirpath import FhirPathError, compile
from akson.fhir.invariants import _table, broken, rules, violations
from akson.fhir.issues import Invalid, Issue

NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
ENTERED_IN_ERROR = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "entered-in-error"}]
}


def resource(kind: str, **members: Any) -> dict[str, Any]:
    return {"resourceType": kind, "text": NARRATIVE, **members}


def kg(value: str, **members: Any) -> dict[str, Any]:
    return {"value": Decimal(value), "system": "http://unitsofmeasure.org", "code": "kg", **members}


VIOLATIONS = [
    (resource("Patient", contact=[{"gender": "male"}]), "pat-1", "Patient.contact[0]"),
    (resource("Patient", name=[{"period": {"start": "2021", "end": "2020"}}]), "per-1", "Patient.name[0].period"),
    (resource("Patient", telecom=[{"system": "phone"}, {"value": "1"}]), "cpt-2", "Patient.telecom[1]"),
    (resource("Patient", name=[{"id": "n"}]), "ele-1", "Patient.name[0]"),
    (resource("Patient", _birthDate={"id": "n"}), "ele-1", "Patient.birthDate"),
    (resource("Patient", name=[{"given": ["A", None], "_given": [None, {"id": "n"}]}]), "ele-1", "Patient.name[0].given[1]"),
    (resource("Patient", extension=[{"url": "urn:x"}]), "ext-1", "Patient.extension[0]"),
    (resource("Patient", birthDate="2000", _birthDate={"extension": [{"url": "urn:x"}]}), "ext-1", "Patient.birthDate.extension[0]"),
    (resource("Patient", extension=[{"url": "urn:x", "valueCode": "a", "extension": [{"url": "y", "valueCode": "b"}]}]), "ext-1", "Patient.extension[0]"),
    (resource("Patient", managingOrganization={"reference": "#x"}), "ref-1", "Patient.managingOrganization"),
    (resource("Patient", contained=[resource("Organization", id="o", name="x")]), "dom-3", "Patient"),
    (resource("Patient", contained=[{"resourceType": "Organization", "id": "o", "partOf": {"reference": "#"}}], managingOrganization={"reference": "#o"}), "org-1", "Patient.contained[0]"),
    (resource("Patient", contained=[{"resourceType": "Organization", "id": "o", "name": "x", "partOf": {"reference": "#p"}}], managingOrganization={"reference": "#o"}), "ref-1", "Patient.contained[0].partOf"),
    (resource("Organization", name="x", telecom=[{"system": "phone", "use": "home", "value": "1"}]), "org-3", "Organization.telecom[0]"),
    (resource("Observation", valueInteger=1, dataAbsentReason={"text": "x"}), "obs-6", "Observation"),
    (resource("Observation", code={"coding": [{"code": "a"}]}, valueInteger=1, component=[{"code": {"coding": [{"code": "a"}]}}]), "obs-7", "Observation"),
    (resource("Observation", referenceRange=[{"age": {"low": kg("1")}}]), "obs-3", "Observation.referenceRange[0]"),
    (resource("Observation", referenceRange=[{"low": kg("1", comparator="<")}]), "sqty-1", "Observation.referenceRange[0].low"),
    (resource("Observation", valueQuantity={"value": 1, "code": "kg"}), "qty-3", "Observation.valueQuantity"),
    (resource("Observation", valueRange={"low": kg("2"), "high": {**kg("1999"), "code": "g"}}), "rng-2", "Observation.valueRange"),
    (resource("Observation", valueRatio={"numerator": kg("1")}), "rat-1", "Observation.valueRatio"),
    (resource("Condition", clinicalStatus={"text": "x"}, verificationStatus=ENTERED_IN_ERROR), "con-5", "Condition"),
    (resource("Condition", abatementString="x", clinicalStatus={"coding": [{"code": "active"}]}), "con-4", "Condition"),
    (resource("MedicationRequest", dosageInstruction=[{"timing": {"repeat": {"duration": 1}}}]), "tim-1", "MedicationRequest.dosageInstruction[0].timing.repeat"),
    (resource("MedicationDispense", whenHandedOver="2021-01-01", whenPrepared="2021-01-02"), "mdd-1", "MedicationDispense"),
    (resource("RiskAssessment", prediction=[{"probabilityDecimal": Decimal("100.5")}]), "ras-2", "RiskAssessment.prediction[0]"),
    (resource("RiskAssessment", prediction=[{"probabilityRange": {"low": kg("1")}}]), "ras-1", "RiskAssessment.prediction[0].probabilityRange"),
    (resource("Questionnaire", item=[{"linkId": "a", "type": "group", "item": [{"linkId": "a", "type": "string"}]}]), "que-2", "Questionnaire"),
    (resource("Questionnaire", item=[{"linkId": "a", "type": "string", "enableWhen": [{"question": "b", "operator": "exists", "answerString": "x"}]}]), "que-7", "Questionnaire.item[0].enableWhen[0]"),
    (resource("CodeSystem", name="Aa", concept=[{"code": "a", "concept": [{"code": "a"}]}]), "csd-1", "CodeSystem"),
    (resource("ValueSet", name="Aa", compose={"include": [{"version": "1"}]}), "vsd-1", "ValueSet.compose.include[0]"),
    ({"resourceType": "Bundle", "type": "collection", "total": 1}, "bdl-1", "Bundle"),
    ({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": resource("Patient")}]}, "bdl-3", "Bundle"),
    ({"resourceType": "Bundle", "type": "document", "identifier": {"system": "urn:x", "value": "1"}, "timestamp": "2020-01-01T00:00:00Z", "entry": [{"resource": resource("Patient")}]}, "bdl-11", "Bundle"),
    ({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource("Patient", managingOrganization={"reference": "#x"})}]}, "ref-1", "Bundle.entry[0].resource.managingOrganization"),
    ({"resourceType": "Parameters", "parameter": [{"name": "a"}]}, "inv-1", "Parameters.parameter[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "key", "path"), VIOLATIONS)
def test_a_violation_is_told_with_its_key_and_path(given: dict[str, Any], key: str, path: str) -> None:
    found = [(i.diagnostics.partition(":")[0], i.path, i.severity, i.code) for i in violations(given)]
    assert (key, path, "error", "invariant") in found
    assert {k for k, *_ in found} == {key}


@pytest.mark.parametrize(("given", "key", "path"), VIOLATIONS)
def test_what_is_violated_keeps_a_resource_out(given: dict[str, Any], key: str, path: str) -> None:
    """By the quick look or, of what checks.py knows too, by its structure; a sign of extensions changes nothing."""
    body = dumps(given)
    try:
        check(body)
    except Invalid:
        return
    for text in (body, body + b' "extension"', body.replace(b'xtension"', b'xten\\u0073ion"')):
        assert (key, path) in [(i.diagnostics.partition(":")[0], i.path) for i in broken(given, text)]


@pytest.mark.parametrize("given", [
    resource("Patient"),
    resource("Patient", managingOrganization={"display": "x"}),
    resource("Patient", contained=[{"resourceType": "Organization", "id": "o", "name": "x"}], managingOrganization={"reference": "#o"}),
    resource("Patient", contained=[{"resourceType": "Organization", "id": "o", "name": "x", "partOf": {"reference": "#"}}]),
    {"resourceType": "Patient", "contained": [{"resourceType": "Binary", "id": "b", "contentType": "image/png"}],
     "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><img src="#b" alt="x"/></div>'}},
    resource("Patient", name=[{"given": [None], "_given": [{"extension": [{"url": "urn:x", "valueCode": "y"}]}]}]),
    resource("Patient", _birthDate={"extension": [{"url": "urn:x", "_valueCode": {"extension": [{"url": "y", "valueCode": "z"}]}}]}),
    resource("Questionnaire", item=[{"linkId": "a", "type": "string", "enableWhen": [{"question": "b", "operator": "exists", "answerBoolean": True}]}]),
    resource("Observation", valueRange={"low": kg("1"), "high": kg("1")}),
    resource("RiskAssessment", prediction=[{"probabilityDecimal": Decimal("99.5")}, {"probabilityRange": {"low": {"value": 1, "system": "http://unitsofmeasure.org", "code": "%"}}}]),
    resource("CareTeam", participant=[{"member": {"reference": "Practitioner/1"}, "onBehalfOf": {"reference": "Organization/1"}}]),
])  # fmt: skip
def test_a_sound_resource_violates_nothing(given: dict[str, Any]) -> None:
    assert violations(given) == []
    assert broken(given, dumps(given)) == []


def test_what_cannot_be_decided_is_a_warning() -> None:
    (issue,) = violations(resource("Patient", name=[{"period": {"start": "2021", "end": "2021-02-01"}}]))
    assert (issue.severity, issue.path) == ("warning", "Patient.name[0].period")
    assert issue.diagnostics.startswith("per-1 cannot be decided: ")


def test_good_practice_is_a_warning() -> None:
    assert violations({"resourceType": "Patient"}) == [
        Issue("warning", "invariant", "Patient", "dom-6: text.`div`.exists()")
    ]


# Invariants that R4 has published for elements that their type, or one of the types of a choice, does not have.
OF_OTHER_TYPES = {"cid-0", "sqty-1", "ras-1"}


def test_every_invariant_compiles_and_fits_its_type() -> None:
    assert sum(map(len, _table().values())) > 290
    for path, rows in _table().items():
        rules(path)
        for *_, expression in rows:
            compile(expression, lenient=True)
    assert _unfit() == OF_OTHER_TYPES


def _unfit() -> set[str]:
    found = set()
    for path, rows in _table().items():
        above, _, name = path.rpartition(".")
        kinds = [t for e in elements(above) if e.name == name for t in e.types] or [path]
        for key, _, expression in rows:
            try:
                for kind in kinds:
                    compile(expression, kind, lenient=True)
            except FhirPathError:
                found.add(key)
    return found


def test_no_official_example_violates_an_invariant(shared: Path) -> None:
    files = sorted((shared / "fhir" / "r4-examples").glob("*.json"))
    assert len(files) > 400
    errors = [(f.name, i) for f in files for i in violations(loads(f.read_bytes())) if i.severity == "error"]
    assert errors == []
    assert [f.name for f in files if broken(loads(f.read_bytes()), f.read_bytes())] == []


_TIMES = (
    "2021",
    "2022",
    "2021-02",
    "2021-02-01",
    "2021-02-02",
    "2021-02-01T10:00:00Z",
    "2021-02-01T09:59:00Z",
    "2021-02-01T10:00:00+01:00",
    "2021-02-01T10:00:01+01:00",
    "2021-02-01T10:00:00+02:00",
    "2021-02-01T10:00:00.1Z",
)


def test_what_is_told_quickly_is_what_the_expression_tells(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [loads(f.read_bytes()) for f in sorted((shared / "fhir" / "r4-examples").glob("*.json"))]
    found += [
        resource("Patient", name=[{"period": {"start": "2021", "_end": {"id": "x"}}}]),
        resource("Patient", managingOrganization={"_reference": {"id": "x"}}),
        resource("Observation", valueQuantity={"code": "kg", "_system": {"id": "x"}}),
        resource("Patient", managingOrganization={"reference": "#x"}),
        {"resourceType": "Patient", "text": {"_div": {"id": "x"}}},
        *(resource("Patient", name=[{"period": {"start": start, "end": end}}]) for start in _TIMES for end in _TIMES),
        resource("Observation", dataAbsentReason={"text": "x"}, valueString="x"),
        resource(
            "Observation",
            code={"coding": [{"code": "a"}]},
            valueString="x",
            component=[{"code": {"coding": [{"code": "a"}]}}],
        ),
    ]
    quickly = [violations(each) for each in found]
    monkeypatch.setattr(invariants, "SURELY", {})
    for remembered in (invariants.rules, invariants._invariant, invariants._plan, invariants._members):
        remembered.cache_clear()
    assert [violations(each) for each in found] == quickly
    for remembered in (invariants.rules, invariants._invariant, invariants._plan, invariants._members):
        remembered.cache_clear()


def test_what_is_no_valid_resource_does_no_harm() -> None:
    for faulty in ({"resourceType": "Patient", "name": 1}, {"resourceType": "Patient", "name": ["x", None, []]},
                   {"resourceType": "Foo"}, {"resourceType": "Observation", "code": {"coding": {"code": 1}}},
                   {"resourceType": "Patient", "contained": "x", "_birthDate": [None, 1]}):  # fmt: skip
        assert isinstance(violations(json.loads(json.dumps(faulty))), list)
