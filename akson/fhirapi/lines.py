"""NDJSON line by line out of a stream: never more in memory than one line may hold. Source: ndjson.org"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from akson.base.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line that is not blank. n: from 1; body is empty when the line was longer than it may be."""

    n: int
    body: bytes
    size: int


async def lines(chunks: AsyncIterator[bytes], most: int) -> AsyncIterator[Line]:
    """Yield every line; what is beyond `most` bytes of one is thrown away as it comes.

    Raises  Refused AK-F005 or AK-F003 for a packed stream that is broken or cut off, after the lines before it; a last
            line that was cut is not among them
    """
    n, kept, size = 1, bytearray(), 0
    async for chunk in chunks:
        parts = chunk.split(b"\n")
        for place, part in enumerate(parts):
            size += len(part)
            if size <= most:
                kept += part
            if place < len(parts) - 1:
                if line := _line(n, kept, size, most):
                    yield line
                n, size = n + 1, 0
                kept = bytearray()
    if line := _line(n, kept, size, most):
        yield line


def _line(n: int, kept: bytearray, size: int, most: int) -> Line | None:
    if size > most:
        return Line(n=n, body=b"", size=size)
    body = bytes(kept).strip()
    return Line(n=n, body=body, size=size) if body else None


def too_long(line: Line, most: int) -> Refused:
    """Return the refusal of a line that was longer than it may be."""
    return Refused("AK-J009", limit=most, found=line.size)
