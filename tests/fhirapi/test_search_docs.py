"""The examples of docs/search.md are run as they stand."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import httpx

from akson.record.search import indexing
from tests.conftest import ROOT
from tests.fhirapi.clients import Api

_BLOCK = re.compile(r"```(json|http)\n(.*?)```", re.DOTALL)


async def test_every_example_finds_what_stands_behind_it(api: Api, vendor: httpx.AsyncClient) -> None:
    asked = 0
    for kind, text in _BLOCK.findall((ROOT / "docs" / "search.md").read_text("utf-8")):
        if kind == "json":
            await _write(vendor, text)
            while await indexing.turn(api.office.database, api.office.hasher, api.office.ids):
                pass
            continue
        for line in text.strip().splitlines():
            question, _, told = line.removeprefix("GET /fhir/").partition("→")
            assert await _found(vendor, question.strip()) == [part.split() for part in f"{told}+".split("+")][:2], line
            asked += 1
    assert asked == 28


async def _write(vendor: httpx.AsyncClient, text: str) -> None:
    while text := text.strip():
        resource, end = json.JSONDecoder().raw_decode(text)
        made = await vendor.put(f"{resource['resourceType']}/{resource['id']}", json=resource)
        assert made.status_code == 201, made.text
        text = text[end:]


async def _found(vendor: httpx.AsyncClient, question: str) -> list[list[str]]:
    path, _, rest = question.partition("?")
    answer = await vendor.get(f"{path}?{quote(rest, safe='=&:|,$.')}")
    assert answer.status_code == 200, answer.text
    entries = answer.json().get("entry", [])
    return [
        sorted(e["resource"]["id"] for e in entries if e["search"]["mode"] == mode) for mode in ("match", "include")
    ]
