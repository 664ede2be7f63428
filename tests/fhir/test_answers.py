"""A QuestionnaireResponse is held against its Questionnaire; and what R4 asks in words only is told."""

from __future__ import annotations

from typing import Any

import pytest

from akson.fhir import bodies
from akson.fhir.profiles import everything
from akson.fhir.profiles.library import Library
from tests.fhir.profiled import CODES, SHOE_CODES, Json

CORE = "http://hl7.org/fhir/StructureDefinition"
ASKED = {
    "resourceType": "Questionnaire", "url": "http://example.org/q", "status": "active", "item": [
        {"linkId": "falls", "type": "boolean", "required": True},
        {"linkId": "times", "type": "integer", "enableWhen": [{"question": "falls", "operator": "=", "answerBoolean": True}],
         "extension": [{"url": f"{CORE}/minValue", "valueInteger": 1}, {"url": f"{CORE}/maxValue", "valueInteger": 20}]},
        {"linkId": "aid", "type": "choice", "repeats": True, "answerOption": [
            {"valueCoding": {"system": "http://example.org", "code": "stick"}},
            {"valueCoding": {"system": "http://example.org", "code": "none"},
             "extension": [{"url": f"{CORE}/questionnaire-optionExclusive", "valueBoolean": True}]}]},
        {"linkId": "more", "type": "group", "item": [{"linkId": "why", "type": "string", "maxLength": 5}]},
        {"linkId": "note", "type": "display"},
    ],
}  # fmt: skip
LIBRARY = Library([ASKED, SHOE_CODES])


def answered(*items: Json, **more: Any) -> Json:
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "http://example.org/q|1",
            "item": list(items), **more}  # fmt: skip


def item(link: str, *values: Any, **more: Any) -> Json:
    names = {bool: "valueBoolean", int: "valueInteger", str: "valueString"}
    given = [
        {names[type(v)]: v} if type(v) in names else {"valueCoding": {"system": "http://example.org", **v}}
        for v in values
    ]
    return {"linkId": link, **({"answer": given} if given else {}), **more}


def errors(resource: Json) -> list[str]:
    found = everything.issues(bodies.dumps(resource), LIBRARY)
    return [issue.path for issue in found if issue.severity == "error"]


FALLS = item("falls", True)


@pytest.mark.parametrize(("response", "path"), [
    (answered(FALLS, item("times", 3), item("aid", {"code": "stick"}), item("more", item=[item("why", "dark")])), ""),
    (answered(item("falls", False)), ""),
    (answered(item("aid", {"code": "stick"}), status="in-progress"), ""),
    (answered(item("aid", {"code": "stick"})), "QuestionnaireResponse"),
    (answered(FALLS, item("shoe", 44)), "QuestionnaireResponse.item[1]"),
    (answered(item("falls", "ja")), "QuestionnaireResponse.item[0].answer[0].valueString"),
    (answered(item("falls", False), item("times", 3)), "QuestionnaireResponse.item[1]"),
    (answered(FALLS, item("times", 0)), "QuestionnaireResponse.item[1].answer[0].valueInteger"),
    (answered(FALLS, item("times", 21)), "QuestionnaireResponse.item[1].answer[0].valueInteger"),
    (answered(FALLS, item("times", 2, 3)), "QuestionnaireResponse.item[1]"),
    (answered(FALLS, item("aid", {"code": "car"})), "QuestionnaireResponse.item[1].answer[0].valueCoding"),
    (answered(FALLS, item("aid", {"code": "stick"}, {"code": "none"})), "QuestionnaireResponse.item[1].answer[1]"),
    (answered(FALLS, item("more", item=[item("why", "too dark")])),
     "QuestionnaireResponse.item[1].item[0].answer[0].valueString"),
    (answered(FALLS, item("why", "dark")), "QuestionnaireResponse.item[1]"),
    (answered(FALLS, item("note", "x")), "QuestionnaireResponse.item[1].answer[0]"),
])  # fmt: skip
def test_answers_are_held_against_what_was_asked(response: Json, path: str) -> None:
    assert errors(response) == [path] * bool(path)


def entry(url: str, **resource: Any) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": url, "resource": {"resourceType": "Patient", **resource}}]}  # fmt: skip


def coded(**coding: Any) -> Json:
    return {"resourceType": "Patient", "maritalStatus": {"coding": [coding]}}


@pytest.mark.parametrize(("resource", "path"), [
    (entry("http://example.org/fhir/Patient/1", id="1"), ""),
    (entry("http://example.org/fhir/Patient/1", id="2"), "Bundle.entry[0].fullUrl"),
    (entry("http://example.org/fhir/Patient/1"), "Bundle.entry[0].fullUrl"),
    (entry("Patient/1", id="1"), "Bundle.entry[0].fullUrl"),
    (coded(system=CODES, code="45.5"), ""),
    (coded(system=CODES, code="46"), "Patient.maritalStatus.coding[0].code"),
    (coded(system="shoes", code="44"), "Patient.maritalStatus.coding[0].system"),
    ({"resourceType": "Patient", "extension": [{"url": "shoe", "valueInteger": 44}]}, "Patient.extension[0].url"),
    ({"resourceType": "Patient", "photo": [{"data": "QUJD", "contentType": "image/png", "size": 4}]}, "Patient.photo[0].size"),
])  # fmt: skip
def test_what_r4_asks_in_words_is_told(resource: Json, path: str) -> None:
    assert errors(resource) == [path] * bool(path)
