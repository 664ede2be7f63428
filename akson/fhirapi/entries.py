"""The entries of a batch or transaction, told apart. Source: hl7.org/fhir/R4/bundle.html#transaction"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from akson.base.errors import Refused
from akson.fhir import bodies, checks
from akson.fhirapi import addresses, conditional, contents, patching
from akson.fhirapi.addresses import Place
from akson.fhirapi.calls import Call, Pairs
from akson.record import conditions
from akson.record.conditions import Condition

MOST = 20_000  # entries in one Bundle
_HEADERS = ("if_match", "if_none_match", "if_modified_since", "if_none_exist")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry. body: its resource, b"" when it has none; url: as it was written."""

    n: int
    method: str
    place: Place
    query: Pairs
    headers: Mapping[str, str]
    body: bytes
    full_url: str | None

    @property
    def path(self) -> str:
        return f"Bundle.entry[{self.n}]"


def count(cut: bodies.Slices) -> None:
    """Raise AK-F008 when there are too many entries."""
    if len(cut.entry) > MOST:
        raise Refused("AK-F008", path="Bundle.entry", limit=MOST)


def read(n: int, part: bodies.Slice, base: str) -> Entry:
    """Return entry number `n`. Raises Refused AK-F001, AK-F002, AK-F007, AK-F012, with the path."""
    path = f"Bundle.entry[{n}]"
    request = part.request
    if request is None:
        raise Refused("AK-F012", path=f"{path}.request", detail="an entry without a request")
    if request.method not in _METHODS:
        raise Refused("AK-F012", path=f"{path}.request.method", detail=f"{', '.join(sorted(_METHODS))} are supported")
    with_body = request.method in _WITH_BODY
    if with_body is not bool(part.resource):
        raise Refused("AK-F012", path=f"{path}.resource", detail="a resource belongs to POST, PUT and PATCH only")
    address, _, query = request.url.removeprefix(base + "/").removeprefix("/").partition("?")
    try:
        place = addresses.find(address.split("/"))
        place.interaction(request.method)
        pairs = contents.parameters(query)
    except Refused as refused:
        refused.path = f"{path}.request.url"
        raise
    if with_body and pairs and (place.id or request.method == "POST"):
        raise Refused("AK-F007", path=f"{path}.request.url", name="a query at this address")
    headers = {name.replace("_", "-"): value for name in _HEADERS if (value := getattr(request, name)) is not None}
    return Entry(
        n=n,
        method=request.method,
        place=place,
        query=pairs,
        headers=headers,
        body=bytes(part.resource),
        full_url=part.full_url,
    )


def names(entry: Entry) -> Iterator[str]:
    """Yield what other entries may call this one: its fullUrl, and Type/id when that is the fullUrl's end."""
    if entry.full_url:
        yield entry.full_url
        kind, _, id_ = entry.full_url.rpartition("/")
        if kind.rpartition("/")[2] == entry.place.type and addresses.ID.fullmatch(id_):
            yield f"{entry.place.type}/{id_}"


def condition(entry: Entry) -> Condition | None:
    """Return the condition that a change stands under. Raises Refused AK-F007, AK-F023, with the path."""
    if_none_exist = entry.headers.get("if-none-exist") if entry.method == "POST" else None
    path = f"{entry.path}.request." + ("ifNoneExist" if if_none_exist is not None else "url")
    try:
        if if_none_exist is not None:
            return conditional.unless_there(entry.place.type, if_none_exist)
        if entry.method == "GET" or entry.place.id or not entry.place.type or entry.method == "POST":
            return None
        return conditions.condition(entry.place.type, entry.query)
    except Refused as refused:
        refused.path = path
        raise


def inner(call: Call, entry: Entry) -> Call:
    """Return the entry as a call of its own, by the same actor. Raises Invalid, Refused AK-F003 for a patch in it."""
    media, body = patching.in_entry(entry.body) if entry.method == "PATCH" else ("application/json", entry.body)

    async def content(most: int) -> bytes:
        if len(body) > most:
            raise Refused("AK-J009", limit=most)
        return body

    prefer = call.headers.get("prefer", "return=minimal")
    return replace(
        call,
        once=None,
        method=entry.method,
        query=entry.query,
        headers={"content-type": media, "prefer": prefer, **entry.headers},
        content=content,
        type=entry.place.type,
        id=entry.place.id,
        version=entry.place.version,
        within=entry.place.within,
    )


def cut_up(body: bytes) -> bodies.Slices:
    """Return a Bundle cut into entries. Raises Invalid.

    What is seen of its envelope is counted; when something else stands there too (a member unknown, twice, or merely
    not used by us) the whole Bundle is checked like any resource.
    """
    cut = bodies.slices(body)
    escaped = b"\\" in body
    if _members(body, escaped) != _seen(cut, escaped):
        checks.check(body, expected="Bundle")
    return cut


def _members(text: bytes | msgspec.Raw, escaped: bool) -> int:  # noqa: FBT001
    """Return how many members a text has. escaped: there may be a backslash in it."""
    raw = bytes(text)
    return raw.count(b'":') - (raw.count(b'\\":') if escaped else 0)


def _seen(cut: bodies.Slices, escaped: bool) -> int:  # noqa: FBT001
    """Return how many members the envelope and the resources have together, as far as we read them."""
    seen = 1 + bool(cut.type) + bool(cut.entry)
    for part in cut.entry:
        seen += part.full_url is not None
        seen += 1 + _members(part.resource, escaped) if part.resource else 0
        if part.request is not None:
            seen += 1 + sum(bool(getattr(part.request, name)) for name in (*_HEADERS, "method", "url"))
    return seen
