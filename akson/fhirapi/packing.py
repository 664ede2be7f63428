"""gzip and zstd: bodies of requests unpacked within bounds, bodies of answers packed when the client takes it.

Packing can betray a secret to one who may both choose a part of the text and make the victim ask for it (BREACH). Here
nobody but the client itself can make its requests: the API takes bearer tokens only, which no browser adds by itself.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, Protocol

import zstandard

from akson.base.errors import Refused

SMALLEST: Final = 1400  # bytes of an answer that are worth packing: what fits one packet anyway is not
_STEP: Final = 256  # bytes of zstd unpacked at a time: at most 8 MB come out of them
_WINDOW: Final = 8 * 1024 * 1024  # what a zstd sender may ask us to remember (RFC 8878 recommends taking that much)
_Q = re.compile(r"\s*;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*")


class Unpacker(Protocol):
    """Takes a body as it arrives and gives its content."""

    def take(self, chunk: bytes) -> bytes: ...

    def end(self) -> None: ...


def unpacker(encoding: str, most: int) -> Unpacker:
    """Return what unpacks a body of this Content-Encoding, `most` bytes and a little whatever it claims to hold.

    Raises  Refused AK-F003 for an encoding we do not know; its methods AK-F005 for one that is broken or cut off
    """
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip"):
        return _Gzip(most)
    if encoding == "zstd":
        return _Zstd(most)
    raise Refused("AK-F003", given=f"content-encoding {encoding[:40]}")


class _Plain:
    """A body sent as it is."""

    def take(self, chunk: bytes) -> bytes:
        return chunk

    def end(self) -> None:
        pass


class _Gzip:
    def __init__(self, most: int) -> None:
        self._stream = zlib.decompressobj(wbits=31)
        self._left = most + 1

    def take(self, chunk: bytes) -> bytes:
        try:
            found = self._stream.decompress(chunk, max(self._left, 1))
        except zlib.error as error:
            raise Refused("AK-F005", detail=f"gzip: {error}") from None
        self._left -= len(found)
        if self._stream.unused_data:
            raise Refused("AK-F005", detail="gzip: something follows the end")
        return found

    def end(self) -> None:
        if not self._stream.eof:
            raise Refused("AK-F005", detail="gzip: cut off")


class _Zstd:
    def __init__(self, most: int) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
        self._left = most + 1

    def take(self, chunk: bytes) -> bytes:
        found = []
        for start in range(0, len(chunk), _STEP):
            if self._left <= 0:
                break
            found.append(self._step(chunk[start : start + _STEP]))
            self._left -= len(found[-1])
        return b"".join(found)

    def _step(self, piece: bytes) -> bytes:
        if self._stream.eof:
            raise Refused("AK-F005", detail="zstd: something follows the end")
        try:
            found = self._stream.decompress(piece)
        except zstandard.ZstdError as error:
            raise Refused("AK-F005", detail=f"zstd: {error}") from None
        if self._stream.unused_data:
            raise Refused("AK-F005", detail="zstd: something follows the end")
        return found

    def end(self) -> None:
        if not self._stream.eof:
            raise Refused("AK-F005", detail="zstd: cut off")


def packed(body: bytes, headers: Mapping[str, str]) -> tuple[bytes, str]:
    """Return the body as the client wants it most, and the Content-Encoding, "" when it is left as it is."""
    if len(body) < SMALLEST:
        return body, ""
    chosen = _wanted(headers.get("accept-encoding", ""))
    if chosen == "zstd":
        return zstandard.ZstdCompressor(level=1).compress(body), chosen
    if chosen == "gzip":
        stream = zlib.compressobj(level=1, wbits=31)
        return stream.compress(body) + stream.flush(), chosen
    return body, ""


class Packer(Protocol):
    """Packs an answer part by part."""

    def take(self, part: bytes) -> bytes: ...

    def end(self) -> bytes: ...


class _Packer:
    """gzip or zstd, whatever has been taken so far going out at once."""

    def __init__(
        self, compress: Callable[[bytes], bytes], flush: Callable[[], bytes], end: Callable[[], bytes]
    ) -> None:
        self._compress, self._flush, self.end = compress, flush, end

    def take(self, part: bytes) -> bytes:
        return self._compress(part) + self._flush()


class _Unpacked:
    def take(self, part: bytes) -> bytes:
        return part

    def end(self) -> bytes:
        return b""


def packer(headers: Mapping[str, str]) -> tuple[Packer, str]:
    """Return what packs a stream as the client wants it most, and the Content-Encoding, "" when it is left as it is."""
    chosen = _wanted(headers.get("accept-encoding", ""))
    if chosen == "zstd":
        zstd = zstandard.ZstdCompressor(level=1).compressobj()
        return _Packer(zstd.compress, lambda: zstd.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK), zstd.flush), chosen
    if chosen == "gzip":
        gzip = zlib.compressobj(level=1, wbits=31)
        return _Packer(gzip.compress, lambda: gzip.flush(zlib.Z_SYNC_FLUSH), gzip.flush), chosen
    return _Unpacked(), ""


@lru_cache(maxsize=256)
def _wanted(accept: str) -> str:
    """Return zstd, gzip or "": the one with the highest q, zstd when two are equal. Source: RFC 9110, 12.5.3"""
    given: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, _, _ = part.partition(";")
        found = _Q.fullmatch(part[len(name) :])
        weight = float(found[1]) if found else 1.0 if ";" not in part else 0.0
        given[name.strip().removeprefix("x-")] = weight
    ours = {name: given.get(name, given.get("*", 0.0)) for name in ("zstd", "gzip")}
    best = max(ours, key=lambda name: ours[name])
    return best if ours[best] > 0 and ours[best] >= given.get("identity", 0.0) else ""
