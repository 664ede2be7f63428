"""The JSON received is the truth: this cuts it, stores it, and puts it together again without changing a token.

Only id, meta and rewritten references differ between what came in and what goes out; numbers keep their digits
(`1.50` stays `1.50`), members their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import msgspec

from akson.fhir.issues import Invalid, Issue

_EMPTY: Final = msgspec.Raw(b"")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_value = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
_text = msgspec.json.Decoder(str).decode
_STRING = re.compile(rb'"(?:[^"\\]+|\\.)*"')
_NAMED = re.compile(rb'("(?:[^"\\]+|\\.)*")((?:\s*:)?)')  # every string, so that none begins at the end of another
_DISGUISED = re.compile(rb"\\u00[2-7]")
_TYPED: Final = b" "  # behind meta, see `pack`
_KEPT_BY_US = frozenset({"versionId", "lastUpdated", "_versionId", "_lastUpdated"})


class Parts(msgspec.Struct, frozen=True):
    """A resource cut up.

    meta   compact JSON of meta without versionId and lastUpdated; b"" when nothing is left
    rest   all other members but resourceType and id, as received, with commas between and no braces around
    typed  resourceType stands among the rest: it did not come before them
    """

    resource_type: str
    id: str | None
    meta: bytes
    rest: bytes
    typed: bool = False


def loads(body: bytes) -> Any:
    """Return the JSON value; numbers with a point or an exponent as Decimal. Raises msgspec.DecodeError, ValueError."""
    return _value(body)


def dumps(value: Any) -> bytes:
    """Return `value` as compact JSON; a Decimal becomes a number with all its digits."""
    return _encode(value)


def may_say(body: bytes, *signs: bytes) -> bool:
    r"""Tell whether one of `signs` may stand in a JSON text: as it is, or in disguise, since any letter may be \u0061.

    For what is decided by the text alone, to pass most by; who gets True looks at what the text is decoded to.
    signs  letters, digits, quotes and hyphens; a solidus may be \/ too, and is not looked for here
    """
    for sign in signs:  # written out: this is asked some times of every body that is written
        if sign in body:
            return True
    return in_disguise(body)


def in_disguise(body: bytes) -> bool:
    r"""Tell whether something that needs no escape may be written as one in a JSON text; \u00e5 is none of these."""
    return b"\\" in body and b"\\u00" in body and _DISGUISED.search(body) is not None


def plain_names(body: bytes) -> bytes:
    """Return a JSON text with the names of its members written plainly, and nothing else changed."""
    return _NAMED.sub(_plainly, body) if in_disguise(body) else body


def _plainly(found: re.Match[bytes]) -> bytes:
    return _encode(_text(found[1])) + found[2] if found[2] else found[0]


def split(body: bytes) -> Parts:
    """Cut up the text of a resource. Raises Invalid when it is not a JSON object with a resourceType."""
    try:
        members = _members(body)
        kind = _text(members["resourceType"])
        resource_id = _text(members.pop("id")) if "id" in members else None
        meta = _kept_meta(members.pop("meta", _EMPTY))
    except (msgspec.DecodeError, ValueError, KeyError) as error:
        raise Invalid([Issue("fatal", "structure", "", f"not the text of a resource: {error}")]) from error
    typed = next(iter(members)) != "resourceType"
    if not typed:
        del members["resourceType"]
    return Parts(kind, resource_id, meta, _joined(members), typed)


def _kept_meta(meta: msgspec.Raw) -> bytes:
    if not meta:
        return b""
    kept = {name: raw for name, raw in _members(meta).items() if name not in _KEPT_BY_US}
    return bytes(msgspec.json.format(b"{" + _joined(kept) + b"}", indent=-1)) if kept else b""


def _joined(members: Mapping[str, msgspec.Raw]) -> bytes:
    return b"".join([part for name, raw in members.items() for part in (_named(name), raw)])[1:]


@lru_cache(maxsize=1024)
def _named(name: str) -> bytes:
    """Return what stands before the value of a member that is not the first."""
    return b"," + _encode(name) + b":"


def join(resource_type: str, resource_id: str, version: int, last_updated: datetime, stored: bytes) -> bytes:
    """Return the text of a resource as clients get it. `last_updated` must have a time zone; `stored` as packed."""
    meta, _, rest = stored.partition(b"\n")
    kept = b"," + meta.rstrip(_TYPED)[1:-1] if len(meta) > 1 else b""
    typed = "" if meta.endswith(_TYPED) else f'"resourceType":"{resource_type}",'
    head = f'{{{typed}"id":"{resource_id}","meta":{{"versionId":"{version}","lastUpdated":"{instant(last_updated)}"'
    return b"".join((head.encode(), kept, b"},", rest, b"}") if rest else (head.encode(), kept, b"}}"))


def instant(moment: datetime) -> str:
    """Return `moment` as a FHIR instant in UTC with milliseconds."""
    told = (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat(timespec="milliseconds")
    return told[:-6] + "Z"  # for +00:00


def pack(parts: Parts) -> bytes:
    """Return what is stored of a resource: meta, a line feed, the rest. Type, id, version and time have own columns.

    A blank before the line feed says that resourceType stands among the rest.
    """
    return parts.meta + (_TYPED if parts.typed else b"") + b"\n" + parts.rest


class Rewriting:
    """Puts other references in place of those that are keys of `new`, wherever a whole string is equal to one.

    Made once for all the entries of a Bundle, then called with the text of each.
    """

    def __init__(self, new: Mapping[str, str]) -> None:
        self._new = {_encode(old): _encode(other) for old, other in new.items()}
        beginnings = sorted({re.escape(old.encode()[:4]) for old in new})  # "urn:", "Pati"
        # A string that begins so; the quote before it opens a string, since it is not an escaped one.
        self._plain = re.compile(rb'"(?<!\\")(?:' + b"|".join(beginnings) + rb')[^"\\]*"')

    def __call__(self, body: bytes) -> bytes:
        escaped = b"\\" in body and (b"\\u" in body or b"\\/" in body or b'\\"' in body)
        return (_STRING if escaped else self._plain).sub(self._other, body)

    def _other(self, string: re.Match[bytes]) -> bytes:
        token = string[0]
        return self._new.get(_encode(_text(token)) if b"\\" in token else token, token)


def rewrite_references(body: bytes, new: Mapping[str, str]) -> bytes:
    """Return `body` with other references in place of those that are keys of `new`."""
    return Rewriting(new)(body) if new else body


class Request(msgspec.Struct, rename="camel"):
    """What an entry of a batch or transaction asks for."""

    method: str = ""
    url: str = ""
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_match: str | None = None
    if_none_exist: str | None = None


class Slice(msgspec.Struct, rename="camel"):
    """One entry of a Bundle; `resource` is a view into the Bundle's text, b"" when there is none."""

    full_url: str | None = None
    resource: msgspec.Raw = _EMPTY
    request: Request | None = None


class Slices(msgspec.Struct):
    """A Bundle cut into its entries."""

    resourceType: str
    type: str = ""
    entry: list[Slice] = []


_slices = msgspec.json.Decoder(Slices).decode


def slices(bundle: bytes) -> Slices:
    """Cut a Bundle into its entries without decoding or copying the resources. Raises Invalid."""
    try:
        cut = _slices(bundle)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Invalid([Issue("fatal", "structure", "Bundle", str(error))]) from error
    if cut.resourceType != "Bundle":
        raise Invalid([Issue("error", "invalid", "Bundle.resourceType", f"expected Bundle, got {cut.resourceType}")])
    return cut
