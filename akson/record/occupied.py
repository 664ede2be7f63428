"""What is left at a unit that is to be closed: numbers, which tell of nobody. It is not closed over anybody's head.

However it is closed, on the administrator's page, by a FHIR client or by a job, the unit is held first: who is about to
come is waited for and counted, and who comes later is refused by the database (migration 0066).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.record import worklist
from akson.record.changes import Change
from akson.record.session import fetch, transaction

SQL = queries(__file__, "occupied.sql")
UNIT: Final = "Organization"
_TO_BE_DONE: Final = ("task", "notice", "case", "demand")  # kinds of the worklist; what is booked lets somebody in


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left. persons: living, given care there or about to be; units: below it; waiting: tasks, and what came.

    underway  messages it has sent of which nobody knows yet how they end: badly, and the unit gets a task
    """

    roles: int
    units: int
    persons: int
    waiting: int
    underway: int

    @property
    def reasons(self) -> list[Refused]:
        """Why the unit cannot be closed yet; nothing when it can."""
        counted = {"AK-W023": self.roles, "AK-W024": self.units, "AK-W025": self.persons, "AK-W026": self.waiting,
                   "AK-W032": self.underway}  # fmt: skip
        return [Refused(code, count=count) for code, count in counted.items() if count]


async def left(work: Work, unit: int) -> Left:
    """Count what is left at a unit, by its key: what waits there also where the worklist has not heard of it."""
    (row,) = await fetch(work, SQL.left, unit, work.now, list(_TO_BE_DONE), list(worklist.OPEN))
    untold = await worklist.untold(work, unit, _TO_BE_DONE)
    counted = {name: row[name] for name in ("roles", "units", "persons", "underway")}
    return Left(**counted, waiting=len({*row["waiting"], *untold}))


def closes(change: Change) -> bool:
    """Tell whether a change closes a unit that is open, or removes it."""
    if change.type != UNIT or (change.brings and (change.resource or {}).get("active") is not False):
        return False
    told = map(msgspec.json.decode, change.stated)
    return any(one["kind"] == "unit" and not one["value"].get("closed") for one in told)


async def hold(work: Work, changes: Sequence[Change]) -> None:
    """Hold the units that a set closes until it is written.

    Raises  Refused AK-W023 roles, AK-W024 units, AK-W025 persons or AK-W026 tasks and messages are left there, AK-W032
            messages of it are underway
    """
    for unit in sorted(change.owner for change in changes if closes(change)):
        await transaction(work)
        await fetch(work, SQL.hold, unit)
        for reason in (await left(work, unit)).reasons:
            raise reason
