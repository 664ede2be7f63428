"""Cases in the journal: what citizens ask for by right, as Tasks that say whom and when they are about.

A citizen says what is asked for, about whose looks and when; the journal finds the look in the log, and says who
answers and by when. What was asked never changes after that. Another right is one more row of SORTS and a form.

    Task.code          one of SORTS                          Task.for        whose record
    Task.input         who, when, in the citizen's words     Task.output     the answer, the outcome
    restriction.period.end   the day it must be answered     meta.security   the mark, who answers, whom it is about
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from akson.access.facts import Labels
from akson.access.rights import CASE
from akson.access.rules import Act
from akson.audit import view
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import bodies, types
from akson.fhir.dates import HERE, interval
from akson.record.deciding import asked
from akson.record.drafts import Draft
from akson.record.session import Within, fetch, session
from akson.record.stored import marks_in, stored

SQL = queries(__file__, "cases.sql")
READING = queries(__file__, "reading.sql")
Resource = Mapping[str, Any]
SYSTEM: Final = "https://akson.no/fhir/case"  # Task.code
MARK: Final = "https://akson.no/fhir/case-mark"
ANSWERED_BY: Final = "https://akson.no/fhir/case-answered-by"  # its codes are ids of Organizations
ABOUT: Final = "https://akson.no/fhir/case-about"  # its codes are ids of Practitioners
INPUT: Final = "https://akson.no/fhir/case-input"
OUTPUT: Final = "https://akson.no/fhir/case-output"
WHO, WHEN, WORDS = "who", "when", "words"  # of INPUT
ANSWER, OUTCOME = "answer", "outcome"  # of OUTPUT
ANSWERED_WITHIN: Final = timedelta(days=30)  # GDPR art. 12 (3); domain rule R34
OUTCOMES: Final = ("lawful", "unlawful", "unclear")
MOST_WORDS: Final = 4000
TASK: Final = "Task"


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One thing there can be a case about. by_citizens: who begins it; else we do."""

    code: str
    display: str
    by_citizens: bool = True


SORTS: Final[Mapping[str, Sort]] = {
    one.code: one
    for one in (
        Sort(code="explanation", display="Forklaring på oppslag"),
        Sort(code="suspicion", display="Mistanke om oppslag uten grunn"),
        Sort(code="emergency", display="Nødåpning", by_citizens=False),
        Sort(code="finding", display="Oppslag som skilte seg ut i loggen", by_citizens=False),
    )
}
_TAKEN: Final = frozenset("resourceType status intent code for requester input".split())
_ANSWERING: Final = frozenset("id meta status businessStatus owner lastModified output".split())  # all else stays
_DONE: Final = "completed"


def task(
    sort: str, *, person: Resource, requester: Resource, now: datetime, about: Sequence[Resource], answerer: str
) -> dict[str, Any]:
    """Return a case as it is kept.

    about     its inputs, WHO among them
    answerer  id of the Organization
    """
    who = given(about, INPUT, WHO).get("reference", "").partition("/")[2]
    marks = [{"system": MARK, "code": CASE}, {"system": ANSWERED_BY, "code": answerer}, {"system": ABOUT, "code": who}]
    due = (now + ANSWERED_WITHIN).astimezone(HERE).date().isoformat()
    coding = {"system": SYSTEM, "code": sort, "display": SORTS[sort].display}
    return {
        "resourceType": TASK, "meta": {"security": marks}, "status": "requested", "intent": "order",
        "code": {"coding": [coding]}, "for": person, "authoredOn": now.isoformat(), "requester": requester,
        "restriction": {"period": {"end": due}}, "input": list(about),
    }  # fmt: skip


def told(system: str, code: str, **value: Any) -> dict[str, Any]:
    """Return one input or output."""
    return {"type": {"coding": [{"system": system, "code": code}]}, **value}


def given(parts: Sequence[Resource], system: str, code: str) -> Any:
    """Return the value of one input or output, {} when it is not there."""
    for part in parts:
        if any(c.get("system") == system and c.get("code") == code for c in part["type"].get("coding", ())):
            return next((value for name, value in part.items() if name.startswith("value")), {})
    return {}


def sort_of(resource: Resource) -> str:
    """Return the code of the sort of case, "" when it is none."""
    coded = ((resource.get("code") or {}).get("coding") or ()) if resource.get("resourceType") == TASK else ()
    return next((c.get("code", "") for c in coded if c.get("system") == SYSTEM), "")


def outcome_of(outputs: Sequence[Resource]) -> str:
    """Return the code of what was found, "" while nothing is."""
    found = given(outputs, OUTPUT, OUTCOME)
    coded = found.get("coding", ()) if isinstance(found, Mapping) else ()
    return next((c.get("code", "") for c in coded if c.get("system") == OUTPUT), "")


def is_marked(resource: Resource) -> bool:
    """Say whether a resource has the mark that only citizens' own questions and our own jobs are given."""
    return CASE in marks_in(resource.get("meta") or {})


def is_case(resource: Resource) -> bool:
    """Say whether a Task is a case, or would pass for one."""
    return bool(sort_of(resource)) or is_marked(resource)


def marked(resource: Resource, system: str) -> str:
    """Return the code of a case's mark of this system, or ""."""
    security = (resource.get("meta") or {}).get("security") or ()
    return next((c.get("code", "") for c in security if c.get("system") == system), "")


async def answerer_of(work: Work, unit: int) -> str:
    """Return the id of the organisation that answers for what is done at a unit; "" when there is none."""
    rows = await fetch(work, SQL.answerer, unit, types.code_of("Organization"))
    return rows[0]["id"] if rows else ""


async def name_of(work: Work, owner: int) -> str:
    """Return what a person is called, for those who may know that there is a case about them."""
    rows = await fetch(work, SQL.name, owner)
    return (rows[0]["name"] or "") if rows else ""


async def hold(work: Work, drafts: Sequence[Draft]) -> None:
    """Complete what citizens ask for: find the look in the log, and say who answers and by when; two statements each.

    Raises  Refused AK-B00x with its path, only to who may ask
    """
    for draft in drafts if work.actor.kind is Kind.CITIZEN else ():
        if draft.type == TASK and draft.method == "POST" and is_case(draft.resource or {}) and _may_ask(work, draft):
            draft.rewrite(bodies.dumps(await _completed(work, draft.owner or 0, draft.resource or {})))


def _may_ask(work: Work, draft: Draft) -> bool:
    facts = session(work).facts.get(draft.owner or 0)
    labels = Labels(type=TASK, security=frozenset({CASE}), letters="c", author=work.actor.key)
    return facts is not None and asked(work, facts, labels, Act.WRITE).permit


async def _completed(work: Work, owner: int, resource: Resource) -> dict[str, Any]:
    sort = SORTS.get(sort_of(resource))
    if sort is None or not sort.by_citizens:
        raise Refused("AK-B002", path="Task.code")
    if more := sorted(resource.keys() - _TAKEN) or _decided_here(work, resource):
        raise Refused("AK-B002", path=f"Task.{more[0]}")
    parts = resource.get("input") or ()
    who, period, words = (given(parts, INPUT, name) for name in (WHO, WHEN, WORDS))
    try:
        since, until = interval(period["start"])[0], interval(period["end"])[1]
        reference = str(who["reference"])
    except (KeyError, TypeError, ValueError):
        raise Refused("AK-B005", path="Task.input") from None
    if len(parts) > len((who, period, words)) or not isinstance(words or "", str) or len(words) > MOST_WORDS:
        raise Refused("AK-B002", path="Task.input")
    seen = await view.looked_at_by(Within(work), owner, reference, (since, until))
    answerer = await answerer_of(work, seen[0].place) if seen and reference.startswith("Practitioner/") else ""
    if not answerer:
        raise Refused("AK-B001", path="Task.input")
    about = [told(INPUT, WHO, valueReference=who), told(INPUT, WHEN, valuePeriod=period)]
    about += [told(INPUT, WORDS, valueString=words)] if words else []
    requester = {"reference": work.actor.id, "display": work.actor.name}
    return task(sort.code, person=resource["for"], requester=requester, now=work.now, about=about, answerer=answerer)


def _decided_here(work: Work, resource: Resource) -> list[str]:
    """Return the elements that say something else than they will."""
    requester = (resource.get("requester") or {}).get("reference", work.actor.id)
    will = {"status": (resource["status"], "requested"), "intent": (resource["intent"], "order"),
            "requester": (requester, work.actor.id)}  # fmt: skip
    return [name for name, (says, is_) in will.items() if says != is_]


async def hold_answers(work: Work, drafts: Sequence[Draft]) -> None:
    """Let an answer be an answer and nothing else; one statement for those of a set. Asked after access has said yes.

    Raises  Refused AK-B003, AK-B004
    """
    tasks = [one for one in drafts if one.type == TASK and work.actor.kind is Kind.STAFF]
    answers = [one for one in tasks if is_case(one.resource or {})]
    if not answers:
        return
    keys = [one.owner or 0 for one in answers], [types.code_of(TASK)] * len(answers), [one.id or "" for one in answers]
    standing = {row["id"]: stored(row).resource for row in await fetch(work, READING.current, *keys)}
    for one in answers:
        _refuse_unfit_answer(one.resource or {}, standing.get(one.id or "", {}))


def _refuse_unfit_answer(resource: Resource, before: Resource) -> None:
    kept = [resource.get(name) == before.get(name) for name in (resource.keys() | before.keys()) - _ANSWERING]
    marks = [(one.get("meta") or {}).get("security") for one in (resource, before)]
    if before.get("status") == _DONE or not all(kept) or marks[0] != marks[1]:
        raise Refused("AK-B004", path="Task")
    parts = resource.get("output") or ()
    if resource.get("status") == _DONE and not (given(parts, OUTPUT, ANSWER) and outcome_of(parts) in OUTCOMES):
        raise Refused("AK-B003", path="Task.output")
