"""Clients that others wrote, PyPI `fhirclient` and `fhirpy`, read, search, write and page with an app's own token."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from fhirclient import client as smart_client
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import AsyncFHIRClient

from tests.fhirapi.clients import about
from tests.signin.smart.conftest import Smart, assertion, keyed


@pytest.fixture
async def bearer(smart: Smart) -> str:
    """The access token of a program that reads and writes."""
    await smart.apps.add(keyed(scopes=("system/*.cruds",)), datetime.now(UTC))
    form = {"grant_type": "client_credentials", "scope": "system/*.cruds"}
    token: str = (await smart.token(**form, **assertion(smart.url))).json()["access_token"]
    return token


async def test_fhirpy_creates_reads_updates_searches_and_pages(smart: Smart, bearer: str) -> None:
    client = AsyncFHIRClient(f"{smart.url}/fhir", authorization=f"Bearer {bearer}")
    astrid = smart.id("Patient/astrid")
    measured = client.resource(
        "Observation", **{k: v for k, v in about(f"Patient/{astrid}").items() if k != "resourceType"}
    )
    await measured.save()
    assert measured.id
    measured["status"] = "amended"
    await measured.save()
    again: Any = await client.reference("Observation", measured.id).to_resource()
    assert again["status"] == "amended" and again["meta"]["versionId"] == "2"
    asked = client.resources("Observation").search(patient=astrid)
    every = await asked.limit(2).fetch_all()
    assert len(every) > 2 and len({one.id for one in every}) == len(every)  # more than one page, nothing twice
    await measured.delete()
    assert measured.id not in {one.id for one in await asked.fetch_all()}


async def test_fhirclient_reads_searches_and_writes(smart: Smart, bearer: str) -> None:
    astrid = smart.id("Patient/astrid")

    def worked() -> tuple[str, int, str, str]:
        smart_app = smart_client.FHIRClient(settings={"app_id": "robot", "api_base": f"{smart.url}/fhir"})
        smart_app.server.session.headers["Authorization"] = f"Bearer {bearer}"
        server = smart_app.server
        person = Patient.read(astrid, server)
        found = list(Observation.where({"patient": astrid, "_count": "3"}).perform_resources_iter(server))
        made = Observation(about(f"Patient/{astrid}"))
        answer = made.create(server)
        made.id = answer["id"]
        made.status = "amended"
        changed = made.update(server)
        return person.id, len(found), answer["status"], changed["status"]

    person, found, made, changed = await asyncio.to_thread(worked)
    assert (person, made, changed) == (astrid, "final", "amended") and found > 0
