"""Search values as rows: what `akson.fhir.search` extracts, hashed and cut to what the tables hold."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

from akson.fhir import search as extraction
from akson.fhir import types

# Code-like tokens searched across patients get a btree of their own; the GIN on `tokens` finds the long tail.
HOT = frozenset({"identifier", "code", "combo-code", "category", "class", "vaccine-code"})
_LONGEST = 200  # characters of a string value that are indexed
_SIGNED = struct.Struct(">q")


class Hasher:
    """Keyed 64-bit hashes: without the key an fnr cannot be guessed from the index."""

    def __init__(self, secret: bytes) -> None:
        self._hash = lru_cache(maxsize=20_000)(self._uncached)
        self._secret = secret

    def _uncached(self, text: str) -> int:
        number: int = _SIGNED.unpack(blake2b(text.encode(), digest_size=8, key=self._secret).digest())[0]
        return number

    def token(self, type_: int, param: int, system: str | None, code: str | None) -> int:
        """Return the hash of one way to ask: system|code, |code (system None means any) or system| (code None)."""
        return self._hash(f"{type_}|{param}|{'*' if system is None else system}|{'*' if code is None else code}")

    def unit(self, system: str | None, code: str) -> int:
        """Return the hash of a unit by system and code, or by bare code or printed unit (system None)."""
        return self._hash(f"unit|{'*' if system is None else system}|{code}")


@dataclass
class Values:
    """The index rows of one resource."""

    tokens: dict[int, bool] = field(default_factory=dict)  # hash -> has a btree row of its own
    references: set[tuple[int, int, str]] = field(default_factory=set)  # param, target type, target
    strings: set[tuple[int, str]] = field(default_factory=set)
    dates: set[tuple[int, datetime, datetime]] = field(default_factory=set)
    numbers: set[tuple[int, int, Decimal, Decimal]] = field(default_factory=set)  # param, unit, low, high


def values_of(type_name: str, resource: dict[str, object], hasher: Hasher) -> Values:
    """Return the index rows of `resource`, whose type is `type_name`."""
    found = extraction.extract(resource)
    type_ = types.code_of(type_name)
    hot = _hot(type_name)
    rows = Values()
    for param, system, code, _text in found.tokens:
        _add_token(rows, hasher, (type_, param, param in hot), system, code or None)
    for param, uri in found.uris:
        rows.tokens[hasher.token(type_, param, None, uri)] = False
    for param, target_type, target, url, identifier in found.references:
        if target_type is not None and target is not None:
            rows.references.add((param, types.code_of(target_type), target))
        elif url is not None:
            rows.references.add((param, 0, url[:500]))
        if identifier is not None:
            _add_token(rows, hasher, (type_, param, False), *identifier)
    rows.strings = {(param, value[:_LONGEST]) for param, value in found.strings}
    rows.dates = set(found.dates)
    rows.numbers = {(param, 0, low, high) for param, low, high in found.numbers}
    rows.numbers |= set(_quantities(found.quantities, hasher))
    return rows


def _add_token(rows: Values, hasher: Hasher, at: tuple[int, int, bool], system: str | None, code: str | None) -> None:
    """Add the three ways a token can be asked for; hot ones only by the two that name a code."""
    type_, param, hot = at
    if code is not None:
        rows.tokens[hasher.token(type_, param, system or "", code)] = hot
        rows.tokens[hasher.token(type_, param, None, code)] = hot
    if system:
        rows.tokens.setdefault(hasher.token(type_, param, system, None), False)


def _quantities(
    found: Iterable[tuple[int, Decimal, Decimal, str | None, str | None, str | None]], hasher: Hasher
) -> Iterable[tuple[int, int, Decimal, Decimal]]:
    for param, low, high, system, code, unit in found:
        yield param, 0, low, high
        if code and system:
            yield param, hasher.unit(system, code), low, high
        for name in {code, unit} - {None, ""}:
            yield param, hasher.unit(None, str(name)), low, high


@lru_cache(maxsize=200)
def _hot(type_name: str) -> frozenset[int]:
    return frozenset(p.id for p in extraction.parameters(type_name).values() if p.name in HOT)
