"""Faulty resources: what is wrong, the text, and the path at which that must be told."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


def patient(**members: Any) -> str:
    """Return the text of a Patient with these members."""
    return json.dumps({"resourceType": "Patient", "id": "p1", **members})


def observation(**members: Any) -> str:
    """Return the text of an Observation with these members beside the required ones."""
    return json.dumps({"resourceType": "Observation", "status": "final", "code": {"text": "Puls"}, **members})


def narrative(inner: str, attributes: str = XHTML) -> str:
    """Return the text of a Patient with this narrative."""
    return patient(text={"status": "generated", "div": f"<div {attributes}>{inner}</div>"})


def extension(**members: Any) -> str:
    return patient(extension=[members])


def deep(levels: int) -> str:
    inner: Json = {"url": "http://example.org/inner", "valueString": "x"}
    for _ in range(levels):
        inner = {"url": "http://example.org/outer", "extension": [inner]}
    return patient(extension=[inner])


def deep_outcomes(levels: int) -> str:
    inner: Json = {"resourceType": "Bundle", "type": "batch-response"}
    for _ in range(levels):
        response = {"status": "400", "outcome": inner}
        inner = {"resourceType": "Bundle", "type": "batch-response", "entry": [{"response": response}]}
    return json.dumps(inner)


def deep_modifiers(levels: int) -> str:
    inner: Json = {"url": "http://example.org/inner", "valueString": "x"}
    for _ in range(levels):
        inner = {"url": "http://example.org/outer", "valueTiming": {"modifierExtension": [inner]}}
    return patient(modifierExtension=[inner])


URL = "http://example.org/e"
REQUIRED_MISSING: Json = {"resourceType": "Observation", "code": {"text": "Puls"}}

FAULTY: list[tuple[str, str, str]] = [
    # the text itself
    ("not JSON", "{", ""),
    ("not an object", "[]", ""),
    ("text after the end", '{"resourceType":"Patient"} x', ""),
    ("NaN is not a number", '{"resourceType":"Observation","valueQuantity":{"value":NaN}}', ""),
    ("Infinity is not a number", '{"resourceType":"Observation","valueQuantity":{"value":-Infinity}}', ""),
    ("half a surrogate pair", '{"resourceType":"Patient","language":"\\ud800"}', ""),
    ("nested too deep", deep(40), ""),
    ("nested far too deep", deep(300), ""),
    ("nested too deep in outcomes of outcomes", deep_outcomes(20), ""),
    ("nested too deep in modifying extensions", deep_modifiers(30), ""),
    ("a number of ten thousand digits", '{"resourceType":"Patient","x":' + "9" * 10000 + "}", ""),
    # the type
    ("no resourceType", '{"id":"p1"}', "Resource.resourceType"),
    ("empty object", "{}", "Resource.resourceType"),
    ("unknown resourceType", '{"resourceType":"Pasient"}', "Resource.resourceType"),
    ("resourceType of a later FHIR", '{"resourceType":"SubscriptionStatus"}', "Resource.resourceType"),
    ("resourceType that is no string", '{"resourceType":["Patient"]}', "Resource.resourceType"),
    # members
    ("unknown member", patient(nickname="Nordli"), "Patient.nickname"),
    ("member of a later FHIR", patient(meta={"deleted": True}), "Patient.meta.deleted"),
    ("unknown member inside", patient(name=[{"first": "Astrid"}]), "Patient.name[0].first"),
    ("unknown companion", patient(_nickname={"id": "a"}), "Patient._nickname"),
    ("companion of an object", patient(_name=[{"id": "a"}]), "Patient._name"),
    ("repeated member", '{"resourceType":"Patient","gender":"male","gender":"female"}', "Patient.gender"),
    ("repeated inside", '{"resourceType":"Patient","name":[{"text":"A","text":"A"}]}', "Patient.name[0].text"),
    ("repeated by escape", '{"resourceType":"Patient","id":"a","\\u0069d":"a"}', "Patient.id"),
    ("repeated, one with a blank", '{"resourceType":"Observation","status" :"amended","status":"final","code":{"text":"x"}}',
     "Observation.status"),
    ("repeated, one on a line", '{"resourceType":"Patient","managingOrganization":{"reference"\n:"Organization/a","reference":"Organization/b"}}',
     "Patient.managingOrganization.reference"),
    ("repeated, one with a tab", '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value"\t:83.4,"value":38.40}}',
     "Observation.valueQuantity.value"),
    ("repeated, with blanks", '{ "resourceType" : "Patient" , "id" : "a" , "id" : "b" }', "Patient.id"),
    # cardinality
    ("list for one", patient(gender=["male"]), "Patient.gender"),
    ("one for list", patient(name={"family": "Nordli"}), "Patient.name"),
    ("empty list", patient(name=[]), "Patient.name"),
    ("empty object in list", patient(name=[{}]), "Patient.name[0]"),
    ("empty object", patient(maritalStatus={}), "Patient.maritalStatus"),
    ("string for object", patient(name=["Astrid"]), "Patient.name[0]"),
    ("object for string", patient(birthDate={"value": "1941-03-14"}), "Patient.birthDate"),
    ("required primitive missing", json.dumps(REQUIRED_MISSING), "Observation.status"),
    ("required object missing", '{"resourceType":"Observation","status":"final"}', "Observation.code"),
    ("required member inside missing", patient(link=[{"type": "refer"}]), "Patient.link[0].other"),
    ("required choice missing", '{"resourceType":"MedicationRequest","status":"active","intent":"order",'
     '"subject":{"reference":"Patient/1"}}', "MedicationRequest.medication"),
    # nulls and companions
    ("null", patient(gender=None), "Patient.gender"),
    ("null for an object", patient(maritalStatus=None), "Patient.maritalStatus"),
    ("null in a list of objects", patient(name=[None]), "Patient.name[0]"),
    ("null without companion", patient(name=[{"given": ["A", None]}]), "Patient.name[0].given[1]"),
    ("null beside null", patient(name=[{"given": ["A", None], "_given": [{"id": "a"}, None]}]),
     "Patient.name[0].given[1]"),
    ("companion list too short", patient(name=[{"given": ["A", "B"], "_given": [{"id": "a"}]}]),
     "Patient.name[0]._given"),
    ("companion with unknown member", patient(_birthDate={"value": "x"}), "Patient._birthDate.value"),
    ("companion that is a list", patient(_birthDate=[{"id": "x"}]), "Patient._birthDate"),
    ("companion that is empty", patient(_birthDate={}), "Patient._birthDate"),
    ("companion that is null", patient(birthDate="1941", _birthDate=None), "Patient._birthDate"),
    # choices
    ("two values", observation(valueString="a", valueInteger=1), "Observation.value"),
    ("two values by companion", observation(valueString="a", _valueInteger={"extension": [{"url": URL, "valueCode": "a"}]}),
     "Observation.value"),
    ("two values of a component", observation(component=[{"code": {"text": "x"}, "valueString": "a", "valueInteger": 1}]),
     "Observation.component[0].value"),
    ("two authors of a note", json.dumps({"resourceType": "Goal", "lifecycleStatus": "active", "description":
     {"text": "x"}, "subject": {"reference": "Patient/1"}, "note": [{"authorString": "a", "authorReference":
     {"reference": "Patient/1"}, "text": "x"}]}), "Goal.note[0].author"),
    ("choice of wrong type", observation(valueAddress={"city": "Fjordvik"}), "Observation.valueAddress"),
    ("choice without type", observation(value="x"), "Observation.value"),
    ("two bounds deep inside", json.dumps({
        "resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": {"reference": "Patient/1"},
        "occurrenceTiming": {"repeat": {"boundsPeriod": {"start": "2026"}, "boundsRange": {"low": {"value": 1}}}},
    }), "ServiceRequest.occurrenceTiming.repeat.bounds"),
    # primitives
    ("day that does not exist", patient(birthDate="2026-02-30"), "Patient.birthDate"),
    ("29 February in no leap year", patient(birthDate="1900-02-29"), "Patient.birthDate"),
    ("31 April", patient(birthDate="2026-04-31"), "Patient.birthDate"),
    ("month 13", patient(birthDate="2026-13"), "Patient.birthDate"),
    ("Norwegian date", patient(birthDate="14.03.1941"), "Patient.birthDate"),
    ("year 0000", patient(birthDate="0000"), "Patient.birthDate"),
    ("date with a line feed", patient(birthDate="1941-03-14\n"), "Patient.birthDate"),
    ("date with time", patient(birthDate="1941-03-14T10:00:00Z"), "Patient.birthDate"),
    ("dateTime without zone", observation(effectiveDateTime="2026-11-22T10:00:00"), "Observation.effectiveDateTime"),
    ("dateTime without seconds", observation(effectiveDateTime="2026-11-22T10:00Z"), "Observation.effectiveDateTime"),
    ("hour 24", observation(effectiveDateTime="2026-11-22T24:00:00Z"), "Observation.effectiveDateTime"),
    ("instant without zone", observation(issued="2026-11-22T10:00:00"), "Observation.issued"),
    ("instant that is a day", observation(issued="2026-11-22"), "Observation.issued"),
    ("time of no clock", observation(valueTime="25:00:00"), "Observation.valueTime"),
    ("id with a letter of ours", patient(id="pasient-æ"), "Patient.id"),
    ("id too long", patient(id="a" * 65), "Patient.id"),
    ("id empty", patient(id=""), "Patient.id"),
    ("uri with a blank", patient(identifier=[{"system": "urn: oid:1", "value": "1"}]), "Patient.identifier[0].system"),
    ("uri with a line feed at the end", patient(implicitRules="http://example.org/\n"), "Patient.implicitRules"),
    ("code with blanks around", patient(language=" nb"), "Patient.language"),
    ("code with two blanks", patient(language="n  b"), "Patient.language"),
    ("empty string", patient(name=[{"family": ""}]), "Patient.name[0].family"),
    ("control character", patient(name=[{"family": "Nord\x00li"}]), "Patient.name[0].family"),
    ("backspace", patient(name=[{"family": "Nordli\b"}]), "Patient.name[0].family"),
    ("string too long", patient(name=[{"family": "a" * 1_048_577}]), "Patient.name[0].family"),
    ("number for string", patient(name=[{"family": 1}]), "Patient.name[0].family"),
    ("string for boolean", patient(active="true"), "Patient.active"),
    ("number for boolean", patient(active=1), "Patient.active"),
    ("boolean for integer", patient(multipleBirthInteger=True), "Patient.multipleBirthInteger"),
    ("decimal for integer", patient(multipleBirthInteger=1.0), "Patient.multipleBirthInteger"),
    ("integer too big", patient(multipleBirthInteger=2**31), "Patient.multipleBirthInteger"),
    ("positiveInt of nought", patient(telecom=[{"rank": 0}]), "Patient.telecom[0].rank"),
    ("string for decimal", observation(valueQuantity={"value": "7.4"}), "Observation.valueQuantity.value"),
    ("decimal out of range", observation(valueQuantity={"value": 0}).replace("0", "1e999"),
     "Observation.valueQuantity.value"),
    ("decimal of 309 digits", observation(valueQuantity={"value": 0}).replace("0", "1" * 309 + ".5"),
     "Observation.valueQuantity.value"),
    ("whole number of 1,024 bits", observation(valueQuantity={"value": 2**1023}), "Observation.valueQuantity.value"),
    ("decimal too small", observation(valueQuantity={"value": 0}).replace("0", "1e-99999"),
     "Observation.valueQuantity.value"),
    ("base64 with odd signs", patient(photo=[{"data": "AB*="}]), "Patient.photo[0].data"),
    ("base64 cut off", patient(photo=[{"data": "QUJ"}]), "Patient.photo[0].data"),
    ("oid that is none", '{"resourceType":"Basic","code":{"text":"x"},"extension":[{"url":"http://e.org","valueOid":'
     '"urn:oid:3.1"}]}', "Basic.extension[0].valueOid"),
    ("uuid that is none", extension(url=URL, valueUuid="urn:uuid:1"), "Patient.extension[0].valueUuid"),
    # codes
    ("unknown code", patient(gender="kvinne"), "Patient.gender"),
    ("unknown code inside", patient(name=[{"use": "offisiell"}]), "Patient.name[0].use"),
    ("no coding of the required set", json.dumps({
        "resourceType": "Condition", "subject": {"reference": "Patient/1"}, "clinicalStatus": {"text": "aktiv"},
    }), "Condition.clinicalStatus"),
    ("code of the wrong system", json.dumps({
        "resourceType": "Condition", "subject": {"reference": "Patient/1"},
        "clinicalStatus": {"coding": [{"system": "http://example.org", "code": "active"}]},
    }), "Condition.clinicalStatus"),
    # extensions
    ("extension without url", extension(valueString="x"), "Patient.extension[0].url"),
    ("extension without value", extension(url=URL), "Patient.extension[0]"),
    ("extension with value and extensions",
     extension(url=URL, valueString="x", extension=[{"url": URL, "valueString": "x"}]), "Patient.extension[0]"),
    ("extension with two values", extension(url=URL, valueString="x", valueCode="x"), "Patient.extension[0].value"),
    ("fault in an extension of a primitive", patient(_birthDate={"extension": [{"url": URL}]}),
     "Patient._birthDate.extension[0]"),
    # references
    ("reference without type", observation(subject={"reference": "1"}), "Observation.subject.reference"),
    ("reference to an odd id", observation(subject={"reference": "Patient/a b"}), "Observation.subject.reference"),
    ("reference to nothing contained", observation(subject={"reference": "#p"}), "Observation.subject.reference"),
    # contained
    ("contained without type", observation(contained=[{"id": "a"}]), "Observation.contained[0].resourceType"),
    ("contained of unknown type", observation(contained=[{"resourceType": "X"}]),
     "Observation.contained[0].resourceType"),
    ("fault in contained", observation(contained=[{"resourceType": "Patient", "gender": "x"}]),
     "Observation.contained[0].gender"),
    ("two values in contained", observation(contained=[{**json.loads(observation()), "valueString": "a", "valueInteger": 1}]),
     "Observation.contained[0].value"),
    ("required choice missing in contained", observation(contained=[{"resourceType": "DetectedIssue", "status": "final"}, {
        "resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"reference": "Patient/1"}}]),
     "Observation.contained[1].medication"),
    ("contained that is no object", observation(contained=[{"resourceType": "Patient", "id": "a"}, "x"]),
     "Observation.contained[1]"),
    ("second reference to nothing contained", observation(performer=[{"reference": "Patient/1"}, {"reference": "#p"}]),
     "Observation.performer[1].reference"),
    ("reference to a type that may not be", observation(subject={"reference": "#p"}, contained=[
        {"resourceType": "Medication", "id": "p"}]), "Observation.subject.reference"),
    ("contained in contained", observation(contained=[{"resourceType": "Patient", "contained": [
        {"resourceType": "Patient", "id": "b"}]}]), "Observation.contained[0].contained"),
    ("version of contained", observation(contained=[{"resourceType": "Patient", "meta": {"versionId": "1"}}]),
     "Observation.contained[0].meta.versionId"),
    ("security of contained", observation(contained=[
        {"resourceType": "Patient", "meta": {"security": [{"code": "R"}]}}]), "Observation.contained[0].meta.security"),
    ("fault in an entry", json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "active": "ja"}}]}), "Bundle.entry[0].resource.active"),
    ("fault in a parameter", json.dumps({"resourceType": "Parameters", "parameter": [
        {"name": "x", "resource": {"resourceType": "Patient", "active": "ja"}}]}),
     "Parameters.parameter[0].resource.active"),
    ("reference out of an entry", json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "contained": [{"resourceType": "Patient", "id": "a"}]}},
        {"resource": {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": "#a"}}}]}),
     "Bundle.entry[1].resource.subject.reference"),
    # narrative
    ("narrative without status", patient(text={"div": f"<div {XHTML}>x</div>"}), "Patient.text.status"),
    ("narrative that is not XML", patient(text={"status": "generated", "div": "<div"}), "Patient.text.div"),
    ("narrative without namespace", narrative("x", ""), "Patient.text.div"),
    ("narrative that is not a div", patient(text={"status": "generated", "div": f"<p {XHTML}>x</p>"}),
     "Patient.text.div"),
    ("narrative that says nothing", narrative(" <p> </p> "), "Patient.text.div"),
    ("narrative without anything", narrative(""), "Patient.text.div"),
    ("script", narrative("<script>alert(1)</script>"), "Patient.text.div"),
    ("event handler", narrative('<p onclick="alert(1)">x</p>'), "Patient.text.div"),
    ("link that runs script", narrative('<a href=" java\tscript:alert(1)">x</a>'), "Patient.text.div"),
    ("link with data", narrative('<a href="data:text/html,x">x</a>'), "Patient.text.div"),
    ("picture from the same scheme", narrative('<img src="//example.org/x.png" alt="x"/>'), "Patient.text.div"),
    ("style that loads", narrative('<p style="background: url(https://example.org)">x</p>'), "Patient.text.div"),
    ("style that loads in another way", narrative('<p style="background: image-set(&quot;//x.no&quot; 1x)">x</p>'),
     "Patient.text.div"),
    ("script that only a browser sees, in a comment", narrative("<!--> <script>alert(1)</script> -->x"),
     "Patient.text.div"),
    ("script that only a browser sees, in a section", narrative("<![CDATA[><script>alert(1)</script>]]>x"),
     "Patient.text.div"),
    ("form", narrative('<form action="/x"><input name="x"/></form>'), "Patient.text.div"),
    ("frame", narrative('<iframe src="/x"></iframe>'), "Patient.text.div"),
    ("SVG", narrative('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'), "Patient.text.div"),
    ("document type", patient(text={"status": "generated", "div":
     f'<!DOCTYPE div [<!ENTITY a "aaaa">]><div {XHTML}>&a;</div>'}), "Patient.text.div"),
    ("unknown entity", narrative("&boom;"), "Patient.text.div"),
]  # fmt: skip
