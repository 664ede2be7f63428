"""The call outside goes to the address that was judged, and no further."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from akson.base.outward import Outward
from akson.subscriptions.calling import Call, Caller, Unreachable, client
from tests.offices import INSIDE
from tests.subscriptions.receiving import Receiver


async def called(receiver: Receiver, outward: Outward, host: str) -> None:
    async with client() as http:
        url = f"http://{host}:{receiver.port}/x?y=1"
        await Caller(outward=outward, client=http).call(Call(method="POST", url=url, headers={}, body=b"{}", seconds=2))


async def test_a_name_that_leads_inside_is_not_called(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are looked up once: what they lead to is judged, and the connection goes there and nowhere else."""
    asked = []

    async def rebinding(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", rebinding)
    with pytest.raises(Unreachable, match="address"):
        await called(receiver, Outward(secure=False), "innocent.example")
    assert receiver.got == [] and asked == ["innocent.example"]
    await called(receiver, Outward.listing(["innocent.example"], secure=False), "innocent.example")
    assert receiver.got[0].headers["host"] == f"innocent.example:{receiver.port}"
    assert receiver.got[0].path == "/x"


async def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answers, receiver.headers = [307], [(b"location", b"http://127.0.0.1:1/")]
    with pytest.raises(Unreachable, match="status 307"):
        await called(receiver, INSIDE, "127.0.0.1")


async def test_nobody_listens(receiver: Receiver) -> None:
    with pytest.raises(Unreachable, match="ConnectError"):
        await called(Receiver(port=9), INSIDE, "127.0.0.1")
    with pytest.raises(Unreachable, match="gaierror"):
        await called(receiver, INSIDE, "no-such-name.invalid")
