"""Notifications over a websocket, by a real client against a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from akson.doors.serving import OneWrite
from akson.fhirapi.door import routes
from akson.fhirapi.socket import address
from tests.fhirapi.clients import ASTRID, about, issue
from tests.offices import VENDOR, let_pass, patient
from tests.subscriptions.receiving import Got
from tests.subscriptions.test_access import blocked, measured, nurse_of
from tests.subscriptions.world import Subscribing, extra, topical


def over_websocket(**more: Any) -> dict[str, Any]:
    wanted = topical("", **more)
    del wanted["channel"]["endpoint"]
    wanted["channel"]["type"] = "websocket"
    return wanted


@asynccontextmanager
async def served(world: Subscribing) -> AsyncIterator[str]:
    """Serve the API as `akson serve` does; yield where websockets are opened."""
    api = world.api
    app = Starlette(routes=routes(
        world.office, api.authenticate, world.deliverer.standing, base_url="http://akson.test", secret=b"for page links",
    ))  # fmt: skip
    taken = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=OneWrite, ws="websockets-sansio", log_config=None, lifespan="off",
                                           timeout_graceful_shutdown=1))  # fmt: skip
    running = asyncio.create_task(server._serve([taken]))
    try:
        yield f"ws://127.0.0.1:{taken.getsockname()[1]}/fhir/$ws"
    finally:
        server.should_exit = True
        await running
        taken.close()


async def token_of(client: httpx.AsyncClient, id_: str) -> str:
    answer = await client.get(f"Subscription/{id_}/$get-ws-binding-token")
    assert answer.status_code == 200, answer.text
    said = {one["name"]: next(v for k, v in one.items() if k != "name") for one in answer.json()["parameter"]}
    assert said["websocket-url"] == "ws://akson.test/fhir/$ws" and said["subscription"].endswith(id_)
    return str(said["token"])


async def said(connection: ClientConnection) -> Got:
    body = await asyncio.wait_for(connection.recv(), 10)
    return Got("", "", {}, str(body).encode())


async def started(world: Subscribing, client: httpx.AsyncClient, **more: Any) -> str:
    id_ = await world.subscribed(client, over_websocket(**more))
    await world.turn()
    assert (await client.get(f"Subscription/{id_}")).json()["status"] == "active"
    return id_


@pytest.fixture
async def vendor(world: Subscribing) -> httpx.AsyncClient:
    return world.api.as_(VENDOR)


async def test_a_client_binds_and_hears_what_waited_and_what_comes(
    world: Subscribing, vendor: httpx.AsyncClient
) -> None:
    astrid = f"Patient/{(await vendor.post('Patient', json=ASTRID)).json()['id']}"
    id_ = await started(world, vendor)
    first = (await vendor.post("Observation", json=about(astrid))).json()
    await world.turn()
    async with served(world) as url, connect(url) as one:
        await one.send(f"bind-with-token: {await token_of(vendor, id_)}")
        assert (await said(one)).kind == "handshake"
        waited = await said(one)
        assert [event["event-number"] for event in waited.events] == ["1"]
        assert waited.json["entry"][1]["resource"] == first
        await vendor.put(f"Observation/{first['id']}", json=first | {"status": "amended"})
        await world.turn()
        assert [event["event-number"] for event in (await said(one)).events] == ["2"]


async def test_another_server_goes_on_where_the_first_one_stopped(
    world: Subscribing, vendor: httpx.AsyncClient
) -> None:
    astrid = f"Patient/{(await vendor.post('Patient', json=ASTRID)).json()['id']}"
    id_ = await started(world, vendor, content="id-only")
    for n in (1, 2):
        await vendor.post("Observation", json=about(astrid))
        await world.turn()
        async with served(world) as url, connect(url) as one:
            await one.send(f"bind-with-token {await token_of(vendor, id_)}")
            assert (await said(one)).kind == "handshake"
            assert [event["event-number"] for event in (await said(one)).events] == [str(n)]
            await _noted(world, n)


async def _noted(world: Subscribing, number: int) -> None:
    """Wait until it is kept that everything up to a number has been told."""
    for _ in range(100):
        if await world.office.database.fetchval("SELECT delivered FROM subscription") == number:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(number)


@pytest.mark.parametrize("message", ["bind-with-token: not-a-token", "bind: 42", "hello"])
async def test_what_is_no_token_closes_the_connection(world: Subscribing, message: str) -> None:
    async with served(world) as url, connect(url) as one:
        await one.send(message)
        with pytest.raises(ConnectionClosed):
            await said(one)


async def test_an_old_token_binds_to_nothing(world: Subscribing, vendor: httpx.AsyncClient) -> None:
    token = await token_of(vendor, await started(world, vendor))
    let_pass(world.office, timedelta(minutes=6))
    async with served(world) as url, connect(url) as one:
        await one.send(f"bind-with-token: {token}")
        with pytest.raises(ConnectionClosed):
            await said(one)


async def test_who_has_left_hears_nothing_more_on_a_connection_that_is_open(world: Subscribing) -> None:
    nurse = await nurse_of(world)
    hers, client = await patient(world.office, at=nurse), world.api.as_(nurse)
    id_ = await started(world, client)
    async with served(world) as url, connect(url) as one:
        await one.send(f"bind-with-token: {await token_of(client, id_)}")
        assert (await said(one)).kind == "handshake"
        world.gone.add(nurse.id)
        await measured(world, hers.reference)
        await world.turn()
        with pytest.raises(ConnectionClosed):
            await said(one)


async def test_a_block_holds_on_a_connection_that_is_open(world: Subscribing) -> None:
    nurse = await nurse_of(world)
    hers, client = await patient(world.office, at=nurse), world.api.as_(nurse)
    id_ = await started(world, client)
    await measured(world, hers.reference)
    await world.turn()
    await blocked(world, hers.reference)
    async with served(world) as url, connect(url) as one:
        await one.send(f"bind-with-token: {await token_of(client, id_)}")
        assert (await said(one)).kind == "handshake"
        told = await said(one)
        assert told.events == [{"event-number": "1"}] and hers.id not in json.dumps(told.json)


async def test_heartbeats_come_over_a_websocket_too(world: Subscribing, vendor: httpx.AsyncClient) -> None:
    id_ = await started(world, vendor, extension=[extra("heartbeat-period", valueUnsignedInt=5)])
    async with served(world) as url, connect(url) as one:
        await one.send(f"bind-with-token: {await token_of(vendor, id_)}")
        assert (await said(one)).kind == "handshake"
        let_pass(world.office, timedelta(seconds=6))
        assert (await said(one)).kind == "heartbeat"


async def test_a_token_is_given_for_websockets_of_ones_own_only(world: Subscribing, vendor: httpx.AsyncClient) -> None:
    hook = await world.subscribed(vendor, topical("http://127.0.0.1:9/hook"))
    assert issue(await vendor.get(f"Subscription/{hook}/$get-ws-binding-token"))["code"] == "not-supported"
    assert issue(await vendor.get("Subscription/$get-ws-binding-token"))["code"] == "not-supported"
    id_ = await started(world, vendor)
    assert (await vendor.get("Subscription/$get-ws-binding-token")).status_code == 200
    nurse = world.api.as_(await nurse_of(world))
    assert (await nurse.get(f"Subscription/{id_}/$get-ws-binding-token")).status_code == 404
    assert (await nurse.get(f"Subscription/$get-ws-binding-token?id={id_}")).status_code == 404


@pytest.mark.parametrize(("base", "where"), [("https://akson.example/fhir", "wss://akson.example/fhir/$ws"),
                                             ("http://127.0.0.1:8000/fhir", "ws://127.0.0.1:8000/fhir/$ws")])  # fmt: skip
def test_the_address_of_websockets_is_as_safe_as_that_of_the_server(base: str, where: str) -> None:
    assert address(base) == where
