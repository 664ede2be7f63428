"""Holds: a person's record, and the log about them, are kept while somebody needs them, whatever terms say.

A complaint, a case for the courts, a supervisor's order. Only those who run the installation set and end holds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.fhir.dates import HERE
from akson.record.journal import key_of, unknown
from akson.record.session import fetch

SQL = queries(__file__, "holds.sql")
SHORTEST_REASON: Final = 10  # characters that say something


class Hold(NamedTuple):
    """One hold that stands."""

    of: str  # "Patient/<id>", or "Communication/<id>" of a report that stands in no record
    since: datetime
    reason: str
    by_name: str


async def hold(work: Work, whose: str, reason: str, by: str) -> None:
    """Keep a person's record, or a report that stands in none, until the hold is ended.

    whose   id of the Patient, or "Communication/<id>" of the report
    reason  at least ten characters; by: the name of who asks for it
    Raises  Refused AK-J001 unknown, AK-J017 no reason or name, AK-J015 on hold already
    """
    if len(reason.strip()) < SHORTEST_REASON or not by.strip():
        raise Refused("AK-J017", path="reason")
    owner = await _owner(work, whose)
    work.saw(owner, "hold")
    if not await work.office.database.fetchval(SQL.hold, owner, work.now, reason.strip(), by.strip()):
        raise Refused("AK-J015")


async def end(work: Work, whose: str, by: str) -> None:
    """End a hold. whose: as `hold`.

    Raises  Refused AK-J001 unknown, AK-J017 no name, AK-J016 not on hold
    """
    if not by.strip():
        raise Refused("AK-J017", path="by")
    owner = await _owner(work, whose)
    work.saw(owner, "end of hold")
    if not await work.office.database.fetchval(SQL.end, owner, work.now, by.strip()):
        raise Refused("AK-J016")


async def standing(work: Work) -> list[Hold]:
    """Return the holds that stand, the oldest first."""
    rows = await work.office.database.fetch(SQL.standing)
    for row in rows:
        work.saw(row["owner"], "hold")
    return [
        Hold(f"{types.name_of(row['type'])}/{row['id']}", row["since"], row["reason"], row["by_name"]) for row in rows
    ]


async def refusal(work: Work, owner: int) -> Refused | None:
    """Return why nothing of a record is erased now, and who decides when it may be; None when no hold stands on it."""
    for row in await fetch(work, SQL.standing_on, owner):
        return Refused("AK-J023", day=f"{row['since'].astimezone(HERE):%d.%m.%Y}", by=row["by_name"])
    return None


async def _owner(work: Work, whose: str) -> int:
    type_, _, named = whose.rpartition("/")
    owner, code, id_ = await key_of(work, type_ or "Patient", named)
    if not await work.office.database.fetchval(SQL.is_here, owner, code, id_):
        raise unknown(work, type_ or "Patient", named)
    return owner
