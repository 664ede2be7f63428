"""How the application is served: uvicorn, with what measurement showed to pay."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from akson.doors import memory

CORKED = 64 * 1024  # bytes that wait at most; more goes out at once, so that a slow reader is noticed
SAID = 64 * 1024  # bytes of one message of a websocket, of which clients only send tokens


def serve(app: ASGIApp, host: str, port: int, proxies: str) -> None:
    """Serve `app` until told to stop. proxies: whose word about where a request comes from is taken."""
    memory.settle()
    uvicorn.run(app, host=host, port=port, http=OneWrite, ws="websockets-sansio", ws_max_size=SAID, log_config=None,
                access_log=False,  # whose lines nobody reads, and which are put together all the same
                server_header=False, timeout_graceful_shutdown=10, forwarded_allow_ips=proxies)  # fmt: skip


class OneWrite(HttpToolsProtocol):
    """HTTP/1.1 where head and body of a short answer leave in one system call: each costs as much as the decision."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, Corked(cast(asyncio.Transport, transport), self.loop)))


class Corked:
    """A transport that sends what is written in one turn of the loop together; in all else the transport it wraps."""

    __slots__ = ("_loop", "_parts", "_size", "_transport", "get_extra_info", "is_closing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []
        self._size = 0
        self.is_closing, self.get_extra_info = transport.is_closing, transport.get_extra_info  # asked at each answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keep `data` until the end of this turn."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)
        self._size += len(data)
        if self._size > CORKED:
            self._flush()

    def close(self) -> None:
        """Send what is left, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            self._size = 0
            self._transport.write(data)
