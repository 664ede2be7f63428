"""What stands before two servers: each request goes to the one whose turn it is, so no story stays with one of them.

python -m tests.journeys.front PORT SERVER SERVER …    all of them ports of this machine
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import cycle

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HERE = "127.0.0.1"
HEAD_ENDS = b"\r\n\r\n"
_CONNECTION = re.compile(rb"\r\nconnection:[^\r\n]*", re.IGNORECASE)
_GONE = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)  # a browser that changed its mind


async def serve(port: int, servers: list[int]) -> None:
    """Pass on what comes to `port` until stopped."""
    turns = cycle(servers)
    server = await asyncio.start_server(lambda reader, writer: _answered(reader, writer, turns), HERE, port)
    async with server:
        await server.serve_forever()


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turns: Iterator[int]) -> None:
    with suppress(*_GONE):
        head = await reader.readuntil(HEAD_ENDS)  # browsers open connections long before they ask for anything
        answer, asked = await asyncio.open_connection(HERE, next(turns))
        asked.write(one_request(head))
        rest = asyncio.create_task(_carried(reader, asked))
        await _carried(answer, writer)
        rest.cancel()
        asked.close()
    writer.close()


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(*_GONE):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def one_request(head: bytes) -> bytes:
    """Return the head of a request that asks for the connection to end with the answer, unless it becomes another."""
    if b"upgrade" in b"".join(_CONNECTION.findall(head)).lower():
        return head
    return _CONNECTION.sub(b"", head).removesuffix(HEAD_ENDS) + b"\r\nConnection: close" + HEAD_ENDS


if __name__ == "__main__":
    first, *others = map(int, sys.argv[1:])
    asyncio.run(serve(first, others))
