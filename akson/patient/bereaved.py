"""Insight after death: what a relative asks of each who keeps the record, and the answer that gives some of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from akson.base.work import Work
from akson.patient import cases as answering
from akson.record import bereaved, cases, journal
from akson.record.bereaved import Dead
from akson.record.stored import Stored

Resource = Mapping[str, Any]


async def ask(work: Work, one: Dead, words: str) -> list[Stored]:
    """Ask for insight in the record of one who has died: a case for each who keeps a part of it.

    words   what the relative needs to know, and why
    Raises  Refused AK-B011 where nobody here keeps anything, AK-B013 without words, or what access says
    Leaves  Tasks in the record, access-log rows, news that bring them to those who answer
    Source  pbrl § 5-1 fifth paragraph, hpl § 24: close relatives have insight unless special reasons speak against it
    """
    keepers = await bereaved.keepers(work, one.owner)
    tasks = [_task(one, keeper.id, words) for keeper in keepers] or [_task(one, "", words)]
    return await journal.write_set(work, [journal.draft("POST", task) for task in tasks])


def _task(one: Dead, keeper: str, words: str) -> dict[str, Any]:
    inputs = (
        [cases.told(cases.INPUT, cases.KEEPER, valueReference={"reference": f"Organization/{keeper}"})]
        if keeper
        else []
    )
    inputs += [cases.told(cases.INPUT, cases.WORDS, valueString=words)] if words else []
    return {
        "resourceType": cases.TASK, "status": "requested", "intent": "order", "input": inputs,
        "for": {"reference": f"Patient/{one.id}", "display": one.name},
        "code": {"coding": [{"system": cases.SYSTEM, "code": cases.BEREAVED}]},
    }  # fmt: skip


async def withdraw(work: Work, case: Stored, version: int, *, text: str) -> Stored:
    """Take back what a relative was given: from their next request on they read nothing of it.

    text    what the relative reads: why
    Raises  Refused AK-J003 when the case was changed meanwhile, AK-B003, AK-B004 where nothing was given
    Leaves  the Task with the new outcome and no entries, access-log row, news; the decision before stays as a version
    """
    return await answering.answer(work, case, version, text=text, outcome=cases.WITHDRAWN)


async def give(work: Work, case: Stored, version: int, *, text: str, items: Sequence[str], until: date) -> Stored:
    """Let the relative read these entries, through a day, and answer the case.

    text    what the relative reads: what was decided, and why
    Raises  Refused AK-B012 for entries that others keep or that are closed, or a day that is not to come, and as
            cases.answer does; then nothing is given
    """
    given = [cases.told(cases.OUTPUT, cases.ENTRY, valueReference={"reference": item}) for item in items]
    given.append(cases.told(cases.OUTPUT, cases.UNTIL, valueDate=until.isoformat()))
    return await answering.answer(work, case, version, text=text, outcome=cases.GRANTED, more=given)
