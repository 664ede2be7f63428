"""Whether what is written is about units of another organisation than the one its author answers for.

Asked of those at work who write employments, and what a unit is part of: both decide who works where. And of who ends a
subscription that a colleague made, and of a manager who says that the list of who works somewhere is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from akson.access import roles
from akson.access.subscribers import SUBSCRIPTION
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.record.changes import Change
from akson.record.session import fetch

SQL = queries(__file__, "units.sql")
_KINDS: Final = {"PractitionerRole": "employment", "Organization": "unit"}


async def mark(work: Work, changes: Sequence[Change]) -> None:
    """Note on each change whether it is about another organisation's units; one trip, none for most sets.

    A member of staff answers for the data controller of the unit they act for, and for all that is part of it.
    """
    if work.actor.kind is not Kind.STAFF:
        return
    for change in changes:
        change.outside = change.type == "VerificationResult" and _confirms_another(work, change)
    named = {id(change): units for change in changes if (units := _units(change))}
    if not named:
        return
    above = defaultdict(set)
    for row in await fetch(work, SQL.above, sorted(set().union(*named.values()))):
        above[row["unit"]].add(row["above"])
    coming = {change.owner: _parent(row.data for row in change.facts) for change in changes if change.new_owner}
    for change in changes:
        units = named.get(id(change), set())
        change.outside = change.outside or any(
            not _inside(unit, work.actor.controller or work.actor.unit, coming, above) for unit in units
        )


def _confirms_another(work: Work, change: Change) -> bool:
    """Tell whether one who does not manage says who works at another unit than the own, now or before."""
    if roles.has(work.actor.role, roles.Permission.MANAGE):
        return False
    told = [one for one in (change.stood, change.resource) if one]
    named = [{str(target.get("reference")) for target in one.get("target") or ()} for one in told]
    return any(
        work.actor.unit_id not in one
        or any(not each.startswith("PractitionerRole/") for each in one - {work.actor.unit_id})
        for one in named
    )


def _inside(unit: int, home: int, coming: dict[int, int], above: dict[int, set[int]]) -> bool:
    """Tell whether a unit is part of `home`, by units that come in the same set too."""
    seen: set[int] = set()
    while unit in coming and unit not in seen:
        seen.add(unit)
        unit = coming[unit]
    return home != 0 and (unit == home or home in above[unit])


def _units(change: Change) -> set[int]:
    """Return the units a change says something of: before, and from now on."""
    if change.type == SUBSCRIPTION and change.stands is not None:
        return {change.stands.unit} - {0}
    kind = _KINDS.get(change.type)
    if kind is None:
        return set()
    told = [*change.stated, *(row.data for row in change.facts)]
    if kind == "employment":
        return {one["value"]["unit"] for one in map(_fact, told) if one["kind"] == kind}
    before, now = _parent(change.stated), _parent(row.data for row in change.facts)
    if before == now and change.brings:
        return set()
    return {before, now, 0 if change.new_owner else change.owner} - {0}


def _parent(told: Iterable[bytes]) -> int:
    """Return what a unit is part of; 0: nothing, or it is no unit."""
    return next((int(one["value"]["parent"]) for one in map(_fact, told) if one["kind"] == "unit"), 0)


def _fact(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(data)
    return found
