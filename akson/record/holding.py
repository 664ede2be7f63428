"""What the journal holds cases to: what may be asked for, who answers and by when; an answer is one, and no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from akson.access.facts import WITHHELD_FROM_PARENTS, Labels
from akson.access.rights import AFTER_DEATH, CASE
from akson.access.roles import called
from akson.access.rules import Act
from akson.audit import view
from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import bodies, types
from akson.fhir.dates import interval
from akson.record import appeals, bereaved, cases, lookers, representative
from akson.record.cases import (
    ANSWER,
    CORRECTED,
    CORRECTION,
    GONE,
    GRANTED,
    INPUT,
    MOST_WORDS,
    OUTPUT,
    SORTS,
    TASK,
    WHEN,
    WHO,
    WORDS,
    Sort,
    given,
    told,
)
from akson.record.deciding import asked, may_read
from akson.record.drafts import Draft
from akson.record.humans import is_the_same
from akson.record.parts import files_of
from akson.record.releasing import not_told
from akson.record.session import Within, fetch, session
from akson.record.stored import marks_on, stored

SQL = queries(__file__, "cases.sql")
READING = queries(__file__, "reading.sql")
Resource = Mapping[str, Any]
_TAKEN: Final = frozenset("resourceType status intent code for requester input".split())
_ANSWERING: Final = frozenset("id meta status businessStatus owner lastModified output".split())  # all else stays
_NO_ENTRIES: Final = frozenset({"Patient", "Consent", "Task", "RelatedPerson"})  # who one is, and what one decides
_DONE: Final = "completed"
_OPEN: Final = frozenset({"requested", "received", "accepted", "ready", "in-progress", "on-hold"})  # somebody has it


async def hold(work: Work, drafts: Sequence[Draft]) -> None:
    """Complete what citizens ask for: find what it is about, and say who answers and by when; two statements each.

    Raises  Refused AK-B00x with its path, only to who may ask
    """
    if work.actor.kind is not Kind.CITIZEN:
        return
    for draft in drafts:
        asks = draft.type == TASK and draft.method == "POST" and cases.is_case(draft.resource or {})
        if asks and _may_ask(work, draft):
            draft.rewrite(bodies.dumps(await _completed(work, draft.owner or 0, draft.resource or {})))
    appeals.refuse_twice([one.resource or {} for one in drafts if one.type == TASK and one.method == "POST"])


def _may_ask(work: Work, draft: Draft) -> bool:
    facts = session(work).facts.get(draft.owner or 0)
    sort, resource = SORTS.get(cases.sort_of(draft.resource or {})), draft.resource or {}
    about_dead = (sort and sort.about_dead) or AFTER_DEATH in marks_on(resource)
    marks = frozenset({CASE, AFTER_DEATH} if about_dead else {CASE})
    labels = Labels(type=TASK, security=marks, letters="c", author=work.actor.key)
    return facts is not None and asked(work, facts, labels, Act.WRITE).permit


async def _completed(work: Work, owner: int, resource: Resource) -> dict[str, Any]:
    sort = SORTS.get(cases.sort_of(resource))
    if sort is None or not sort.by_citizens:
        raise Refused("AK-B002", path="Task.code")
    taken = _TAKEN | {"partOf" if sort.about_refusal else "focus"} if sort.about_entry else _TAKEN
    if more := sorted(resource.keys() - taken) or _decided_here(work, resource):
        raise Refused("AK-B002", path=f"Task.{more[0]}")
    words = given(resource.get("input") or (), INPUT, WORDS) or ""
    if not isinstance(words, str) or len(words) > MOST_WORDS:
        raise Refused("AK-B002", path="Task.input")
    found = await _about(sort)(work, owner, resource, words)
    about = [*found["about"], *([told(INPUT, WORDS, valueString=words)] if words else [])]
    requester = {"reference": work.actor.id, "display": work.actor.name}
    return cases.task(sort.code, person=resource["for"], requester=requester, now=work.now, **{**found, "about": about})


def _about(sort: Sort) -> Callable[[Work, int, Resource, str], Awaitable[dict[str, Any]]]:
    if sort.about_withheld:
        return _about_withheld
    if sort.about_refusal:
        return appeals.asked
    return _about_dead if sort.about_dead else _about_entry if sort.about_entry else _about_looks


def _decided_here(work: Work, resource: Resource) -> list[str]:
    """Return the elements that say something else than they will."""
    requester = (resource.get("requester") or {}).get("reference", work.actor.id)
    will = {"status": (resource["status"], "requested"), "intent": (resource["intent"], "order"),
            "requester": (requester, work.actor.id)}  # fmt: skip
    return [name for name, (says, is_) in will.items() if says != is_]


async def _about_looks(work: Work, owner: int, resource: Resource, words: str) -> dict[str, Any]:
    """Return who looked and when, found in the log, and who answers for them."""
    parts = resource.get("input") or ()
    who, period = (given(parts, INPUT, name) for name in (WHO, WHEN))
    try:
        since, until = interval(period["start"])[0], interval(period["end"])[1]
        reference = str(who["reference"])
    except (KeyError, TypeError, ValueError):
        raise Refused("AK-B005", path="Task.input") from None
    if len(parts) > len((who, period)) + bool(words):
        raise Refused("AK-B002", path="Task.input")
    facts = session(work).facts[owner]
    unseen = not_told(facts, work.now, own=owner == work.actor.key)
    reference = await lookers.behind(work, owner, reference, (since, until), unseen)
    seen = await view.looked_at_by(Within(work), owner, reference, (since, until), unseen=unseen)
    answerer = await cases.answerer_of(work, seen[0].place) if seen and reference.startswith("Practitioner/") else ""
    if not answerer:
        raise Refused("AK-B001", path="Task.input")
    name = ", ".join(filter(None, (seen[0].who, called(seen[0].role), seen[0].unit)))  # as the log has it
    about = [told(INPUT, WHO, valueReference={"reference": reference, "display": name}),
             told(INPUT, WHEN, valuePeriod={"start": period["start"], "end": period["end"]})]  # fmt: skip
    return {"about": about, "answerers": [answerer]}


async def _about_dead(work: Work, owner: int, resource: Resource, words: str) -> dict[str, Any]:
    return await bereaved.asked(work, owner, resource.get("input") or (), words)


async def _about_withheld(work: Work, owner: int, resource: Resource, words: str) -> dict[str, Any]:
    return await representative.asked(work, owner, resource.get("input") or (), words)


async def _about_entry(work: Work, owner: int, resource: Resource, words: str) -> dict[str, Any]:
    """Return the entry, what belongs to it, and who answers for it: found as the citizen may see it.

    One that is not there, is hidden from the citizen, or that nobody here answers for, is refused alike.
    """
    if not words.strip() or len(resource["input"]) > 1:
        raise Refused("AK-B008", path="Task.input")
    type_, _, id_ = str((resource.get("focus") or {}).get("reference", "")).partition("/")
    row = await _entry(work, owner, type_, id_) if types.is_type(type_) and type_ not in _NO_ENTRIES else None
    if row is None:
        raise Refused("AK-B007", path="Task.focus")
    entry = stored(row)
    kept_by = str((entry.resource.get("custodian") or {}).get("reference", ""))
    unit = work.office.ids.open(kept_by.removeprefix("Organization/")) if kept_by.startswith("Organization/") else 0
    keepers = await cases.keepers_of(work, owner, row["type"], id_, unit or 0)
    if not keepers:
        raise Refused("AK-B007", path="Task.focus")
    marks = [WITHHELD_FROM_PARENTS] if WITHHELD_FROM_PARENTS in (row["labels"] or ()) else []
    items = [entry.reference, *files_of(entry.resource)]
    return {"about": [], "answerers": keepers, "items": items, "marks": marks}


async def _entry(work: Work, owner: int, type_: str, id_: str) -> Record | None:
    rows = await fetch(work, READING.current, [owner], [types.code_of(type_)], [id_])
    return rows[0] if rows and not rows[0]["deleted"] and may_read(work, rows[0]).permit else None


async def hold_answers(work: Work, drafts: Sequence[Draft]) -> None:
    """Let an answer be an answer and nothing else; one statement for those of a set. Asked after access has said yes.

    Raises  Refused AK-A063 of a case about oneself, also when known here as two; AK-B003, AK-B004, AK-B009, AK-B030
    """
    tasks = [one for one in drafts if one.type == TASK and work.actor.kind is Kind.STAFF]
    answers = [one for one in tasks if cases.is_case(one.resource or {})]
    if not answers:
        return
    names = [(one.owner or 0, TASK, one.id or "") for one in answers] + [_focus(one) for one in answers]
    keys = [(owner, types.code_of(type_), id_) for owner, type_, id_ in names if types.is_type(type_)]
    rows = await fetch(work, READING.current, *([*column] for column in zip(*keys, strict=True)))
    standing = {f"{types.name_of(row['type'])}/{row['id']}": row for row in rows}
    for one in answers:
        before = standing.get(f"{TASK}/{one.id}")
        if before and await is_the_same(work, cases.all_marked(stored(before).resource, cases.ABOUT)):
            raise Refused("AK-A063")
        _refuse_unfit_answer(one.resource or {}, stored(before).resource if before else {})
        if before and cases.sort_of(one.resource or {}) == cases.BEREAVED:
            await bereaved.refuse_unfit(work, stored(before), (one.resource or {}).get("output") or ())
        if before and cases.sort_of(one.resource or {}) == cases.APPEAL:
            appeals.refuse_unfit(one.resource or {}, stored(before).resource, work.now)
            appeals.refuse_untrue(work, one.resource or {}, session(work).facts[one.owner or 0])
        entry = standing.get("/".join(_focus(one)[1:]))
        if cases.outcome_of((one.resource or {}).get("output") or ()) in GONE and entry and not entry["deleted"]:
            raise Refused("AK-B009", path="Task.output")


def _focus(draft: Draft) -> tuple[int, str, str]:
    type_, _, id_ = str(((draft.resource or {}).get("focus") or {}).get("reference", "")).partition("/")
    return draft.owner or 0, type_, id_


def _refuse_unfit_answer(resource: Resource, before: Resource) -> None:
    done, parts = resource.get("status") == _DONE, resource.get("output") or ()
    open_ = resource.get("status") in _OPEN and (not parts or cases.sort_of(before) == cases.APPEAL)
    sort, outcome = SORTS.get(cases.sort_of(before)), cases.outcome_of(parts)
    closed = before.get("status") == _DONE
    granted = cases.outcome_of(before.get("output") or ()) == GRANTED
    follows = granted and sort is not None and sort.later == outcome != ""
    kept = [resource.get(name) == before.get(name) for name in (resource.keys() | before.keys()) - _ANSWERING]
    marks = list((resource.get("meta") or {}).get("security") or ())
    stays = cases.closed(before) if done else list((before.get("meta") or {}).get("security") or ())
    if (closed and not (done and follows)) or not all(kept) or marks != stays:
        raise Refused("AK-B004", path="Task")
    corrected = outcome != CORRECTED or bool((given(parts, OUTPUT, CORRECTION) or {}).get("reference"))
    fits = follows if closed else bool(sort and outcome in sort.outcomes) and corrected
    if not done and not open_:
        raise Refused("AK-B003", path="Task.status")
    if done and not (given(parts, OUTPUT, ANSWER) and fits):
        raise Refused("AK-B003", path="Task.output")
