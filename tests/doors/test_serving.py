"""Head and body leave together, and nothing is lost or held back on the way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from akson.doors.serving import CORKED, Corked, OneWrite

PARTS = [b"x" * 10, b"y" * (CORKED + 1), b"z" * 300_000, b"", b"end"]


class Recording(asyncio.Transport):
    """The wire: what was sent, call by call."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True


async def test_what_is_written_in_one_turn_goes_out_as_one() -> None:
    wire = Recording()
    corked = Corked(wire, asyncio.get_running_loop())
    corked.write(b"head")
    corked.write(b"body")
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [b"headbody"]


@pytest.mark.parametrize("last", [b"", b"tail"])
async def test_closing_sends_what_is_left_first(last: bytes) -> None:
    wire = Recording()
    corked = Corked(wire, asyncio.get_running_loop())
    corked.write(b"head" + last)
    corked.close()
    await asyncio.sleep(0)
    assert (wire.sent, wire.closed) == ([b"head" + last], True)


async def test_much_is_not_held_back() -> None:
    wire = Recording()
    Corked(wire, asyncio.get_running_loop()).write(b"x" * (CORKED + 1))
    assert len(wire.sent) == 1


def test_all_else_is_the_transport_itself() -> None:
    loop = asyncio.new_event_loop()
    assert Corked(Recording(), loop).get_extra_info("peername") == ("127.0.0.1", 1)
    loop.close()


async def test_answers_arrive_whole_one_after_the_other_and_in_pieces() -> None:
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path, wanted in (("/short", b"short"), ("/pieces", b"".join(PARTS)), ("/short", b"short")):
            writer.write(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            assert await reader.readexactly(length) == wanted
        writer.close()


@pytest.mark.parametrize("lengths", [
    "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    "Content-Length: 4\r\nContent-Length: 5\r\n", "Content-Length: -1\r\n", "Content-Length: 4, 4\r\n",
    "Content-Length: 0x4\r\n", "Transfer-Encoding: chunked, identity\r\n", " Content-Length: 4\r\n",
])  # fmt: skip
async def test_a_request_whose_length_is_told_in_two_ways_is_refused(lengths: str) -> None:
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"POST /short HTTP/1.1\r\nHost: a\r\n{lengths}\r\n0\r\n\r\nGET /pieces HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        )
        told = await asyncio.wait_for(reader.read(-1), 5)
        assert told.startswith(b"HTTP/1.1 400") and told.count(b"HTTP/1.1") == 1, told[:200]
        writer.close()


async def test_only_a_named_proxy_says_where_a_request_comes_from() -> None:
    told = {"x-forwarded-for": "203.0.113.9, 198.51.100.7", "x-forwarded-proto": "https"}
    for proxies, seen in (("127.0.0.1,::1", "198.51.100.7 https"), ("10.0.0.1", "127.0.0.1 http"),
                          ("127.0.0.1,198.51.100.0/24", "203.0.113.9 https")):  # fmt: skip
        async with served(proxies) as port, httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/where", headers=told)).text == seen


@asynccontextmanager
async def served(proxies: str = "127.0.0.1") -> AsyncIterator[int]:
    """Serve on a real socket as `akson serve` does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(pieces, http=OneWrite, log_config=None, lifespan="off", forwarded_allow_ips=proxies)
        )
        running = asyncio.create_task(server.serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        await running


async def pieces(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in one piece or in several."""
    parts = PARTS if scope["path"] == "/pieces" else [b"short"]
    if scope["path"] == "/where":
        parts = [f"{scope['client'][0]} {scope['scheme']}".encode()]
    length = str(sum(map(len, parts))).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    for n, part in enumerate(parts, 1):
        await send({"type": "http.response.body", "body": part, "more_body": n < len(parts)})
