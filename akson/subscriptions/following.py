"""A subscription as the worker and the operations have it: what it asks for, how far it has come; and its state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from akson.access.roles import OWN_JOB
from akson.access.subscribers import SUBSCRIPTION
from akson.base.errors import Refused
from akson.base.work import Actor, Kind, Purpose
from akson.record import journal
from akson.record.office import Office
from akson.subscriptions.plan import Plan

JOB: Final = Actor(
    kind=Kind.SYSTEM, id="Device/abonnement", key=0, name="Abonnement", role="system", scopes=frozenset({OWN_JOB})
)
SCREEN: Final = "abonnement"
_PURPOSES: Final = {Kind.STAFF: Purpose.TREATMENT, Kind.CITIZEN: Purpose.OWN, Kind.SYSTEM: Purpose.SYSTEM}


Acting = Callable[[Actor], Awaitable[Actor | None]]  # as whom a subscriber acts now; None: no longer at all


@dataclass(frozen=True, kw_only=True)
class Followed:
    """One row of `subscription`; see migrations/0025_subscriptions.sql. actor: for whom it is done."""

    key: int
    id: str
    version: int
    actor: Actor
    plan: Plan
    status: str
    since: datetime
    events: int
    delivered: int
    failures: int
    failing: datetime | None
    heard: datetime | None
    leased: datetime | None

    @property
    def purpose(self) -> Purpose:
        return _PURPOSES[self.actor.kind]


def followed(row: Mapping[str, Any]) -> Followed:
    """Return a row of the database, read."""
    names = ("key", "id", "version", "status", "since", "events", "delivered", "failures", "failing", "heard", "leased")
    return Followed(
        **{name: row[name] for name in names}, actor=msgspec.json.decode(row["actor"], type=Actor),
        plan=msgspec.json.decode(row["plan"], type=Plan),
    )  # fmt: skip


async def say(office: Office, one: Followed, status: str, error: str = "") -> None:
    """Write the state of a subscription into its resource, unless its subscriber has changed it meanwhile.

    error  a sentence for people; without anything of the receiver's answer
    """
    with suppress(Refused):  # deleted, or changed at this moment: then that is what counts
        async with office.work(JOB, Purpose.SYSTEM, screen=SCREEN) as work:
            stored = await journal.read(work, SUBSCRIPTION, one.id)
            if stored.version != one.version:
                return
            kept = {name: value for name, value in stored.resource.items() if name != "error"}
            told = kept | {"status": status} | ({"error": error} if error else {})
            await journal.update(work, told, id_=one.id, if_match=one.version)
