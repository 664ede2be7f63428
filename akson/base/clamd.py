"""Asks a scanner for malware, ClamAV's daemon or one that speaks as it does, about bytes. Nothing is written anywhere.

Source: clamd(8), the command INSTREAM: pieces led by their length in 4 bytes, big endian; an empty one ends it
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

_PIECE: Final = 256 * 1024  # bytes
_LONGEST: Final = 4096  # bytes of an answer
_PATIENCE: Final = 10.0  # seconds for one file


class ScannerAway(Exception):
    """The scanner could not be asked, or did not say what it found: nobody knows what the bytes are."""


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """One scanner, at a socket of this machine or at host and port."""

    path: str = ""
    host: str = ""
    port: int = 0
    patience: float = _PATIENCE

    @classmethod
    def at(cls, told: str) -> Scanner:
        """Return the scanner at "/path/of/socket" or "host:port". Raises ValueError."""
        if told.startswith("/"):
            return cls(path=told)
        host, _, port = told.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(told)
        return cls(host=host.strip("[]"), port=int(port))

    async def found(self, data: bytes) -> str:
        """Return the name of what was found in the bytes; "" when nothing was.

        Raises  ScannerAway
        """
        try:
            async with asyncio.timeout(self.patience):
                answer = await self._asked(data)
        except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError) as failure:
            raise ScannerAway(type(failure).__name__) from None
        said = answer.rstrip(b"\0\n").decode("ascii", "replace").removeprefix("stream: ")
        if said == "OK":
            return ""
        name, _, word = said.rpartition(" ")
        if word != "FOUND" or not name:
            raise ScannerAway("it answered neither OK nor FOUND")  # too large for it, or out of order
        return name

    async def _asked(self, data: bytes) -> bytes:
        if self.path:
            reader, writer = await asyncio.open_unix_connection(self.path, limit=_LONGEST)
        else:
            reader, writer = await asyncio.open_connection(self.host, self.port, limit=_LONGEST)
        try:
            writer.write(b"zINSTREAM\0")
            for piece in _pieces(data):
                writer.write(len(piece).to_bytes(4, "big") + piece)
                await writer.drain()
            return await reader.readuntil(b"\0")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _pieces(data: bytes) -> Iterable[bytes]:
    yield from (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))
    yield b""
