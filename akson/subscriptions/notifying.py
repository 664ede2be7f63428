"""What is sent: a notification as a history Bundle, its first entry the status of the subscription. Pure.

Source: hl7.org/fhir/uv/subscriptions-backport/STU1.1/notifications.html, payloads.html
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import msgspec

from akson.fhir import bodies
from akson.record.stored import Stored
from akson.subscriptions.disclosing import Told
from akson.subscriptions.plan import EMPTY, FULL, Plan

HANDSHAKE: Final = "handshake"
HEARTBEAT: Final = "heartbeat"
EVENT: Final = "event-notification"
QUERY_STATUS: Final = "query-status"
QUERY_EVENT: Final = "query-event"
_PROFILE: Final = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-"
_ANSWERS: Final = {"POST": "201", "PUT": "200", "DELETE": "204"}
Json = dict[str, Any]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a subscription stands when it is told of. events: since it began; problem: a sentence, if there is one."""

    base: str
    id: str
    plan: Plan
    status: str
    events: int
    problem: str = ""

    @property
    def address(self) -> str:
        return f"{self.base}/Subscription/{self.id}"


def status(standing: Standing, kind: str, events: Sequence[Told] = (), *, content: str = EMPTY) -> Json:
    """Return the status of a subscription as Parameters. kind: of notification; content: how much of each event."""
    parameters = [
        {"name": "subscription", "valueReference": {"reference": standing.address}},
        *(
            [{"name": "topic", "valueCanonical": standing.plan.topic}]
            if standing.plan.topic and content != EMPTY
            else []
        ),
        {"name": "status", "valueCode": standing.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(standing.events)},
        *({"name": "notification-event", "part": _event(standing.base, one, content)} for one in events),
        *([{"name": "error", "valueCodeableConcept": {"text": standing.problem}}] if standing.problem else []),
    ]
    return {"resourceType": "Parameters", "id": str(uuid4()), "meta": {"profile": [f"{_PROFILE}status-r4"]},
            "parameter": parameters}  # fmt: skip


def _event(base: str, one: Told, content: str) -> list[Json]:
    parts: list[Json] = [{"name": "event-number", "valueString": str(one.number)}]
    if one.stored is None:
        return parts
    parts.append({"name": "timestamp", "valueInstant": bodies.instant(one.at)})
    if content != EMPTY:
        focus = f"{base}/{one.stored.reference}"
        parts.append({"name": "focus", "valueReference": {"reference": focus, "type": one.stored.type}})
    return parts


def notification(
    standing: Standing, kind: str, now: datetime, events: Sequence[Told] = (), *, content: str = ""
) -> bytes:
    """Return a whole notification. content: how much of each event, when otherwise than the subscription says."""
    level = content or standing.plan.content or EMPTY
    told = status(standing, kind, events, content=level)
    first = {"fullUrl": f"urn:uuid:{told['id']}", "resource": told,
             "request": {"method": "GET", "url": f"{standing.address}/$status"},
             "response": {"status": "200"}}  # fmt: skip
    found = [] if level == EMPTY else list(_entries(standing.base, events, full=level == FULL))
    return msgspec.json.encode({
        "resourceType": "Bundle", "id": secrets.token_hex(16), "meta": {"profile": [f"{_PROFILE}notification-r4"]},
        "type": "history", "timestamp": bodies.instant(now), "entry": [first, *found],
    })  # fmt: skip


def _entries(base: str, events: Iterable[Told], *, full: bool) -> Iterable[Json]:
    for one in events:
        if one.stored is not None:
            yield _entry(base, one.stored, full=full)


def _entry(base: str, stored: Stored, *, full: bool) -> Json:
    place = stored.type if stored.method == "POST" else stored.reference
    found: Json = {
        "fullUrl": f"{base}/{stored.reference}",
        "request": {"method": stored.method, "url": place},
        "response": {"status": _ANSWERS[stored.method], "etag": f'W/"{stored.version}"',
                     "lastModified": bodies.instant(stored.last_updated)},
    }  # fmt: skip
    return found | ({"resource": msgspec.Raw(stored.body)} if full and stored.body else {})
