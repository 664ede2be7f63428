"""Conditions as clients send them, and how a change finds the resource that its condition means.

Source: hl7.org/fhir/R4/http.html#ccreate, #cond-update, #cdelete, #patch
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhirapi import contents
from akson.fhirapi.calls import Call
from akson.record import conditions
from akson.record.conditions import Condition
from akson.record.drafts import Draft
from akson.record.stored import Stored

T = TypeVar("T")
_TRIES = 3
_CHANGED = ("AK-J003", "AK-J008", "AK-J011")  # somebody else was faster


async def refuse_unsearchable(call: Call) -> None:
    """Raise AK-A005 when the token may not look for what the condition means: it would tell what is there."""
    await call.refuse_beyond_token("rs")


def in_address(call: Call) -> Condition:
    """Return the condition that stands in the address of a change. Raises Refused AK-F002 when there is none."""
    if not call.query:
        raise Refused("AK-F002", allowed="GET, POST")
    return conditions.condition(call.type, call.query)


def unless_there(type_: str, text: str) -> Condition:
    """Return the condition of If-None-Exist: a query, which may stand behind `Type?` or a question mark."""
    before, mark, query = text.strip().partition("?")
    if not mark:
        query = before
    elif before.rstrip("/").rpartition("/")[2] not in ("", type_):
        raise Refused("AK-F023", name=before[:60])
    return conditions.condition(type_, contents.parameters(query))


def aim(draft: Draft, found: Stored | None) -> None:
    """Give the draft of a conditional update the resource that was found; without one it makes something new.

    Raises  Refused AK-F006 when it names another id than what was found; AK-J003 later when it names one that is taken
    """
    given = (draft.resource or {}).get("id")
    if found is None:
        draft.method, draft.id = ("PUT", given) if given else ("POST", None)
        draft.if_match = 0 if given and draft.if_match is None else draft.if_match
        if draft.if_match and not given:
            raise Refused("AK-J003", expected=draft.if_match, current=0)
        return
    if given not in (None, found.id):
        raise Refused("AK-F006", path=f"{draft.type}.id", expected=found.id, found=given)
    draft.id = found.id
    if draft.resource is not None:
        draft.resource["id"] = found.id


async def alone(work: Work, condition: Condition) -> Stored | None:
    """Return what the condition means, with nobody else writing under it until the work ends."""
    await conditions.wait(work, [condition])
    return await conditions.match(work, condition)


async def persistently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what `attempt` gives; it is made again when somebody else's write came between."""
    for _ in range(_TRIES):
        try:
            return await attempt()
        except Refused as refused:
            if refused.code not in _CHANGED:
                raise
    return await attempt()
