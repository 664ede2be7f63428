"""Criteria: understood as a search is, held to what a resource itself can answer, and judged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhir import search as extraction
from akson.record.search.asked import Condition
from akson.record.search.asking import Asking
from akson.record.search.codes import coded
from akson.record.search.judging import Judge, Subject, refuse_unjudgeable
from akson.record.values import Values
from akson.subscriptions.plan import Filter, Plan


async def refuse_unfit(work: Work, plan: Plan) -> None:
    """Refuse criteria that cannot be judged; a value that is wrong is told now, not at the first event.

    Raises  Refused AK-S001, AK-S002, AK-S005, AK-S007 with the path in the Subscription
    """
    judge, nothing = judge_of(work), Subject(id="", updated=work.now, values=Values())
    for one in plan.filters:
        with _at(one.path):
            judge.refuse_unfit(await _conditions(work, plan.type, one), nothing)


async def conditions_of(work: Work, plan: Plan) -> list[Condition]:
    """Return what a resource must meet. Raises Refused when a value set or code that is named is known no longer."""
    return [condition for one in plan.filters for condition in await _conditions(work, plan.type, one)]


def judge_of(work: Work) -> Judge:
    """Return who judges, at the time of the work."""
    return Judge(ids=work.office.ids, hasher=work.office.hasher, now=work.now)


async def _conditions(work: Work, type_: str, one: Filter) -> list[Condition]:
    refuse_unjudgeable(one.pairs)
    asked = Asking(type_, extraction.parameters, work.now).take(one.pairs)
    return [await coded(work, condition) for condition in asked.conditions]


@contextmanager
def _at(path: str) -> Iterator[None]:
    """Let a refusal say where in the Subscription it arose."""
    try:
        yield
    except Refused as refused:
        refused.path = path
        raise
