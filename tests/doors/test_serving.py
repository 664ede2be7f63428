"""Head and body leave together, and nothing is lost or held back on the way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.sent.append(data)

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


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """Serve on a real socket as `akson serve` does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(pieces, http=OneWrite, log_config=None, lifespan="off"))
        running = asyncio.create_task(server.serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        await running


async def pieces(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in one piece or in several."""
    parts = PARTS if scope["path"] == "/pieces" else [b"short"]
    length = str(sum(map(len, parts))).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    for n, part in enumerate(parts, 1):
        await send({"type": "http.response.body", "body": part, "more_body": n < len(parts)})
