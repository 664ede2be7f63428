"""delete: a resource goes out of view; its versions stay in the journal. Source: hl7.org/fhir/R4/http.html#delete"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhirapi import answers, conditional, contents
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.record import conditions, journal
from akson.record.stored import Stored


async def delete(call: Call) -> Answer:
    """Delete the resource; deleting it again changes nothing and is no fault."""
    await call.refuse_beyond_token("d")
    call.refuse_parameters()
    seen = contents.if_match(call.headers)
    try:
        async with call.work("delete") as work:
            stored = await journal.delete(work, call.type, call.id, if_match=seen)
            call.tell((204, stored))
    except Refused as refused:
        if refused.code != "AK-J002":
            raise
        return answers.removed(call, None)
    return answers.removed(call, stored)


async def delete_matching(call: Call) -> Answer:
    """Delete the one resource that the condition in the address means; none is no fault, several are."""
    condition = conditional.in_address(call)
    await call.refuse_beyond_token("d")
    await conditional.refuse_unsearchable(call)
    seen = contents.if_match(call.headers)

    async def attempt() -> Stored | None:
        async with call.work("delete") as work:
            found = await conditions.match(work, condition, unseen=False)
            if found is not None:
                found = await journal.delete(work, call.type, found.id, if_match=seen or found.version)
            call.tell((204, found))
            return found

    return answers.removed(call, await conditional.persistently(attempt))
