"""The API behind a real HTTP server, mounted with other routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from akson.fhirapi import routes, unexpected
from akson.fhirapi.calls import LARGEST_RESOURCE
from tests.fhirapi.clients import ASTRID, BASE, FHIR_JSON, Api, about, post, refused, transaction
from tests.offices import VENDOR, patient


async def other(request: Request) -> PlainTextResponse:
    return PlainTextResponse("another face")


@pytest.fixture
async def client(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a real server that has the API beside another page."""
    token = api.as_(VENDOR).headers["authorization"]
    mounted = [*routes(api.office, api.authenticate, base_url=BASE, secret=b"s"), Route("/other", other)]
    config = uvicorn.Config(Starlette(routes=mounted), port=0, ws="none", lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"content-type": FHIR_JSON, "authorization": token}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as made:
        yield made
    server.should_exit = True
    await serving


async def test_the_api_stands_beside_other_pages(api: Api, client: httpx.AsyncClient) -> None:
    assert (await client.get("/other")).text == "another face"
    made = await client.post("/fhir/Patient", json=ASTRID)
    assert made.status_code == 201
    assert (await client.get(made.headers["location"].removeprefix(BASE))).json()["name"] == ASTRID["name"]
    for address in ("/fhir", "/fhir/"):
        assert (await client.post(address, content=transaction(post(ASTRID)))).status_code == 200
    assert (await client.get("/fhirx")).status_code == 404
    assert refused(await client.get("/fhir/Nonsense/1"))[0] == 404


async def test_many_read_at_once_on_one_server(api: Api, client: httpx.AsyncClient) -> None:
    people = [await patient(api.office, gender=gender) for gender in ("female", "male", "other")]
    made = await asyncio.gather(*(client.post("/fhir/Observation", json=about(one.reference)) for one in people * 10))
    answers = await asyncio.gather(*(client.get(one.headers["location"].removeprefix(BASE)) for one in made))
    assert [answer.json() for answer in answers] == [one.json() for one in made]


async def test_a_body_that_is_too_large_is_refused_while_it_is_sent(client: httpx.AsyncClient) -> None:
    """The server answers and lets go; some clients see the answer, some only that the line was cut."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * (LARGEST_RESOURCE // 10)

    try:
        answer = await client.post("/fhir/Patient", content=endless())
    except httpx.TransportError:
        pass
    else:
        assert refused(answer)[0] == 413
    assert (await client.get("/fhir/Patient")).status_code == 200


async def test_a_fault_of_ours_has_an_outcome_too() -> None:
    answer = unexpected()
    assert answer.status == 500
    assert b'"AK-F015"' in answer.body
    assert b"Traceback" not in answer.body


async def test_who_waits_in_vain_for_the_database_is_told_to_try_again(api: Api) -> None:
    vendor = api.as_(VENDOR)
    await api.office.database.close()
    answer = await vendor.get("Patient/astrid-1")
    assert refused(answer)[:2] == (503, "transient")
