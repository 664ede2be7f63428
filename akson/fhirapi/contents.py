"""The body and the headers of a request, read strictly: what we cannot take is refused before it is read."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from akson.base.errors import Refused
from akson.fhirapi import packing
from akson.fhirapi.calls import Chunks, Content, Pairs

JSON = frozenset({"application/fhir+json", "application/json", "text/json"})
_FORMATS = JSON | {"json"}
_ANY = JSON | {"*/*", "application/*"}
_EXACT = {"*/*": 0, "application/*": 1}  # how exactly a range of Accept names us; 2: in full
_R4 = frozenset({"", "4.0", "4.0.1", "4.0.0"})
_FORM = "application/x-www-form-urlencoded"
_LARGEST_FORM = 1024 * 1024
_PIECE = 4096  # bytes unpacked at a time: a thousand times as many come out at most
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


def media(headers: Mapping[str, str]) -> str:
    """Return the media type of the body; "" unless it is of R4 and in UTF-8."""
    return _of_r4(headers.get("content-type", ""))


def refuse_other_than_json(headers: Mapping[str, str]) -> None:
    """Raise AK-F003 unless the body says that it is JSON of R4."""
    if media(headers) not in JSON:
        raise Refused("AK-F003", given=headers.get("content-type", "nothing")[:80])


@lru_cache(maxsize=256)
def _of_r4(told: str) -> str:
    found, given = _media(told)
    fits = given.get("charset", "utf-8") in ("utf-8", "utf8") and given.get("fhirversion", "") in _R4
    return found if fits else ""


def refuse_other_answers(headers: Mapping[str, str], query: Pairs) -> None:
    """Raise AK-F004 unless the client takes JSON; `_format` wins over Accept."""
    formats = [value for name, value in query if name == "_format"]
    if not (all(map(_is_our_format, formats)) if formats else _takes_json(headers.get("accept", "*/*"))):
        raise Refused("AK-F004")


def _is_our_format(value: str) -> bool:
    media, given = _media(value.replace(" ", "+").replace(";+", ";"))
    return media in _FORMATS and given.get("fhirversion", "") in _R4


@lru_cache(maxsize=256)
def _takes_json(accept: str) -> bool:
    """Tell whether one of our types is among those taken; the most exact range about it decides. RFC 9110, 12.5.1"""
    best: dict[int, bool] = {}
    for part in accept.split(",") if accept.strip() else ["*/*"]:
        media, given = _media(part)
        if media in _ANY and given.get("fhirversion", "") in _R4:
            rank = _EXACT.get(media, 2)
            best[rank] = best.get(rank, False) or _quality(given.get("q", "1")) > 0
    return best[max(best)] if best else False


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _media(text: str) -> tuple[str, dict[str, str]]:
    """Return a media type and its parameters, in small letters."""
    media, *rest = (part.strip().lower() for part in text.split(";"))
    return media, {n.strip(): v.strip(' "') for n, _, v in (part.partition("=") for part in rest)}


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


def is_unchanged(headers: Mapping[str, str], version: int, changed: datetime) -> bool:
    """Tell whether the client has this version already: If-None-Match, without it If-Modified-Since. RFC 9110, 13.1"""
    if (given := headers.get("if-none-match")) is not None:
        return given.strip() == "*" or any(
            (found := _MATCH.fullmatch(one.strip())) is not None and int(found[1]) == version
            for one in given.split(",")
        )
    if (since := headers.get("if-modified-since")) is not None:
        return (moment := _moment(since)) is not None and changed.replace(microsecond=0) <= moment
    return False


def _moment(text: str) -> datetime | None:
    """Return an HTTP date; None for what is none, which is to be treated as if it was not sent."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def chunks(headers: Mapping[str, str], receive: Receive) -> Chunks:
    """Return what reads a body of any size piece by piece, unpacked; see `_read` for what it raises."""

    async def read() -> AsyncIterator[bytes]:
        unpack = packing.unpacker(headers.get("content-encoding", "identity").strip().lower(), sys.maxsize - 1)
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more, body = message.get("more_body", False), message.get("body", b"")
            for start in range(0, len(body), _PIECE):
                yield unpack.take(body[start : start + _PIECE])
        unpack.end()

    return read


async def _read(headers: Mapping[str, str], receive: Receive, most: int) -> bytes:
    """Return the whole body, unpacked. Raises Refused AK-J009 as soon as it is known to be too large, AK-F003 or 5."""
    told = headers.get("content-length", "0")
    if not told.isdigit() or int(told) > most:
        raise Refused("AK-J009", limit=most)
    unpack = packing.unpacker(headers.get("content-encoding", "identity").strip().lower(), most)
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
