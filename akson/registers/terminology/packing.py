"""How what is told of code systems and value sets is packed: each alone, by zstd, and read as a whole only."""

from __future__ import annotations

import zstandard

LEVEL = 9
_FRAME = zstandard.FRAME_HEADER  # no JSON begins so: what was stored before it was packed is read as it is


def packed(content: bytes) -> bytes:
    """Return JSON as it is stored."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(content)


def unpacked(stored: bytes) -> bytes:
    """Return the JSON of what is stored."""
    return zstandard.ZstdDecompressor().decompress(stored) if stored.startswith(_FRAME) else stored
