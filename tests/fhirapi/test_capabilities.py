"""capabilities, hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx

from akson.base.errors import Refused
from akson.fhir import checks, search, types
from akson.record.search.asking import Asking
from tests.fhirapi.clients import Api, refused

NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def test_the_statement_is_valid_and_open_to_all(api: Api) -> None:
    answer = await api.as_(None).get("metadata")
    told = checks.check(answer.content, expected="CapabilityStatement")
    assert told.data["fhirVersion"] == "4.0.1"
    assert [resource["type"] for resource in told.data["rest"][0]["resource"]] == list(types.TYPES)


async def test_what_is_answered_about_codes_is_told_apart(api: Api) -> None:
    told = checks.check(
        (await api.as_(None).get("metadata?mode=terminology")).content, expected="TerminologyCapabilities"
    )
    assert {"filter", "count", "displayLanguage"} <= {one["name"] for one in told.data["expansion"]["parameter"]}
    assert refused(await api.as_(None).get("metadata?mode=anything"))[0] == 400


VALUES = {"token": "a", "reference": "Patient/a", "string": "a", "date": "2026", "number": "1", "quantity": "1",
          "uri": "urn:a", "composite": "x$y"}  # fmt: skip
OTHERS = {
    "_count": "1",
    "_sort": "_id",
    "_total": "none",
    "_include": "*",
    "_revinclude": "*",
    "_has": "",
    "_list": "a",
}
SHAPES = {"_summary", "_elements"}  # shaping.py takes these before the search


def understood(type_: str, name: str, kind: str) -> bool:
    """Tell whether a search of the type takes the parameter, whatever the value."""
    asked = ("_has:Provenance:target:_id", "x") if name == "_has" else (name, OTHERS.get(name) or VALUES.get(kind, "x"))
    try:
        Asking(type_, search.parameters, NOW).take([asked])
    except Refused as refused:
        return refused.code == "AK-S002"  # the value is wrong
    return True


async def test_of_each_type_each_parameter_named_is_understood_and_each_understood_is_named(api: Api) -> None:
    told = (await api.as_(None).get("metadata")).json()["rest"][0]
    everything = {(p.name, p.kind) for name in types.TYPES for p in search.parameters(name).values()}
    everything |= {("_id", "token"), ("_lastUpdated", "date"), ("_text", "string"), ("_content", "string")}
    everything |= {(name, "") for name in OTHERS}
    for resource in told["resource"]:
        type_, named = resource["type"], {(one["name"], one["type"]) for one in resource["searchParam"]}
        assert [one for one in named if one[0] not in SHAPES and not understood(type_, *one)] == [], type_
        known = {name for name, kind in everything if understood(type_, name, kind)}
        assert known | SHAPES == {name for name, _ in named}, type_


async def test_what_may_come_along_is_told_both_ways(api: Api) -> None:
    told = (await api.as_(None).get("metadata")).json()["rest"][0]["resource"]
    asked = 0
    for resource in told:
        for name, values in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
            for value in resource.get(values, ()):
                Asking(resource["type"], search.parameters, NOW).take([(name, value)])
                asked += 1
    assert asked > 3000
    patient = next(one for one in told if one["type"] == "Patient")
    assert {"*", "Observation:subject", "Observation:patient"} <= set(patient["searchRevInclude"])


async def test_each_search_of_the_whole_server_it_names_is_answered(api: Api, vendor: httpx.AsyncClient) -> None:
    told = (await vendor.get("metadata")).json()["rest"][0]
    assert {"search-system", "history-system"} <= {one["code"] for one in told["interaction"]}
    values = {"_has": None, "_type": "Patient", "_elements": "id", "_summary": "true"} | OTHERS
    for one in told["searchParam"]:
        value = values.get(one["name"], VALUES.get(one["type"]))
        if value is not None and one["name"] != "_has":
            answer = await vendor.get(
                f"?_type=Patient,Basic&{one['name']}={value}" if one["name"] != "_type" else "?_type=Patient"
            )
            assert answer.status_code == 200, (one, answer.text)


async def test_every_parameter_it_names_is_understood(vendor: httpx.AsyncClient) -> None:
    told = (await vendor.get("metadata")).json()["rest"][0]["resource"]
    own = OTHERS | {"_summary": "true", "_elements": "id"}
    asked = []
    for resource in [one for one in told if one["type"] in ("Patient", "Observation", "Task", "RiskAssessment")]:
        for parameter in resource["searchParam"]:
            name = parameter["name"]
            if name == "_include":
                asked += [f"{resource['type']}?_include={one}" for one in resource["searchInclude"]]
            elif name != "_has" and parameter["type"] != "composite":
                asked.append(f"{resource['type']}?{name}={own.get(name) or _value(parameter)}")
    assert len(asked) > 100
    wrong = [question for question in asked if (await vendor.get(question)).status_code != 200]
    assert wrong == []


def _value(parameter: dict[str, str]) -> str:
    return "a-1" if parameter["type"] == "reference" else VALUES[parameter["type"]]


async def test_it_is_read_only_and_json_only(api: Api, vendor: httpx.AsyncClient) -> None:
    assert refused(await vendor.post("metadata", json={}))[0] == 405
    assert refused(await vendor.get("metadata?_format=xml"))[0] == 406
    pretty = await vendor.get("metadata?_pretty=true")
    assert b'\n  "resourceType": "CapabilityStatement"' in pretty.content
    assert json.loads(pretty.content) == (await vendor.get("metadata?_format=json")).json()
