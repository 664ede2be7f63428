"""update: a new version of a resource, or its first under an id chosen by the client.

Source: hl7.org/fhir/R4/http.html#update
"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhir import subsets
from akson.fhirapi import answers, contents, references
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import LARGEST_RESOURCE, Call
from akson.fhirapi.create import drafted
from akson.record import journal
from akson.record.preparing import Draft


async def update(call: Call) -> Answer:
    """Store what is sent as the next version; with If-Match only when the client has seen the current one."""
    await call.refuse_beyond_token("cu")
    call.refuse_parameters()
    seen = contents.if_match(call.headers)
    contents.refuse_other_than_json(call.headers)
    draft = drafted(call, "PUT", await call.content(LARGEST_RESOURCE))
    address_it(draft, call.id, seen)
    references.localise(draft, call.server.base)
    async with call.work("update") as work:
        stored = (await journal.write_set(work, [draft]))[0]
    return answers.written(call, stored, 201 if stored.version == 1 else 200)


def address_it(draft: Draft, id_: str, if_match: int | None) -> None:
    """Give the draft the id of its address.

    Raises  Refused AK-F006 when the resource says another, or none; AK-F020 when it is not the whole resource
    """
    found = (draft.resource or {}).get("id")
    if found != id_:
        raise Refused("AK-F006", path=f"{draft.type}.id", expected=id_, found=found or "no id")
    if subsets.is_subsetted(draft.resource or {}):
        raise Refused("AK-F020", path=f"{draft.type}.meta.tag")
    draft.id, draft.if_match = id_, if_match
