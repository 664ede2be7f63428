"""create: a new resource under an id of ours, or none when one like it is there.

Source: hl7.org/fhir/R4/http.html#create
"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhirapi import answers, conditional, contents, references
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import LARGEST_RESOURCE, Call
from akson.record import conditions, journal, stubs
from akson.record.conditions import Condition
from akson.record.drafts import Draft


async def create(call: Call) -> Answer:
    """Store what is sent and say where; with If-None-Exist only when nothing answers to that."""
    await call.refuse_beyond_token("c")
    call.refuse_parameters()
    contents.refuse_other_than_json(call.headers)
    condition = None
    if (text := call.headers.get("if-none-exist")) is not None:
        await conditional.refuse_unsearchable(call)
        condition = conditional.unless_there(call.type, text)
    draft = drafted(call, "POST", await call.content(LARGEST_RESOURCE))
    references.localise(draft, call.server.base)
    if condition is not None:
        return await _unless_there(call, draft, condition)
    async with call.work("create") as work:
        stored = (await stubs.write_set(work, [draft]))[0]
        call.tell((201, stored))
    return answers.written(call, stored, 201)


async def _unless_there(call: Call, draft: Draft, condition: Condition) -> Answer:
    """Store the draft unless one like it is there; then say where that is."""
    office = call.server.office
    async with office.queues.turn(condition.keys(office.hasher)), call.work("create") as work:
        found = await conditions.match(work, condition) or await conditional.alone(work, condition)
        stored = found or (await stubs.write_set(work, [draft]))[0]
        call.tell((status := 200 if found else 201, stored))
    return answers.written(call, stored, status)


def drafted(call: Call, method: str, body: bytes) -> Draft:
    """Return the checked draft of the body sent to the call's address. Raises Invalid, Refused AK-F006."""
    draft = journal.draft(method, body)
    if draft.type != call.type:
        raise Refused("AK-F006", path=f"{draft.type}.resourceType", expected=call.type, found=draft.type)
    return draft
