"""Searches over several types: of a compartment, of the whole server. Type after type; ordered by a column, merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhir import types
from akson.fhir.definitions import facts
from akson.record.search import cursors
from akson.record.search.company import MOST as MOST_INCLUDED
from akson.record.search.scopes import Scopes
from akson.record.search.searching import Page, Pairs, search, understood
from akson.record.stored import Stored

_KEYS = ("_lastUpdated", "_id")  # by which several types can be ordered together
_SHOWN = frozenset({"_count", "_after", "_type", "_total"})


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What is asked of each type. pairs: without what is about the page as a whole."""

    types: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    count: int
    total: bool
    within: tuple[str, str] | None


async def search_types(work: Work, pairs: Pairs, *, within: tuple[str, str] | None = None) -> Page:
    """Return one page of the resources of the types in `_type` (none: of all) that meet all of `pairs`.

    within  (type, id) of a compartment: of all types that it has
    Raises  Refused like `search`; AK-S002 for an order that the types have not in common
    """
    chosen = _types(pairs, within)
    rest = tuple(pair for pair in pairs if pair[0] not in _SHOWN)
    shown = tuple(pair for pair in pairs if pair[0] in _SHOWN and pair[0] in ("_count", "_total"))
    for type_ in chosen:
        asked = await understood(work, type_, (*rest, *shown), within)
    question = _Question(types=chosen, pairs=rest, count=asked.count, total=asked.total, within=within)
    if len(asked.sort) > 1 or any(one.name not in _KEYS for one in asked.sort):
        raise Refused("AK-S002", name="_sort")
    after = next((value for name, value in pairs if name == "_after"), None)
    scopes = Scopes(work=work, act=Act.READ)
    page = await (_merged if asked.sort else _one_after_another)(work, question, scopes, _read(after, chosen))
    page.included = _different(page.included, page.hits)
    if asked.total or not asked.count:
        counting = (*rest, ("_count", "0"))
        page.total = sum(
            [(await search(work, one, counting, within=within, scopes=scopes)).total or 0 for one in chosen]
        )
    return page


def _types(pairs: Pairs, within: tuple[str, str] | None) -> tuple[str, ...]:
    named = [one for name, value in pairs if name == "_type" for one in value.split(",")]
    if any(not types.is_type(one) for one in named):
        raise Refused("AK-S002", name="_type")
    known = facts()["compartments"].get(within[0]) if within else types.TYPES
    if known is None or (within and set(named) - set(known)):
        raise Refused("AK-S001", name="/".join(within or ()))
    return tuple(sorted(set(named) or set(known)))


async def _one_after_another(work: Work, asked: _Question, scopes: Scopes, after: tuple[str, str] | None) -> Page:
    page = Page()
    for type_ in asked.types:
        if asked.count == 0 or (after and type_ < after[0]):
            continue
        if len(page.hits) == asked.count:
            page.next = _written(page.hits[-1].type, "")
            break
        inner = (("_after", after[1]),) if after and type_ == after[0] and after[1] else ()
        if after and type_ == after[0] and not after[1]:
            continue  # the page before ended with the last of this type
        left = ("_count", str(asked.count - len(page.hits)))
        found = await search(work, type_, (*asked.pairs, left, *inner), within=asked.within, scopes=scopes)
        page.hits += found.hits
        page.included += found.included
        if found.next:
            page.next = _written(type_, found.next)
            break
    return page


async def _merged(work: Work, asked: _Question, scopes: Scopes, after: tuple[str, str] | None) -> Page:
    """Ask every type for a page that begins after the same place, and keep the first of all."""
    found: list[tuple[Stored, str]] = []
    inner, more, page = ((("_after", after[1]),) if after else ()), False, Page()
    limit = (("_count", str(asked.count)),)
    for type_ in asked.types if asked.count else ():
        one = await search(work, type_, (*asked.pairs, *limit, *inner), within=asked.within, scopes=scopes)
        found += [(hit, cursor) for hit, cursor in zip(one.hits, one.cursors, strict=True)]
        page.included += one.included
        more |= one.next is not None
    sort = next(value for name, value in asked.pairs if name == "_sort")
    by_time = sort.lstrip("-") == "_lastUpdated"
    found.sort(key=lambda one: one[0].id)
    found.sort(key=lambda one: one[0].last_updated if by_time else one[0].id, reverse=sort.startswith("-"))
    page.hits = [hit for hit, _ in found[: asked.count]]
    if more or len(found) > asked.count:
        page.next = _written("", found[asked.count - 1][1])
    return page


def _different(included: Sequence[Stored], hits: Sequence[Stored]) -> list[Stored]:
    """Return what came along once each, without the hits themselves. Raises Refused AK-S004."""
    shown = {hit.reference for hit in hits}
    found = {one.reference: one for one in included if one.reference not in shown}
    if len(found) > MOST_INCLUDED:
        raise Refused("AK-S004", most=MOST_INCLUDED)
    return list(found.values())


def _written(type_: str, cursor: str) -> str:
    return cursors.written([type_, cursor])


def _read(after: str | None, chosen: Sequence[str]) -> tuple[str, str] | None:
    if after is None:
        return None
    type_, cursor = cursors.read(after, tuple[str, str])
    if type_ and type_ not in chosen:
        raise Refused("AK-S002", name="_after")
    return type_, cursor
