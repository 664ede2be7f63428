"""Whether a value meets what is asked, one function per kind. Source: hl7.org/fhir/R4/search.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.spec.searching.features import Features
from tests.spec.searching.terms import MEANT, SYSTEM, above, below
from tests.spec.searching.values import BASE, Amount, Ref, Span, Token, folded, moment

_NEGATED: Final = {"not": "", "not-in": "in"}
_PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


def split(value: str, mark: str) -> list[str]:
    r"""Return the parts of `value` at each `mark` that no backslash stands before."""
    parts, at = [""], 0
    while at < len(value):
        if value[at] == "\\" and at + 1 < len(value):
            parts[-1] += value[at : at + 2]
            at += 2
            continue
        if value[at] == mark:
            parts.append("")
        else:
            parts[-1] += value[at]
        at += 1
    return parts


def plain(value: str) -> str:
    r"""Return `value` without escapes: `\,` `\|` `\$` and `\\`."""
    made, at = "", 0
    while at < len(value):
        at += value[at] == "\\" and value[at + 1 : at + 2] in (",", "|", "$", "\\")
        made += value[at]
        at += 1
    return made


def meets(kind: str, modifier: str, asked: str, found: Sequence[Any], features: Features, now: datetime) -> bool:
    """Tell whether any of the values found meets any of those asked for."""
    if modifier in _NEGATED:
        return not meets(kind, _NEGATED[modifier], asked, found, features, now)
    if kind == "composite":
        raise ValueError("ask meets_together")
    one = _MATCH[kind]
    return any(one(modifier, value, each, features, now) for value in split(asked, ",") for each in found)


def meets_together(
    kinds: Sequence[str], asked: str, found: Sequence[Sequence[Sequence[Any]]], features: Features, now: datetime
) -> bool:
    """Tell whether one element meets all parts of a composite. found: of each element, the values of each part."""
    return any(
        all(
            meets(kind, "", part, each, features, now)
            for kind, part, each in zip(kinds, split(one, "$"), element, strict=True)
        )
        for one in split(asked, ",")
        for element in found
    )


def _token(modifier: str, asked: str, found: Token, features: Features, _now: datetime) -> bool:
    parts = [plain(part) for part in split(asked, "|")]
    if modifier == "in":
        return found.system == SYSTEM and found.code in MEANT[plain(asked)]
    if modifier in ("below", "above"):
        near = {"below": below, "above": above}[modifier](parts[1])
        return found.system == parts[0] and found.code in (near if parts[0] == SYSTEM else {parts[1]})
    if modifier == "text":
        return found.text is not None and folded(found.text).startswith(folded(plain(asked)))
    if modifier == "of-type":
        return tuple(parts[:2]) in found.type and same(parts[2], found.code, features)
    if len(parts) == 1:
        return same(parts[0], found.code, features)
    system, code = parts
    if found.implied and features.implied_systems and system:
        return system in found.implied and (not code or same(code, found.code, features))
    if not system:
        return found.system is None and same(code, found.code, features)
    return found.system == system and (not code or same(code, found.code, features))


def same(asked: str, code: str | None, features: Features) -> bool:
    if code is None:
        return False
    return asked.casefold() == code.casefold() if features.letter_case else asked == code


def _reference(modifier: str, asked: str, found: Ref, features: Features, now: datetime) -> bool:
    if modifier == "identifier":
        return found.identifier is not None and _token("", asked, found.identifier, features, now)
    asked = plain(asked).removeprefix(BASE + "/")
    if "://" in asked or asked.startswith("urn:"):
        url, _, version = asked.partition("|")
        return found.url == url and version in ("", found.version)
    if found.local is None:
        return False
    type_, _, id_ = found.local.partition("/")
    return asked == found.local or (asked == id_ and modifier in ("", type_))


def _string(modifier: str, asked: str, found: str, _features: Features, _now: datetime) -> bool:
    asked = plain(asked)
    if modifier == "exact":
        return asked == found
    if modifier == "contains":
        return folded(asked) in folded(found)
    return folded(found).startswith(folded(asked))


def _uri(modifier: str, asked: str, found: str, _features: Features, _now: datetime) -> bool:
    asked = plain(asked)
    if modifier == "below":
        return (found + "/").startswith(asked.rstrip("/") + "/")
    if modifier == "above":
        return found == asked or asked.startswith(found.rstrip("/") + "/")
    return asked == found


def _date(_modifier: str, asked: str, found: Span, features: Features, now: datetime) -> bool:
    prefix, rest = _prefixed(asked)
    span = moment(rest)
    if prefix == "ap":
        gap = max(span.low - now, now - span.high, timedelta(0)) / 10
        return Span(span.low - gap, span.high + gap).overlaps(found)
    return compares(prefix, span, found, features)


def _number(_modifier: str, asked: str, found: Span, features: Features, _now: datetime) -> bool:
    prefix, span = number(asked, features)
    return compares(prefix, span, found, features)


def number(asked: str, features: Features) -> tuple[str, Span]:
    """Return the prefix and the span: equality is of the precision written, all else exact."""
    prefix, rest = _prefixed(asked)
    exact = Decimal(rest)
    if prefix == "ap":
        return prefix, Span(exact - abs(exact) / 10, exact + abs(exact) / 10, closed=True)
    if prefix in ("eq", "ne"):
        half = Decimal((0, (5,), int(exact.as_tuple().exponent) - 1))
        return prefix, Span(exact - half, exact + half, closed=not features.partly)
    return prefix, Span(exact, exact, closed=True)


def _prefixed(asked: str) -> tuple[str, str]:
    return (asked[:2], asked[2:]) if asked[:2] in _PREFIXES else ("eq", asked)


def compares(prefix: str, asked: Span, found: Span, features: Features) -> bool:
    """Tell how two ranges stand to each other, by the table of prefixes."""
    if prefix in ("ge", "le") and (asked.low == asked.high or not features.partly):
        return asked.overlaps(found) or compares({"ge": "gt", "le": "lt"}[prefix], asked, found, features)
    return {
        "eq": lambda: asked.contains(found),
        "ne": lambda: not asked.contains(found),
        "gt": lambda: found.reaches_above(asked),
        "lt": lambda: found.reaches_below(asked),
        "ge": lambda: found.reaches_above(asked) or asked.contains(found),
        "le": lambda: found.reaches_below(asked) or asked.contains(found),
        "sa": lambda: found.is_above(asked),
        "eb": lambda: asked.is_above(found),
        "ap": lambda: asked.overlaps(found),
    }[prefix]()


# UCUM, as far as multiples of these units and powers of ten go; the rest of a code is a dimension of its own.
_BASE: Final[Mapping[str, tuple[str, str]]] = {
    "g": ("g", "1"), "m": ("m", "1"), "L": ("m3", "0.001"), "l": ("m3", "0.001"), "s": ("s", "1"), "min": ("s", "60"),
    "h": ("s", "3600"), "d": ("s", "86400"), "a": ("s", "31557600"), "mol": ("mol", "1"), "%": ("1", "0.01"), "1": ("1", "1"),
}  # fmt: skip
_PREFIX: Final = {
    "k": "1000",
    "d": "0.1",
    "c": "0.01",
    "m": "0.001",
    "u": "1E-6",
    "n": "1E-9",
    "p": "1E-12",
    "f": "1E-15",
}


def _in_base(code: str) -> tuple[str, Decimal]:
    """Return the dimension of a unit and its factor; what is not understood stands for itself."""
    dimensions, factor = [], Decimal(1)
    for n, written in enumerate(code.split("/")):
        part = re.sub(r"\{[^{}]*\}$", "", written) or "1"  # a note in braces is no unit
        times, unit = Decimal(1), part
        if part not in _BASE and part[1:] in _BASE and part[0] in _PREFIX:
            times, unit = Decimal(_PREFIX[part[0]]), part[1:]
        power = re.fullmatch(r"10[*^](-?\d+)", unit)
        dimension, size = ("1", f"1E{power[1]}") if power else _BASE.get(unit, (part, "1"))
        times *= Decimal(size)
        dimensions.append(dimension)
        factor = factor / times if n else factor * times
    return "/".join(dimensions), factor


UCUM: Final = "http://unitsofmeasure.org"


def _quantity(_modifier: str, asked: str, found: Amount, features: Features, _now: datetime) -> bool:
    amount, *unit = [plain(part) for part in split(asked, "|")]
    prefix, span = number(amount, features)
    if not unit:
        return compares(prefix, span, found.span, features)
    system, code = unit
    if not system:
        return code in (found.code, found.unit) and compares(prefix, span, found.span, features)
    if found.system == system and found.code == code:
        return compares(prefix, span, found.span, features)
    if features.ucum and system == found.system == UCUM:
        ours, theirs = _in_base(code), _in_base(found.code or "")
        if ours[0] == theirs[0]:
            return compares(prefix, _times(span, ours[1]), _times(found.span, theirs[1]), features)
    return False


def _times(span: Span, factor: Decimal) -> Span:
    return Span(span.low * factor, span.high * factor, span.closed, span.low_open)


_MATCH: Final[Mapping[str, Callable[[str, str, Any, Features, datetime], bool]]] = {
    "token": _token, "reference": _reference, "string": _string, "uri": _uri, "date": _date, "number": _number,
    "quantity": _quantity,
}  # fmt: skip
