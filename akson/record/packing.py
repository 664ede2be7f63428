"""How the content of a version is packed: zstd with a dictionary of what most resources say, named in every frame.

What was packed under a dictionary can be read with that one only: none is ever taken away or changed. A better one gets
a number and a file of its own, and CURRENT; `python -m bench.dictionary` trains it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import zstandard

CURRENT = 1
LEVEL = 3


def file_of(number: int) -> Path:
    """Return where a dictionary is kept."""
    return Path(__file__).with_name(f"packing-{number}.zst")


@lru_cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(file_of(number).read_bytes())


@lru_cache
def _squeezer() -> zstandard.ZstdCompressor:
    _dictionary(CURRENT).precompute_compress(level=LEVEL)
    return zstandard.ZstdCompressor(dict_data=_dictionary(CURRENT), write_content_size=True, write_dict_id=True)


@lru_cache
def _stretcher(number: int) -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(dict_data=_dictionary(number)) if number else zstandard.ZstdDecompressor()


def packed(content: bytes) -> bytes:
    """Return `content` as it is stored."""
    return _squeezer().compress(content)


def unpacked(body: bytes) -> bytes:
    """Return the content of a stored body."""
    return _stretcher(zstandard.get_frame_parameters(body).dict_id).decompress(body)
