"""Sound resources with the less usual things FHIR allows, as text."""

from __future__ import annotations

import json

from tests.fhir.faulty import URL, deep, extension, narrative, observation, patient

CODED = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
MASKED = {"extension": [{"url": URL, "valueCode": "masked"}]}

SOUND: list[tuple[str, str]] = [
    ("hardly anything", '{"resourceType":"Patient"}'),
    ("blanks everywhere", '{ "resourceType" : "Patient" ,\n "name" : [ { "given" : [ "Astrid" , "Marie" ] } ] }'),
    ("type last", '{"id":"p1","active":true,"resourceType":"Patient"}'),
    ("companion instead of value", patient(_birthDate={"extension": [{"url": URL, "valueCode": "unknown"}]})),
    ("companion beside value", patient(birthDate="1941-03-14", _birthDate={"id": "a"})),
    ("companion instead of required", json.dumps({
        "resourceType": "Observation", "code": {"text": "Puls"},
        "_status": {"extension": [{"url": URL, "valueCode": "unknown"}]},
    })),
    ("nulls in turn", patient(name=[{"given": ["A", None], "_given": [None, MASKED]}])),
    ("id of a value in a list", patient(name=[{"given": ["A", "B"], "_given": [{"id": "x"}, None]}])),
    ("only companions in a list", patient(name=[{"_given": [MASKED]}])),
    ("companion as the choice", observation(_valueString={"extension": [{"url": URL, "valueString": "x"}]})),
    ("nested extensions", extension(url=URL, extension=[{"url": "inner", "valueDecimal": 1.50}])),
    ("extension of an extension's value", extension(url=URL, _valueString=MASKED)),
    ("nested, but not too deep", deep(20)),
    ("words that look like JSON", observation(valueString='null {} [] "_x": "": \\b \\u0000 "#x" E+10')),
    ("letters of ours, escaped or not", '{"resourceType":"Patient","name":[{"family":"\\u00c5s \\/ Ås 😀"}]}'),
    ("line feeds in text", observation(valueString="a\nb\r\n\tc")),
    ("partial dates", patient(birthDate="1941-03", contact=[{"period": {"start": "1999", "end": "2000-02-29"}}])),
    ("leap second, far zone, long fraction", observation(effectiveDateTime="2016-12-31T23:59:60.123456789+14:00")),
    ("big and small numbers", observation(valueQuantity={"value": 0}).replace('"value": 0', '"value": -1.50E-30')),
    ("whole number as decimal", observation(valueQuantity={"value": 7})),
    ("zero with sign", observation(valueQuantity={"value": 0}).replace('"value": 0', '"value": -0.0')),
    ("contained and used", observation(subject={"reference": "#p"}, contained=[{"resourceType": "Patient", "id": "p"}])),
    ("reference to the container", observation(hasMember=[{"reference": "#"}])),
    ("references of all sorts", observation(performer=[{"reference": r} for r in (
        "Patient/1", "Patient/1/_history/2", "https://example.org/fhir/Patient/1", "urn:oid:1.2.3",
        "urn:uuid:6d5ef0c5-fc6c-4210-a12e-0156b27a3aad", "Practitioner?identifier=urn:oid:1.2|3")])),
    ("reference by identifier only", observation(subject={"identifier": {"system": "urn:oid:1.2", "value": "1"}})),
    ("required coding among others", json.dumps({
        "resourceType": "Condition", "subject": {"reference": "Patient/1"}, "clinicalStatus":
        {"coding": [{"system": "http://example.org", "code": "x"}, *CODED["coding"]]},
    })),
    ("base64 with blanks", patient(photo=[{"data": "QUJD\nREVG RA=="}])),
    ("member that is a word of Python", '{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"}}'),
    ("the word null in text", narrative("null {} []")),
    ("Bundle with entries", json.dumps({"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [
        {"fullUrl": "urn:uuid:6d5ef0c5-fc6c-4210-a12e-0156b27a3aad", "resource": {"resourceType": "Patient", "id": "a"}},
        {"response": {"status": "200", "outcome": {"resourceType": "OperationOutcome", "issue": [
            {"severity": "error", "code": "invalid"}]}}}]})),
    ("Parameters within Parameters", json.dumps({"resourceType": "Parameters", "parameter": [
        {"name": "a", "valueBoolean": False}, {"name": "b", "part": [{"name": "c", "resource":
        {"resourceType": "Patient"}}]}]})),
    ("Questionnaire of many levels", json.dumps({"resourceType": "Questionnaire", "status": "active", "item": [
        {"linkId": "1", "type": "group", "item": [{"linkId": "1.1", "type": "group", "item": [
            {"linkId": "1.1.1", "type": "string"}]}]}]})),
]  # fmt: skip
