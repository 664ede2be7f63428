"""capabilities, hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

import json

import httpx

from akson.fhir import checks, types
from tests.fhirapi.clients import Api, refused


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


async def test_every_parameter_it_names_is_understood(vendor: httpx.AsyncClient) -> None:
    told = (await vendor.get("metadata")).json()["rest"][0]["resource"]
    values = {
        "token": "a",
        "reference": "",
        "string": "a",
        "date": "2026",
        "number": "1",
        "quantity": "1",
        "uri": "urn:a",
    }
    own = {"_count": "1", "_sort": "_id", "_total": "none"}
    asked = []
    for resource in [one for one in told if one["type"] in ("Patient", "Observation", "Task", "RiskAssessment")]:
        for parameter in resource["searchParam"]:
            name = parameter["name"]
            if name in ("_include", "_revinclude"):
                asked += [f"{resource['type']}?_include={one}" for one in resource["searchInclude"]]
            else:
                value = own.get(name) or values[parameter["type"]] or "a-1"
                asked.append(f"{resource['type']}?{name}={value}")
    assert len(asked) > 100
    wrong = [question for question in asked if (await vendor.get(question)).status_code != 200]
    assert wrong == []


async def test_it_is_read_only_and_json_only(api: Api, vendor: httpx.AsyncClient) -> None:
    assert refused(await vendor.post("metadata", json={}))[0] == 405
    assert refused(await vendor.get("metadata?_format=xml"))[0] == 406
    pretty = await vendor.get("metadata?_pretty=true")
    assert b'\n  "resourceType": "CapabilityStatement"' in pretty.content
    assert json.loads(pretty.content) == (await vendor.get("metadata?_format=json")).json()
