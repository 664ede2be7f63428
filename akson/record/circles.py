"""Whose records a search by staff may find: those the unit or the person stands in a relation to, with their facts.

Each search asks the database whose facts have changed since the circle was told last, and only those are judged anew.
"Since" is a snapshot of the database, so it does not matter in which order transactions commit: what the snapshot does
not hold is asked for until one does. A snapshot means something on one run of one database server: after a crash, or
where another server takes over, numbers of transactions may be given out a second time. Both end every connection, so a
circle is told in whole when a connection was opened since.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from akson.access.facts import Facts
from akson.access.many import Many
from akson.base.arrays import literal
from akson.base.database import Database, Record
from akson.base.queries import queries
from akson.base.rides import Rides
from akson.base.work import Work
from akson.record.deciding import decoded
from akson.record.session import look, session

SQL = queries(__file__, "reading.sql")
Key = tuple[int, int]  # unit, person
RESTRICTED: Final[Key] = (0, 0)  # the circle of those whom even one who sees all must ask about
CHANGES: Final = 500  # from which on the circle is told in whole
_MOST: Final = 50_000  # records in all that are kept here
_EACH = struct.Struct(">qq")  # owner, revision


@dataclass(frozen=True)
class _Kept:
    """A circle as it was told last.

    upto    the snapshot in which it was so
    began   when the database server began
    opened  connections that had been opened by then
    """

    many: Many
    upto: str
    began: datetime
    opened: int


class Circles:
    """The circles that were asked for last, each asked about anew in every search."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._rides = Rides(self._now)

    async def of(self, unit: int, person: int) -> Many:
        """Return who stands in a relation to the unit or the person now."""
        return await self._rides.fetch((unit, person)) or Many(())

    async def _now(self, keys: Sequence[Key]) -> Mapping[Key, Many]:
        """Return some circles as they are now. Asked by one at a time, so none is overwritten by an older one."""
        known = {key: self._kept[key] for key in keys if key in self._kept}
        found = await self._changed(known) if known else {}
        if missing := [key for key in keys if key not in found]:
            found |= await self._whole(missing)
        for key, kept in found.items():
            self._keep(key, kept)
        return {key: kept.many for key, kept in found.items()}

    async def _changed(self, known: Mapping[Key, _Kept]) -> dict[Key, _Kept]:
        """Return the circles of which it is known what has changed since."""
        lane = self._database.keyed
        units, persons = zip(*known, strict=True)
        since = literal([kept.upto for kept in known.values()])
        rows = await lane.fetch(SQL.circles_changed, literal(units), literal(persons), since, CHANGES + 1)
        told: dict[Key, list[Record]] = {}
        for row in rows:
            told.setdefault((row["unit"], row["person"]), []).append(row)
        for key, changes in told.items():
            if known[key].opened != lane.opened or known[key].began != changes[0]["began"]:
                del self._kept[key]  # revisions may be given out a second time, too
        return {
            key: _after(known[key], changes)
            for key, changes in told.items()
            if key in self._kept and len(changes) <= CHANGES
        }

    async def _whole(self, keys: Sequence[Key]) -> dict[Key, _Kept]:
        """Return circles that are told in whole; of those who are known at their revision the facts stand already."""
        lane = self._database.keyed
        units, persons = zip(*keys, strict=True)
        rows = await lane.fetch(SQL.circles, literal(units), literal(persons))
        opened = lane.opened
        return {
            (row["unit"], row["person"]): _Kept(
                await self._many((row["unit"], row["person"]), row["members"] or b""), row["upto"], row["began"], opened
            )
            for row in rows
        }

    async def _many(self, key: Key, members: bytes) -> Many:
        revisions = dict(_EACH.iter_unpack(members))
        before = self._kept[key].many.facts if key in self._kept else {}
        known = {owner: facts for owner, facts in before.items() if revisions.get(owner) == facts.rev}
        rows = await self._database.searches.fetch(SQL.owners_of, literal(list(revisions.keys() - known.keys())))
        return Many([*known.values(), *map(_facts, rows)])

    def _keep(self, key: Key, kept: _Kept) -> None:
        before, self._kept[key] = self._kept.get(key), kept
        self._kept.move_to_end(key)
        if before is not None and before.many is kept.many:
            return
        while len(self._kept) > 1 and sum(len(one.many.facts) for one in self._kept.values()) > _MOST:
            self._kept.popitem(last=False)


async def around(work: Work) -> Many:
    """Return those the actor or their unit stands in a relation to, as this work sees them."""
    unit, person = work.actor.unit, work.actor.key
    return await _seen(work, SQL.by_unit_or_person, unit, person) if unit or person else Many(())


async def restricted(work: Work) -> Many:
    """Return those whom even one who sees all must ask about, as this work sees them."""
    return await _seen(work, SQL.restricted)


async def _seen(work: Work, within: str, *key: int) -> Many:
    """Return a circle as this work sees it. within: asks for it inside the work's own transaction."""
    state = session(work)
    if state.connection is None:
        many: Many = await work.office.circles.of(*(key or RESTRICTED))
    else:  # what is not committed is nobody else's to know
        rows = await look(work, within, *key)
        many = Many(_facts(row) for row in rows)
    state.facts.update(many.facts)
    return many


def _after(kept: _Kept, changes: Iterable[Record]) -> _Kept:
    """Return a circle after changes of facts: most are of somebody else."""
    facts, upto, ours = kept.many.facts, kept.upto, []
    for row in changes:
        upto = row["upto"]
        if row["member"] or row["owner"] in facts:
            ours.append(row)
    if not ours:
        return replace(kept, upto=upto)
    stay = facts.keys() - {row["owner"] for row in ours}
    come = [_facts(row) for row in ours if row["member"]]
    return replace(kept, many=Many([*(facts[owner] for owner in stay), *come]), upto=upto)


def _facts(row: Record) -> Facts:
    return decoded(row["owner"], row["facts_rev"], row["facts"], row["type"])
