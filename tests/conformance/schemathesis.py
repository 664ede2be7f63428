"""Schemathesis over the OpenAPI document that the server makes of itself: requests made up from it, as program and as GP.

Each address is a case. No answer is a fault of ours, none is undocumented, each has the content type it was promised;
what is refused says so as an OperationOutcome. AKSON_EXAMPLES: requests of each kind (3).
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

import seeds
from akson.doors import people
from akson.doors.opening import opened
from akson.doors.seeding import load
from akson.doors.settings import Settings, from_environment
from tests.conformance.servers import running
from tests.conformance.suites import Case

EVERY = 60
EXAMPLES = int(os.environ.get("AKSON_EXAMPLES", "3"))
PERSON, PROGRAM = "Jonas", ""
# Every type answers alike by its address; these stand for the rest, so that a run ends.
TYPES = re.compile(
    r"/(?:[$_a-z].*|Patient.*|Observation.*|Group.*|Subscription.*|SearchParameter.*|ValueSet.*|Bundle.*|Consent.*)?$"
)
APART = {"/$export", "/Patient/$export", "/Group/{id}/$export", "/$import"}  # what the Bulk tests ask


@dataclass(frozen=True)
class Api:
    """The running server, and what it says of itself."""

    client: httpx.AsyncClient
    document: dict[str, Any]
    tokens: dict[str, str]
    known: dict[str, str]  # by type, the id of one that is there

    def operations(self) -> list[Any]:
        """Return schemathesis's operations of the addresses that are asked."""
        config = SchemathesisConfig.from_dict({})
        schema = schemathesis.openapi.from_dict(self.document, config=config)
        found = [one.ok() for one in schema.get_all_operations()]
        return [one for one in found if TYPES.fullmatch(one.path) and one.path not in APART]


def cases(shared: Path) -> Iterator[Case]:
    """Yield each address with each method, as the program and as the GP."""
    for who in (PROGRAM, PERSON):
        for one in api().operations():
            yield Case(f"{one.method.upper()} {one.path} {who or 'program'}", partial(_run, who, one))


@cache
def api() -> Api:
    """Start the server once."""
    here = running("schemathesis")
    environment = {"AKSON_ENV": "demo", "AKSON_DATABASE_URL": here.url, "AKSON_DATA": str(here.folder)}
    wanted = from_environment(environment)
    names = here.run(_people(wanted))
    client = here.served()
    document = here.run(client.get("openapi.json")).json()
    tokens = {who: here.run(people.token(wanted, who, frozenset(), datetime.now(UTC))) for who in (PERSON, PROGRAM)}
    return Api(client, document, tokens, {name.partition("/")[0]: name.partition("/")[2] for name in names})


async def _people(wanted: Settings) -> list[str]:
    """Load the named people; return what all of theirs came to be called."""
    async with opened(wanted) as office:
        return sorted((await load(office, seeds.resources(0, office.clock()))).values())


def _run(who: str, operation: Any) -> str | None:
    """Ask at one address; return what was wrong with the first answer that is."""
    wrong: list[str] = []
    strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE) | operation.as_strategy(
        generation_mode=schemathesis.GenerationMode.NEGATIVE
    )

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def asked(case: Any) -> None:
        if "id" in (case.path_parameters or {}) and len(str(case.path_parameters["id"])) % 2:  # half of them are there
            case.path_parameters["id"] = api().known.get(case.path.split("/")[1], "x")
        if fault := _fault(who, case):
            wrong.append(fault)

    asked()
    return wrong[0] if wrong else None


def _fault(who: str, case: Any) -> str | None:
    here = api()
    kwargs = case.as_transport_kwargs(base_url=str(here.client.base_url).rstrip("/"))
    sent = {name: kwargs[name] for name in ("method", "url", "params", "json", "data", "content") if kwargs.get(name)}
    if isinstance(sent.get("data"), bytes | str):
        sent["content"] = sent.pop("data")
    headers = {str(name): str(value) for name, value in (kwargs.get("headers") or {}).items()}
    headers |= {"authorization": f"Bearer {here.tokens[who]}"}
    try:
        request = here.client.build_request(**sent, headers=headers)
    except (httpx.InvalidURL, UnicodeError, TypeError, ValueError):
        return None  # no client could send it
    answer = running("schemathesis").run(_sent(here.client, request))
    return _judged(case, answer)


def _judged(case: Any, answer: httpx.Response) -> str | None:
    try:
        case.validate_response(answer, checks=[not_a_server_error, status_code_conformance, content_type_conformance])
    except BaseExceptionGroup as found:
        return f"{answer.request.method} {answer.request.url}: {found.exceptions[0]}".replace("\n", " ")[:400]
    except AssertionError as found:
        return f"{answer.request.method} {answer.request.url}: {found}".replace("\n", " ")[:400]
    refused = answer.status_code >= 400 and answer.request.method != "HEAD"
    if refused and answer.json().get("resourceType") != "OperationOutcome":
        return f"{answer.request.method} {answer.request.url}: {answer.status_code} without an OperationOutcome"
    return None


async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    async with asyncio.timeout(30):
        return await client.send(request)
