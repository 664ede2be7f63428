"""What the journal asks of those who keep subscriptions: they stand on a floor above, and the doors put them in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from akson.access.subscribers import SUBSCRIPTION, subscriber_of
from akson.base.errors import Refused
from akson.base.work import Work
from akson.record.changes import Change
from akson.record.projecting import FactRow

_KIND = "subscriber"


class Written(Protocol):
    """What is to be written, as far as it matters here; see preparing.Draft."""

    type: str
    resource: dict[str, Any] | None
    body: bytes
    path: str


class Following(Protocol):
    """Holds Subscriptions to what can be done, and lets their events begin with the write itself."""

    async def hold(self, work: Work, drafts: Sequence[Written]) -> None:
        """Refuse what cannot be done, with its path, and set what the server decides. Drafts are Subscriptions only."""

    async def follow(self, work: Work, changes: Sequence[Change]) -> None:
        """Write what belongs to Subscriptions that were just written, in the same transaction."""


async def hold(work: Work, drafts: Sequence[Written]) -> None:
    """Hold the Subscriptions of a set. Raises Refused; AK-H001 where nobody keeps subscriptions."""
    if concerned := [draft for draft in drafts if draft.type == SUBSCRIPTION and draft.resource is not None]:
        if work.office.following is None:
            raise Refused("AK-H001", path=SUBSCRIPTION, detail="nobody keeps subscriptions here")
        await work.office.following.hold(work, concerned)


async def follow(work: Work, changes: Sequence[Change]) -> None:
    """Let those follow who keep subscriptions."""
    concerned = [change for change in changes if change.type == SUBSCRIPTION]
    if concerned and work.office.following is not None:
        await work.office.following.follow(work, concerned)


def whose(work: Work, change: Change) -> FactRow:
    """Return the fact that says whose it is: who wrote it first, whatever our own jobs or a delete make of it."""
    stated = next((data for data in change.stated if msgspec.json.decode(data)["kind"] == _KIND), None)
    return FactRow(kind=_KIND, data=stated or fact_of(subscriber_of(work.actor)))


def fact_of(subscriber: str) -> bytes:
    """Return the fact that a subscription is this subscriber's, as it is kept."""
    return msgspec.json.encode({"kind": _KIND, "value": subscriber})
