"""An API, a worker and a receiver: what a subscriber meets, turn by turn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx

from akson.base.jobs import deliver
from akson.base.work import Actor
from akson.record import releasing
from akson.record.office import Office
from akson.subscriptions import collecting
from akson.subscriptions.calling import Caller
from akson.subscriptions.delivering import Deliverer
from tests.fhirapi.clients import BASE, Api
from tests.offices import INSIDE, let_pass

TOPIC = "https://akson.no/fhir/SubscriptionTopic/Observation"
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
Json = dict[str, Any]


def topical(url: str, *, content: str = "full-resource", filters: tuple[str, ...] = (), topic: str = TOPIC,
            **channel: Any) -> Json:  # fmt: skip
    """Return a Subscription to a topic."""
    narrowed = [{"url": f"{_BACKPORT}filter-criteria", "valueString": one} for one in filters]
    return {
        "resourceType": "Subscription", "status": "requested", "reason": "prøve", "criteria": topic,
        **({"_criteria": {"extension": narrowed}} if narrowed else {}),
        "channel": {
            "type": "rest-hook", "endpoint": url, "payload": "application/fhir+json",
            "_payload": {"extension": [{"url": f"{_BACKPORT}payload-content", "valueCode": content}]}, **channel,
        },
    }  # fmt: skip


def plain(url: str, criteria: str = "Observation?code=8310-5", **channel: Any) -> Json:
    """Return a Subscription of R4's own kind."""
    given = {"type": "rest-hook", "endpoint": url, "payload": "application/fhir+json", **channel}
    return {"resourceType": "Subscription", "status": "requested", "reason": "prøve", "criteria": criteria,
            "channel": {name: value for name, value in given.items() if value is not None}}  # fmt: skip


def extra(name: str, **value: Any) -> Json:
    """Return an extension of a channel."""
    return {"url": _BACKPORT + name, **value}


@dataclass
class Subscribing:
    """One office with its API and its worker. gone: ids of actors who may act no more."""

    office: Office
    api: Api
    http: httpx.AsyncClient
    gone: set[str] = field(default_factory=set)
    patience: timedelta = timedelta(days=7)

    @property
    def deliverer(self) -> Deliverer:
        async def standing(actor: Actor) -> Actor | None:
            return None if actor.id in self.gone else replace(actor)

        caller = Caller(outward=INSIDE, client=self.http)
        return Deliverer(
            office=self.office, caller=caller, base=f"{BASE}/fhir", standing=standing, patience=self.patience
        )

    async def turn(self, *, times: int = 3, passing: timedelta = timedelta(seconds=1)) -> None:
        """Carry news and deliver, a few times over."""
        for _ in range(times):
            let_pass(self.office, passing)
            events = collecting.consumer(self.office)
            consumers = [events, releasing.consumer(self.office.database, [events])]
            await deliver(self.office.database, consumers, self.office.clock())
            await self.deliverer.turn()

    async def subscribed(self, client: httpx.AsyncClient, subscription: Json) -> str:
        """Make a Subscription and return its id."""
        made = await client.post("Subscription", json=subscription)
        assert made.status_code == 201, made.text
        id_: str = made.json()["id"]
        return id_
