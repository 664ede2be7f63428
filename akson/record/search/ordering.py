"""The order by codes and addresses, of which the index holds only hashes: hits are ordered by what stands in them.

Bounded: when there are more hits than can be looked at, the search is refused rather than half ordered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cmp_to_key
from typing import Any, cast

from akson.base.errors import Refused
from akson.base.turns import in_turns
from akson.fhir import bodies
from akson.fhir import search as extraction
from akson.fhir.custom import Custom
from akson.fhir.folding import in_order
from akson.record.search import cursors
from akson.record.search.asked import Sort
from akson.record.stored import stored
from akson.record.values import Given, findable

MOST = 5000  # hits that can be ordered so
_COLUMNS = {"date": "dates", "string": "strings", "number": "numbers", "quantity": "quantities", "token": "tokens",
            "uri": "uris", "reference": "references"}  # fmt: skip
Place = tuple[Sequence[str | None], str]  # keys, id
Keyed = tuple[list[str | None], Any]  # keys (None: no value), row


def needed(sort: Iterable[Sort]) -> bool:
    """Tell whether an order needs more than the index."""
    return any(one.parameter is not None and one.parameter.kind in ("token", "uri") for one in sort)


async def ordered(
    rows: Sequence[Any], sort: Sequence[Sort], after: str | None, *, hidden: Collection[int]
) -> list[Keyed]:
    """Return rows of a search with their keys, in order, those after the cursor only.

    hidden  owners with protected addresses: as the index has none of them, no order tells them
    Raises  Refused AK-S008, AK-S002
    """
    if len(rows) > MOST:
        raise Refused("AK-S008", most=MOST)
    keyed = [(_keys(row, sort, hidden=row["owner"] in hidden), row) async for row in in_turns(rows)]
    order = cmp_to_key(lambda a, b: _compare(cast(Place, a), cast(Place, b), sort))
    keyed.sort(key=lambda one: order((one[0], one[1]["id"])))
    if after is None:
        return keyed
    place = order(_read(after, len(sort)))
    return [one for one in keyed if order((one[0], one[1]["id"])) > place]


def cursor(keyed: Keyed) -> str:
    """Return where the page after this hit begins, as opaque text."""
    return cursors.written([keyed[0], keyed[1]["id"]])


def _read(after: str, keys: int) -> tuple[list[str | None], str]:
    given = cursors.read(after, tuple[list[str | None], str])
    if len(given[0]) != keys:
        raise Refused("AK-S002", name="_after")
    return given


def _compare(a: Place, b: Place, sort: Sequence[Sort]) -> int:
    for one, x, y in zip(sort, a[0], b[0], strict=True):
        if x == y:
            continue
        if x is None or y is None:
            return 1 if x is None else -1  # without a value last, whatever the direction
        return (1 if x > y else -1) * (-1 if one.descending else 1)
    return (a[1] > b[1]) - (a[1] < b[1])


def _keys(row: Any, sort: Sequence[Sort], *, hidden: bool) -> list[str | None]:
    one = stored(row)
    resource = findable(Given(one.type, bodies.loads(one.body or b"{}"), hidden=hidden))
    found = extraction.extract(resource, [one.parameter for one in sort if isinstance(one.parameter, Custom)])
    return [_key(row, one, found) for one in sort]


def _key(row: Any, sort: Sort, found: extraction.Extracted) -> str | None:
    if sort.parameter is None:
        return str(row["last_updated"].isoformat() if sort.name == "_lastUpdated" else row["id"])
    slots = {slot.id for slot in sort.parameter.slots}
    rows = [
        one
        for one in getattr(found, _COLUMNS[sort.parameter.kind])
        if one[0] > 0 and extraction.split(one[0])[0] in slots
    ]
    values = [value for one in rows if (value := _spelled(sort, one)) is not None]
    return (max if sort.descending else min)(values) if values else None


def _spelled(sort: Sort, row: Any) -> str | None:
    """Return one value as text that orders as the value does."""
    kind = sort.parameter.kind if sort.parameter else ""
    if kind == "date":
        return str((row[2] if sort.descending else row[1]).isoformat())
    if kind in ("number", "quantity"):
        value = row[2] if sort.descending else row[1]
        return f"1{value:050.15f}" if value >= 0 else f"0{10**34 + value:050.15f}"
    if kind == "reference":
        return str(row[2] or row[3] or "") or None
    if kind == "string":
        return in_order(str(row[1]))
    return str(row[2] or "") or None if kind == "token" else str(row[1])
