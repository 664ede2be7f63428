"""vread: one version of one resource, under today's access rules. Source: hl7.org/fhir/R4/http.html#vread"""

from __future__ import annotations

import re

from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhirapi import answers
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.record import journal

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


async def vread(call: Call) -> Answer:
    """Return the version; 410 when it is the one that deleted the resource."""
    await call.refuse_beyond_token("r")
    async with call.work("vread") as work:
        return await vreading(call, work)


async def vreading(call: Call, work: Work) -> Answer:
    """Read a version as part of a work."""
    call.refuse_parameters()
    if not _NUMBER.fullmatch(call.version):
        raise Refused("AK-J001")
    return answers.unless_known(call, await journal.vread(work, call.type, call.id, int(call.version)))
