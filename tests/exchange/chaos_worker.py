"""A worker for the chaos runs: a process of its own, to be killed at any moment.

python -m tests.exchange.chaos_worker DATABASE_URL SERVER_URL ISSUER KEYS_FOLDER CLOCK_FILE
"""

from __future__ import annotations

import asyncio
import mmap
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from akson.exchange.handing import Exchange
from akson.signin.keys import Keyring
from tests.exchange.edi_world import edi
from tests.offices import opened_office

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


async def main(database: str, server: str, issuer: str, keys: str, clock: str) -> None:
    """Work until killed."""
    async with opened_office(database, size=3) as made, httpx.AsyncClient(timeout=2) as http:
        office = replace(made, clock=clock_in(Path(clock)))
        ours = edi(server, issuer, Keyring.open(Path(keys), "client"), http)
        exchange = Exchange(carriers={"edi": ours})
        while True:
            did = 0
            with suppress(Exception):  # as the worker's door: a turn that fails is taken again
                did = await exchange.turn(office)
            with suppress(Exception):
                did += await ours.turn(office)
            await asyncio.sleep(0 if did else 0.05)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:6]))
