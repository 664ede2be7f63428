"""create: a new resource under an id of ours. Source: hl7.org/fhir/R4/http.html#create"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhirapi import answers, contents, references
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import LARGEST_RESOURCE, Call
from akson.record import journal
from akson.record.preparing import Draft


async def create(call: Call) -> Answer:
    """Store what is sent and say where."""
    await call.refuse_beyond_token("cu")
    call.refuse_parameters()
    if "if-none-exist" in call.headers:
        raise Refused("AK-F011", name="If-None-Exist")
    contents.refuse_other_than_json(call.headers)
    draft = drafted(call, "POST", await call.content(LARGEST_RESOURCE))
    references.localise(draft, call.server.base)
    async with call.work("create") as work:
        stored = (await journal.write_set(work, [draft]))[0]
    return answers.written(call, stored, 201)


def drafted(call: Call, method: str, body: bytes) -> Draft:
    """Return the checked draft of the body sent to the call's address. Raises Invalid, Refused AK-F006."""
    draft = journal.draft(method, body)
    if draft.type != call.type:
        raise Refused("AK-F006", path=f"{draft.type}.resourceType", expected=call.type, found=draft.type)
    return draft
