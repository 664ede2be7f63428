"""Search values as rows: what `akson.fhir.search` extracts, hashed and cut to what the tables hold."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from akson.fhir import search as extraction
from akson.fhir import text, types, ucum
from akson.fhir.custom import FIRST_GROUP, Custom
from akson.fhir.search import GROUP, Extracted
from akson.fhir.values import MOST, Reference, Token
from akson.record import addresses

# Code-like tokens searched across patients get a btree of their own; the GIN on `tokens` finds the long tail.
HOT = frozenset({"identifier", "code", "category", "class", "vaccine-code"})
UCUM = "http://unitsofmeasure.org"
LONGEST = 600  # characters of a string value that are indexed
LONGEST_ADDRESS = 500
_SIGNED = struct.Struct(">q")
_NONE = bytes(6)
_USUAL = 100  # places where something stands: what is more is of one resource only
_pack = msgspec.msgpack.Encoder().encode
Opened = Callable[[str], int | None]  # id -> owner key, None when the id was minted elsewhere


class Hot(NamedTuple):
    """One way to ask for a code that has rows of its own: the hash of the code alone, that with its system (0: any)."""

    token: int
    whole: int


class Hasher:
    """Keyed 64-bit hashes: without the key an fnr cannot be guessed from the index."""

    def __init__(self, secret: bytes) -> None:
        self._hash = lru_cache(maxsize=20_000)(self._uncached)
        self._keyed = {size: blake2b(digest_size=size, key=secret) for size in (6, 8, 16)}
        self.ways = lru_cache(maxsize=8192)(partial(_ways, self))  # to ask for a token; most come again and again
        self.shape = lru_cache(maxsize=2048)(partial(_shape, self))  # most resources of a type are filled in alike

    def _uncached(self, text: str) -> int:
        number: int = _SIGNED.unpack(self._made(text.encode(), 8))[0]
        return number

    def wide(self, content: bytes) -> bytes:
        """Return 16 bytes that stand for `content`."""
        return self._made(content, 16)

    def short(self, content: bytes) -> bytes:
        """Return 6 bytes that stand for `content`."""
        return self._made(content, 6)

    def _made(self, content: bytes, size: int) -> bytes:
        made = self._keyed[size].copy()  # the key is taken in already
        made.update(content)
        return made.digest()

    def token(self, slot: int, system: str | None, code: str | None) -> int:
        """Return the hash of one way to ask: system|code, |code (system None means any) or system| (code None)."""
        return self._hash(f"{slot}|{'*' if system is None else system}|{'*' if code is None else code}")

    def hot(self, slot: int, system: str | None, code: str) -> Hot:
        """Return what rows of a code's own are looked for by; system None: any."""
        return Hot(self.token(slot, None, code), 0 if system is None else self.token(slot, system, code))

    def present(self, slot: int) -> int:
        """Return the hash that says that something stands in a slot."""
        return self._hash(f"{slot}?")

    def of_type(self, slot: int, system: str | None, code: str, value: str) -> int:
        """Return the hash of an identifier's value together with its type; system None: any."""
        return self._hash(f"{slot}of|{'*' if system is None else system}|{code}|{value}")

    def pointing(self, slot: int, type_name: str) -> int:
        """Return the hash that says that a slot points to something of a type that is not to be had here."""
        return self._hash(f"{slot}?{type_name}")

    def identified(self, slot: int, type_name: str | None, system: str | None, value: str | None) -> int:
        """Return the hash of one way to ask for an identifier that a slot points by; type_name None: of whatever."""
        named = self.token(slot, system, value)
        return named if type_name is None else self._hash(f"{named}>{type_name}")

    def below(self, slot: int, address: str) -> int:
        """Return the hash that every address at or below `address` has."""
        return self._hash(f"{slot}/|{address.rstrip('/')}")

    def exact(self, slot: int, value: str) -> int:
        """Return the hash of a string as it was written."""
        return self._hash(f"{slot}=|{value}")

    def shown(self, slot: int, value: str) -> int:
        """Return the hash of a text that a code is shown by, folded."""
        return self._hash(f"{slot}~|{value}")

    def unit(self, system: str | None, code: str) -> int:
        """Return the hash of a unit by system and code, or by bare code or printed unit (system None)."""
        return self._hash(f"unit|{'*' if system is None else system}|{code}")

    def base(self, code: str) -> int:
        """Return the hash of a canonical UCUM unit."""
        return self._hash(f"base|{code}")


Display = tuple[int, str, int]
Quantity = tuple[int, int, Decimal, Decimal, int, Decimal, Decimal, int, int]


class Values(msgspec.Struct):
    """The index rows of one resource. Each begins with (slot, group); group 0 is none.

    displays  slot, folded text and hash of what codes are shown by: each hash is among the tokens, each text kept once
    """

    tokens: set[int] = set()
    displays: set[Display] = set()
    hot: dict[int, int] = {}  # those with a btree row: of a code alone -> with its system, itself where of several
    grouped: set[tuple[int, int]] = set()  # group, token
    references: set[tuple[int, int, int, int, str]] = set()  # ..., target type, owner, target
    strings: set[tuple[int, int, str, int]] = set()  # ..., folded, hash of it as written
    dates: set[tuple[int, int, datetime, datetime]] = set()
    numbers: set[Quantity] = set()  # ..., low, high; unit, low, high in base units; code, name
    text: tuple[str, str] = ("", "")  # the different words of the narrative, of all other

    @property
    def hot_first(self) -> list[int]:
        """Return the tokens; first those with a btree row of their own, each followed by what its row tells."""
        own = [token for pair in sorted(self.hot.items()) for token in pair]
        return own + sorted(self.tokens.difference(own))

    def prints(self, hasher: Hasher) -> bytes:
        """Return what is the same only while the rows of each kind are: 6 bytes each, zero where there are none."""
        kinds = (self.grouped, self.references, self.strings, self.dates, self.numbers)
        words = hasher.short(_pack([self.text])) if any(self.text) else _NONE
        return b"".join([hasher.short(_pack(sorted(rows))) if rows else _NONE for rows in kinds]) + words


class Given(NamedTuple):
    """A resource whose index rows are wanted.

    more    the installation's own parameters of its type
    hidden  the addresses of whose record this is are protected; a Patient says so itself
    """

    type: str
    resource: Mapping[str, Any]
    more: Sequence[Custom] = ()
    hidden: bool = False


def values_of(
    type_name: str, resource: Mapping[str, Any], hasher: Hasher, opened: Opened, more: Sequence[Custom] = (), *,
    hidden: bool = False,
) -> Values:  # fmt: skip
    """Return the index rows of one resource; see `Given`, and `values_of_all` for the others of its set."""
    return values_of_all([Given(type_name, resource, more, hidden)], hasher, opened)[0]


def values_of_all(given: Sequence[Given], hasher: Hasher, opened: Opened) -> list[Values]:
    """Return the index rows of resources, one step for all of them and then the next.

    A step that follows itself finds its code and tables in the processor's caches: a third less than one resource after
    the other. Nobody is found by a protected address, nor by what tells of it, so they give rise to none.
    """
    shown = [findable(one) for one in given]
    found = [extraction.extract(resource, one.more) for resource, one in zip(shown, given, strict=True)]
    made = [Values(text=(_different(text.narrative(one)), _different(text.content(one)))) for one in shown]
    rows = list(zip(given, found, made, strict=True))
    for one, has, values in rows:
        _tokens(values, hasher, has.tokens, hot_slots(one.type))
    for one, has, values in rows:
        _pointing(values, hasher, opened, has, narrowed_slots(one.type))
    for _, has, values in rows:
        _comparable(values, hasher, has)
    for one, has, values in rows:
        _present(values, hasher, one.type, has)
    return made


def findable(given: Given) -> Mapping[str, Any]:
    """Return what of a resource it may be found and ordered by."""
    protected = given.hidden or addresses.is_protected(given.resource)
    return addresses.unfindable(given.resource) if protected else given.resource


def _pointing(rows: Values, hasher: Hasher, opened: Opened, found: Extracted, narrowed: frozenset[int]) -> None:
    """Add what leads to others: addresses and references."""
    for at, uri in found.uris:
        _uri(rows, hasher, *extraction.split(at), uri)
    for reference in found.references:
        _reference(rows, hasher, opened, reference, narrowed)


def _comparable(rows: Values, hasher: Hasher, found: Extracted) -> None:
    """Add what is compared by more than equality: strings, dates, numbers, quantities."""
    rows.strings.update([(*extraction.split(at), value[:LONGEST], hasher.exact(at % GROUP, raw))
                         for at, value, raw in found.strings])  # fmt: skip
    rows.dates = {(*extraction.split(at), low, high) for at, low, high in found.dates}
    rows.numbers = {(*extraction.split(at), low, high, 0, low, high, 0, 0) for at, low, high in found.numbers}
    rows.numbers.update([_quantity(hasher, *quantity) for quantity in found.quantities])


def _present(rows: Values, hasher: Hasher, type_name: str, found: Extracted) -> None:
    """Add where something stands, of slots whose own rows do not say it."""
    shown = {row[0] for kind in (rows.references, rows.dates, rows.numbers) for row in kind}
    shown.update([at % GROUP for at, _, _ in found.strings])
    known = len(found.present) <= _USUAL
    shape = hasher.shape if known else partial(_shape, hasher)
    present, grouped = shape(type_name, frozenset(found.present), frozenset(shown))
    rows.tokens.update(present)
    rows.grouped.update(grouped)


def _shape(
    hasher: Hasher, type_name: str, present: frozenset[int], shown: frozenset[int]
) -> tuple[set[int], list[tuple[int, int]]]:
    """Return the tokens that say where something stands, and their groups; not for slots whose own rows say it."""
    parts = part_slots(type_name)
    grouped = [extraction.split(at) for at in present if at > GROUP]
    return (
        {hasher.present(slot) for slot in {at % GROUP for at in present} - shown},
        [(group, hasher.present(slot)) for slot, group in grouped if slot in parts or group >= FIRST_GROUP],
    )


def _different(words: str) -> str:
    """Return each word once: the index keeps neither their places nor how many there are."""
    return " ".join(dict.fromkeys(words.split()))


class Ways(NamedTuple):
    """The rows of one token: the hashes of the ways to ask for it, those of a btree row of its own, its text."""

    tokens: tuple[int, ...]
    hot: Hot | None
    grouped: tuple[tuple[int, int], ...]
    display: Display | None


def _tokens(rows: Values, hasher: Hasher, found: Iterable[Token], hot: frozenset[int]) -> None:
    tokens, ways = rows.tokens, hasher.ways
    for token in found:
        made = ways(token, token[0] % GROUP in hot)
        tokens.update(made.tokens)
        if made.hot:
            bare, whole = made.hot
            rows.hot[bare] = whole if rows.hot.get(bare, whole) == whole else bare
        if made.display:
            tokens.add(made.display[2])
            rows.displays.add(made.display)
        if made.grouped:
            rows.grouped.update(made.grouped)


def _ways(hasher: Hasher, token: Token, hot: bool) -> Ways:  # noqa: FBT001
    """Return the three ways a token can be asked for, hot ones only by the two that name a code; and its text."""
    place, system, code, shown = token
    if place < 0:  # the type of an identifier, whose value is `shown`
        slot = -place % GROUP
        of_type = (hasher.of_type(slot, one, code, shown or "") for one in (system or "", None))
        return Ways(tuple(of_type), None, (), None)
    slot, group = extraction.split(place)
    folded = extraction.normalise(shown)[:LONGEST] if shown is not None else ""
    tokens = tuple(hasher.token(slot, one, code) for one in (system or "", None)) if code else ()
    if system:
        tokens += (hasher.token(slot, system, None),)
    grouped = tuple((group, one) for one in tokens) if group else ()
    display = (slot, folded, hasher.shown(slot, folded)) if folded else None
    return Ways(tokens, hasher.hot(slot, system or "", code) if hot and code else None, grouped, display)


def _uri(rows: Values, hasher: Hasher, slot: int, group: int, uri: str) -> None:
    rows.tokens.add(named := hasher.token(slot, None, uri))
    if group:
        rows.grouped.add((group, named))
    _addresses(rows, hasher, slot, uri)


def _addresses(rows: Values, hasher: Hasher, slot: int, uri: str) -> None:
    """Add what an address is found by from above: itself and every part of it up to a slash."""
    rows.tokens.update([hasher.below(slot, one) for one in addresses_above(uri)])


def addresses_above(uri: str) -> list[str]:
    """Return an address and all above it: http://a/b/c, http://a/b, http://a."""
    uri = uri.partition("|")[0].rstrip("/")
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return [uri]
    parts = rest.split("/")
    return [f"{scheme}://{'/'.join(parts[:n])}" for n in range(len(parts), 0, -1)]


def _reference(rows: Values, hasher: Hasher, opened: Opened, found: Reference, narrowed: frozenset[int]) -> None:
    """Add where a reference points, and of what is not to be had here its type where a parameter asks for that."""
    place, type_, target, url, identifier = found
    slot, group = extraction.split(place)
    if url is not None:
        rows.references.add((slot, group, 0, 0, url[:LONGEST_ADDRESS]))
        _addresses(rows, hasher, slot, url)
    elif type_ is not None and target is not None:
        rows.references.add((slot, group, types.code_of(type_), opened(target) or 0, target))
        if identifier is None:
            return
    of = type_ if slot in narrowed else None
    if of is not None and (url is not None or target is None):
        rows.tokens.add(hasher.pointing(slot, of))
    if identifier is not None:
        system, value = identifier
        forms: set[tuple[str | None, str | None]] = {(system or "", value), (None, value)}
        forms |= {(system, None)} if system else set()
        rows.tokens |= {hasher.identified(slot, each, *form) for each in {None, of} for form in forms}


def _quantity(
    hasher: Hasher, place: int, low: Decimal, high: Decimal, system: str | None, code: str | None, unit: str | None
) -> Quantity:
    base, base_low, base_high = 0, low, high
    if code and system == UCUM and (found := in_base_units(code, low, high)):
        named, base_low, base_high = found
        base = hasher.base(named)
    elif code and system:
        base = hasher.unit(system, code)
    names = hasher.unit(None, code) if code else 0, hasher.unit(None, unit) if unit and unit != code else 0
    return (*extraction.split(place), low, high, base, base_low, base_high, *names)


def in_base_units(code: str, low: Decimal, high: Decimal) -> tuple[str, Decimal, Decimal] | None:
    """Return (base unit, low, high) of a stretch of quantities in a UCUM unit, None when it is none.

    An open end stays open.
    """
    ends, base = [], ""
    for end in (low,) if low == high else (low, high):
        open_ = abs(end) >= MOST
        converted = ucum.canonical(Decimal(1) if open_ else end, code)
        if converted is None:
            return None
        value, base = converted
        ends.append(end if open_ else value)
    return base, min(ends), max(ends)


@lru_cache(maxsize=200)
def hot_slots(type_name: str) -> frozenset[int]:
    return frozenset(s.id for p in extraction.parameters(type_name).values() if p.name in HOT for s in p.slots)


@lru_cache(maxsize=200)
def narrowed_slots(type_name: str) -> frozenset[int]:
    """Return the slots of which a parameter wants references to some types only."""
    return frozenset(s.id for p in extraction.parameters(type_name).values() if p.only for s in p.slots)


@lru_cache(maxsize=200)
def part_slots(type_name: str) -> frozenset[int]:
    """Return the slots that composites look at within one element."""
    composites = (p for p in extraction.parameters(type_name).values() if p.kind == "composite")
    parts = (part for p in composites for group in p.groups for part in group.parts if not part.whole)
    return frozenset(slot.id for part in parts for slot in part.slots)
