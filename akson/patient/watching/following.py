"""Whom the surveillance follows more closely, as the privacy officer of an organisation says: for a reason, for a term.

They are followed by number, whether or not anybody here has it: who asks is answered the same, and learns of nobody.
Whose record it is, if there is one, the surveillance finds when it looks. A mark tells nobody's name, also not to whom
made it, and is told to nobody else: not to those who give care, and not to whom it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from akson.base.database import Reads, Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.patient.chart import local
from akson.record.session import Within, fetch
from akson.record.watched import numbered, numbers
from akson.registers.identifiers import Fnr, PersonKind

SQL: Final = queries(__file__)
LONGEST: Final = timedelta(days=365)
PAGE: Final = "kontroll"  # as akson/audit/words-nb.toml has it: it tells that the log is gone through, and no more
_BASIS: Final = "kontroll av loggen"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """That somebody is followed, not whom. until: the last day; reason: "" when it came from a finding."""

    id: str
    reason: str
    until: date
    at: datetime
    by: str


@dataclass(frozen=True, kw_only=True)
class Look:
    """What marks are compared with: whose staff looked at whose record on which day, and until when."""

    controller: int
    patient: int
    day: date
    last: datetime


async def marks(work: Work) -> list[Mark]:
    """Return the marks of the organisation that stand, the soonest ended first; one statement."""
    return [_mark(row) for row in await _standing(work, None)]


async def find(work: Work, id_: str) -> Mark:
    """Return one of them.

    Raises  Refused AK-J001, the same whether there is none or it is for others
    """
    return _mark(await _one(work, id_))


async def follow(work: Work, number: Fnr, reason: str, until: date) -> None:
    """Follow the looks at the record of whoever has a number, or comes to have it, from now, through a day.

    Raises  Refused AK-B028 of a local number, which tells nobody who it is; AK-B029 of another term
    Leaves  the mark, access-log row of the person, if there is one here
    """
    if number.kind is PersonKind.HNR:
        raise Refused("AK-B028", path="fnr")
    if not local(work.now).date() < until <= local(work.now).date() + LONGEST:
        raise Refused("AK-B029", path="til")
    _trace(work, await numbered(work, number))
    await _keep(work, 0, number.value, reason=reason, until=until)


async def end(work: Work, id_: str, reason: str) -> None:
    """Let a mark end now.

    Raises  Refused AK-J001 when there is none, or it is for others
    Leaves  that it ended and why, access-log row of the person, if there is one here
    """
    row = await _one(work, id_)
    _trace(work, row["patient"] or await numbered(work, Fnr(row["number"])))
    await _keep(work, row["patient"], row["number"], known=False, reason=reason, until=row["until"])


async def know(work: Work, patient: int) -> None:
    """Follow the looks at the record of somebody a finding is about, for a year.

    The caller has made sure that the actor may know of the person, and left the row in the log.
    """
    await _keep(work, patient, "", until=local(work.now).date() + LONGEST)


async def know_no_more(work: Work, patient: int) -> None:
    """Let every mark of the organisation on somebody a finding is about end now; the caller as for `know`."""
    named = (await numbers(Within(work), [patient])).get(patient, [])
    keys = [patient, *(0 for _ in named)], ["", *named]
    await fetch(work, SQL.know_no_more, work.actor.unit, *keys, work.now, work.actor.id, work.actor.name)


async def marked(reads: Reads, looks: Sequence[Look]) -> list[bool]:
    """Return for each look whether it was at somebody who was followed then, by record or by number; two statements."""
    named = await numbers(reads, {one.patient for one in looks})
    asked = [
        (n, one.controller, patient, number, one.day, one.last)
        for n, one in enumerate(looks)
        for patient, number in ((one.patient, ""), *((0, number) for number in named.get(one.patient, ())))
    ]
    rows = await reads.fetch(SQL.marked, *(list(column) for column in zip(*asked, strict=True))) if asked else []
    found = {row["n"] for row in rows}
    return [n in found for n in range(len(looks))]


def _trace(work: Work, owner: int) -> None:
    """Leave a row in the log of the person, if there is one here: the officer is not told whether there is."""
    if owner:
        work.saw(owner, f"page {PAGE}", basis=_BASIS)


async def _keep(work: Work, patient: int, number: str, *, until: date, known: bool = True, reason: str = "") -> None:
    actor = work.actor
    await fetch(work, SQL.know, actor.unit, patient, number, work.now, known, actor.id, actor.name, reason, until)


async def _standing(work: Work, id_: UUID | None) -> list[Record]:
    return await fetch(work, SQL.followed, work.actor.unit, local(work.now).date(), id_)


async def _one(work: Work, id_: str) -> Record:
    try:
        rows = await _standing(work, UUID(id_))
    except ValueError:
        rows = []
    if not rows:
        raise Refused("AK-J001")
    return rows[0]


def _mark(row: Record) -> Mark:
    return Mark(id=str(row["id"]), reason=row["reason"], until=row["until"], at=row["at"], by=row["by_name"])
