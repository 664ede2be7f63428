"""The official R4 examples: each is accepted as it stands, and returned with the same JSON, number for number.

Written by the system that loads records. Whom an example is about and who is not among the examples is there first, as
a person of whom nothing is known. The id is kept; `meta` is the server's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx

from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.fhirapi.clients import Api
from tests.offices import JOB

EVERY = 40
# Members that name whom a resource is about, or through what; what they point to is loaded first.
_SUBJECT = ("subject", "patient", "beneficiary", "individual", "for", "candidate", "source", "target", "request")


def cases(shared: Path) -> Iterator[Case]:
    """Yield the 422 examples, by file."""
    folder = shared / "fhir" / "r4-examples"
    for file in sorted(folder.glob("*-*.json")):
        yield Case(file.stem, partial(_run, folder, file))


def _run(folder: Path, file: Path) -> str | None:
    server = running("examples")
    return server.run(_round_trip(_client(), _examples(folder), f"{file.stem.replace('-', '/', 1)}"))


@cache
def _client() -> httpx.AsyncClient:
    return Api(running("examples").office).as_(JOB)


@cache
def _examples(folder: Path) -> Mapping[str, str]:
    """Return the text of every example, by Type/id."""
    return {file.stem.replace("-", "/", 1): file.read_text("utf-8") for file in folder.glob("*-*.json")}


async def _round_trip(client: httpx.AsyncClient, examples: Mapping[str, str], ref: str) -> str | None:
    for subject in _subjects(json.loads(examples[ref])):
        await _stand(client, examples, subject, set())
    answer = await client.put(ref, content=examples[ref].encode())
    if answer.status_code not in (200, 201):
        return f"refused with {answer.status_code}: {_told(answer)}"
    got = await client.get(ref)
    if got.status_code != 200:
        return f"not returned: {got.status_code}"
    return None if _plain(got.text) == _plain(examples[ref]) else "returned otherwise than it was sent"


async def _stand(client: httpx.AsyncClient, examples: Mapping[str, str], ref: str, on_the_way: set[str]) -> None:
    """See to it that whom a resource is about is there: as the example tells, else as one of whom nothing is known."""
    if ref in on_the_way or (await client.get(ref)).status_code == 200:
        return
    if ref in examples:
        for subject in _subjects(json.loads(examples[ref])):
            await _stand(client, examples, subject, on_the_way | {ref})
        await client.put(ref, content=examples[ref].encode())
    elif ref.startswith("Patient/"):
        await client.put(ref, json={"resourceType": "Patient", "id": ref.partition("/")[2]})


def _subjects(resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield Type/id of what the members that name a subject point to."""
    for member in (*_SUBJECT, "encounter", "context", "appointment", "participant", "collection", "deliverTo", "actor"):
        given = resource.get(member)
        for one in given if isinstance(given, list) else [given]:
            named = one.get("actor", one.get("source", one)) if isinstance(one, dict) else {}
            literal = named.get("reference", "") if isinstance(named, dict) else ""
            parts = literal.partition("/_history/")[0].split("/")
            if len(parts) == 2 and not literal.startswith("#"):
                yield "/".join(parts)


def _plain(text: str) -> Any:
    """Return the resource with every number as it was written, without what the server gives it."""
    resource = json.loads(
        text, parse_float=lambda number: f"number {number}", parse_int=lambda number: f"number {number}"
    )
    resource.pop("meta", None)
    return list(_tokens(resource))


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
