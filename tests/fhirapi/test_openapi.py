"""The OpenAPI document is valid, and says what is there and nothing else."""

from __future__ import annotations

import re
from typing import Any

import httpx
from openapi_spec_validator import OpenAPIV31SpecValidator

from akson.fhir import types
from tests.fhirapi.clients import Api, refused

_METHODS = ("get", "post", "put", "patch", "delete")


async def document(api: Api) -> dict[str, Any]:
    answer = await api.as_(None).get("openapi.json")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    told: dict[str, Any] = answer.json()
    return told


async def test_it_is_openapi_3_1(api: Api) -> None:
    told = await document(api)
    kept = {
        path: told["paths"][path] for path in told["paths"] if re.match(r"/(\$|_|metadata|Patient|ValueSet|$)", path)
    }
    OpenAPIV31SpecValidator(told | {"paths": kept}).validate()
    assert len(kept) > 30
    names = set(re.findall(r'"#/components/parameters/([^"]+)"', str(told).replace("'", '"')))
    assert names <= told["components"]["parameters"].keys()


async def test_each_address_answers_to_the_methods_it_names_and_to_no_others(
    api: Api, vendor: httpx.AsyncClient
) -> None:
    told = await document(api)
    wrong = []
    for path, place in told["paths"].items():
        if re.match(r"/[A-Z]", path) and not re.match(r"/(Patient|Group|ValueSet|SearchParameter)(/|$)", path):
            continue  # as the others
        there = re.sub(r"\{version\}", "1", re.sub(r"\{member\}", "Observation", path.replace("{id}", "no-such")))
        condition = "?_id=no-such" if re.fullmatch(r"/[A-Z]\w+", path) else ""
        for method in _METHODS:
            answer = await vendor.request(method.upper(), there.lstrip("/") + condition, content=b"")
            if (answer.status_code == 405) == (method in place) or answer.status_code >= 500:
                wrong.append((method, path, answer.status_code))
    assert wrong == []


async def test_it_names_the_search_parameters_that_the_capability_statement_names(api: Api) -> None:
    told, stated = await document(api), (await api.as_(None).get("metadata")).json()["rest"][0]["resource"]
    assert {one["type"] for one in stated} == set(types.TYPES)
    for one in stated:
        refs = [given["$ref"].rpartition("/")[2] for given in told["paths"][f"/{one['type']}"]["get"]["parameters"]]
        assert {f"{p['name']}.{p['type']}" for p in one["searchParam"]} == {ref for ref in refs if "." in ref}
    assert refused(await api.as_(None).post("openapi.json", content=b""))[0] == 405
