"""TestScripts (mock-health's for R4 and bulk data, testscript-engine's), carried out against the API.

Each test of a script is a case. Where a script only asks for a status, what must stand in the answer is asked too: see
CONTENT. Bodies in XML stay out, so a script that asks for XML gets JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx

from akson.fhir import bodies, checks
from akson.fhir.fhirpath import compile
from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.fhirapi.clients import ASTRID, about

EVERY = 3
Json = dict[str, Any]
Content = Callable[[Json], bool]
_RESPONSES = {"okay": 200, "created": 201, "noContent": 204, "bad": 400, "notFound": 404, "gone": 410}
_KNOWN = {"responseCode", "response", "contentType", "headerField", "resource", "responseBody", "expression", "path",
          "value", "validateProfileId", "compareToSourceId", "compareToSourceExpression", "compareToSourcePath",
          "sourceId", "requestURL", "navigationLinks", "direction", "operator", "label", "description", "warningOnly", "minimumId"}  # fmt: skip


def _hits(body: Json) -> list[Json]:
    return [e["resource"] for e in body.get("entry", []) if e.get("search", {}).get("mode") == "match"]


def _says(body: Json, *codes: str) -> bool:
    return body["resourceType"] == "OperationOutcome" and [issue["code"] for issue in body["issue"]] == list(codes)


def _declares(body: Json, url: str) -> bool:
    rest = body["rest"][0]
    given = [one for holder in (rest, *rest["resource"]) for one in holder.get("operation", [])]
    return any(one["definition"].endswith(url) for one in given)


def _is_smart(body: Json) -> bool:
    places = {body[f"{name}_endpoint"] for name in ("authorization", "token", "introspection", "revocation")}
    return len(places) == 4 and {"launch-standalone", "client-confidential-asymmetric"} <= set(body["capabilities"])


def _exported(body: Json) -> bool:
    """Tell of the manifest of an export whether each of its files lies below the server, and there are persons."""
    return "Patient" in {one["type"] for one in body["output"]} and body["requiresAccessToken"] and not body["error"]


# Our own questions about the content of the last answer, by script or by its test: also an answer of the right status
# can be the wrong one. Every script has one.
CONTENT: dict[str, Content] = {
    "history-type": lambda b: b["type"] == "history" and len(b["entry"]) == 1 and "request" in b["entry"][0],
    "summary-count": lambda b: b["total"] >= len(PEOPLE) and "entry" not in b,
    "total-accurate": lambda b: b["total"] >= 1,
    "patient-search-by-gender": lambda b: [one["gender"] for one in _hits(b)] == ["female"],
    "patient-search-by-birthdate": lambda b: all(one["birthDate"] >= "1900" for one in _hits(b)) and bool(_hits(b)),
    "patient-search-by-id": lambda b: not _hits(b),
    "string-modifier-contains": lambda b: "smith" in json.dumps(_hits(b)).lower(),
    "string-modifier-exact": lambda b: [one["name"][0]["family"] for one in _hits(b)] == ["Smith"],
    "observation-by-code": lambda b: b["total"] == 1 and "8480-6" in json.dumps(_hits(b)),
    "observation-combo-code": lambda b: b["total"] == 1 and "8480-6" in json.dumps(_hits(b)),
    "observation-search-basic": lambda b: [one["resourceType"] for one in _hits(b)] == ["Observation"],
    "composite-component-code-value": lambda b: [one["component"][0]["valueQuantity"]["value"] for one in _hits(b)] == [150],
    "include-forward-observation-patient": lambda b: "Patient" in {e["resource"]["resourceType"] for e in b["entry"]},
    "revinclude-wildcard-no-5xx": lambda b: "Observation" in {e["resource"]["resourceType"] for e in b["entry"]},
    "has-reverse-chaining": lambda b: [one["name"][0]["family"] for one in _hits(b)] == ["Smith"],
    "sort-descending-lastupdated": lambda b: len(_hits(b)) == 1,
    "token-not-modifier": lambda b: all(one.get("gender") != "male" for one in _hits(b)) and bool(_hits(b)),
    "silent-ignore": lambda b: _says(b, "not-supported") and "this-is-not-a-real-param" in b["issue"][0]["diagnostics"],
    "patient-read-by-id-shape": lambda b: _says(b, "not-found"),
    "expand-valueset": lambda b: _says(b, "not-found") and "us-core-condition-code" in b["issue"][0]["details"]["text"],
    "lookup-loinc": lambda b: _says(b, "not-found") and "http://loinc.org" in b["issue"][0]["details"]["text"],
    "capability-statement": lambda b: b["fhirVersion"] == "4.0.1" and len(b["rest"][0]["resource"]) > 140,
    "capability-statement-declares-smart": lambda b: b["rest"][0]["security"]["service"][0]["coding"][0]["code"]
    == "SMART-on-FHIR",
    "capability-declares-export": lambda b: all(_declares(b, f"/{name}export") for name in ("", "patient-", "group-")),
    **dict.fromkeys(("discovery-advertises-backend-services", "discovery-content-type-json", "discovery-endpoint-200",
                     "discovery-has-required-fields", "discovery-also-at-root", "discovery-has-patient-scope",
                     "discovery-supports-pkce-s256"), _is_smart),
    **dict.fromkeys(("ndjson-output-format-accepted", "system-export-discoverable", "patient-export-content-location",
                     "patient-export-returns-202", "bulk-data-export"), _exported),
    "group-export-discoverable": lambda b: _says(b, "required") and "Group/[id]" in b["issue"][0]["diagnostics"],
    "general_testscript": lambda b: b["name"][0]["family"] == "Chalmers",
    "history_testscript": lambda b: len(b["entry"]) >= 2 and b["type"] == "history",
    "update_testscript": lambda b: int(b["meta"]["versionId"]) > 1,
    "read_testscript/R001": lambda b: b["id"] == "example",
    "read_testscript": lambda b: _says(b, "not-found"),
    "search_testscript/01-PatientCreateSearch": lambda b: b["meta"]["versionId"] == "1" and bool(b["name"]),
    "search_testscript/02-PatientSearchDynamic": lambda b: [one["name"][0]["family"] for one in _hits(b)] == ["Smith"],
}  # fmt: skip
# What an operator of the scripts is to fill in.
_GIVEN = {"PatientSearchFamilyName": "Smith", "PatientSearchGivenName": "Astrid", "PatientSearchBundleTotal": "1"}
PEOPLE = [("Smith", "female", "1941-03-14"), ("Hansen", "male", "1990-01-01")]


@dataclass
class Script:
    """One script while it runs. kept: fixtures and answers by id; last: the latest answer."""

    file: Path
    data: Json
    kept: dict[str, tuple[Json, Any]] = field(default_factory=dict)
    last: httpx.Response | None = None


def cases(shared: Path) -> Iterator[Case]:
    """Yield each test of each script."""
    mock = shared / "fhir" / "mock-health" / "conformance" / "testscripts"
    engine = shared / "fhir" / "testscript-engine" / "TestScripts"
    for file in sorted([*mock.rglob("*.json"), *engine.glob("*_testscript.json")]):
        data = json.loads(file.read_text("utf-8"))
        where = file.relative_to(mock).with_suffix("") if mock in file.parents else Path(file.stem)
        for test in data["test"]:
            yield Case(f"{where}/{test['id']}", partial(_run, file, data, test))


def _run(file: Path, data: Json, test: Json) -> str | None:
    script = Script(file, data)
    for fixture in data.get("fixture", []):
        found = json.loads((file.parent / fixture["resource"]["reference"]).read_text("utf-8"))
        script.kept[fixture["id"]] = (found, None)
    return running("testscripts").run(_carry_out(_client(), script, test))


async def _carry_out(client: httpx.AsyncClient, script: Script, test: Json) -> str | None:
    for action in (*script.data.get("setup", {}).get("action", []), *test["action"]):
        if "operation" in action:
            await _operate(client, script, action["operation"])
        elif (wrong := _wrong(script, action["assert"])) and not action["assert"].get("warningOnly"):
            return wrong
    asked = CONTENT.get(f"{script.file.stem}/{test['id']}") or CONTENT[script.file.stem]
    assert script.last is not None
    answer = await _awaited(client, script.last)
    return None if asked(answer.json()) else f"the answer says something else: {answer.text[:150]}"


async def _awaited(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    """Return what comes of an answer that only says where the work can be followed."""
    where = answer.headers.get("content-location", "")
    while answer.status_code == 202:
        answer = await client.get(where)
    return answer


@cache
def _client() -> httpx.AsyncClient:
    """Return a client of the whole server, on which there are some people to be found."""
    client = running("testscripts").served()
    running("testscripts").run(_fill(client))
    return client


async def _fill(client: httpx.AsyncClient) -> None:
    for family, gender, born in PEOPLE:
        named = {"name": [{"family": family, "given": ["Astrid"]}], "gender": gender, "birthDate": born}
        made = await client.post("Patient", json=ASTRID | named)
        assert made.status_code == 201, made.text
        if family == "Smith":
            systolic = about(f"Patient/{made.json()['id']}", "150")
            systolic["code"]["coding"][0]["code"] = "8480-6"
            systolic["component"] = [{"code": systolic["code"], "valueQuantity": systolic.pop("valueQuantity")}]
            made = await client.post("Observation", json=systolic)
            assert made.status_code == 201, made.text
    assert (await client.put("Patient/example", json=ASTRID | {"id": "example"})).status_code == 201


async def _operate(client: httpx.AsyncClient, script: Script, asked: Json) -> None:
    code = asked["type"]["code"]
    method = {"create": "POST", "update": "PUT", "delete": "DELETE"}.get(code, "GET")
    params = _filled(script, asked.get("params", ""))
    if "targetId" in asked:
        params = f"/{script.kept[asked['targetId']][0]['id']}" + params
    suffix = "/_history" if code == "history" else ""
    path, mark, query = params.partition("?")
    url = (
        "metadata" if code == "capabilities" else f"{asked.get('resource', '')}{path}{suffix}{mark}{query}".lstrip("/")
    )
    headers = {one["field"]: one["value"] for one in asked.get("requestHeader", [])}
    content = bodies.dumps(script.kept[asked["sourceId"]][0]) if "sourceId" in asked else None
    root = str(client.base_url.copy_with(path="/")) if asked.get("pathFromRoot") else ""
    where = root + (_filled(script, asked.get("url", "")) or url)
    answer = await client.request(method, where, headers=headers, content=content)
    script.last = answer
    if "responseId" in asked:
        script.kept[asked["responseId"]] = (answer.json() if answer.content else {}, answer)


def _filled(script: Script, text: str) -> str:
    for variable in script.data.get("variable", []):
        text = (
            text.replace(f"${{{variable['name']}}}", _variable(script, variable)) if variable["name"] in text else text
        )
    return text


def _variable(script: Script, variable: Json) -> str:
    if "sourceId" in variable and "headerField" in variable:
        return str(script.kept[variable["sourceId"]][1].headers[variable["headerField"]])
    if "sourceId" in variable:
        return str(_at(script.kept[variable["sourceId"]][0], variable["path"])[0])
    return str(variable.get("defaultValue", _GIVEN.get(variable["name"], "")))


def _at(resource: Json, path: str) -> list[Any]:
    """Return what a simple XPath of FHIR's XML names in JSON: `fhir:Patient/fhir:name/fhir:family/@value`."""
    names = path.replace("fhir:", "").replace("/@value", "").split("/")
    found: list[Any] = [resource] if names[0] == resource.get("resourceType") else []
    for name in names[1:]:
        inner = [one.get(name) for one in found if isinstance(one, dict)]
        found = [each for one in inner if one is not None for each in (one if isinstance(one, list) else [one])]
    return found


def _wrong(script: Script, asked: Json) -> str | None:
    """Return what an assertion finds wrong with the latest answer."""
    unknown = asked.keys() - _KNOWN
    if unknown:
        return f"assertions about {', '.join(sorted(unknown))} are not carried out"
    answer = script.last
    assert answer is not None
    body: Json = answer.json() if answer.content else {}
    source = script.kept[asked["sourceId"]][0] if "sourceId" in asked else body
    told = {
        "responseCode": lambda v: (str(answer.status_code) in v.split(",")) is not asked.get("operator", "").startswith("not"),
        "requestURL": lambda v: v in str(answer.request.url),
        "navigationLinks": lambda _: "self" in {link["relation"] for link in body.get("link", [])},
        "response": lambda v: answer.status_code == _RESPONSES[v],
        "contentType": lambda v: v.replace("xml", "json") in answer.headers.get("content-type", ""),
        "headerField": lambda v: bool(answer.headers.get(v)),
        "resource": lambda v: body.get("resourceType") == v,
        "responseBody": lambda v: re.search(v, answer.text) is not None,
        "validateProfileId": lambda _: checks.check(answer.content) is not None,
        "expression": lambda v: _texts(compile(v)(source)) == _wanted(script, asked),
        "path": lambda v: _texts(_at(source, v))[:1] == _wanted(script, asked)[:1],
    }  # fmt: skip
    failed = [name for name, holds in told.items() if name in asked and not holds(asked[name])]
    return f"{failed[0]} {asked[failed[0]]}: got {answer.status_code} {answer.text[:150]}" if failed else None


def _wanted(script: Script, asked: Json) -> list[str]:
    if "compareToSourceId" not in asked:
        return [asked["value"]]
    other = script.kept[asked["compareToSourceId"]][0]
    if "compareToSourceExpression" in asked:
        return _texts(compile(asked["compareToSourceExpression"])(other))
    return _texts(_at(other, asked["compareToSourcePath"]))


def _texts(found: list[Any]) -> list[str]:
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in found]
