"""Text. Regular expressions run in time that grows with the text only (RE2), whatever the expression."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from functools import lru_cache
from typing import Any, Final

import re2

from akson.fhir.fhirpath import tree
from akson.fhir.fhirpath.code import Code, of_system
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.functions.registry import Compiling, built, scalar
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import Items, one, short_enough, text
from akson.fhir.primitives import LONGEST_STRING

LONGEST_PATTERN: Final = 2000
_MOST_MEMORY: Final = 2 * 1024 * 1024  # bytes, for one regular expression
_MOST_REPLACED: Final = 2 * LONGEST_STRING
_JSON = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_BROKEN = re.compile(r'(?<!\\)(?:\\\\)*\\(?!u[0-9A-Fa-f]{4}|["\\/bfnrt])')
_CONTROLS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_GROUP = re.compile(r"\$(?:([0-9]{1,2})|\{([A-Za-z_][A-Za-z0-9_]*)\})")


@scalar("length", "String", gives="Integer")
def length(value: str) -> int:
    """Return how many signs it has."""
    return len(value)


@scalar("indexOf", "String", "String", gives="Integer")
def index_of(value: str, other: str) -> int:
    """Return where the other begins first; -1 when it is not there."""
    return value.find(other)


@scalar("lastIndexOf", "String", "String", gives="Integer")
def last_index_of(value: str, other: str) -> int:
    """Return where the other begins last; -1 when it is not there."""
    return value.rfind(other)


@scalar("substring", "String", "Integer", "Integer", optional=1, gives="String")
def substring(value: str, start: int, count: int | None = None) -> str | None:
    """Return the text from a place on, as many signs as asked for."""
    if not 0 <= start < len(value):
        return None
    return value[start:] if count is None else value[start : start + max(count, 0)]


@scalar("startsWith", "String", "String", gives="Boolean")
def starts_with(value: str, other: str) -> bool:
    """Tell whether the text begins so."""
    return value.startswith(other)


@scalar("endsWith", "String", "String", gives="Boolean")
def ends_with(value: str, other: str) -> bool:
    """Tell whether the text ends so."""
    return value.endswith(other)


@scalar("contains", "String", "String", gives="Boolean")
def contains(value: str, other: str) -> bool:
    """Tell whether the other stands somewhere in the text."""
    return other in value


@scalar("upper", "String", gives="String")
def upper(value: str) -> str:
    """Return it in large letters."""
    return value.upper()


@scalar("lower", "String", gives="String")
def lower(value: str) -> str:
    """Return it in small letters."""
    return value.lower()


@scalar("trim", "String", gives="String")
def trim(value: str) -> str:
    """Return it without blanks at both ends."""
    return value.strip()


@scalar("replace", "String", "String", "String", gives="String")
def replace(value: str, pattern: str, other: str) -> str:
    """Return it with each `pattern` replaced; an empty one stands between all signs."""
    if (value.count(pattern) + 1) * len(other) > _MOST_REPLACED:
        raise FhirPathError("too much is replaced", kind="too-costly")
    return value.replace(pattern, other)


@scalar("toChars", "String", gives="String")
def to_chars(value: str) -> list[str]:
    """Return the signs one by one."""
    return list(value)


@scalar("split", "String", "String", gives="String")
def split(value: str, separator: str) -> list[str]:
    """Return the parts between the separators."""
    return value.split(separator) if separator else list(value)


@built("join", 0, 1)
def join(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return all texts with the separator between."""
    before, separator = of.run, c.apart(call.arguments[0]).run if call.arguments else None

    def run(s: Scope) -> Items:
        items = before(s)
        between = one(separator(s), "the separator") if separator else None
        found = (text(between, "the separator") if between is not None else "").join([text(i) for i in items])
        s.run.spend(len(found) >> 6)
        return [short_enough(found)] if items else []

    return Code(run, of_system("String"))


@lru_cache(maxsize=128)
def _pattern(pattern: str) -> Any:
    if len(pattern) > LONGEST_PATTERN:
        raise FhirPathError(f"a regular expression has at most {LONGEST_PATTERN} signs", kind="too-costly")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        return re2.compile(f"(?s){pattern}", options)
    except re2.error as error:
        told = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise FhirPathError(f"not a regular expression that can be run: {told}") from error


@scalar("matches", "String", "String", gives="Boolean")
def matches(value: str, pattern: str) -> bool:
    """Tell whether the pattern is found somewhere in the text."""
    return _pattern(pattern).search(value) is not None


@scalar("matchesFull", "String", "String", gives="Boolean")
def matches_full(value: str, pattern: str) -> bool:
    """Tell whether the pattern is the whole text."""
    return _pattern(pattern).fullmatch(value) is not None


@scalar("replaceMatches", "String", "String", "String", gives="String")
def replace_matches(value: str, pattern: str, other: str) -> str:
    """Return it with each match replaced; $1 or ${name} stands for a group."""
    if not pattern:
        return value
    compiled = _pattern(pattern)
    left = _MOST_REPLACED

    def one_match(found: Any) -> str:
        nonlocal left
        replaced = _GROUP.sub(lambda g: _group(found, g), other) if "$" in other else other
        left -= len(replaced) + 16
        if left < 0:
            raise FhirPathError("too much is replaced", kind="too-costly")
        return replaced

    return str(compiled.sub(one_match, value))


def _group(found: Any, asked: re.Match[str]) -> str:
    try:
        return found.group(int(asked[1]) if asked[1] else asked[2]) or ""
    except (IndexError, KeyError, re2.error):
        raise FhirPathError(f"the regular expression has no group {asked[0]}") from None


def _unknown(name: str, kind: str) -> FhirPathError:
    return FhirPathError(f"{name}() does not know {kind!r}")


@scalar("encode", "String", "String", gives="String")
def encode(value: str, kind: str) -> str:
    """Return it as hex, base64 or urlbase64."""
    if kind == "hex":
        return value.encode().hex()
    if kind == "base64":
        return base64.b64encode(value.encode()).decode()
    if kind == "urlbase64":
        return base64.urlsafe_b64encode(value.encode()).decode()
    raise _unknown("encode", kind)


@scalar("decode", "String", "String", gives="String")
def decode(value: str, kind: str) -> str | None:
    """Return what it is, from hex, base64 or urlbase64; nothing when it is not so encoded text."""
    try:
        if kind == "hex":
            return bytes.fromhex(value).decode()
        if kind == "base64":
            return base64.b64decode(value, validate=True).decode()
        if kind == "urlbase64":
            return base64.urlsafe_b64decode(value).decode()
    except (ValueError, binascii.Error):
        return None
    raise _unknown("decode", kind)


@scalar("escape", "String", "String", gives="String")
def escape(value: str, kind: str) -> str:
    """Return it with the signs escaped that mean something in html or json."""
    if kind == "html":
        return html.escape(value, quote=False).replace('"', "&quot;")
    if kind == "json":
        return json.dumps(value, ensure_ascii=False)[1:-1]
    raise _unknown("escape", kind)


@scalar("unescape", "String", "String", gives="String")
def unescape(value: str, kind: str) -> str | None:
    """Return it without the escapes of html or json; nothing when they are broken."""
    if kind == "html":
        return html.unescape(value)
    if kind == "json":
        return None if _BROKEN.search(value) else _JSON.sub(_unescaped, value)
    raise _unknown("unescape", kind)


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _CONTROLS.get(found[2], found[2])
