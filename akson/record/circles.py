"""Whose records a search by staff may find: those the unit or the person stands in a relation to, with their facts.

Each search asks the database who they are and at which revision their facts stand; only facts that are not known at
that revision are fetched. Revisions of one owner are never used twice, so what is kept is never stale.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from akson.access.many import Many
from akson.base.arrays import literal
from akson.base.database import Database
from akson.base.queries import queries
from akson.base.rides import Rides
from akson.record.deciding import decoded

SQL = queries(__file__, "reading.sql")
Key = tuple[int, int]  # unit, person
RESTRICTED: Final[Key] = (0, 0)  # the circle of those whom even one who sees all must ask about
_MOST: Final = 50_000  # records in all that are kept here
_EACH = struct.Struct(">qq")  # owner, revision


@dataclass(frozen=True)
class _Kept:
    """A circle as it was told last. members: see SQL.circles"""

    members: bytes
    many: Many


class Circles:
    """The circles that were asked for last, each asked about anew in every search."""

    def __init__(self, database: Database) -> None:
        async def members(keys: Sequence[Key]) -> Mapping[Key, bytes]:
            units, persons = zip(*keys, strict=True)
            rows = await database.keyed.fetch(SQL.circles, literal(units), literal(persons))
            return {(row["unit"], row["person"]): row["members"] for row in rows}

        self._database, self._members = database, Rides(members)
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()

    async def of(self, unit: int, person: int) -> Many:
        """Return who stands in a relation to the unit or the person now."""
        key = unit, person
        members = await self._members.fetch(key) or b""
        kept = self._kept.get(key)
        if kept is None or kept.members != members:
            kept = await self._anew(members, kept.many if kept else Many(()))
            self._keep(key, kept)
        else:
            self._kept.move_to_end(key)
        return kept.many

    async def _anew(self, members: bytes, before: Many) -> _Kept:
        revisions = dict(_EACH.iter_unpack(members))
        known = {key: facts for key, facts in before.facts.items() if revisions.get(key) == facts.rev}
        rows = await self._database.searches.fetch(SQL.owners_of, literal(list(revisions.keys() - known.keys())))
        fresh = [decoded(row["owner"], row["facts_rev"], row["facts"], row["type"]) for row in rows]
        return _Kept(members, Many([*known.values(), *fresh]))

    def _keep(self, key: Key, kept: _Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(len(one.many.facts) for one in self._kept.values()) > _MOST:
            self._kept.popitem(last=False)
