"""What the surveillance found, for the privacy officer: read, say what it was, make a case of it.

A finding is as closed as the case that it would become (akson/access/rights.py): it is for the privacy officer of the
organisation whose staff looked, never for whom it is about, and not for an officer who is close to the patient or whom
the patient has closed the record to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from akson.access.facts import Facts, Labels
from akson.access.rights import CASE
from akson.access.roles import called
from akson.access.rules import Act, Decision
from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Purpose, Work
from akson.patient.cases import JOB
from akson.patient.chart import local
from akson.patient.watching.following import Look, marked
from akson.patient.watching.model import FLOOR, STRONG
from akson.record import cases, journal
from akson.record.authors import authors
from akson.record.deciding import asked, facts_for
from akson.record.humans import is_the_same
from akson.record.opened import Opened
from akson.record.session import Within, fetch
from akson.record.watched import patient_of

SQL: Final = queries(__file__)
MOST, MOST_CLOSED = 200, 20
_STRONGEST, _LAST = ("strength", "day", "id"), ("closed", "id")  # by which the two lists are ordered
SORT: Final = "finding"  # of cases.SORTS
_NOBODY: Final = Facts(owner=0, is_person=True)  # of a whole day: the rule that lets cases be seen is about persons
AS_CASE: Final = "case"  # an outcome: it is answered there


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One look, or day, that stands out. patient: owner key, 0 when it is about a whole day; see model.py for signs.

    who      whose look it was: "Practitioner/<id>"
    reported what the unit's manager wrote, "" when nobody reported it
    outcome  one of cases.OUTCOMES or AS_CASE; "" while nobody has said
    """

    id: str
    patient: int
    who: str
    name: str
    role: str
    unit: int
    unit_name: str
    day: date
    first: datetime
    last: datetime
    opened: int
    refused: int
    signs: tuple[str, ...]
    strength: int
    records: int
    usual: int
    searches: int
    searches_usual: int
    known: bool = False  # the person is followed now; of one finding only
    reported: str
    outcome: str
    words: str
    by: str
    closed: datetime | None


async def waiting(work: Work) -> list[Finding]:
    """Return what nobody has looked into, the strongest first; two statements, more where many are not the actor's."""
    return await _theirs(work, SQL.open_findings, _STRONGEST, MOST, work.actor.unit, work.actor.key, FLOOR)


async def concluded(work: Work) -> list[Finding]:
    """Return what has been looked into, the last first; as many statements as `waiting`."""
    return await _theirs(work, SQL.closed_findings, _LAST, MOST_CLOSED, work.actor.unit, work.actor.key)


async def find(work: Work, id_: str) -> tuple[Finding, Decision | None]:
    """Return a finding, and what lets the actor see it; None when it is about nobody's record.

    Raises  Refused AK-J001, the same whether there is none or it is for others
    """
    try:
        rows = await fetch(work, SQL.finding, UUID(id_), work.actor.unit, work.actor.key)
    except ValueError:
        rows = []
    if not rows:
        raise Refused("AK-J001")
    found = _finding(rows[0])
    decision = (await _decisions(work, [found])).get(found.id)
    if decision is None or not decision.permit:
        raise Refused("AK-J001")
    if not found.patient:
        return found, None
    now = Look(controller=work.actor.unit, patient=found.patient, day=local(work.now).date(), last=work.now)
    (known,) = await marked(Within(work), [now])
    return replace(found, known=known), decision


async def conclude(work: Work, finding: Finding, outcome: str, words: str) -> None:
    """Say what a finding was.

    Raises  Refused AK-B006 when somebody has said it already, AK-A063 when it may be about oneself
    Leaves  the outcome, which nobody changes
    """
    if await is_the_same(work, [finding.who.partition("/")[2]]):
        raise Refused("AK-A063")
    actor = work.actor
    if not await fetch(work, SQL.conclude, UUID(finding.id), outcome, words, actor.id, actor.name, work.now):
        raise Refused("AK-B006")


async def make_case(work: Work, finding: Finding, words: str) -> None:
    """Make a case of a finding: the citizen reads of it, and gets an answer within 30 days.

    words   why, kept with the finding
    Raises  Refused AK-B006 when it has an outcome, AK-J001 when it is about nobody's record
    Leaves  Task in the record as our own job's, the finding closed
    """
    if await is_the_same(work, [finding.who.partition("/")[2]]):
        raise Refused("AK-A063")
    person = await patient_of(work, finding.patient)
    if finding.outcome or person is None:
        raise Refused("AK-B006" if finding.outcome else "AK-J001")
    answerer = work.actor.unit_id.partition("/")[2]  # the same that answers for the finding, whoever's staff it was
    start, end = (at.isoformat(timespec="microseconds") for at in (finding.first, finding.last))
    who = {**cases.looker(finding.who), "display": called_by(finding)}
    about = [cases.told(cases.INPUT, cases.WHO, valueReference=who),
             cases.told(cases.INPUT, cases.WHEN, valuePeriod={"start": start, "end": end})]  # fmt: skip
    task = cases.task(SORT, person=person, requester={"display": JOB.name}, now=work.now, about=about,
                      answerers=[answerer])  # fmt: skip
    async with work.office.work(JOB, Purpose.SYSTEM, screen="job:surveillance") as job:
        try:
            await journal.update(job, task, id_=f"finding-{finding.id}", if_match=0)
        except Refused as refused:
            if refused.code != "AK-J003":  # made already, by a sending that broke off
                raise
    await conclude(work, finding, AS_CASE, words)


def called_by(finding: Finding) -> str:
    """Return "Berit Solli, sykepleier, Hjemmetjenesten sone nord"."""
    return ", ".join(filter(None, (finding.name, called(finding.role), finding.unit_name)))


async def report(work: Work, opened: Opened, words: str) -> None:
    """Let the privacy officer look into what somebody opened, because the manager of the unit cannot answer for it.

    Leaves  a finding, strong, with the words as its reason in the review
    """
    actor = work.actor
    author = (await authors(work, opened.owner, "Consent", [opened.id])).get(opened.id)
    await fetch(
        work, SQL.report, opened.person, local(opened.begun).date(), actor.unit, opened.owner, actor.controller,
        author.id if author else "", opened.who, author.role if author else "", actor.unit_name, opened.begun,
        opened.ended, STRONG, work.now, words,
    )  # fmt: skip


async def _theirs(work: Work, query: str, key: tuple[str, ...], most: int, *asked_for: int) -> list[Finding]:
    """Return the first findings of a list that the actor may see: what is hidden takes no place among them."""
    theirs: list[Finding] = []
    after: list[Any] = [None for _ in key]
    while len(theirs) < most:
        rows = await fetch(work, query, *asked_for, *after, most)
        found = [_finding(row) for row in rows]
        decisions = await _decisions(work, found)
        theirs += [one for one in found if one.id in decisions and decisions[one.id].permit]
        if len(rows) < most:
            break
        after = [rows[-1][name] for name in key]
    return theirs[:most]


async def _decisions(work: Work, found: Iterable[Finding]) -> dict[str, Decision]:
    """Return what the rules say of each finding, as of a case about the same; one statement."""
    every = list(found)
    facts = await facts_for(work, {one.patient for one in every if one.patient})
    return {
        one.id: asked(work, facts.get(one.patient, _NOBODY), _labels(work, one), Act.READ)
        for one in every
        if one.patient in facts or not one.patient
    }


def _labels(work: Work, finding: Finding) -> Labels:
    answerer = work.actor.unit_id.partition("/")[2]
    marks = frozenset({CASE, answerer, finding.who.partition("/")[2]})
    return Labels(type=cases.TASK, id=f"finding-{finding.id}", security=marks)


def _finding(row: Record) -> Finding:
    return Finding(
        id=str(row["id"]), patient=row["patient"], who=row["actor_id"], name=row["actor_name"], role=row["actor_role"],
        unit=row["unit"], unit_name=row["unit_name"], day=row["day"], first=row["first"], last=row["last"],
        opened=row["opened"], refused=row["refused"], signs=tuple(row["signs"]), strength=row["strength"],
        records=row["records"], usual=row["usual"], searches=row["searches"], searches_usual=row["searches_usual"],
        reported=row["reported"],
        outcome=row["outcome"], words=row["words"],
        by=row["by_name"], closed=row["closed"],
    )  # fmt: skip
