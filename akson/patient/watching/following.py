"""Whom the surveillance follows more closely, as the privacy officer of an organisation says: for a reason, for a term.

A mark is as closed as a finding about the person would be, and as a finding it is told to nobody else: not to those who
give care, and not to whom it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from akson.access.facts import Facts, Labels
from akson.access.rights import CASE
from akson.access.rules import Act
from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.patient.chart import local
from akson.record import cases
from akson.record.deciding import allow, asked, facts_for
from akson.record.session import fetch
from akson.record.watched import numbered
from akson.registers.identifiers import Fnr

SQL: Final = queries(__file__)
LONGEST: Final = timedelta(days=365)
PAGE: Final = "kontroll"  # as akson/audit/words-nb.toml has it: it tells that the log is gone through, and no more


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One person who is followed. patient: owner key; until: the last day; reason: "" when it came from a finding."""

    id: str
    patient: int
    reason: str
    until: date
    at: datetime
    by: str


async def marks(work: Work) -> list[Mark]:
    """Return whom the organisation follows and the actor may know of, the soonest ended first; two statements."""
    found = [_mark(row) for row in await fetch(work, SQL.followed, work.actor.unit, local(work.now).date(), None)]
    facts = await facts_for(work, {one.patient for one in found})
    return [one for one in found if one.patient in facts and _may_know(work, facts[one.patient])]


async def find(work: Work, id_: str) -> Mark:
    """Return one of them.

    Raises  Refused AK-J001, the same whether there is none or it is for others
    Leaves  access-log row of the person
    """
    try:
        rows = await fetch(work, SQL.followed, work.actor.unit, local(work.now).date(), UUID(id_))
    except ValueError:
        rows = []
    if not rows or not await _known(work, rows[0]["patient"]):
        raise Refused("AK-J001")
    return _mark(rows[0])


async def follow(work: Work, number: Fnr, reason: str, until: date) -> None:
    """Follow the looks at somebody's record from now, through a day.

    Raises  Refused AK-B028 when nobody has the number, or the actor may not know of them; AK-B029 of another term
    Leaves  the mark, access-log row of the person
    """
    if not local(work.now).date() < until <= local(work.now).date() + LONGEST:
        raise Refused("AK-B029", path="til")
    patient = await numbered(work, number)
    if not (patient and await _known(work, patient)):
        raise Refused("AK-B028", path="fnr")
    await say(work, patient, known=True, reason=reason, until=until)


async def say(work: Work, patient: int, *, known: bool, reason: str = "", until: date | None = None) -> None:
    """Say that somebody is followed, or no more; what was said before stays. until: none = a year.

    The caller has made sure that the actor may know of the person, and left the row in the log.
    """
    actor, last = work.actor, until or local(work.now).date() + LONGEST
    await fetch(work, SQL.know, actor.unit, patient, work.now, known, actor.id, actor.name, reason, last)


async def _known(work: Work, patient: int) -> bool:
    """Say whether the actor may know that there is something about a person, with a trace in the person's log."""
    facts = (await facts_for(work, [patient])).get(patient)
    if facts is None or not facts.is_person:
        return False
    try:
        allow(work, facts, _labels(work), Act.READ, f"page {PAGE}")
    except Refused:
        return False
    return True


def _may_know(work: Work, facts: Facts) -> bool:
    return asked(work, facts, _labels(work), Act.READ).permit


def _labels(work: Work) -> Labels:
    """Return what the rules are asked about: a case that the actor's organisation would answer."""
    marks_ = frozenset({CASE, work.actor.unit_id.partition("/")[2]})
    return Labels(type=cases.TASK, id="followed", security=marks_)


def _mark(row: Record) -> Mark:
    return Mark(id=str(row["id"]), patient=row["patient"], reason=row["reason"], until=row["until"], at=row["at"],
                by=row["by_name"])  # fmt: skip
