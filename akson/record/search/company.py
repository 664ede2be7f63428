"""_include and _revinclude: what hits point at and what points at them, each judged by itself.

In rounds: the first asks about the hits, those with `:iterate` also about what came along, until nothing new comes.
Bounded in number: what does not fit is refused, never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import owners, types
from akson.record.deciding import facts_in, may_read
from akson.record.masking import shown
from akson.record.own import load
from akson.record.placed import PLACES
from akson.record.search.asked import Include
from akson.record.search.scopes import Scopes
from akson.record.search.statement import SQL as SEARCH
from akson.record.search.statement import Raw, Scope, Statement, all_of
from akson.record.session import fetch
from akson.record.stored import Stored
from akson.record.whereabouts import PLACED, WHOLLY

SQL = queries(str(Path(__file__).parent), "reading.sql")  # the journal's, one folder up
MOST = 1000  # that may come along with one page
_ROUNDS = 10
_PATIENT = "Patient"
_PERSON = types.code_of(_PATIENT)
_ELSEWHERE = [types.code_of(name) for name in types.TYPES if name not in PLACES]
Key = tuple[int, int, str]  # owner, type, id


async def included(work: Work, hits: Sequence[Stored], includes: Sequence[Include], scopes: Scopes) -> list[Stored]:
    """Return what comes along with the hits. Raises Refused AK-S004 when it is too much."""
    half = await _half(work) if any(include.parameter is None for include in includes) else []
    known = {_key(hit) for hit in hits}
    found: list[Stored] = []
    asked, fresh = list(includes), list(hits)
    for _ in range(_ROUNDS):
        keys: dict[Key, None] = {}
        for include in asked:
            of = [one for one in fresh if include.reverse or include.source in ("", one.type)]
            if of:
                more = await (_sources if include.reverse else _targets)(work, of, include, scopes, half)
                keys |= dict.fromkeys(key for key in more if key not in known)
        known |= keys.keys()
        fresh = await _read(work, keys)
        found += fresh
        if len(found) > MOST:
            raise Refused("AK-S004", most=MOST)
        asked = [include for include in includes if include.again]
        if not fresh or not asked:
            break
    return found


def _key(hit: Stored) -> Key:
    return hit.owner, types.code_of(hit.type), hit.id


async def _read(work: Work, keys: Iterable[Key]) -> list[Stored]:
    """Return those of the keys that are there and that the actor may see."""
    columns = [list(column) for column in zip(*keys, strict=True)]
    rows = await fetch(work, SQL.current, *columns) if columns else []
    there = [row for row in rows if not row["deleted"]]
    permitted = [row for row in there if may_read(work, row).permit]
    for row in permitted:
        work.session.facts.setdefault(row["owner"], facts_in(row))
    return await shown(work, sorted(permitted, key=lambda row: (row["type"], row["id"])))


async def _half(work: Work) -> list[int]:
    """Return the slots whose values do not all stand: "every reference" does not mean those."""
    return list((await load(partial(fetch, work))).slots)


def _slots(include: Include, half: list[int]) -> dict[str, Any]:
    """Return by which slots it is pointed."""
    return {"only": None if include.parameter is None else [slot.id for slot in include.parameter.slots], "half": half}


async def _targets(work: Work, hits: Sequence[Stored], include: Include, scopes: Scopes, half: list[int]) -> list[Key]:
    """Return what the hits point at. All that they name counts, whether it is here or not: who reads them knows it."""
    wanted = [include.target] if include.target else list(include.parameter.targets) if include.parameter else None
    codes = None if wanted is None else [types.code_of(name) for name in wanted if types.is_type(name)]
    kept = {_PERSON} if codes is None else {_PERSON} & set(codes)
    placed = [hit for hit in hits if hit.type in PLACED and scopes.hides_places(hit.owner)]
    wholly = [hit for hit in placed if hit.type in WHOLLY]
    partly = [hit for hit in placed if hit not in wholly]
    others = [hit for hit in hits if hit not in placed]
    found: list[Key] = []
    elsewhere = [code for code in (_ELSEWHERE if codes is None else codes) if code in _ELSEWHERE]
    for few, of in ((others, codes), (partly, elsewhere), (wholly, list(kept))):  # of where they are to be: whose it is
        asked = _slots(include, half) | {"owners": [hit.owner for hit in few], "to": of}
        found += _fitting(await _keys(work, SEARCH.targets, few, asked, Statement())) if few else []
    return [key for key in found if key[0] is not None]


async def _sources(work: Work, hits: Sequence[Stored], include: Include, scopes: Scopes, half: list[int]) -> list[Key]:
    """Return what points at the hits, among what the actor may find: what is hidden takes no place among the most."""
    of = [hit for hit in hits if include.target in (None, hit.type)]
    telling = not include.source or include.source in PLACED
    free = [hit for hit in of if not telling or _tells_nothing(hit, scopes)]
    rest = [hit for hit in of if hit not in free]
    asked = _slots(include, half)
    names = [include.source] if include.source else await _types(work, of, asked)
    found = await _pointing(work, free, names, asked, scopes) if free else []
    return found + (await _pointing(work, rest, names, asked, scopes, places=False) if rest else [])


async def _types(work: Work, at: Sequence[Stored], asked: dict[str, Any]) -> list[str]:
    """Return the types of which something points at some: of a few types it is asked whose are open, never of all."""
    rows = await _rows(work, SEARCH.pointing, at, asked, Statement()) if at else []
    return sorted(types.name_of(row["type"]) for row in rows)


def _tells_nothing(hit: Stored, scopes: Scopes) -> bool:
    """Say whether what points at a hit tells no place by it: in a record that hides places it is told without them."""
    return hit.type == _PATIENT or (hit.type in owners.OF_PERSONS and scopes.hides_places(hit.owner))


async def _pointing(
    work: Work, at: Sequence[Stored], names: Iterable[str], asked: dict[str, Any], scopes: Scopes,
    *, places: bool = True,
) -> list[Key]:  # fmt: skip
    """Return what points at some; what is kept from the actor of open records is asked only when it is too much.

    places  what points from records whose places are hidden is meant, too
    """
    found: list[Key] = []
    for judged in (True, False):
        each = await scopes.each(names, judged=judged)
        within = each if places else {name: scopes.without_places(scope) for name, scope in each.items()}
        statement = Statement()
        found = await _keys(work, SEARCH.sources, at, asked | {"where": _among(statement, within)}, statement)
        if len(found) <= MOST:
            break
    return _fitting(found)


def _among(statement: Statement, scopes: Mapping[str, Scope]) -> Raw:
    """Return that a resource is of one of the types, and in the scope of its own."""
    r, names = Raw("r"), tuple(name for name, scope in scopes.items() if not scope.empty)
    if not names:
        return Raw("false")
    of_type = statement.put("in_type", r=r, among=statement.among(names))
    return Raw(all_of([of_type, *statement.within(scopes, names, r)]))


async def _keys(work: Work, query: str, of: Sequence[Stored], asked: dict[str, Any], statement: Statement) -> list[Key]:
    """Return what is found from some hits, one more than fits at most. Raises Refused as `_rows`."""
    rows = await _rows(work, query, of, asked | {"most": MOST + 1}, statement)
    return [(row["owner"], row["type"], row["id"]) for row in rows]


async def _rows(
    work: Work, query: str, of: Sequence[Stored], asked: dict[str, Any], statement: Statement
) -> list[asyncpg.Record]:
    """Return what a statement finds from some hits. Raises Refused AK-S006: it takes too long."""
    hits = {"kinds": [types.code_of(hit.type) for hit in of], "ids": [hit.id for hit in of]}
    text = statement.text(query, **hits, **asked)
    try:
        return await fetch(work, text, *statement.values)
    except asyncpg.QueryCanceledError:
        raise Refused("AK-S006") from None


def _fitting(found: list[Key]) -> list[Key]:
    """Return what was found. Raises Refused AK-S004 when it does not fit: it is said, never left out."""
    if len(found) > MOST:
        raise Refused("AK-S004", most=MOST)
    return found
