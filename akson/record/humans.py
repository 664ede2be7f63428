"""Who of staff are one human: somebody who had a D-number first may be here as two, and is one pair of eyes still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.fhir.folding import normalise
from akson.record.session import fetch
from akson.registers.identifiers import PERSON_SYSTEMS, Fnr

SQL = queries(__file__, "humans.sql")
READING = queries(__file__, "reading.sql")
_PERSONS: Final = sorted(PERSON_SYSTEMS)
_PRACTITIONERS: Final = [f"Practitioner|{one}" for one in _PERSONS]


async def is_one_of(work: Work, others: Iterable[int]) -> bool:
    """Say whether the actor may be the same human as one of these practitioners; at most one statement.

    They are when their numbers stand in one resident's record, and are thought to be when the numbers begin with one
    date and the family names are the same: whoever asks wants two humans, and a third can always be found.

    others  owner keys
    """
    keys = set(others)
    if work.actor.key in keys:
        return True
    told: dict[int, set[object]] = defaultdict(set)
    told[work.actor.key] |= {work.actor.person} - {0}
    for row in await fetch(work, SQL.numbers, sorted(keys | {work.actor.key}), _PRACTITIONERS, _PERSONS):
        told[row["owner"]] |= {row["resident"], _called(row["value"], row["name"])} - {None}
    return any(told[key] & told[work.actor.key] for key in keys)


async def is_the_same(work: Work, ids: Sequence[str]) -> bool:
    """Say whether the actor may be one of the practitioners with these ids, as `is_one_of`; at most two statements."""
    keys = {one: work.office.ids.open(one) for one in ids}
    owners = {key for key in keys.values() if key is not None}
    if unknown := [one for one, key in keys.items() if key is None]:
        codes = [types.code_of("Practitioner")] * len(unknown)
        owners |= {row["owner"] for row in await fetch(work, READING.located, codes, unknown)}
    return bool(owners) and await is_one_of(work, owners)


def _called(number: str, name: str | None) -> tuple[tuple[int, int, int], str] | None:
    """Return the date that a number begins with, and the family name; None when either is not known."""
    family = normalise(name or "").rpartition(" ")[2]
    try:
        day = Fnr(number).begins_with
    except Refused:
        return None
    return (day, family) if day and family else None
