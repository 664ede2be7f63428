"""From `name=value` pairs to criteria: everything asked for is understood or refused, never ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from akson.base.errors import Refused
from akson.fhir import search as extraction
from akson.fhir import types
from akson.fhir.dates import interval
from akson.fhir.search import Parameter

PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
MOST: Final = 1000  # hits on a page
VALUES: Final = 200  # alternatives in one parameter
USUAL: Final = 50
Interval = tuple[str, datetime, datetime] | tuple[str, Decimal, Decimal]  # prefix, low, high


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One parameter with its alternatives; a resource must meet one of them."""

    parameter: Parameter
    modifier: str = ""
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One sort key; parameter None stands for the two that are columns, by `name`."""

    name: str
    descending: bool
    parameter: Parameter | None = None


@dataclass(frozen=True, kw_only=True)
class Include:
    """_include or _revinclude of `source:parameter[:target]`."""

    source: str
    parameter: Parameter
    target: str | None
    reverse: bool


@dataclass(kw_only=True)
class Asked:
    """A search that is understood."""

    type: str
    criteria: list[Criterion] = field(default_factory=list)
    ids: list[tuple[str, ...]] = field(default_factory=list)
    updated: list[list[Interval]] = field(default_factory=list)
    sort: list[Sort] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    count: int = USUAL
    total: bool = False
    after: str | None = None  # cursor of the next page


def ask(type_: str, pairs: Iterable[tuple[str, str]]) -> Asked:
    """Return what is asked for of resources of `type_`.

    Raises  Refused: AK-S001 not understood, AK-S002 a value is wrong; the parameter is named
    """
    asked = Asked(type=type_)
    for name, value in pairs:
        base, _, modifier = name.partition(":")
        special = _SPECIAL.get(base)
        if special is not None and not modifier:
            special(asked, value)
        elif base in ("_include", "_revinclude") and not modifier:
            asked.includes.append(_include(base, value))
        else:
            asked.criteria.append(_criterion(type_, base, modifier, value))
    return asked


def _criterion(type_: str, name: str, modifier: str, value: str) -> Criterion:
    parameter = extraction.parameters(type_).get(name)
    if parameter is None or parameter.kind in ("composite", "special"):
        raise Refused("AK-S001", name=name)
    # :exact tells accents and capitals apart, and the index holds only folded values: refused rather than half right
    allowed: Mapping[str, tuple[str, ...]] = {"string": ("contains",), "reference": parameter.targets}
    if modifier and modifier not in allowed.get(parameter.kind, ()):
        raise Refused("AK-S001", name=f"{name}:{modifier}")
    values = tuple(split(value))
    if not value or len(values) > VALUES:
        raise Refused("AK-S002", name=name)
    return Criterion(parameter=parameter, modifier=modifier, values=values)


def split(value: str, mark: str = ",") -> list[str]:
    r"""Return the parts of `value` between unescaped marks, with `\,` `\|` `\$` `\\` left for the last reader."""
    parts, part, escaped = [], "", False
    for sign in value:
        if sign == mark and not escaped:
            parts.append(part)
            part = ""
        else:
            part += sign
        escaped = sign == "\\" and not escaped
    return [*parts, part]


def unescape(value: str) -> str:
    """Return `value` with FHIR's escapes taken away."""
    for sign in (",", "|", "$"):
        value = value.replace(f"\\{sign}", sign)
    return value.replace("\\\\", "\\")


def moment(name: str, value: str) -> Interval:
    """Return prefix and bounds of a date value such as ge2020-01."""
    prefix, rest = _prefixed(value)
    try:
        low, high = interval(rest)
    except ValueError:
        raise Refused("AK-S002", name=name) from None
    if prefix == "ap":
        slack = max(high - low, timedelta(days=1))
        low, high = low - slack, high + slack
    return prefix, low, high


def number(name: str, value: str) -> Interval:
    """Return prefix and bounds of a number: equality covers the precision that was written, order is exact."""
    prefix, rest = _prefixed(value)
    try:
        exact = Decimal(rest)
    except InvalidOperation:
        raise Refused("AK-S002", name=name) from None
    if not exact.is_finite() or len(rest) > 40:
        raise Refused("AK-S002", name=name)
    if prefix in ("eq", "ne"):
        exponent = exact.as_tuple().exponent
        half = Decimal(5).scaleb(int(exponent) - 1)
        return prefix, exact - half, exact + half
    if prefix == "ap":
        return prefix, exact - abs(exact) / 10, exact + abs(exact) / 10
    return prefix, exact, exact


def _prefixed(value: str) -> tuple[str, str]:
    return (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)


def _include(name: str, value: str) -> Include:
    source, _, rest = value.partition(":")
    parameter_name, _, target = rest.partition(":")
    parameter = extraction.parameters(source).get(parameter_name) if types.is_type(source) else None
    if parameter is None or parameter.kind != "reference" or (target and target not in parameter.targets):
        raise Refused("AK-S002", name=name)
    return Include(source=source, parameter=parameter, target=target or None, reverse=name == "_revinclude")


def _count(asked: Asked, value: str) -> None:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise Refused("AK-S002", name="_count")
    asked.count = min(int(value), MOST)


def _total(asked: Asked, value: str) -> None:
    if value not in ("none", "estimate", "accurate"):
        raise Refused("AK-S002", name="_total")
    asked.total = value != "none"


def _ids(asked: Asked, value: str) -> None:
    asked.ids.append(tuple(split(value)))


def _updated(asked: Asked, value: str) -> None:
    asked.updated.append([moment("_lastUpdated", part) for part in split(value)])


def _after(asked: Asked, value: str) -> None:
    asked.after = value


def _sort(asked: Asked, value: str) -> None:
    known = extraction.parameters(asked.type)
    for part in value.split(","):
        name, descending = part.removeprefix("-"), part.startswith("-")
        if name in ("_id", "_lastUpdated"):
            asked.sort.append(Sort(name=name, descending=descending))
        elif name in known and known[name].kind in ("date", "string", "number", "quantity"):
            asked.sort.append(Sort(name=name, descending=descending, parameter=known[name]))
        else:
            raise Refused("AK-S002", name="_sort")


_SPECIAL: Final = {
    "_count": _count,
    "_total": _total,
    "_id": _ids,
    "_lastUpdated": _updated,
    "_sort": _sort,
    "_after": _after,
}
