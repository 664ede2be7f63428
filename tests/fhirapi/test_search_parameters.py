"""What each kind of search parameter, prefix and modifier finds. Source: hl7.org/fhir/R4/search.html"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from tests.fhirapi.clients import Api, refused
from tests.offices import VENDOR, let_pass

UCUM, LOINC = "http://unitsofmeasure.org", "http://loinc.org"
QUESTIONS = "http://fjordvik.example/skjema/vekt"


def observation(id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": id_, "status": "final", "subject": {"reference": "Patient/kari"},
            "code": {"coding": [{"system": LOINC, "code": "29463-7", "display": "Body weight"}]}} | more  # fmt: skip


def kilos(value: float | int, code: str = "kg", **more: Any) -> dict[str, Any]:
    return {"valueQuantity": {"value": value, "unit": code, "system": UCUM, "code": code, **more}}


def pressure(over: int, under: int) -> list[dict[str, Any]]:
    return [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, **kilos(value, "mm[Hg]")}
        for code, value in (("8480-6", over), ("8462-4", under))
    ]


def identifier(value: str, kind: str) -> dict[str, Any]:
    of = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": kind}], "text": "Nummer"}
    return {"system": "http://fjordvik.example/nr", "value": value, "type": of}


WORLD: list[dict[str, Any]] = [
    {"resourceType": "Organization", "id": "nord", "name": "Sone nord", "partOf": {"reference": "Organization/fjordvik"}},
    {"resourceType": "Organization", "id": "fjordvik", "name": "Fjordvik kommune"},
    {"resourceType": "Practitioner", "id": "jonas", "name": [{"family": "Eikeland", "given": ["Jonas"]}]},
    {"resourceType": "Patient", "id": "kari", "active": True, "gender": "female", "birthDate": "1941-03-14",
     "name": [{"family": "Ødegård", "given": ["Kari", "Élise"], "text": "Kari Élise Ødegård"}],
     "identifier": [identifier("12345", "MR")], "generalPractitioner": [{"reference": "Practitioner/jonas"}],
     "managingOrganization": {"reference": "Organization/nord"}, "address": [{"city": "Tromsø", "line": ["Storgata 1"]}],
     "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Bor <b>alene</b> i huset</div>'}},
    {"resourceType": "Patient", "id": "ola", "active": False, "birthDate": "1950", "name": [{"family": "Odegaard"}],
     "deceasedDateTime": "2026-01-02", "identifier": [identifier("12345", "PI")],
     "generalPractitioner": [{"reference": "Organization/nord"}]},
    observation("w1", effectiveDateTime="2026-03-01T10:00:00+01:00", **kilos(82.5),
                performer=[{"reference": "Practitioner/jonas"}], encounter={"reference": "Encounter/e1"}),
    observation("w2", effectiveDateTime="2026-03", **kilos(82500, "g"), subject={"reference": "Patient/ola"},
                code={"coding": [{"system": LOINC, "code": "3141-9"}], "text": "Vekt, målt"}),
    observation("w3", effectivePeriod={"start": "2026-03-01", "end": "2026-04-01"}, **kilos(90, comparator=">"),
                status="amended", performer=[{"identifier": {"system": "urn:oid:1.2.3", "value": "77"}}]),
    observation("bt", effectiveDateTime="2026-05-05", component=pressure(120, 80),
                code={"coding": [{"system": LOINC, "code": "85354-9"}]}),
    observation("bt2", component=pressure(180, 120), code={"coding": [{"system": LOINC, "code": "85354-9"}]}),
    observation("n", valueString="Ikke utført", code={"text": "Uten kode"}),
    {"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "HH"},
     "subject": {"reference": "Patient/kari"}, "period": {"start": "2026-03-01T09:00:00+01:00"}},
    {"resourceType": "Questionnaire", "id": "q", "status": "active", "url": QUESTIONS, "version": "2"},
    {"resourceType": "QuestionnaireResponse", "id": "qr", "status": "completed", "questionnaire": f"{QUESTIONS}|2",
     "subject": {"reference": "Patient/kari"}},
    {"resourceType": "RiskAssessment", "id": "r", "status": "final", "subject": {"reference": "Patient/kari"},
     "prediction": [{"probabilityDecimal": 0.25}]},
    {"resourceType": "DocumentReference", "id": "d1", "status": "current", "content": [{"attachment": {"contentType": "text/plain"}}],
     "subject": {"reference": "Patient/kari"}, "description": "Sykepleienotater om sårstell", "relatesTo": [
         {"code": "replaces", "target": {"reference": "DocumentReference/d0"}},
         {"code": "appends", "target": {"reference": "DocumentReference/d9"}}]},
    {"resourceType": "Encounter", "id": "e2", "status": "planned", "class": {"code": "AMB"}, "participant": [
        {"individual": {"type": "Practitioner", "identifier": {"system": "urn:oid:1.2.3", "value": "77"}}},
        {"individual": {"reference": "RelatedPerson/datter", "identifier": {"system": "urn:oid:1.2.3", "value": "88"}}}]},
    {"resourceType": "Group", "id": "g", "type": "person", "actual": False, "characteristic": [
        {"code": {"text": "røyker"}, "valueQuantity": {"value": 20}, "exclude": False},
        {"code": {"coding": [{"code": "bor-alene"}]}, "valueBoolean": True, "exclude": False}]},
    {"resourceType": "Group", "id": "g2", "type": "person", "actual": False, "characteristic": [
        {"code": {"text": "røyker"}, "valueQuantity": {"value": 20}, "exclude": False}]},
    {"resourceType": "MolecularSequence", "id": "s", "coordinateSystem": 0, "variant": [{"start": 2}, {"start": 0, "end": 0}],
     "referenceSeq": {"windowStart": 0, "windowEnd": 9, "genomeBuild": "GRCh37",
                      "chromosome": {"coding": [{"code": "X"}]}}},
    {"resourceType": "List", "id": "l", "status": "current", "mode": "working",
     "entry": [{"item": {"reference": "Observation/w1"}}, {"item": {"reference": "Observation/w3"}}]},
]  # fmt: skip

FOUND = [
    # strings
    ("Patient?family=ødeg", "kari"), ("Patient?name=elise", "kari"), ("Patient?family:exact=Ødegård", "kari"),
    ("Patient?family:exact=ødegård", ""), ("Patient?family:contains=DEGÅ", "kari"), ("Patient?name:text=eli kari", "kari"),
    ("Patient?family:missing=false", "kari ola"), ("Patient?given:missing=true", "ola"), ("Patient?address=trom", "kari"),
    ("Patient?family=x,ode", "ola"), (r"Patient?family=ode\,gaard", ""),
    ("Patient?family:contains=aa", "ola"), ("Patient?family:contains=DEGÅ,aard", "kari ola"),
    ("Patient?family:contains=deg%25rd", ""), ("Patient?family:contains=deg_rd", ""), ("Patient?family:contains=%25", ""),
    ("Patient?organization.name:contains=nord", "kari"),
    # tokens
    ("Patient?gender=female", "kari"), ("Patient?gender=http://hl7.org/fhir/administrative-gender|female", "kari"),
    ("Patient?gender=|female", "kari"), ("Patient?gender:missing=true", "ola"), ("Patient?gender:not=female", "ola"),
    ("Patient?active=true", "kari"), ("Patient?deceased=true", "ola"), ("Patient?identifier=12345", "kari ola"),
    ("Patient?identifier=http://fjordvik.example/nr|", "kari ola"), ("Patient?identifier=|12345", ""),
    ("Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|12345", "kari"),
    ("Observation?code=29463-7", "w1 w3"), (f"Observation?code={LOINC}|29463-7,{LOINC}|3141-9", "w1 w2 w3"),
    (f"Observation?code={LOINC}|", "w1 w2 w3 bt bt2"), ("Observation?code:text=body", "w1 w3"),
    ("Observation?code:text=VEKT", "w2"), ("Observation?code:text=weight", ""), ("Observation?code:text=uten,body", "w1 w3 n"),
    ("Observation?code:text=body&status=final", "w1"), ("Patient?identifier:text=numm", "kari ola"),
    ("Observation?code:text=vekt&patient.identifier:text=numm", "w2"), ("Patient?_has:Observation:patient:code:text=vekt", "ola"),
    ("Observation?code:not=29463-7", "w2 bt bt2 n"),
    ("Observation?code:missing=true", ""), ("Observation?status=final,amended&code=29463-7", "w1 w3"),
    ("Observation?combo-code=8480-6", "bt bt2"), ("Observation?component-code=8480-6", "bt bt2"),
    ("Observation?code=8480-6", ""), ("Observation?value-string=ikke", "n"),
    # dates
    ("Observation?date=2026-03-01", "w1"), ("Observation?date=2026-03", "w1 w2"), ("Observation?date=2026", "w1 w2 w3 bt"),
    ("Observation?date=ne2026-03", "w3 bt"), ("Observation?date=gt2026-03", "w3 bt"), ("Observation?date=ge2026-03", "w1 w2 w3 bt"),
    ("Observation?date=lt2026-03-01", ""), ("Observation?date=le2026-03-01", "w1"), ("Observation?date=sa2026-03-31", "bt"),
    ("Observation?date=eb2026-04-02", "w1 w2 w3"), ("Observation?date=2026-03-01T09:00Z", "w1"),
    ("Observation?date=2026-03-01T10:00", "w1"), ("Observation?date=ge2026-03-01T10:00:00%2B01:00&date=lt2026-03-02", "w1 w2 w3"),
    ("Observation?date:missing=true", "bt2 n"), ("Patient?birthdate=1950", "ola"), ("Patient?birthdate=lt1945", "kari"),
    # quantities and numbers
    ("Observation?value-quantity=82.5", "w1"), (f"Observation?value-quantity=82.5|{UCUM}|kg", "w1 w2"),
    (f"Observation?value-quantity=82500|{UCUM}|g", "w1 w2"), (f"Observation?value-quantity=83|{UCUM}|kg", "w1 w2"),
    (f"Observation?value-quantity=gt85|{UCUM}|kg", "w3"), (f"Observation?value-quantity=le82.5|{UCUM}|kg", "w1 w2"),
    ("Observation?value-quantity=82.5||kg", "w1"), (f"Observation?value-quantity=ap80|{UCUM}|kg", "w1 w2"),
    (f"Observation?value-quantity=82.50|{UCUM}|m", ""), ("Observation?combo-value-quantity=ge180", "w2 w3 bt2"),
    ("RiskAssessment?probability=0.25", "r"), ("RiskAssessment?probability=gt0.25", ""), ("RiskAssessment?probability=ge0.25", "r"),
    # references
    ("Observation?subject=Patient/kari", "w1 w3 bt bt2 n"), ("Observation?patient=ola", "w2"),
    ("Observation?subject:Patient=ola", "w2"), ("Observation?performer:identifier=urn:oid:1.2.3|77", "w3"),
    ("Observation?performer:missing=true", "w2 bt bt2 n"), (f"QuestionnaireResponse?questionnaire={QUESTIONS}", "qr"),
    (f"QuestionnaireResponse?questionnaire={QUESTIONS}|2", "qr"), (f"QuestionnaireResponse?questionnaire={QUESTIONS}|3", ""),
    ("QuestionnaireResponse?questionnaire:below=http://fjordvik.example/skjema", "qr"),
    # uris
    (f"Questionnaire?url={QUESTIONS}", "q"), ("Questionnaire?url:below=http://fjordvik.example/skjema", "q"),
    ("Questionnaire?url:below=http://fjordvik.example/skj", ""), (f"Questionnaire?url:above={QUESTIONS}/side/1", "q"),
    # composites
    (f"Observation?code-value-quantity={LOINC}|29463-7$82.5", "w1"), ("Observation?code-value-quantity=3141-9$lt83", ""),
    (f"Observation?code-value-quantity=3141-9$lt83|{UCUM}|kg", "w2"),
    ("Observation?component-code-value-quantity=8480-6$gt150", "bt2"), ("Observation?component-code-value-quantity=8480-6$lt100", ""),
    ("Observation?combo-code-value-quantity=8462-4$120,29463-7$82.5", "w1 bt2"),
    ("DocumentReference?relationship=replaces$DocumentReference/d0", "d1"),
    ("DocumentReference?relationship=appends$DocumentReference/d0", ""),
    ("MolecularSequence?chromosome-variant-coordinate=|X$lt2.5$lt1.0", "s"),
    ("MolecularSequence?chromosome-variant-coordinate=|X$2$0", ""), ("Group?characteristic-value=bor-alene$true", "g"),
    ("Group?characteristic-value:missing=true", "g2"), ("DocumentReference?relationship:missing=false", "d1"),
    ("Observation?component-code-value-quantity:missing=false", "bt bt2"),
    # what is narrowed to one type of what is pointed to
    ("Encounter?practitioner:identifier=urn:oid:1.2.3|77", "e2"), ("Encounter?participant:identifier=88", "e2"),
    ("Encounter?practitioner:identifier=urn:oid:1.2.3|88", ""), ("Encounter?practitioner:missing=false", "e2"),
    ("Encounter?practitioner:missing=true", "e1"),
    # chains
    ("Observation?subject.family=odeg", "w2"), ("Observation?subject:Patient.name=kari", "w1 w3 bt bt2 n"),
    ("Observation?patient.general-practitioner.name=sone", "w2"), ("Observation?patient.organization.partof.name=fjordvik", "w1 w3 bt bt2 n"),
    ("Observation?encounter.class=HH", "w1"), ("Patient?organization.name:contains=nord", "kari"),
    ("Patient?_has:Observation:patient:code=3141-9", "ola"), ("Patient?_has:Observation:patient:encounter.status=finished", "kari"),
    ("Practitioner?_has:Patient:general-practitioner:_has:Observation:patient:code=29463-7", "jonas"),
    ("Patient?_has:Observation:patient:_id=w2", "ola"), ("Encounter?subject._has:Observation:patient:date=2026-05-05", "e1"),
    # of every resource
    ("Patient?_id=ola,x", "ola"), ("Observation?_list=l", "w1 w3"), ("DocumentReference?_content=sykepleienotat", "d1"),
    ("Patient?_text=hus", "kari"), ("Patient?_text=tromsø", ""), ("Patient?_content=tromsø", "kari"),
]  # fmt: skip


async def filled(api: Api) -> httpx.AsyncClient:
    vendor = api.as_(VENDOR)
    for one in WORLD:
        made = await vendor.put(f"{one['resourceType']}/{one['id']}", json=one)
        assert made.status_code == 201, made.text
        let_pass(api.office, timedelta(seconds=1))
    return vendor


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["id"] for entry in answer.json().get("entry", [])]


def address(query: str) -> str:
    path, _, rest = query.partition("?")
    return f"{path}?{quote(rest, safe='=&:|,$%')}"


async def test_each_question_finds_what_the_standard_says(api: Api) -> None:
    vendor = await filled(api)
    wrong = []
    for query, wanted in FOUND:
        found = await vendor.get(address(query))
        if found.status_code != 200 or sorted(ids(found)) != sorted(wanted.split()):
            wrong.append((query, wanted, found.text[:300] if found.status_code != 200 else ids(found)))
            continue
        total = (await vendor.get(address(query) + "&_total=accurate&_count=0")).json()["total"]
        if total != len(wanted.split()):
            wrong.append((query, "total", total))
    assert not wrong, "\n".join(map(str, wrong))


async def test_a_compartment_holds_what_belongs_to_somebody(api: Api) -> None:
    vendor = await filled(api)
    assert sorted(ids(await vendor.get("Patient/kari/Observation?code=29463-7"))) == ["w1", "w3"]
    assert sorted(ids(await vendor.get("Practitioner/jonas/Observation"))) == ["w1"]
    everything = ids(await vendor.get("Patient/kari/*?_count=100"))
    assert sorted(everything) == sorted("w1 w3 bt bt2 n e1 qr r d1 kari".split())
    asked = await vendor.get("Patient/kari/*?_count=4&_total=accurate")
    assert (asked.json()["total"], await through(vendor, asked)) == (len(everything), everything)
    assert refused(await vendor.get("Patient/kari/Organization"))[0] == 404
    assert refused(await vendor.get("Patient/kari/*?_type=Organization"))[0] == 400


async def test_the_whole_server_is_searched_for_some_types_or_all(api: Api) -> None:
    vendor = await filled(api)
    assert sorted(ids(await vendor.get("?_type=Organization,Practitioner"))) == ["fjordvik", "jonas", "nord"]
    assert ids(await vendor.get("?_id=w1")) == ["w1"]
    asked = await vendor.get("?_type=Patient,Observation&_sort=_id&_count=3&_total=accurate")
    assert asked.json()["total"] == 8
    assert await through(vendor, asked) == "bt bt2 kari n ola w1 w2 w3".split()
    newest = await through(vendor, await vendor.get("?_type=Patient,Observation,List&_sort=-_lastUpdated&_count=2"))
    assert newest == [one["id"] for one in reversed(WORLD) if one["resourceType"] in ("Patient", "Observation", "List")]
    for query in (
        "?_type=Nonsense",
        "?_type=Patient,Observation&family=x",
        "?_type=Patient,Observation&_sort=date",
        "?family=x",
    ):
        assert refused(await vendor.get(query))[0] == 400, query


async def test_what_has_no_value_stands_last_whatever_the_order(api: Api) -> None:
    vendor = await filled(api)
    for sort, wanted in (
        ("date", "w2 w3 w1 bt"), ("-date", "bt w3 w2 w1"), ("value-quantity", "w1 w2 w3"), ("-value-quantity", "w3 w1 w2"),
        ("performer", "w1"), ("-value-string", "n"), ("status,-date", "bt w2 w1"),
    ):  # fmt: skip
        rest = "&status=final" if "," in sort else ""
        asked = await vendor.get(f"Observation?_sort={sort},_id&_count=2{rest}")
        found = await through(vendor, asked)
        assert found[: len(wanted.split())] == wanted.split(), (sort, found)
        assert len(found) == (6 if not rest else 5), sort
    assert await through(vendor, await vendor.get("Patient?_sort=family")) == ["ola", "kari"]


async def through(vendor: httpx.AsyncClient, answer: httpx.Response) -> list[str]:
    """Return the ids of a page and of all that follow it."""
    found = ids(answer)
    while following := [one["url"] for one in answer.json()["link"] if one["relation"] == "next"]:
        answer = await vendor.get(following[0])
        found += ids(answer)
    return found


async def test_what_comes_along_comes_along_once_and_in_rounds_where_asked(api: Api) -> None:
    vendor = await filled(api)
    for query, wanted in (
        ("Observation?_id=w1&_include=Observation:performer", "jonas"),
        ("Observation?_id=w1&_include=Observation:subject:Patient", "kari"),
        ("Observation?_id=w1&_include=Observation:*", "jonas kari e1"),
        ("Observation?_id=w1&_include=*", "jonas kari e1"),
        ("Observation?_id=w1&_include=Observation:patient&_include:iterate=Patient:organization", "kari nord"),
        ("Observation?_id=w1&_include=Observation:patient&_include=Patient:organization", "kari"),
        ("Observation?_id=w1&_include=Observation:patient&_include:iterate=Patient:organization"
         "&_include:iterate=Organization:partof", "kari nord fjordvik"),
        ("Patient?_id=kari&_revinclude=Observation:subject", "w1 w3 bt bt2 n"),
        ("Patient?_id=kari&_revinclude=*", "w1 w3 bt bt2 n e1 qr r d1"),
        ("Encounter?_id=e1&_revinclude=Observation:encounter&_revinclude:iterate=List:item", "w1 l"),
    ):  # fmt: skip
        found = (await vendor.get(query)).json()["entry"]
        along = sorted(one["resource"]["id"] for one in found if one["search"]["mode"] == "include")
        assert along == sorted(wanted.split()), query
