"""What citizens demand of an entry in their record: that it be corrected, or erased; and how that is decided."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from akson.access.facts import Facts
from akson.access.rights import disputed
from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.work import Work
from akson.patient import cases as answering
from akson.patient.reading import moment, words
from akson.record import cases, erasure, journal
from akson.record.erasure import Decision, Ground
from akson.record.parts import files_of
from akson.record.stored import Stored
from akson.registers import codes

Resource = Mapping[str, Any]
GROUNDS: Final = {cases.ERASED: Ground.CITIZENS_RIGHT, cases.ELSEWHERE: Ground.WRONG_PATIENT}
_KEPT: Final = frozenset({cases.ITEM})  # systems of marks that a correction has of its own


async def demand(work: Work, person: Resource, sort: str, *, item: str, words: str) -> Stored:
    """Demand that an entry be corrected or erased; the journal says who answers, and by when.

    person  reference to the Patient; item: the entry, "Type/id"
    words   what is wrong, what is missing, or why it should not be there
    Raises  Refused AK-B007 when the citizen sees no such entry or nobody here answers for it, AK-B008 without words
    Leaves  Task in the record, access-log row, news that bring it to those who answer
    """
    return await journal.create(work, {
        "resourceType": cases.TASK, "status": "requested", "intent": "order", "for": dict(person),
        "focus": {"reference": item}, "code": {"coding": [{"system": cases.SYSTEM, "code": sort}]},
        "input": [cases.told(cases.INPUT, cases.WORDS, valueString=words)],
    })  # fmt: skip


async def correct(work: Work, case: Stored, version: int, entry: Stored, *, text: str, correction: str) -> Stored:
    """Correct an entry by a dated note beside it, and answer the case; what stood there stays as it was.

    text        what the citizen reads; correction: what everybody who reads the record reads
    Raises      Refused AK-J003 when the case was changed meanwhile, AK-B003, AK-B004; then nothing is written
    Leaves      DocumentReference that appends to the entry or names it, the Task completed
    Source      helsepersonelloven § 42: a correction is written anew or added with its date, nothing is struck out
    """
    note = await journal.create(work, _note(work, case, entry, correction))
    return await answering.answer(work, case, version, text=text, outcome=cases.CORRECTED, correction=note.reference)


def _note(work: Work, case: Stored, entry: Stored, text: str) -> dict[str, Any]:
    """Return the note: closed to whom the entry is closed to."""
    at, me = work.now.isoformat(), {"reference": work.actor.id, "display": work.actor.name}
    told = entry.resource.get("description") or words(entry.resource.get("code"))
    title = texts().plain("correction.note", what=told) if told else texts().plain("correction.note_bare")
    marks = [cases.mark(cases.ITEM, entry.reference)]
    marks += [one for one in (entry.resource.get("meta") or {}).get("security") or () if one.get("system") not in _KEPT]
    content = {"contentType": "text/plain; charset=utf-8", "language": "nb", "title": title, "creation": at,
               "data": base64.b64encode(text.encode()).decode()}  # fmt: skip
    made: dict[str, Any] = {
        "resourceType": "DocumentReference", "meta": {"security": marks}, "status": "current", "docStatus": "final",
        "type": codes.JOURNAL_NOTE.concept(), "subject": {"reference": case.resource["for"]["reference"]}, "date": at,
        "author": [me], "authenticator": me, "description": title, "content": [{"attachment": content}],
        "custodian": {"reference": work.actor.unit_id, "display": work.actor.unit_name},
        "context": {"period": {"start": at, "end": at}, "related": [{"reference": entry.reference}]},
    }  # fmt: skip
    if entry.type == "DocumentReference":
        made["relatesTo"] = [{"code": "appends", "target": {"reference": entry.reference}}]
    return made


async def erase(
    work: Work, case: Stored, version: int, entry: Stored | None, *, text: str, outcome: str
) -> Stored:  # fmt: skip
    """Erase an entry for good, and answer the case: in this order, so that no answer says what has not happened.

    entry    None when it is gone already: an answer that was cut short is sent again
    text     the decision, with its reasons; it stays with the erasure, so nothing of the content may stand in it
    outcome  one of GROUNDS
    Raises   Refused AK-J003 when the case was changed meanwhile, AK-B004 answered, AK-J012 no reason, or as erasure
             does; then nothing is erased
    """
    standing = await journal.read(work, cases.TASK, case.id)
    if standing.version != version:
        raise Refused("AK-J003", expected=version, current=standing.version)
    if standing.resource["status"] == "completed":
        raise Refused("AK-B004")
    if entry is not None:
        decided = Decision(ground=GROUNDS[outcome], reason=text, case=case.id)
        await erasure.erase(work, [entry.reference, *files_of(entry.resource)], decided)
    return await answering.answer(work, standing, version, text=text, outcome=outcome)


async def pending(work: Work, facts: Facts) -> tuple[str, ...]:
    """Return what the entries are called that are demanded to be corrected, as far as the reader sees them.

    One statement, and none where nothing is demanded. Source: domain rule C6
    """
    asked = sorted(disputed(facts))
    found = await journal.read_many(work, asked) if asked else {}
    return tuple(filter(None, (titled(hit.resource) for hit in found.values())))


def titled(resource: Resource) -> str:
    """Return what an entry is called, and when it is of."""
    return ", ".join(filter(None, (called(resource), day_of(resource))))


def called(resource: Resource) -> str:
    """Return what an entry is called; "" where it has no name of its own."""
    named = ("code", "vaccineCode", "medicationCodeableConcept")
    told = next((words(resource[name]) for name in named if resource.get(name)), "")
    return str(resource.get("description") or resource.get("title") or told)


def dated(resource: Resource) -> datetime | None:
    """Return when an entry is of, by the first of the elements that say so."""
    names = ("date", "recordedDate", "effectiveDateTime", "occurrenceDateTime", "dateAsserted", "authoredOn", "created")
    return next((moment(resource[name]) for name in names if resource.get(name)), None)


def day_of(resource: Resource) -> str:
    """Return the day of an entry in words; "" where none is known."""
    return full_date(local(at).date()) if (at := dated(resource)) else ""
