"""Appeals over what was refused: sending one, passing it on to Statsforvalteren, and giving insight after all.

To change another decision is to answer the case, as any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from akson.base.web.render import local
from akson.base.work import Purpose, Work
from akson.patient import refusing
from akson.patient.cases import JOB, Case, answer
from akson.record import appeals, cases, journal, representative, withholding
from akson.record.deciding import facts_for
from akson.record.stored import Stored

Resource = Mapping[str, Any]


def last_day(case: Case) -> date | None:
    """Return through which day a case can be appealed; None when it is no refusal that can be."""
    return appeals.last_day(case.stored.last_updated) if appeals.can_be_appealed(case.stored.resource) else None


def of(case: Case, among: Iterable[Case]) -> Case | None:
    """Return the appeal over a case; None while there is none."""
    return next((one for one in among if one.appeals == case.stored.reference), None)


def in_time(case: Case, now: datetime) -> bool:
    """Say whether a refusal can still be appealed."""
    last = last_day(case)
    return last is not None and local(now).date() <= last


async def appeal(work: Work, person: Resource, refused: str, *, words: str) -> Stored:
    """Appeal the refusal of a demand; the journal says who answers, and by when.

    person  reference to the Patient; refused: the case, "Task/<id>"; words: why
    Raises  Refused AK-B023, AK-B024, AK-B025, AK-B026, or what access says
    Leaves  Task in the record, access-log row, news that bring it to who refused
    """
    return await journal.create(work, {**_begun(person, words), "partOf": [{"reference": refused}]})


async def appeal_withheld(work: Work, person: Resource, held: str, *, words: str) -> Stored:
    """Appeal that an entry is withheld; as `appeal`. held: the name that it is withheld under.

    Source  pbrl §§ 5-1, 7-2; domain rule R35
    """
    begun = _begun(person, words)
    named = cases.told(cases.INPUT, cases.HELD, valueString=held)
    return await journal.create(work, {**begun, "input": [named, *begun["input"]]})


def _begun(person: Resource, words: str) -> dict[str, Any]:
    return {
        "resourceType": cases.TASK, "status": appeals.BEGUN, "intent": "order", "for": dict(person),
        "code": {"coding": [{"system": cases.SYSTEM, "code": cases.APPEAL}]},
        "input": [cases.told(cases.INPUT, cases.WORDS, valueString=words)],
    }  # fmt: skip


async def give(work: Work, case: Case, version: int, *, text: str) -> None:
    """End an appeal by letting the patient see what was withheld, and what was withheld with it.

    Who decides may give no care, and changes no entry: our own job takes the marks off, by the decision.

    Raises  Refused AK-J003 when the case was changed meanwhile, AK-B004, AK-B027
    Leaves  the Task completed, new versions of the entries as our own job's, access-log rows, news; if it breaks off
            in between, the patient sees the entry and the appeal waits: the answer can be sent again
    """
    appeals.lets_in(work, case.stored.id)
    await answer(work, case.stored, version, text=text, outcome=cases.GIVEN)
    async with work.office.work(JOB, Purpose.SYSTEM, screen="job:appeals") as job:
        facts = (await facts_for(job, [case.stored.owner]))[case.stored.owner]
        for one in representative.withheld_as(facts, case.held):
            entry = await journal.whole(job, one.type, one.id)
            if (said := withholding.of(entry.resource)) and said.name == case.held:
                await refusing.give(job, entry, entry.version)


async def pass_on(work: Work, case: Stored, version: int, *, text: str) -> Stored:
    """Pass an appeal on to Statsforvalteren, today, with what who refused says of it; the citizen reads that too.

    Raises  Refused AK-J003 when it was changed meanwhile, AK-B004, AK-B027
    Leaves  the Task in progress, access-log row, news
    """
    outputs = [cases.told(cases.OUTPUT, cases.COMMENT, valueString=text),
               cases.told(cases.OUTPUT, cases.SENT, valueDate=local(work.now).date().isoformat())]  # fmt: skip
    passed = {
        **case.resource, "status": appeals.PASSED_ON, "owner": {"reference": work.actor.id, "display": work.actor.name},
        "lastModified": work.now.isoformat(), "output": outputs,
    }  # fmt: skip
    return await journal.update(work, passed, id_=case.id, if_match=version)
