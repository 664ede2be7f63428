"""Appeals over a refused demand or insight: who refused decides anew or passes it on, and Statsforvalteren ends it.

    requested    who refused changes the decision (completed), or passes the appeal on with a comment
    in-progress  it lies with Statsforvalteren, whose decision is put down here
    completed    there is no more

Source: hpl §§ 42, 43, pbrl § 7-2 (a refusal can be appealed to Statsforvalteren), fvl § 33 (who refused weighs it anew,
and passes it on unless they change what they decided), pbrl § 7-5 (the time); to be confirmed by a lawyer
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from akson.access.facts import WITHHELD_AS, Facts
from akson.access.rights import ANSWERED, APPEAL_OF, APPEALED_WITHIN, is_case
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.fhir.dates import HERE
from akson.record import cases, representative, withholding
from akson.record.cases import (
    ANSWERED_BY,
    AS,
    CLOSING,
    COMMENT,
    CORRECT,
    CORRECTED,
    DEMANDED,
    ELSEWHERE,
    ERASE,
    ERASED,
    GIVEN,
    HANDED_OVER,
    HELD,
    INPUT,
    INSIGHT,
    ITEM,
    MOST_WORDS,
    NAMED,
    OUTPUT,
    REACHED,
    REFUSED,
    SENT,
    TASK,
    TOLD_TO,
    UPHELD,
    all_marked,
    given,
    told,
)
from akson.record.deciding import facts_for, may_read
from akson.record.session import fetch, session
from akson.record.stored import Stored, stored

READING = queries(__file__, "reading.sql")
Resource = Mapping[str, Any]
BEGUN, PASSED_ON, DONE = "requested", "in-progress", "completed"  # Task.status
# What a decision may be changed to, by what was demanded: nobody's entry is erased who asked that it be corrected.
CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    CORRECT: (CORRECTED,), ERASE: (ERASED, ELSEWHERE, CORRECTED), TOLD_TO: (HANDED_OVER,), INSIGHT: (GIVEN,),
}  # fmt: skip
_OF_REPRESENTATIVE: Final = (HELD, NAMED, AS, REACHED)  # of INPUT, as the refused case says it


def last_day(refused: datetime) -> date:
    """Return the day through which a refusal given at that moment can be appealed, in Norway."""
    return refused.astimezone(HERE).date() + APPEALED_WITHIN


def can_be_appealed(resource: Resource) -> bool:
    """Say whether a case is the refusal of a demand about an entry, or of a representative."""
    refused = cases.outcome_of(resource.get("output") or ()) == REFUSED and resource.get("status") == DONE
    return refused and cases.is_marked(resource) and cases.sort_of(resource) in CHANGES


def outcomes(resource: Resource) -> tuple[str, ...]:
    """Return what the answer to an appeal may come to: before it is passed on, only that the decision is changed."""
    changes = CHANGES.get(given(resource.get("input") or (), INPUT, DEMANDED) or "", ())
    return (UPHELD, *changes) if resource.get("status") == PASSED_ON else changes


async def asked(work: Work, owner: int, resource: Resource, words: str) -> dict[str, Any]:
    """Return which refusal is appealed, and who answers, for cases.task: the same, about the same entry.

    It is named by the refused case; or, where an entry is withheld, by the name it is withheld under. A few statements.

    Raises  Refused AK-B023 without words or with anything else; AK-B024 of what is no refusal that the citizen sees;
            AK-B025 too late; AK-B026 a second time
    """
    inputs = resource["input"]
    held = given(inputs, INPUT, HELD)
    if not words.strip() or len(inputs) > 1 + bool(held) or (held and "partOf" in resource):
        raise Refused("AK-B023", path="Task.input")
    if held:
        return await _over_insight(work, owner, held)
    refused = await _refused(work, owner, resource.get("partOf") or ())
    if refused is None:
        raise Refused("AK-B024", path="Task.partOf")
    if work.now.astimezone(HERE).date() > last_day(refused.last_updated):
        raise Refused("AK-B025", path="Task.partOf")
    facts = (await facts_for(work, [owner]))[owner]
    if any(f"{APPEAL_OF}{refused.id}" in one.security for one in facts.labelled):
        raise Refused("AK-B026", path="Task.partOf")
    answerers, items, marks = (all_marked(refused.resource, one) for one in (ANSWERED_BY, ITEM, CLOSING))
    about = [told(INPUT, DEMANDED, valueCode=cases.sort_of(refused.resource))]
    about += [one for one in refused.resource["input"] if any(given([one], INPUT, name) for name in _OF_REPRESENTATIVE)]
    return {"about": about, "answerers": answerers, "items": items, "marks": [*marks, f"{APPEAL_OF}{refused.id}"]}


async def _over_insight(work: Work, owner: int, name: object) -> dict[str, Any]:
    """Return who answers for what is withheld under a name, that the citizen has been told of; three statements.

    No time runs: nobody knows when the citizen learnt of it, and it goes on being refused. Given and withheld anew it
    has another name, and can be appealed again.
    """
    facts = (await facts_for(work, [owner]))[owner]
    if name not in [one.name for one in await withholding.told(work, facts) if one.name]:
        raise Refused("AK-B024", path="Task.input")
    mark = f"{APPEAL_OF}{name}"
    if any(mark in one.security for one in facts.labelled):
        raise Refused("AK-B026", path="Task.input")
    answerers = await representative.keepers(work, owner, name)
    if not answerers:
        raise Refused("AK-B024", path="Task.input")
    about = [told(INPUT, DEMANDED, valueCode=INSIGHT), told(INPUT, HELD, valueString=name)]
    return {"about": about, "answerers": answerers, "marks": [name, mark]}


async def _refused(work: Work, owner: int, part_of: Sequence[Resource]) -> Stored | None:
    type_, _, id_ = str(part_of[0].get("reference", "")).partition("/") if len(part_of) == 1 else ("", "", "")
    rows = await fetch(work, READING.current, [owner], [types.code_of(TASK)], [id_]) if type_ == TASK else []
    if not rows or rows[0]["deleted"] or not may_read(work, rows[0]).permit:
        return None
    found = stored(rows[0])
    return found if can_be_appealed(found.resource) else None


async def lies_elsewhere(work: Work, facts: Facts, items: Iterable[str], case: str) -> bool:
    """Say whether an appeal about one of these entries lies with Statsforvalteren; no statement where nobody appeals.

    items  "Type/id"; case: the id of the case that is being decided, which is not asked about
    """
    about = frozenset(items)
    about |= {mark for one in facts.labelled if f"{one.type}/{one.id}" in about for mark in one.security
              if mark.startswith(WITHHELD_AS)}  # fmt: skip
    open_ = [one.id for one in facts.labelled if is_case(one) and ANSWERED not in one.security and one.id != case
             and about & one.security and any(mark.startswith(APPEAL_OF) for mark in one.security)]  # fmt: skip
    if not open_:
        return False
    tasks = await fetch(work, READING.current, [facts.owner] * len(open_), [types.code_of(TASK)] * len(open_), open_)
    return any(stored(row).resource.get("status") == PASSED_ON for row in tasks)


def lets_in(work: Work, case: str) -> None:
    """Let an appeal be answered with insight by who gives it in the same work. case: the id of the Task."""
    session(work).gives.add(case)


def refuse_untrue(work: Work, resource: Resource, facts: Facts) -> None:
    """Refuse an answer that says that insight is given while it is not. Raises Refused AK-B030."""
    if cases.outcome_of(resource.get("output") or ()) != GIVEN or resource.get("id") in session(work).gives:
        return
    if representative.withheld_as(facts, given(resource.get("input") or (), INPUT, HELD)):
        raise Refused("AK-B030", path="Task.output")


def refuse_twice(tasks: Iterable[Resource]) -> None:
    """Refuse two appeals over one refusal in one set. Raises Refused AK-B026."""
    appealed = [mark for one in tasks for mark in all_marked(one, CLOSING) if mark.startswith(APPEAL_OF)]
    if len(set(appealed)) < len(appealed):
        raise Refused("AK-B026", path="Task.partOf")


def refuse_unfit(resource: Resource, before: Resource, now: datetime) -> None:
    """Refuse what is not the next step of an appeal. Raises Refused AK-B027."""
    was, is_ = before.get("status"), resource.get("status")
    stood, outputs = before.get("output") or (), resource.get("output") or ()
    if is_ == DONE:
        fits = cases.outcome_of(outputs) in outcomes(before) and cases.passed_on(outputs) == cases.passed_on(stood)
    elif (was, is_) == (BEGUN, PASSED_ON):
        fits = _passes_on(outputs, now.astimezone(HERE).date())
    else:
        fits = was == is_ and outputs == stood
    if not fits:
        raise Refused("AK-B027", path="Task")


def _passes_on(outputs: Sequence[Resource], today: date) -> bool:
    """Say whether it is a comment and the day, and nothing else."""
    comment, sent = (given(outputs, OUTPUT, one) for one in (COMMENT, SENT))
    words = isinstance(comment, str) and comment.strip() != "" and len(comment) <= MOST_WORDS
    return words and sent == today.isoformat() and len(outputs) == len((comment, sent))
