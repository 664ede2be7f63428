"""read: the current version of one resource. Source: hl7.org/fhir/R4/http.html#read"""

from __future__ import annotations

from akson.base.work import Work
from akson.fhirapi import answers
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.record import journal


async def read(call: Call) -> Answer:
    """Return the resource; 304 when the client has this version already."""
    await call.refuse_beyond_token("r")
    async with call.work("read") as work:
        return await reading(call, work)


async def reading(call: Call, work: Work) -> Answer:
    """Read as part of a work."""
    call.refuse_parameters()
    stored = await journal.read(work, call.type, call.id)
    return answers.unless_known(call, stored)
