"""update: a new version of a resource, or its first under an id chosen by the client; by address or by condition.

Source: hl7.org/fhir/R4/http.html#update
"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhir import subsets
from akson.fhirapi import answers, conditional, contents, references
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import LARGEST_RESOURCE, Call
from akson.fhirapi.create import drafted
from akson.record import stubs
from akson.record.drafts import Draft
from akson.record.stored import Stored


async def update(call: Call) -> Answer:
    """Store what is sent as the next version; with If-Match only when the client has seen the current one."""
    await call.refuse_beyond_token("u")
    call.refuse_parameters()
    seen = contents.if_match(call.headers)
    contents.refuse_other_than_json(call.headers)
    draft = drafted(call, "PUT", await call.content(LARGEST_RESOURCE))
    address_it(draft, call.id, seen)
    references.localise(draft, call.server.base)
    async with call.work("update") as work:
        stored = (await stubs.write_set(work, [draft]))[0]
        call.tell((status := 201 if stored.made else 200, stored))
    return answers.written(call, stored, status)


async def update_matching(call: Call) -> Answer:
    """Store what is sent as the next version of what the condition in the address means, or as something new."""
    condition = conditional.in_address(call)
    await call.refuse_beyond_token("u")
    await conditional.refuse_unsearchable(call)
    contents.refuse_other_than_json(call.headers)
    seen = contents.if_match(call.headers)
    body = await call.content(LARGEST_RESOURCE)
    office = call.server.office

    async def attempt() -> Stored:
        draft = drafted(call, "PUT", body)
        refuse_subsetted(draft)
        draft.if_match = seen
        references.localise(draft, call.server.base)
        async with call.work("update") as work:
            conditional.aim(draft, await conditional.alone(work, condition))
            stored = (await stubs.write_set(work, [draft]))[0]
            call.tell((201 if stored.made else 200, stored))
            return stored

    async with office.queues.turn(condition.keys(office.hasher)):
        stored = await conditional.persistently(attempt)
    return answers.written(call, stored, 201 if stored.made else 200)


def address_it(draft: Draft, id_: str, if_match: int | None) -> None:
    """Give the draft the id of its address.

    Raises  Refused AK-F006 when the resource says another, or none; AK-F020 when it is not the whole resource
    """
    found = (draft.resource or {}).get("id")
    if found != id_:
        raise Refused("AK-F006", path=f"{draft.type}.id", expected=id_, found=found or "no id")
    refuse_subsetted(draft)
    draft.id, draft.if_match = id_, if_match


def refuse_subsetted(draft: Draft) -> None:
    """Raise AK-F020 for a resource that says of itself that it is only a part."""
    if subsets.is_subsetted(draft.resource or {}):
        raise Refused("AK-F020", path=f"{draft.type}.meta.tag")
