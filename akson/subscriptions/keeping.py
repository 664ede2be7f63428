"""Holds Subscriptions to what can be done here, and writes their row in the transaction of the resource itself.

So from the moment that a client has its 201 no event passes a subscription by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from akson.access.roles import OWN_JOB
from akson.access.subscribers import subscriber_of
from akson.base.errors import Refused
from akson.base.outward import Outward
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import bodies, types
from akson.record.changes import Change
from akson.record.following import Written
from akson.record.session import execute, fetch
from akson.subscriptions.criteria import refuse_unfit
from akson.subscriptions.plan import Plan, read

SQL = queries(__file__)
MOST: Final = 200  # that go on, of one subscriber
_ASKED_FOR: Final = frozenset({"requested", "active"})  # what a client may write to have it begin


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Keeps the subscriptions of one installation; see record/following.py.

    outward  where they may be delivered to
    base     address of the FHIR API: criteria may name what is here by it
    """

    outward: Outward
    base: str

    async def hold(self, work: Work, drafts: Sequence[Written]) -> None:
        """Refuse what cannot be done, and set what the server decides: the state, and what went wrong.

        Raises  Refused AK-H001, AK-H002, AK-S001, AK-S002 with the path in what was sent
        """
        if OWN_JOB in work.actor.scopes:
            return
        for draft in drafts:
            with _placed(draft):
                resource = draft.resource or {}
                await refuse_unfit(work, self._plan(resource))
                _begin(draft, resource)

    async def follow(self, work: Work, changes: Sequence[Change]) -> None:
        """Let the worker find what became of these Subscriptions. Raises Refused AK-H003 for one too many."""
        for change in changes:
            if change.resource is None:
                await execute(work, SQL.remove, change.owner)
            elif OWN_JOB in work.actor.scopes:
                await execute(work, SQL.state, change.owner, change.stored.version, change.resource["status"])
            else:
                await self._put(work, change, change.resource)

    async def _put(self, work: Work, change: Change, resource: dict[str, Any]) -> None:
        plan, who = self._plan(resource), subscriber_of(work.actor)
        actor = _json(replace(work.actor, token=""))  # it outlives the token that it was written with
        await execute(
            work, SQL.put, change.owner, change.id, change.stored.version, who, actor, _json(plan),
            types.code_of(plan.type), plan.channel, resource["status"], change.stored.last_updated, plan.timeout,
        )  # fmt: skip
        if (await fetch(work, SQL.count, who))[0]["count"] > MOST:
            raise Refused("AK-H003", most=MOST)

    def _plan(self, resource: dict[str, Any]) -> Plan:
        return read(resource, self.outward, self.base)


def _begin(draft: Written, resource: dict[str, Any]) -> None:
    if resource["status"] == "error":
        raise Refused("AK-H001", path="Subscription.status", detail="write requested to have it begin, off to end it")
    wanted = "requested" if resource["status"] in _ASKED_FOR else "off"
    if resource["status"] != wanted or "error" in resource:
        resource["status"] = wanted
        resource.pop("error", None)
        draft.body = bodies.dumps(resource)


@contextmanager
def _placed(draft: Written) -> Iterator[None]:
    """Let a refusal say where in what was sent it arose."""
    try:
        yield
    except Refused as refused:
        if draft.path and refused.path:
            refused.path = f"{draft.path}.{refused.path.partition('.')[2]}"
        raise


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
