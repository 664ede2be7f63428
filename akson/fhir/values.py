"""Takes the values that searches compare out of FHIR data types: one small function per kind and type.

Each is called as f(add, slot, value): `add` appends one row, `slot` is the slot's number, that of its group above it.
Rules: hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any, Final

from akson.fhir import dates, definitions
from akson.fhir.folding import normalise
from akson.fhir.primitives import GRAMMARS
from akson.fhir.types import is_type

# Slot, system, code ("" when only text), text. Of an identifier's type: minus the slot, system, code, value.
Token = tuple[int, str | None, str, str | None]
Identifier = tuple[str | None, str]  # system, value
Reference = tuple[int, str | None, str | None, str | None, Identifier | None]  # slot, type, id, url, identifier
String = tuple[int, str, str]  # slot, folded, as written
Date = tuple[int, datetime, datetime]  # both ends included
Number = tuple[int, Decimal, Decimal]  # both ends included
Quantity = tuple[int, Decimal, Decimal, str | None, str | None, str | None]  # ..., system, code, unit
Uri = tuple[int, str]
Add = Callable[[Any], None]
Json = dict[str, Any]
Emitter = Callable[[Add, int, Any], None]

LEAST: Final = Decimal("-1E+307")  # an open lower end
MOST: Final = Decimal("1E+307")
CURRENCY: Final = "urn:iso:std:iso:4217"
_RELATIVE = re.compile(r"(?:(.*)/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")


def token_coding(add: Add, p: int, value: Json) -> None:
    code, text = value.get("code"), value.get("display")
    if code is not None or text is not None:
        add((p, value.get("system"), code or "", text))


def token_concept(add: Add, p: int, value: Json) -> None:
    """Add a row per coding, and one for the text where no coding is shown with the same words."""
    text = value.get("text")
    for coding in value.get("coding", ()):
        code, display = coding.get("code"), coding.get("display")
        if code is not None or display is not None:
            add((p, coding.get("system"), code or "", display))
        if display == text:
            text = None
    if text is not None:
        add((p, None, "", text))


def token_identifier(add: Add, p: int, value: Json) -> None:
    if "value" in value:
        add((p, value.get("system"), value["value"], value.get("type", {}).get("text")))
        for kind in value.get("type", {}).get("coding", ()):
            if kind and "code" in kind:
                add((-p, kind.get("system"), kind["code"], value["value"]))


def token_contact(add: Add, p: int, value: Json) -> None:
    if "value" in value:
        add((p, None, value["value"], None))


def token_boolean(add: Add, p: int, value: bool) -> None:  # noqa: FBT001
    add((p, None, "true" if value else "false", None))


@cache
def token_code(codes: str) -> Emitter:
    """Return the function that adds a code whose system stands in its definition."""
    systems: dict[str, list[str]] = {}
    listed = codes not in GRAMMARS
    for system, code in sorted(definitions.codings(codes)) if listed else ():
        systems.setdefault(code, []).append(system)

    def emit(add: Add, p: int, value: str) -> None:
        add((p, None, value, None))
        for system in systems.get(value, ()):
            add((p, system, value, None))

    return emit


def token_text(add: Add, p: int, value: str) -> None:
    add((p, None, value, None))


def reference(add: Add, p: int, value: Json) -> None:
    literal = value.get("reference")
    if literal and literal[0] != "#" and "identifier" not in value and "type" not in value:  # as most are
        add((p, *split_reference(literal), None))
        return
    row = reference_row(p, value)
    if row:
        add(row)


def reference_row(p: int, value: Json) -> Reference | None:
    """Return the row of a Reference, or None when nothing is told of what it points to, or that lies inside."""
    literal, named = value.get("reference", ""), value.get("type")
    given = value.get("identifier")
    identifier = (given.get("system"), given["value"]) if given and "value" in given else None
    told = named if is_type(named) else None
    if literal.startswith("#") or not literal:
        return (p, told, None, None, identifier) if identifier or told else None
    type_, id_, url = split_reference(literal)
    return (p, type_ or told, id_, url, identifier)


@lru_cache(maxsize=8192)
def split_reference(literal: str) -> tuple[str | None, str | None, str | None]:
    """Return (type, id, url) of a literal reference; url only when it is absolute. The version is left out."""
    found = _RELATIVE.fullmatch(literal)
    if not found or not is_type(found[2]):
        return None, None, literal
    return found[2], found[3], literal if found[1] else None


def reference_url(add: Add, p: int, value: str) -> None:
    """Add a canonical or uri without the version after the bar, and once more with it."""
    add((p, *split_reference(value.partition("|")[0]), None))
    if "|" in value:
        add((p, None, None, value, None))


def reference_resource(add: Add, p: int, value: Json) -> None:
    if "id" in value:
        add((p, value["resourceType"], value["id"], None, None))


def string_text(add: Add, p: int, value: str) -> None:
    folded = normalise(value)
    if folded:
        add((p, folded, value))


def string_parts(*names: str) -> Emitter:
    """Return the function that adds the named parts of a HumanName or Address."""

    def emit(add: Add, p: int, value: Json) -> None:
        for name in names:
            part = value.get(name)
            for text in part if part.__class__ is list else (part,):
                if text is not None:
                    string_text(add, p, text)

    return emit


def date_text(add: Add, p: int, value: str) -> None:
    add((p, *dates.interval(value)))


def date_period(add: Add, p: int, value: Json) -> None:
    if "start" in value or "end" in value:
        add((p, *dates.period(value)))


def date_timing(add: Add, p: int, value: Json) -> None:
    bounds = dates.timing(value)
    if bounds:
        add((p, *bounds))


def number(add: Add, p: int, value: Decimal | int) -> None:
    exact = Decimal(value)
    add((p, exact, exact))


def number_range(add: Add, p: int, value: Json) -> None:
    low, high = value.get("low", {}).get("value"), value.get("high", {}).get("value")
    if low is not None or high is not None:
        add((p, LEAST if low is None else Decimal(low), MOST if high is None else Decimal(high)))


def quantity(add: Add, p: int, value: Json) -> None:
    if "value" in value:
        low = high = Decimal(value["value"])
        comparator = value.get("comparator", "")
        if comparator.startswith("<"):
            low = LEAST
        elif comparator.startswith(">"):
            high = MOST
        add((p, low, high, value.get("system"), value.get("code"), value.get("unit")))


def quantity_money(add: Add, p: int, value: Json) -> None:
    if "value" in value:
        exact = Decimal(value["value"])
        add((p, exact, exact, CURRENCY, value.get("currency"), value.get("currency")))


def quantity_range(add: Add, p: int, value: Json) -> None:
    low, high = value.get("low", {}), value.get("high", {})
    if "value" in low or "value" in high:
        unit = low or high
        ends = Decimal(low.get("value", LEAST)), Decimal(high.get("value", MOST))
        add((p, *ends, unit.get("system"), unit.get("code"), unit.get("unit")))


def quantity_samples(add: Add, p: int, value: Json) -> None:
    """Add the lowest and the highest of the samples."""
    origin, factor = value["origin"], Decimal(value.get("factor", 1))
    try:
        samples = [Decimal(s) for s in value.get("data", "").split() if s not in {"E", "U", "L"}]
    except InvalidOperation:
        return
    if samples:
        zero = Decimal(origin.get("value", 0))
        ends = sorted((zero + factor * min(samples), zero + factor * max(samples)))
        add((p, *ends, origin.get("system"), origin.get("code"), origin.get("unit")))


def uri(add: Add, p: int, value: str) -> None:
    add((p, value))


def nothing(add: Add, p: int, value: Any) -> None:
    """Add nothing: what stands there is of a type that this kind of search cannot compare."""


_TEXTS: Final = ("code", "id", "string", "uri", "canonical", "url", "oid", "uuid", "markdown")
_NAME: Final = string_parts("family", "given", "text", "prefix", "suffix")
_ADDRESS: Final = string_parts("line", "city", "district", "state", "postalCode", "country", "text")

EMITTERS: Final[dict[str, dict[str, Emitter]]] = {
    "token": {
        "Coding": token_coding, "CodeableConcept": token_concept, "Identifier": token_identifier,
        "ContactPoint": token_contact, "boolean": token_boolean, **dict.fromkeys(_TEXTS, token_text),
    },
    "reference": {
        "Reference": reference, "Resource": reference_resource,
        **dict.fromkeys(("canonical", "uri", "url", "oid", "uuid"), reference_url),
    },
    "string": {"HumanName": _NAME, "Address": _ADDRESS, **dict.fromkeys(("string", "markdown", "code"), string_text)},
    "date": {
        **dict.fromkeys(("date", "dateTime", "instant"), date_text), "Period": date_period, "Timing": date_timing,
    },
    "number": {**dict.fromkeys(("decimal", "integer", "positiveInt", "unsignedInt"), number), "Range": number_range},
    "quantity": {
        **dict.fromkeys(("Quantity", "Age", "Duration", "Count", "Distance"), quantity),
        "Money": quantity_money, "Range": quantity_range, "SampledData": quantity_samples,
    },
    "uri": dict.fromkeys(("uri", "url", "canonical", "oid", "uuid"), uri),
}  # fmt: skip
