"""The body and the headers of a request, read strictly: what we cannot take is refused before it is read."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from akson.base.errors import Refused
from akson.fhirapi.calls import Content, Pairs

_JSON = frozenset({"application/fhir+json", "application/json", "text/json"})
_FORMATS = _JSON | {"json"}
_ANY = _JSON | {"*/*", "application/*"}
_R4 = frozenset({"", "4.0", "4.0.1", "4.0.0"})
_FORM = "application/x-www-form-urlencoded"
_LARGEST_FORM = 1024 * 1024
_MATCH = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"')
_MOST_PARAMETERS = 1000
PRESENTATION = frozenset({"_format", "_pretty"})  # parameters about the answer's form, known everywhere


def content(headers: Mapping[str, str], receive: Receive) -> Content:
    """Return what reads the body once it is wanted."""

    async def read(most: int) -> bytes:
        return await _read(headers, receive, most)

    return read


async def form(headers: Mapping[str, str], read: Content) -> Pairs:
    """Return the parameters of a form body. Raises Refused AK-F003, AK-F007, AK-J009."""
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != _FORM:
        raise Refused("AK-F003", given=given or "nothing")
    return parameters((await read(_LARGEST_FORM)).decode("ascii", "replace"))


def refuse_other_than_json(headers: Mapping[str, str]) -> None:
    """Raise AK-F003 unless the body says that it is JSON of R4."""
    if not _is_json(headers.get("content-type", "")):
        raise Refused("AK-F003", given=headers.get("content-type", "nothing")[:80])


@lru_cache(maxsize=256)
def _is_json(told: str) -> bool:
    media, *rest = (part.strip().lower() for part in told.split(";"))
    given = {name.strip(): value.strip(' "') for name, _, value in (part.partition("=") for part in rest)}
    return media in _JSON and given.get("charset", "utf-8") in ("utf-8", "utf8") and given.get("fhirversion", "") in _R4


def refuse_other_answers(headers: Mapping[str, str], query: Pairs) -> None:
    """Raise AK-F004 unless the client takes JSON; `_format` wins over Accept."""
    formats = [value for name, value in query if name == "_format"]
    if formats:
        taken = all(value.partition(";")[0].strip().lower().replace(" ", "+") in _FORMATS for value in formats)
    else:
        taken = _takes_json(headers.get("accept", "*/*"))
    if not taken:
        raise Refused("AK-F004")


@lru_cache(maxsize=256)
def _takes_json(accept: str) -> bool:
    return any(part.partition(";")[0].strip().lower() in _ANY for part in accept.split(","))


def parameters(text: str) -> Pairs:
    """Return the name=value pairs of a query or form. Raises Refused AK-F007 when they cannot be told apart."""
    if not text:
        return ()
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        raise Refused("AK-F007", name="query string") from None
    if any("\x00" in name + value for name, value in pairs):
        raise Refused("AK-F007", name="query string")
    return tuple(pairs)


def if_match(headers: Mapping[str, str]) -> int | None:
    """Return the version in If-Match, None when there is no such header. Raises Refused AK-F007."""
    given = headers.get("if-match")
    if given is None:
        return None
    found = _MATCH.fullmatch(given.strip())
    if found is None:
        raise Refused("AK-F007", name="If-Match")
    return int(found[1])


async def _read(headers: Mapping[str, str], receive: Receive, most: int) -> bytes:
    """Return the whole body, unpacked. Raises Refused AK-J009 as soon as it is known to be too large, AK-F003 or 5."""
    told = headers.get("content-length", "0")
    if not told.isdigit() or int(told) > most:
        raise Refused("AK-J009", limit=most)
    unpack = _unpacker(headers.get("content-encoding", "identity").strip().lower(), most)
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        more = message.get("more_body", False)
        chunks.append(unpack.take(message.get("body", b"")))
        size += len(chunks[-1])
        if size > most:
            raise Refused("AK-J009", limit=most)
    unpack.end()
    return b"".join(chunks) if len(chunks) > 1 else chunks[0]


class _Plain:
    """A body sent as it is."""

    def take(self, chunk: bytes) -> bytes:
        return chunk

    def end(self) -> None:
        pass


class _Gzip:
    """A packed body; never unpacks more than `most` and a little, whatever it claims to hold."""

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


def _unpacker(encoding: str, most: int) -> _Plain | _Gzip:
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip"):
        return _Gzip(most)
    raise Refused("AK-F003", given=f"content-encoding {encoding[:40]}")
