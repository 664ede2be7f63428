"""What stands before the servers: one browser, with one connection, comes to each of them in turn."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx

from tests.journeys import front
from tests.programs import ports

SAYS = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"


async def test_each_request_goes_to_the_next_server_whole_and_over_one_client() -> None:
    door, *servers = ports(3)
    async with AsyncExitStack() as stack:
        for number in servers:
            await stack.enter_async_context(await asyncio.start_server(_echo(number), front.HERE, number))
        passing = asyncio.create_task(front.serve(door, servers))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://{front.HERE}:{door}"))
        while not passing.done():
            try:
                answers = [(await client.post("/", content=b"x" * size)).text for size in (0, 1, 300_000, 2)]
                break
            except httpx.ConnectError:
                await asyncio.sleep(0)
        passing.cancel()
    first, second = servers
    assert answers == [f"{first} 0", f"{second} 1", f"{first} 300000", f"{second} 2"]


def _echo(number: int) -> front.Answering:
    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(front.HEAD_ENDS)
        size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        said = f"{number} {len(await reader.readexactly(size))}".encode()
        writer.write(SAYS % (len(said), said))
        writer.close()

    return answered
