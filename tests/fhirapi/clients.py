"""FHIR clients for tests: real HTTP requests into the API, each as a named actor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from akson.base.errors import Refused
from akson.base.work import Actor
from akson.fhirapi import FhirApi
from akson.record.office import Office
from akson.subscriptions.following import Acting

BASE = "http://akson.test"
FHIR_JSON = "application/fhir+json"


class Api:
    """The API on one office, and its clients."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._actors: dict[str, Actor] = {}
        self.acting: Acting | None = None
        self.app = FhirApi(office, self.authenticate, base_url=BASE, secret=b"for page links", acting=self._now)
        self._clients: list[httpx.AsyncClient] = []

    async def authenticate(self, headers: Mapping[str, str], method: str, url: str) -> Actor:
        """Return who carries the token; tokens themselves are the sign-in's matter."""
        actor = self._actors.get(headers.get("authorization", "").removeprefix("Bearer "))
        if actor is None:
            raise Refused("AK-L001")
        return actor

    async def _now(self, actor: Actor) -> Actor | None:
        return await self.acting(actor) if self.acting else actor

    def as_(self, actor: Actor | None) -> httpx.AsyncClient:
        """Return a client signed in as `actor`, or as nobody."""
        headers = {"content-type": FHIR_JSON}
        if actor is not None:
            token = f"token-{len(self._actors)}"
            self._actors[token] = actor
            headers["authorization"] = f"Bearer {token}"
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app), base_url=f"{BASE}/fhir/", headers=headers
        )
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def issue(answer: httpx.Response) -> dict[str, Any]:
    """Return the first issue of an OperationOutcome, after seeing that it is a whole one in Norwegian."""
    told = answer.json()
    assert told["resourceType"] == "OperationOutcome", told
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    for one in told["issue"]:
        assert one["severity"] in ("error", "fatal", "warning")
        assert one["details"]["text"].endswith(".")
        assert one["diagnostics"]
    first: dict[str, Any] = told["issue"][0]
    return first


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    """Return status, FHIR issue code and path of a refusal."""
    first = issue(answer)
    return answer.status_code, first["code"], first.get("expression", [""])[0]


def transaction(*entries: dict[str, Any], kind: str = "transaction") -> bytes:
    """Return a Bundle as its JSON."""
    return msgspec.json.encode({"resourceType": "Bundle", "type": kind, "entry": list(entries)})


def post(resource: Mapping[str, Any] | bytes, url: str | None = None) -> dict[str, Any]:
    """Return an entry that creates a resource, called `url`."""
    made = msgspec.json.decode(resource) if isinstance(resource, bytes) else dict(resource)
    entry = {"resource": made, "request": {"method": "POST", "url": made["resourceType"]}}
    return entry | ({"fullUrl": url} if url else {})


def about(reference: str, value: str = "38.4") -> dict[str, Any]:
    """Return a temperature of whoever `reference` names."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
        "subject": {"reference": reference},
        "effectiveDateTime": "2026-11-23T08:00:00+01:00",
        "valueQuantity": {"value": float(value), "unit": "°C", "system": "http://unitsofmeasure.org", "code": "Cel"},
    }


ASTRID = {"resourceType": "Patient", "name": [{"family": "Nordli", "given": ["Astrid"]}], "birthDate": "1941-03-14"}
