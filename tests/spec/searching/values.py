"""From data types to what a search compares. Source: hl7.org/fhir/R4/search.html, one table per kind of parameter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.spec.searching.definitions import codes_of, structures
from tests.spec.searching.paths import Node

HERE: Final = ZoneInfo("Europe/Oslo")  # "the server's local time zone", where none is given
BASE: Final = "http://akson.test/fhir"
LOW, HIGH = Decimal("-Infinity"), Decimal("Infinity")
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """A stretch of numbers or of time; its lower end belongs to it, its upper only when `closed`."""

    low: Any
    high: Any
    closed: bool = False
    low_open: bool = False

    def contains(self, other: Span) -> bool:
        low = other.low > self.low or (other.low == self.low and (other.low_open or not self.low_open))
        high = other.high < self.high or (other.high == self.high and (self.closed or not other.closed))
        return low and high

    def reaches_above(self, other: Span) -> bool:
        """Tell whether some of this lies above all of `other`."""
        return self.high > other.high or (self.high == other.high and self.closed and not other.closed)

    def reaches_below(self, other: Span) -> bool:
        return self.low < other.low or (self.low == other.low and other.low_open and not self.low_open)

    def is_above(self, other: Span) -> bool:
        """Tell whether all of this lies above all of `other`."""
        return self.low > other.high or (self.low == other.high and (self.low_open or not other.closed))

    def overlaps(self, other: Span) -> bool:
        return not self.is_above(other) and not other.is_above(self)


@dataclass(frozen=True)
class Token:
    """system None: it has none; implied: a plain code, whose systems its value set tells."""

    system: str | None
    code: str | None
    text: str | None = None
    implied: tuple[str, ...] | None = None
    type: tuple[tuple[str | None, str | None], ...] = ()  # of an Identifier


@dataclass(frozen=True)
class Ref:
    """A reference. local: Type/id on this server; url: as written, without a version."""

    local: str | None
    url: str | None
    version: str | None = None
    identifier: Token | None = None


@dataclass(frozen=True)
class Amount:
    """A quantity: its span in the unit written."""

    span: Span
    system: str | None
    code: str | None
    unit: str | None


def folded(text: str) -> str:
    """Return the base letters of `text`, small; å is a letter of its own in Norwegian."""
    letters = unicodedata.normalize("NFD", text.casefold())
    kept = [
        letter for at, letter in enumerate(letters)
        if not unicodedata.combining(letter) or (letter == "\u030a" and letters[at - 1] == "a")
    ]  # fmt: skip
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def moment(text: str) -> Span:
    """Return the time that a date, dateTime or instant covers by its precision."""
    if len(text) <= 10:
        year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
        first = date(year, month or 1, day or 1)
        following = first + timedelta(days=1) if day else _next_month(first) if month else date(year + 1, 1, 1)
        return Span(_midnight(first), _midnight(following))
    low = datetime.fromisoformat(text)
    low = (low if low.tzinfo else low.replace(tzinfo=HERE)).astimezone(UTC)
    clock = re.match(r"\d\d:\d\d(:\d\d)?(\.\d+)?", text[11:])
    assert clock is not None
    seconds, fraction = clock.groups()
    lasts = (
        timedelta(microseconds=10 ** (7 - len(fraction)))
        if fraction
        else timedelta(minutes=0 if seconds else 1, seconds=1 if seconds else 0)
    )
    return Span(low, low + lasts)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=HERE).astimezone(UTC)


# What each kind takes out of each data type ---------------------------------------------------------------------


def tokens(node: Node, value_set: str | None) -> Iterator[Token]:
    v = node.value
    if node.type == "CodeableConcept":
        for coding in v.get("coding", ()):
            yield Token(coding.get("system"), coding.get("code"), coding.get("display"))
        if "text" in v:
            yield Token(None, None, v["text"])
    elif node.type == "Coding":
        yield Token(v.get("system"), v.get("code"), v.get("display"))
    elif node.type == "Identifier":
        yield _identifier(v)
    elif node.type == "ContactPoint":
        if "value" in v:
            yield Token(None, v["value"])
    elif node.type == "boolean":
        yield Token(None, str(v).lower())
    elif node.type == "code":
        yield Token(None, v, implied=tuple({s for s, c in codes_of(value_set or "") if c == v}))
    else:
        yield Token(None, v)


def _identifier(v: Mapping[str, Any]) -> Token:
    kind = v.get("type", {})
    codings = tuple((c.get("system"), c.get("code")) for c in kind.get("coding", ()))
    return Token(v.get("system"), v.get("value"), kind.get("text"), type=codings)


def references(node: Node) -> Iterator[Ref]:
    v = node.value
    if node.type == "Reference":
        given = v.get("identifier")
        identifier = _identifier(given) if given else None
        literal = v.get("reference", "")
        found = _pointed(literal) if literal and not literal.startswith("#") else Ref(None, None)
        yield Ref(found.local, found.url, found.version, identifier)
    elif node.type in structures() and isinstance(v, Mapping):  # a resource inside a Bundle
        if "id" in v:
            yield Ref(f"{v['resourceType']}/{v['id']}", None)
    else:
        url, _, version = v.partition("|")
        yield Ref(_pointed(url).local, url, version or None)


def _pointed(literal: str) -> Ref:
    plain = literal.partition("/_history/")[0]
    local = plain.removeprefix(BASE + "/")
    if re.fullmatch(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}", local):
        return Ref(local, None)
    return Ref(None, plain)


_NAME = ("family", "given", "prefix", "suffix", "text")
_ADDRESS = ("line", "city", "district", "state", "postalCode", "country", "text")


def strings(node: Node) -> Iterator[str]:
    if isinstance(node.value, str):
        yield node.value
        return
    for member in _NAME if node.type == "HumanName" else _ADDRESS:
        given = node.value.get(member)
        yield from (one for one in (given if isinstance(given, list) else [given]) if one)


def dates(node: Node) -> Iterator[Span]:
    v = node.value
    if isinstance(v, str):
        yield moment(v)
    elif node.type == "Period":
        if "start" in v or "end" in v:
            yield _period(v)
    elif node.type == "Timing":
        spans = [moment(e) for e in v.get("event", ())]
        bounds = v.get("repeat", {}).get("boundsPeriod", {})
        spans += [_period(bounds)] if bounds else []
        if spans:
            yield Span(min(s.low for s in spans), max(s.high for s in spans))


def _period(v: Mapping[str, Any]) -> Span:
    return Span(moment(v["start"]).low if "start" in v else _FIRST, moment(v["end"]).high if "end" in v else _LAST)


def numbers(node: Node) -> Iterator[Span]:
    if node.type == "Range":
        yield from (amount.span for amount in quantities(node))
    else:
        yield Span(Decimal(node.value), Decimal(node.value), closed=True)


def quantities(node: Node) -> Iterator[Amount]:
    v = node.value
    if node.type == "Range":
        low, high = v.get("low", {}), v.get("high", {})
        span = Span(Decimal(low.get("value", LOW)), Decimal(high.get("value", HIGH)), closed=True)
        unit = low if "value" in low else high
        if "value" in unit:
            yield Amount(span, unit.get("system"), unit.get("code"), unit.get("unit"))
    elif node.type == "Money":
        if "value" in v:
            span = Span(Decimal(v["value"]), Decimal(v["value"]), closed=True)
            yield Amount(span, "urn:iso:std:iso:4217", v.get("currency"), None)
    elif "value" in v:
        yield Amount(
            _compared(Decimal(v["value"]), v.get("comparator", "")), v.get("system"), v.get("code"), v.get("unit")
        )


def _compared(value: Decimal, comparator: str) -> Span:
    closed = comparator in ("", "<=", ">=")
    if comparator.startswith("<"):
        return Span(LOW, value, closed=closed)
    if comparator.startswith(">"):
        return Span(value, HIGH, closed=True, low_open=not closed)
    return Span(value, value, closed=True)


TAKERS: Final[Mapping[str, Callable[..., Iterator[Any]]]] = {
    "token": tokens, "reference": references, "string": strings, "date": dates, "number": numbers,
    "quantity": quantities, "uri": lambda node: iter([node.value]),
}  # fmt: skip
# What a kind of parameter can be made of; what else an expression leads to is not searched.
FITS: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(types.split())
    for kind, types in {
        "token": "Coding CodeableConcept Identifier ContactPoint boolean code id string uri canonical url oid uuid markdown",
        "reference": "Reference canonical uri url oid uuid Resource",
        "string": "HumanName Address string markdown code",
        "date": "date dateTime instant Period Timing",
        "number": "decimal integer positiveInt unsignedInt Range",
        "quantity": "Quantity Age Duration Count Distance Money Range",
        "uri": "uri url canonical oid uuid",
    }.items()
}
