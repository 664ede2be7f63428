"""Tells whether a value is a proper FHIR primitive.

Patterns are those of hl7.org/fhir/R4/datatypes.html, made exact where the specification says more in words (days of a
month, leap years) and linear in the length of the text. They are written for `fullmatch`.
"""

from __future__ import annotations

import binascii
import re
from decimal import Decimal
from typing import Final

LONGEST_STRING: Final = 1024 * 1024  # R4: strings SHALL NOT exceed 1 MB
BIGGEST_INTEGER: Final = 2**31 - 1
BIGGEST_EXPONENT: Final = 307  # ours: far outside any measurement, inside what the database can hold
BIGGEST_BITS: Final = 1023  # of a whole number: as much

_YEAR = r"(?!0000)[0-9]{4}"
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    rf"(?:[12][0-9]{{3}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"  # soonest found
    rf"|{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_PART = rf"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?"  # of a date
_HEX = "[0-9a-f]"
_OID = r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"
_UUID = rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
ID: Final = r"[A-Za-z0-9\-.]{1,64}"

PATTERNS: Final[dict[str, str]] = {
    "canonical": r"\S+",
    "code": r"\S+(?:\s\S+)*",
    "date": rf"(?:{_DAY}|{_PART})",
    "dateTime": rf"(?:{_DAY}(?:T{_CLOCK}{_ZONE})?|{_PART})",
    "id": ID,
    "instant": rf"{_DAY}T{_CLOCK}{_ZONE}",
    "oid": _OID,
    "time": _CLOCK,
    "uri": rf"(?:(?!urn:(?:oid|uuid):)\S+|{_OID}|urn:uuid:(?i:{_UUID}))",
    "url": r"\S+",
    "uuid": rf"urn:uuid:{_UUID}",
}
# Reference.reference: inside the resource, absolute, on this server (with or without version), or a search to be
# resolved in a transaction.
REFERENCE: Final = (
    rf"(?:#\S*|[A-Za-z][A-Za-z0-9+.\-]*:\S+|[A-Z][A-Za-z]+/{ID}(?:/_history/{ID})?(?:#\S+)?|[A-Z][A-Za-z]+\?\S.*)"
)
# Required value sets that are told by the form of their codes. CapabilityStatement names formats for short.
GRAMMARS: Final[dict[str, re.Pattern[str]]] = {
    "mimetypes": re.compile(r"[A-Za-z0-9!#$&^_.+\-]+/[A-Za-z0-9!#$&^_.+*\-]+(?:\s?;.*)?|xml|json|ttl")
}
RANGES: Final[dict[str, tuple[int, int]]] = {
    "integer": (-BIGGEST_INTEGER - 1, BIGGEST_INTEGER),
    "positiveInt": (1, BIGGEST_INTEGER),
    "unsignedInt": (0, BIGGEST_INTEGER),
}
_COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
is_reference = re.compile(REFERENCE).fullmatch


def fault(kind: str, value: object) -> str | None:
    """Return what is wrong with `value` as a primitive of type `kind`, or None. xhtml is checked as a string only."""
    if kind == "boolean":
        return None if isinstance(value, bool) else "expected true or false"
    if kind == "decimal":
        return _decimal_fault(value)
    if kind in RANGES:
        return _integer_fault(kind, value)
    if not isinstance(value, str):
        return f"expected a {kind}, which is a JSON string"
    return _text_fault(kind, value)


def _decimal_fault(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return "expected a decimal, which is a JSON number"
    if isinstance(value, Decimal):
        fits = value.is_finite() and abs(value.adjusted()) <= BIGGEST_EXPONENT
    else:
        fits = value.bit_length() <= BIGGEST_BITS
    return None if fits else "the number is out of range"


def _integer_fault(kind: str, value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"expected a {kind}, which is a whole JSON number"
    least, most = RANGES[kind]
    return None if least <= value <= most else f"a {kind} lies between {least} and {most}"


def _text_fault(kind: str, value: str) -> str | None:
    if not value:
        return "a string must not be empty"
    if kind != "base64Binary" and len(value) > LONGEST_STRING:
        return "a string must not be longer than 1 MB"
    if control := _CONTROL.search(value):
        return f"control character U+{ord(control[0]):04X} is not allowed"
    pattern = _COMPILED.get(kind)
    if pattern is None and kind != "base64Binary":
        return None
    sound = pattern.fullmatch(value) if pattern else _is_base64(value)
    return None if sound else f"{_quoted(value)} is not a valid {kind}"


def _is_base64(value: str) -> bool:
    """Tell whether `value` is base64, perhaps broken up by blanks; padding stands at the end only."""
    try:
        return bool(binascii.a2b_base64(value if value.isalnum() else "".join(value.split()), strict_mode=True))
    except ValueError:
        return False


def _quoted(value: str) -> str:
    return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}...'"
