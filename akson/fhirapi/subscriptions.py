"""$status, $events and $get-ws-binding-token: what a subscriber asks about its own subscriptions.

Source: hl7.org/fhir/uv/subscriptions-backport/STU1.1/artifacts.html (operations)
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import msgspec

from akson.base.errors import Refused
from akson.fhir import bodies
from akson.fhirapi import answers, socket
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.inputs import inputs
from akson.subscriptions import asking, notifying
from akson.subscriptions.notifying import Standing
from akson.subscriptions.plan import CONTENTS, FULL, WEBSOCKET

LASTS: Final = timedelta(minutes=5)  # a token, until it is bound with
_STATUS = frozenset({"id", "status"})
_EVENTS = frozenset({"eventsSinceNumber", "eventsUntilNumber", "content"})
_STATES = frozenset({"requested", "active", "error", "off"})


async def standing(call: Call) -> Answer:
    """Tell where one subscription stands, or all of the caller's; the parameters count for all only."""
    await call.refuse_beyond_token("r")
    asked = await inputs(call, _STATUS)
    ids, states = set(asked.texts("id")), set(asked.texts("status"))
    if not states <= _STATES:
        raise Refused("AK-F007", name="parameter status")
    base = call.server.base
    async with call.work("status") as work:
        if call.id:
            found = [(await asking.of_one(work, base, call.id))[0]]
        else:
            found = [one for one in await asking.of_all(work, base)
                     if (not ids or one.id in ids) and (not states or one.status in states)]  # fmt: skip
    return answers.bundle("searchset", [_entry(one) for one in found], total=len(found))


def _entry(one: Standing) -> dict[str, Any]:
    told = notifying.status(one, notifying.QUERY_STATUS, content=one.plan.content or FULL)
    return {"fullUrl": f"urn:uuid:{uuid4()}", "resource": told, "search": {"mode": "match"}}


async def events(call: Call) -> Answer:
    """Tell events of one subscription again: as a notification, judged as things stand now."""
    await call.refuse_beyond_token("r")
    asked = await inputs(call, _EVENTS)
    since, until = asked.number("eventsSinceNumber"), asked.number("eventsUntilNumber")
    content = asked.text("content")
    if content and content not in CONTENTS:
        raise Refused("AK-F007", name="parameter content (empty, id-only or full-resource)")
    if since is not None and until is not None and until < since:
        raise Refused("AK-F007", name="parameter eventsUntilNumber (before eventsSinceNumber)")
    async with call.work("events") as work:
        standing, one = await asking.of_one(work, call.server.base, call.id)
        level = content or one.plan.content or FULL
        told = await asking.events_of(work, one, since, until, level)
    return Answer(
        status=200, body=notifying.notification(standing, notifying.QUERY_EVENT, work.now, told, content=level)
    )


async def binding_token(call: Call) -> Answer:
    """Give what a websocket is bound with: to one subscription, to those named, or to all of the caller's."""
    await call.refuse_beyond_token("r")
    asked = await inputs(call, frozenset({"id"}))
    named = [call.id] if call.id else list(dict.fromkeys(asked.texts("id")))
    async with call.work("get-ws-binding-token") as work:
        if not named:
            named = [one.id for one in await asking.of_all(work, call.server.base) if _open(one)]
        found = [(await asking.of_one(work, call.server.base, id_)) for id_ in named]
    if wrong := [standing.id for standing, _ in found if not _open(standing)]:
        raise Refused("AK-H001", detail=f"Subscription/{wrong[0]} is not delivered over a websocket, or is off")
    if not found:
        raise Refused("AK-H001", detail="no subscription is delivered over a websocket")
    until = work.now + LASTS
    return Answer(status=200, body=msgspec.json.encode({"resourceType": "Parameters", "parameter": [
        {"name": "token", "valueString": socket.token_for(call.server, [one.key for _, one in found], until)},
        {"name": "expiration", "valueDateTime": bodies.instant(until)},
        *({"name": "subscription", "valueString": standing.address} for standing, _ in found),
        {"name": "websocket-url", "valueUrl": socket.address(call.server.base)},
    ]}))  # fmt: skip


def _open(one: Standing) -> bool:
    return one.plan.channel == WEBSOCKET and one.status != "off"
