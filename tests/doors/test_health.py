"""What is counted of the answers."""

from __future__ import annotations

import httpx
from prometheus_client import generate_latest
from starlette.applications import Starlette

from akson.doors.health import REGISTRY, Counted


async def test_a_method_that_a_client_made_up_is_counted_among_the_others() -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Counted(Starlette())), base_url="http://a.test"
    ) as client:
        await client.request("XMADEUP", "/start")
    counted = generate_latest(REGISTRY).decode()
    assert 'method="OTHER"' in counted and "XMADEUP" not in counted
