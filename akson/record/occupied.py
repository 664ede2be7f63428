"""How much is left at a unit that is to be closed: numbers, which tell of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from akson.base.queries import queries
from akson.base.work import Work
from akson.record.session import fetch
from akson.record.worklist import OPEN

SQL = queries(__file__, "occupied.sql")
_TO_BE_DONE: Final = ("task", "notice", "case", "demand")  # kinds of the worklist; what is booked lets somebody in


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left. persons: living ones it gives care, or is to; waiting: tasks and messages."""

    persons: int
    waiting: int


async def left(work: Work, unit: str) -> Left:
    """Count what is left at a unit, by the id of its Organization; one statement."""
    key = work.office.ids.open(unit) or 0
    (row,) = await fetch(work, SQL.left, key, work.now, list(_TO_BE_DONE), list(OPEN))
    return Left(persons=row["persons"], waiting=row["waiting"])
