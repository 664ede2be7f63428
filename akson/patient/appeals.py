"""Appeals over refused demands: sending one, and passing it on to Statsforvalteren; answering is as of any case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from akson.base.web.render import local
from akson.base.work import Work
from akson.patient.cases import Case
from akson.record import appeals, cases, journal
from akson.record.stored import Stored

Resource = Mapping[str, Any]


def last_day(case: Case) -> date | None:
    """Return through which day a case can be appealed; None when it is no refusal of a demand about an entry."""
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
    return await journal.create(work, {
        "resourceType": cases.TASK, "status": appeals.BEGUN, "intent": "order", "for": dict(person),
        "partOf": [{"reference": refused}], "code": {"coding": [{"system": cases.SYSTEM, "code": cases.APPEAL}]},
        "input": [cases.told(cases.INPUT, cases.WORDS, valueString=words)],
    })  # fmt: skip


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
