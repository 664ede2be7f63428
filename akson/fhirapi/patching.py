"""patch: a part of a resource changed, by JSON Patch or FHIRPath Patch. Source: hl7.org/fhir/R4/http.html#patch

What comes of it is held against all that a whole update is. Who patches must be able to see the whole resource: the
answer tells whether a test or a path fits what stands there.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhir import checks
from akson.fhir import patch as patches
from akson.fhirapi import answers, conditional, contents, references
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import LARGEST_RESOURCE, Call
from akson.fhirapi.update import address_it
from akson.record import conditions, journal, stubs
from akson.record.conditions import Condition
from akson.record.drafts import Draft
from akson.record.stored import Stored

JSON_PATCH = "application/json-patch+json"
Change = Callable[[bytes], bytes]  # raises Refused AK-F025
T = TypeVar("T")


async def patch(call: Call) -> Answer:
    """Change the resource; without If-Match whatever is current, also when others write meanwhile."""
    call.refuse_parameters()
    return await _patch(call, None)


async def patch_matching(call: Call) -> Answer:
    """Change the one resource that the condition in the address means."""
    condition = conditional.in_address(call)
    await conditional.refuse_unsearchable(call)
    return await _patch(call, condition)


async def _patch(call: Call, condition: Condition | None) -> Answer:
    await call.refuse_beyond_token("ru")
    seen = contents.if_match(call.headers)
    change = read(contents.media(call.headers), await call.content(LARGEST_RESOURCE))

    async def attempt() -> Stored:
        async with call.work("patch") as work:
            id_ = meant(await conditions.match(work, condition, unseen=False)) if condition else call.id
            draft = await drafted(work, call.type, id_, change, seen)
            references.localise(draft, call.server.base)
            stored = (await stubs.write_set(work, [draft]))[0]
            call.tell((200, stored))
            return stored

    stored = await (attempt() if seen else conditional.persistently(attempt))
    return answers.written(call, stored, 200)


def meant(found: Stored | None) -> str:
    """Return the id of what a condition means. Raises Refused AK-J001 when that is nothing."""
    if found is None:
        raise Refused("AK-J001")
    return found.id


async def drafted(work: Work, type_: str, id_: str, change: Change, seen: int | None) -> Draft:
    """Return the draft of what the resource becomes, standing on the version that was read.

    Raises  Invalid, Refused: AK-J001 to AK-J003, AK-F006 another id, AK-F025 it does not fit, AK-F027 not seen whole
    """
    current = await journal.whole(work, type_, id_)
    if seen not in (None, current.version):
        raise Refused("AK-J003", expected=seen, current=current.version)
    draft = journal.draft("PUT", change(current.body or b""))
    if draft.type != type_:
        raise Refused("AK-F006", path=f"{type_}.resourceType", expected=type_, found=draft.type)
    address_it(draft, id_, current.version)
    return draft


def read(media: str, body: bytes) -> Change:
    """Return what a patch does to the text of a resource. Raises Invalid, Refused AK-F003, AK-F026."""
    try:
        if media == JSON_PATCH:
            return partial(_applied, patches.by_json, patches.parse_json(body))
        if media not in contents.JSON:
            raise Refused("AK-F003", given=media or "nothing")
        checks.check(body, expected="Parameters")
        return partial(_applied, patches.by_path, patches.parse_path(body))
    except patches.Malformed as fault:
        raise Refused("AK-F026", detail=str(fault)) from None


def _applied(by: Callable[[bytes, T], bytes], operations: T, body: bytes) -> bytes:
    try:
        return by(body, operations)
    except patches.Unfit as fault:
        raise Refused("AK-F025", detail=str(fault)) from None
    except patches.Malformed as fault:
        raise Refused("AK-F026", detail=str(fault)) from None


def in_entry(resource: bytes) -> tuple[str, bytes]:
    """Return media type and text of the patch in an entry of a Bundle: Parameters, or a Binary that holds a JSON Patch.

    Raises  Invalid, Refused AK-F003
    """
    checked = checks.check(resource)
    if checked.type != "Binary":
        return "application/fhir+json", resource
    given = checked.data
    if given["contentType"].partition(";")[0].strip() != JSON_PATCH:
        raise Refused("AK-F003", given=given["contentType"][:80])
    return JSON_PATCH, base64.b64decode(given.get("data", ""))
