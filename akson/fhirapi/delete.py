"""delete: a resource goes out of view; its versions stay in the journal. Source: hl7.org/fhir/R4/http.html#delete"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhirapi import answers, contents
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.record import journal


async def delete(call: Call) -> Answer:
    """Delete the resource; deleting it again changes nothing and is no fault."""
    await call.refuse_beyond_token("cud")
    call.refuse_parameters()
    seen = contents.if_match(call.headers)
    try:
        async with call.work("delete") as work:
            stored = await journal.delete(work, call.type, call.id, if_match=seen)
    except Refused as refused:
        if refused.code != "AK-J002":
            raise
        return answers.removed(call, None)
    return answers.removed(call, stored)
