"""Clients that others wrote read, search, write and page with an app's own token: PyPI `fhirclient` and `fhirpy`, npm
`fhir-kit-client`. (npm `fhirclient` does it in a browser: test_real_app.py.)
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fhirclient import client as smart_client
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import AsyncFHIRClient

from tests.fhirapi.clients import about
from tests.journeys.look import node_modules
from tests.signin.smart.conftest import Smart, assertion, keyed

KIT = node_modules() / "fhir-kit-client/dist/index.js"


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


@pytest.mark.skipif(not KIT.exists(), reason="needs node_modules/fhir-kit-client (npm ci)")
async def test_fhir_kit_client_does_all_it_can(smart: Smart, bearer: str) -> None:
    script = Path(__file__).parent / "fhir_kit_client.mjs"
    process = await asyncio.create_subprocess_exec(
        "node", script, KIT, f"{smart.url}/fhir", bearer, smart.id("Patient/astrid"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, faults = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, faults.decode()
    told = json.loads(out)
    seen = told.pop("paged")
    assert seen["pages"] > 2 and seen["found"] == seen["all"] == told.pop("compartment") and seen["newestFirst"]
    assert told == {
        "metadata": "4.0.1", "smart": [f"{smart.url}/smart/authorize", f"{smart.url}/smart/token"],
        "created": [201, "1"], "read": 72, "updated": "2", "patched": "corrected", "conditional": "4",
        "failedPatch": {"status": 422, "type": "OperationOutcome", "code": "processing"},
        "stale": {"status": 412, "type": "OperationOutcome", "code": "conflict"},
        "vread": "amended", "history": ["4", "3", "2", "1"], "typeHistory": True, "systemHistory": "history",
        "system": 1, "included": ["match", "include"], "followed": smart.id("Patient/astrid"),
        "batch": ["200", "404"], "transaction": ["201", "201"],
        "spoilt": {"status": 422, "type": "OperationOutcome", "code": "required"},
        "everything": True, "validated": "error", "deleted": 200,
        "gone": {"status": 410, "type": "OperationOutcome", "code": "deleted"},
        "unknown": {"status": 404, "type": "OperationOutcome", "code": "not-found"},
        "notUnderstood": {"status": 400, "type": "OperationOutcome", "code": "not-supported"},
        "stranger": {"status": 401, "type": "OperationOutcome", "code": "login"},
    }  # fmt: skip
