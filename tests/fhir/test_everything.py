"""What only $validate tells: vital signs by their code, texts, what a search found, codes shown as something else."""

from __future__ import annotations

from typing import Any

import pytest

from akson.fhir import bodies
from akson.fhir.issues import GRAVE
from akson.fhir.profiles import checking, everything
from akson.fhir.profiles.library import Library
from tests.fhir.profiled import URL, said, structure

Json = dict[str, Any]
TURNED = {
    "resourceType": "CodeSystem", "url": "http://example.org/turned", "content": "complete",
    "concept": [{"code": "a", "display": "Left turn", "designation": [{"language": "nb", "value": "Venstresving"}]},
                {"code": "b"}],
}  # fmt: skip
LEFT = {"resourceType": "ValueSet", "url": "http://example.org/left",
        "compose": {"include": [{"system": TURNED["url"], "concept": [{"code": "a"}]}]}}  # fmt: skip
TITLED = structure("sections", "Composition", said("Composition.section", slicing={"rules": "open"}),
                   said("Composition.section:plan", sliceName="plan"),
                   said("Composition.section:plan.title", min=1))  # fmt: skip
BY_PART = structure("by-part", "Composition", said("Composition.section", type=[{
    "code": "BackboneElement", "profile": [f"{URL}/sections"], "_profile": [{"extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element",
        "valueString": "Composition.section:plan"}]}]}]))  # fmt: skip
_CONTROL = "http://hl7.org/fhir/StructureDefinition/narrative-language-control"


def _languages(code: str) -> Json:
    return structure(f"languages{code}", "Patient", said("Patient.text", extension=[
        {"url": _CONTROL, "valueCode": code}]))  # fmt: skip


LIBRARY = Library([TURNED, LEFT, TITLED, BY_PART, *map(_languages, ("_yes", "_no", "_resource"))])


def vital(code: str, **more: Any) -> Json:
    loinc = {"coding": [{"system": "http://loinc.org", "code": code}]}
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
    given = {"resourceType": "Observation", "status": "final", "category": [{"coding": [category]}], "code": loinc,
             "subject": {"reference": "Patient/1"}, "effectiveDateTime": "2024-05-17"} | more  # fmt: skip
    return {key: value for key, value in given.items() if value is not None}


def quantity(value: float, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def pressure(*codes: str, local: bool = False) -> Json:
    more = [{"system": "http://example.org/local", "code": "x"}] if local else []
    return vital("85354-9", component=[
        {"code": {"coding": [{"system": "http://loinc.org", "code": code}, *more]}, "valueQuantity": quantity(n, "mm[Hg]")}
        for n, code in enumerate(codes, 70)])  # fmt: skip


def texted(inside: str, **more: Any) -> Json:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'
    return {"resourceType": "Patient", "text": {"status": "generated", "div": div}} | more


def claiming(name: str, inside: str, **more: Any) -> Json:
    return texted(inside, meta={"profile": [f"{URL}/{name}"]}, **more)


def hit(resource: Json, mode: str) -> Json:
    entry = {"fullUrl": "urn:uuid:0d4c4f4c-5b4b-4f0c-9c52-6f7a3e0f7d11", "resource": resource, "search": {"mode": mode}}
    return {"resourceType": "Bundle", "type": "searchset", "entry": [entry]}


def coded(code: str, display: str, **more: Any) -> Json:
    return {"resourceType": "Basic", "code": {"coding": [
        {"system": TURNED["url"], "code": code, "display": display}]}} | more  # fmt: skip


def mapped(code: str) -> Json:
    return {"resourceType": "ConceptMap", "status": "active", "sourceCanonical": LEFT["url"],
            "group": [{"source": TURNED["url"], "element": [{"code": code}]}]}  # fmt: skip


def composed(section: Json, name: str = "by-part") -> Json:
    return {"resourceType": "Composition", "meta": {"profile": [f"{URL}/{name}"]}, "status": "final",
            "type": {"text": "x"}, "date": "2024", "author": [{"display": "x"}], "title": "x", "section": [section]}  # fmt: skip


OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]}
IN_TWO = '<div lang="nb">Hei</div><div xml:lang="en">Hi</div>'


def errors(resource: Json) -> list[str]:
    found = everything.issues(bodies.dumps(resource), LIBRARY)
    return list(dict.fromkeys(i.path for i in found if i.severity in GRAVE))


@pytest.mark.parametrize(("resource", "path"), [
    (vital("8867-4", subject=None, valueQuantity=quantity(70, "/min")), "Observation.subject"),
    (vital("8867-4", valueQuantity=quantity(70, "kg")), "Observation.valueQuantity.code"),
    (vital("29463-7", valueQuantity=quantity(70, "mg")), "Observation.valueQuantity.code"),
    (vital("8867-4", effectiveDateTime="2024", valueQuantity=quantity(70, "/min")), "Observation.effectiveDateTime"),
    (pressure("8480-6"), "Observation.component"),
    (pressure("8480-6", "8480-6"), "Observation.component"),
    (texted(" "), "Patient.text.div"),
    (texted('<a href="#there">x</a>'), "Patient.text.div"),
    (claiming("languages_yes", "Hei"), "Patient.text"),
    (claiming("languages_no", IN_TWO), "Patient.text"),
    (claiming("languages_resource", IN_TWO, language="de"), "Patient.text"),
    (hit(OUTCOME, "match"), "Bundle.entry[0].search.mode"),
    (hit({"resourceType": "Patient", "id": "1"}, "outcome"), "Bundle.entry[0].search.mode"),
    (hit({"resourceType": "Patient"}, "match"), "Bundle.entry[0].resource.id"),
    (coded("a", "Right turn"), "Basic.code.coding[0].display"),
    (mapped("b"), "ConceptMap.group[0].element[0].code"),
    (composed({"text": {"status": "empty", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}}),
     "Composition.section[0].title"),
])  # fmt: skip
def test_what_makes_a_resource_wrong_in_the_end_is_an_error_with_its_place(resource: Json, path: str) -> None:
    assert path in errors(resource)


@pytest.mark.parametrize("resource", [
    vital("8867-4", valueQuantity=quantity(70, "/min")),
    vital("8867-4", effectiveDateTime=None, effectivePeriod={"start": "2024"}, valueQuantity=quantity(70, "/min")),
    vital("1-8", subject=None), pressure("8480-6", "8462-4"), pressure("8462-4", "8480-6", local=True),
    texted('<a href="#there">x</a><p id="there">y&nbsp;</p>'), texted('<a href="#me">x</a>', id="me"), texted('<a href="#">x</a>'),
    claiming("languages_yes", IN_TWO), claiming("languages_no", "Hei"), claiming("languages_resource", IN_TWO, language="nb"),
    hit(OUTCOME, "outcome"), hit({"resourceType": "Patient", "id": "1"}, "include"),
    coded("a", "left  TURN"), coded("a", "Venstresving"), coded("b", "anything"), coded("a", "Vinstresving", language="nn"),
    mapped("a"), composed({"title": "Plan", "text": {"status": "empty",
                                                    "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}}),
])  # fmt: skip
def test_what_is_right_has_no_errors(resource: Json) -> None:
    assert errors(resource) == []


def test_writes_are_not_held_to_the_vital_signs() -> None:
    assert checking.faults(vital("8867-4", subject=None), LIBRARY) == []


def test_a_fault_is_told_once() -> None:
    found = everything.issues(bodies.dumps(texted(" ")), LIBRARY)
    assert [i.severity for i in found if i.path == "Patient.text.div"] == ["error"]
