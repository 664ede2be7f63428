"""The official R4 examples: each is accepted as it stands, and returned with the same JSON, number for number.

Written by a program that loads records, in the order of their names: whom an example is about may come later or never,
and gets a stub meanwhile. The id is kept; `meta` is the server's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx

from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.fhirapi.clients import Api
from tests.offices import LOADING

EVERY = 40


def cases(shared: Path) -> Iterator[Case]:
    """Yield the 422 examples, by file."""
    for file in sorted((shared / "fhir" / "r4-examples").glob("*-*.json")):
        yield Case(file.stem, partial(_run, file))


def _run(file: Path) -> str | None:
    return running("examples").run(_round_trip(_client(), file.stem.replace("-", "/", 1), file.read_text("utf-8")))


@cache
def _client() -> httpx.AsyncClient:
    return Api(running("examples").office).as_(LOADING)


async def _round_trip(client: httpx.AsyncClient, ref: str, example: str) -> str | None:
    answer = await client.put(ref, content=example.encode())
    if answer.status_code not in (200, 201):
        return f"refused with {answer.status_code}: {_told(answer)}"
    got = await client.get(ref)
    if got.status_code != 200:
        return f"not returned: {got.status_code}"
    return None if _plain(got.text) == _plain(example) else "returned otherwise than it was sent"


def _plain(text: str) -> Any:
    """Return the tokens of a resource, every number as it was written; without id and meta, which stand elsewhere."""
    resource = json.loads(
        text, parse_float=lambda number: f"number {number}", parse_int=lambda number: f"number {number}"
    )
    return [resource.pop("id"), *_tokens({name: value for name, value in resource.items() if name != "meta"})]


def _tokens(value: Any) -> Iterator[Any]:
    """Yield the tokens of a JSON value in their order."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield ("member", name)
            yield from _tokens(inner)
        yield "}"
    elif isinstance(value, list):
        for inner in value:
            yield from _tokens(inner)
        yield "]"
    else:
        yield value


def _told(answer: httpx.Response) -> str:
    issues = answer.json().get("issue", [])
    return "; ".join(f"{','.join(i.get('expression', []))} {i.get('diagnostics', '')}" for i in issues[:3])
