"""Handling a task: take it, hand it to the unit, finish it, answer what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.work import Work
from akson.exchange import requests, sending, undoing
from akson.exchange.states import REST
from akson.patient.chart import local
from akson.patient.reading import moment, reference, words
from akson.record import journal
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.record.worklist import FOR_INFORMATION, TASK
from akson.workplace import course, invited

Resource = dict[str, Any]
_INTERNAL: Final = "AK-X006"  # the question did not come as an electronic message


async def find(work: Work, id_: str) -> Stored:
    """Return a task. Raises Refused AK-J001 also for one in a record that is closed: its id is nobody's business."""
    try:
        return await journal.read(work, "Task", id_)
    except Refused as refused:
        raise (Refused("AK-J001") if refused.code.startswith("AK-A") else refused) from None


async def take(work: Work, task: Stored, version: int) -> Stored:
    """Make the actor the owner of a task.

    version  the one that was shown
    Raises   Refused AK-J003 when somebody else was first, or an access refusal
    """
    mine = {"reference": work.actor.id, "display": work.actor.name}
    return await _change(work, task, version, status="accepted", owner=mine, state="work.taken")


async def hand_to_unit(work: Work, task: Stored, version: int) -> Stored:
    """Give a task back to everybody at the unit; see `take`."""
    unit = {"reference": work.actor.unit_id, "display": work.actor.unit_name}
    return await _change(work, task, version, status="requested", owner=unit, state="work.handed")


async def finish(work: Work, task: Stored, version: int, *, by: Stored | None = None) -> Stored:
    """Say that a task is done; see `take`. by: the answer that did it, which may be taken back."""
    made = {"output": [{"type": {"text": "Svar"}, "valueReference": {"reference": by.reference}}]} if by else {}
    return await _change(work, task, version, status="completed", owner=None, state="work.finished", **made)


async def cancel(work: Work, task: Stored, version: int) -> Stored:
    """Say that a task is to be done no more; see `take`."""
    return await _change(work, task, version, status="cancelled", owner=None, state="work.cancelled")


async def answer(work: Work, task: Stored, version: int, typed: Mapping[str, str]) -> Stored | None:
    """Answer the message a task is about, and finish the task; return the answer where it can be taken back.

    Raises  as `reply` and `take`
    Leaves  Communication to the one who asked: as an electronic message when it came so, else as a task for them
    """
    if task.version != version:  # before anything is queued: the answer of a refused page must not go out
        raise Refused("AK-J003", expected=version, current=task.version)
    asked = await journal.read(work, *reference(task.resource.get("focus")).split("/", 1))
    made = await reply(work, asked, typed)
    await finish(work, task, version, by=made)
    return made


async def reply(work: Work, asked: Stored, typed: Mapping[str, str]) -> Stored | None:
    """Answer a message, whoever has the task of it; return the answer where it rests and can be taken back.

    typed   what the form says: the words, and of an invitation what is answered
    Raises  Refused AK-X001 no text; as `invited.said`; what sending refuses
    Leaves  Communication to the one who asked: as an electronic message when it came so, else as a task for them
    """
    text, coded = invited.said(asked.resource, typed, work.now)
    if not text.strip():
        raise Refused("AK-X001", path="svar")
    try:
        return await sending.answer(work, asked.id, text, coded=coded, rests=REST)
    except Refused as refused:
        if refused.code != _INTERNAL:
            raise
        await _answer_here(work, asked, text)
        return None


async def take_back(work: Work, message: Stored) -> None:
    """Take back a message that rests; the task that it finished as an answer is the actor's again.

    Raises  Refused AK-X070, AK-X071, and what the journal refuses
    """
    await undoing.take_back(work, message)
    me = {"reference": work.actor.id, "display": work.actor.name}
    answered = course.answered_by(message.resource)
    firsts = [course.first(each.resource) for each in (await journal.read_many(work, answered)).values()]
    for asked in filter(None, (*answered, *firsts)):  # the task of a request, also where its reminder was answered
        for task in (await search(work, "Task", [("focus", asked), ("status", "completed")])).hits:
            made = [reference(one.get("valueReference")) for one in task.resource.get("output", ())]
            if message.reference not in made:
                continue
            if requests.is_called_off(task.resource) is not None:  # moved or called off meanwhile: nobody is to answer
                await _change(work, task, task.version, status="cancelled", owner=None, state="work.cancelled",
                              output=None)  # fmt: skip
            else:
                await _change(work, task, task.version, status="accepted", owner=me, state="work.taken", output=None)


async def note_to_self(work: Work, patient: str, text: str, day: date | None) -> Stored:
    """Make a task about a patient that the actor owns, to be done by the end of `day`.

    Raises  an access refusal
    """
    now, me = local(work.now).isoformat(), {"reference": work.actor.id, "display": work.actor.name}
    made: Resource = {
        "resourceType": "Task", "status": "accepted", "intent": "order", "priority": "routine", "description": text,
        "code": {"coding": [{"system": TASK, "code": "handling"}]}, "for": {"reference": f"Patient/{patient}"},
        "requester": me, "owner": me, "authoredOn": now, "lastModified": now,
    }  # fmt: skip
    return await journal.create(work, made | ({"restriction": {"period": {"end": day.isoformat()}}} if day else {}))


async def _answer_here(work: Work, asked: Stored, text: str) -> None:
    """Answer one who works in the same record: they get the answer among their tasks, for information."""
    question, sender = asked.resource, asked.resource["sender"]
    head = texts().plain("work.answer", title=words(question.get("topic")))
    me, patient = {"reference": work.actor.id, "display": work.actor.name}, question["subject"]
    reply = await journal.create(work, {
        "resourceType": "Communication", "status": "completed", "inResponseTo": [{"reference": asked.reference}],
        "subject": patient, "topic": {"text": head}, "sender": me, "recipient": [sender],
        "sent": local(work.now).isoformat(), "received": local(work.now).isoformat(),
        "payload": [{"contentString": text.strip()}],
    })  # fmt: skip
    await journal.create(work, {
        "resourceType": "Task", "status": "requested", "intent": "order", "priority": "routine", "for": patient,
        "code": {"coding": [{"system": TASK, "code": FOR_INFORMATION}]}, "description": head, "requester": me,
        "owner": sender, "focus": {"reference": reply.reference}, "authoredOn": local(work.now).isoformat(),
        "lastModified": local(work.now).isoformat(),
    })  # fmt: skip


async def _change(
    work: Work, task: Stored, version: int, *, status: str, owner: Resource | None, state: str, **more: Any
) -> Stored:
    now = local(work.now)
    begun = moment(task.resource.get("authoredOn")) or now  # by a clock that goes ahead of ours, it may be
    changed: Resource = dict(task.resource) | {
        "status": status, "lastModified": max(now, begun).isoformat(),
        "businessStatus": {"text": texts().plain(state, clock=f"{now:%H.%M}", name=work.actor.name)},
    } | more  # fmt: skip
    changed = {name: value for name, value in changed.items() if value is not None}
    if owner is not None:
        changed["owner"] = owner
    return await journal.update(work, changed, id_=task.id, if_match=version)
