"""Histories: the versions of one resource, of one type, or of everything, newest first.

Who may see a version is decided for each of them, by the same rules and at the same time as a read of it would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from akson.access.rules import Act, Decision
from akson.base.database import Record
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import owners, types
from akson.fhir.dates import BEGINNING, END
from akson.record.deciding import allow_row, might, nearby, note, permitted
from akson.record.journal import key_of, unknown
from akson.record.masking import shown
from akson.record.session import fetch
from akson.record.stored import Stored
from akson.record.writing import flush

SQL = queries(__file__, "histories.sql")
Place = tuple[datetime, int, int]  # last_updated, owner, number in its set: where a page begins
NEWEST: Place = (END, 2**63 - 1, 2**31 - 1)
NEWER = 2**31 - 1
_MOST_AT_ONCE = 1000  # versions judged in one round trip


@dataclass(frozen=True, kw_only=True)
class Period:
    """Which versions are asked about: written since and until, both inclusive; and current at `at` or written later."""

    since: datetime = BEGINNING
    until: datetime = END
    at: datetime | None = None

    @property
    def bounds(self) -> tuple[datetime, datetime, datetime | None]:
        return self.since, self.until, self.at

    @property
    def open(self) -> bool:
        """Tell whether nothing is left out."""
        return self == Period()


@dataclass(kw_only=True)
class Page:
    """Some versions. after: the place where the next page begins, None when this is the last."""

    found: list[Stored] = field(default_factory=list)
    after: Place | None = None


async def of_one(
    work: Work, type_: str, id_: str, period: Period, *, before: int = NEWER, most: int = 50
) -> tuple[list[Stored], int]:
    """Return at most `most` versions of one resource below `before` that the actor may see, and how many it has in all.

    Costs one round trip; more only where much of what is found is hidden from the actor.
    Raises  Refused: AK-J001 unknown, or an access refusal
    """
    await flush(work)
    owner, code, _ = await key_of(work, type_, id_)
    rows = there = await fetch(work, SQL.versions, owner, code, id_, before, most, *period.bounds)
    if not rows:
        raise unknown(work, type_, id_)
    found: list[Record] = []
    step = most
    while there := [row for row in there if row["version"] is not None]:
        found += [row for row, _ in permitted(work, there)]
        if len(found) >= most or len(there) < step:
            break
        before, step = there[-1]["version"], min(2 * step, _MOST_AT_ONCE)
        there = await fetch(work, SQL.versions, owner, code, id_, before, step, *period.bounds)
    allow_row(work, found[0] if found else rows[0], Act.READ, f"{type_}/{id_}/_history")
    return await shown(work, found[:most]), rows[0]["newest"]


async def across(work: Work, type_: str | None, period: Period, *, before: Place = NEWEST, most: int = 50) -> Page:
    """Return at most `most` versions of one type, or of all, that the actor may see.

    Costs one round trip beside those that find whose records these may be; more only where much of what is found is
    hidden from the actor.
    """
    await flush(work)
    named = [type_] if type_ else list(types.TYPES)
    of_persons = [name for name in named if name in owners.OF_PERSONS]
    records, anybodys = await _reach(work, of_persons, named)
    work.saw(0, f"history {type_ or ''}".strip())
    found: list[tuple[Record, Decision]] = []
    step = most + 1
    while len(found) <= most and (records or anybodys):
        rows = await fetch(
            work, SQL.across, records, _codes(of_persons), _codes(anybodys), *period.bounds, *before, step
        )
        found += permitted(work, rows)
        if len(rows) < step:
            break
        before = (rows[-1]["last_updated"], rows[-1]["owner"], rows[-1]["n"])
        step = min(2 * step, _MOST_AT_ONCE)
    few = [row for row, _ in found[:most]]
    for row, decision in found[:most]:
        note(work, row, decision)
    last = few[-1] if len(found) > most else None
    after = (last["last_updated"], last["owner"], last["n"]) if last is not None else None
    return Page(found=await shown(work, few), after=after)


async def _reach(work: Work, of_persons: Sequence[str], named: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return whose records may hold something for this actor, and the types to look at whoever they belong to.

    A person reaches the records that stand in a relation to their unit or themselves, and what belongs to nobody; a
    program reaches all. More than these no rule permits; what it permits of them is asked version by version.
    """
    if work.actor.kind is Kind.SYSTEM:
        return [], [name for name in named if might(work, name, person=True) or might(work, name)]
    nobodys = [name for name in named if name not in of_persons and might(work, name)]
    if not of_persons:
        return [], nobodys
    return sorted(await nearby(work)), nobodys


def _codes(names: Sequence[str]) -> list[int]:
    return [types.code_of(name) for name in names]
