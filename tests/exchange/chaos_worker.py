"""A worker for the chaos runs: a process of its own, to be killed at any moment.

python -m tests.exchange.chaos_worker DATABASE_URL CLOCK_FILE edi SERVER_URL ISSUER KEYS_FOLDER | local PORT SECRET | amqp PORT
[CERTIFICATES_FOLDER TRUST_FOLDER]
"""

from __future__ import annotations

import asyncio
import mmap
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from starlette.applications import Starlette

from akson.exchange.exchanging import Exchange
from akson.exchange.transports.local import Local
from akson.record.office import Office
from akson.signin.keys import Keyring
from tests.exchange import rabbit
from tests.exchange.edi_world import edi
from tests.offices import opened_office

if TYPE_CHECKING:
    from akson.exchange.seals.sealing import Seals

SIZE = 8


def clock_in(file: Path) -> Callable[[], datetime]:
    """Return a clock that goes ahead by the seconds that stand in `file`: all workers see a jump at once."""
    with file.open("rb") as held:
        ahead = mmap.mmap(held.fileno(), SIZE, prot=mmap.PROT_READ)
    return lambda: datetime.now(UTC) + timedelta(seconds=struct.unpack("d", ahead[:SIZE])[0])


def put_ahead(file: Path, seconds: float) -> None:
    """Set how far ahead the clock goes."""
    with file.open("r+b") as held:
        held.write(struct.pack("d", seconds))


@asynccontextmanager
async def carrier(way: str, told: Sequence[str], office: Office) -> AsyncIterator[tuple[str, Any]]:
    """Open our end of a way; yield the scheme of its addresses with it."""
    async with httpx.AsyncClient(timeout=2) as http:
        if way == "edi":
            yield "edi", edi(told[0], told[1], Keyring.open(Path(told[2]), "client"), http)
        elif way == "local":
            ours = Local(secret=told[1], client=http)
            server = uvicorn.Server(
                uvicorn.Config(Starlette(routes=ours.routes(office)), log_level="error", lifespan="off")
            )
            with socket.socket() as door:
                door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # all workers have the same door
                door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                door.bind(("127.0.0.1", int(told[0])))
                task = asyncio.create_task(server.serve(sockets=[door]))
                yield "http", ours
                task.cancel()
        else:
            from akson.exchange.transports.amqp import Amqp
            from akson.exchange.transports.broker import Broker

            where = Broker(host="127.0.0.1", port=int(told[0]), user=rabbit.USER, password=rabbit.PASSWORD,
                           prefix="/amq/queue/0-")  # fmt: skip
            seals = _seals(office, *map(Path, told[1:])) if told[1:] else None
            yield "amqp", Amqp(broker=where, name=f"chaos {os.getpid()}", clock=office.clock, seals=seals)


def _seals(office: Office, certificates: Path, trust: Path) -> Seals:
    from akson.exchange.seals.own import OwnCertificates
    from akson.exchange.seals.sealing import Seals
    from akson.exchange.seals.trust import Trust

    return Seals(reads=office.database, own=OwnCertificates(certificates), trust=Trust(trust))


async def main(database: str, clock: str, way: str, *told: str) -> None:
    """Work until killed."""
    async with opened_office(database, size=3) as made:
        office = replace(made, clock=clock_in(Path(clock)))
        async with carrier(way, told, office) as (scheme, ours):
            turns = Exchange(carriers={scheme: ours}).turns(office)
            turns |= {} if way == "local" else {scheme: lambda: ours.turn(office)}
            await asyncio.gather(*map(_again, turns.values()))


async def _again(due: Callable[[], Awaitable[int]]) -> None:
    """Take one turn again and again, beside the others; one that fails is taken again, as at the worker's door."""
    while True:
        did = 0
        with suppress(Exception):
            did = await due()
        await asyncio.sleep(0 if did else 0.05)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
