"""Events -> what the subscriber may see of them now: decided anew, each with its trace in the access log.

An event keeps its number. One that may no longer be seen is told by its number alone: a receiver that counts misses
nothing, and learns nothing of what, whose or when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from akson.access.rules import Act
from akson.base.work import Work
from akson.fhir import types
from akson.record.deciding import asked, facts_in, labels_in
from akson.record.masking import shown
from akson.record.session import Within
from akson.record.stored import Stored
from akson.record.versions import of_owner

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Told:
    """One event as its subscriber may hear of it. stored: what it is about; None: the number is all there is to say."""

    number: int
    at: datetime
    stored: Stored | None


async def disclose(work: Work, events: Sequence[Row], *, content: bool) -> list[Told]:
    """Return the events, in order, judged for the actor of `work`. content: bodies leave, else no more than ids.

    Leaves  a row of the access log for each that is told of, when the work ends
    """
    rows = {(row["owner"], row["type"], row["id"], row["version"]): row for row in await _rows(work, events)}
    permitted = []
    for event in events:
        row = rows.get((event["owner"], event["type"], event["id"], event["version"]))
        if row is not None and _allowed(work, row, content=content):
            permitted.append((event["number"], row))
    stored = await shown(work, [row for _, row in permitted]) if content else [_bare(row) for _, row in permitted]
    told = dict(zip((number for number, _ in permitted), stored, strict=True))
    return [Told(number=one["number"], at=one["at"], stored=told.get(one["number"])) for one in events]


async def _rows(work: Work, events: Sequence[Row]) -> list[Row]:
    found: list[Row] = []
    for owner in dict.fromkeys(event["owner"] for event in events):
        wanted = sorted({(one["type"], one["id"], one["version"]) for one in events if one["owner"] == owner})
        found += await of_owner(Within(work), owner, wanted)
    return found


def _allowed(work: Work, row: Row, *, content: bool) -> bool:
    """Decide on one version; what was erased is told to nobody, and of a delete what was deleted is judged."""
    if row["erased"]:
        return False
    judged = {**row, "body": row["before"] if row["deleted"] else row["body"]}
    facts = facts_in(row)
    decided = asked(work, facts, labels_in(work, judged, facts), Act.READ)
    if decided.permit:
        what = f"event {types.name_of(row['type'])}/{row['id']}/_history/{row['version']}" + (
            "" if content else " (id)"
        )
        work.saw(facts.owner if facts.is_person else 0, what, rule=decided.rule, basis=decided.basis)
    return decided.permit


def _bare(row: Row) -> Stored:
    return Stored(type=types.name_of(row["type"]), id=row["id"], version=row["version"], owner=row["owner"],
                  last_updated=row["last_updated"], packed=None, method=row["method"])  # fmt: skip
