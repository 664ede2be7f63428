"""What has become of the messages we sent, as people are told: where each stands, what failed, what is unconfirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from akson.base.database import Reads
from akson.base.queries import queries
from akson.base.work import Work
from akson.exchange.addresses import Address
from akson.exchange.inbox import FIRST, Homes
from akson.exchange.states import State, is_unknown
from akson.record.session import fetch

SQL = queries(__file__)
MOST: Final = 100  # messages of a list
Place = tuple[datetime, int]  # of a message in a list: by what it is sorted, and its key
START: Final[Place] = FIRST, -(2**63)
STUCK_AFTER: Final = timedelta(hours=1)  # neither left nor confirmed by then: somebody should know


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a sent message stands, as people read it. to: its receiver, by number."""

    communication: str
    responsible: str  # "Practitioner/<id>", or the role that answers for messages
    state: State
    receiver: str
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    settled_at: datetime | None
    answered_at: datetime | None
    deadline: datetime
    problem: str
    due: datetime
    to: Address
    untried: bool  # nobody has tried to send it: it can be taken back
    unknown: bool  # nobody knows whether it was taken

    def rests(self, now: datetime) -> bool:
        """Say whether it waits, so that its sender may take it back."""
        return self.untried and self.due > now


async def standing(work: Work, owner: int, communications: Sequence[str]) -> list[Standing]:
    """Return where the messages made from these Communications stand.

    The caller has just read the Communications through the journal: that reading is what access decided on.
    """
    return await standings(work, [(owner, each) for each in communications])


async def standings(work: Work, communications: Sequence[tuple[int, str]]) -> list[Standing]:
    """Return the same for Communications of several owners. communications: owner and id of each."""
    owners, ids = [owner for owner, _ in communications], [id_ for _, id_ in communications]
    rows = await fetch(work, SQL.states_of, owners, ids)
    return [
        Standing(
            communication=row["told_of"], responsible=row["responsible"], state=State(row["state"]),
            receiver=row["receiver_name"] or str(row["receiver"]),
            created_at=row["created_at"], sent_at=row["sent_at"], delivered_at=row["delivered_at"],
            settled_at=row["settled_at"], answered_at=row["answered_at"], deadline=row["deadline"],
            problem=row["fault_text"], due=row["due"], untried=row["untried"], to=_receiver(row),
            unknown=is_unknown(row["state"], row["fault_code"]),
        )
        for row in rows
    ]  # fmt: skip


def _receiver(row: Any) -> Address:
    known = {name: row[name] for name in ("parent", "org_number")}
    return Address(her_id=row["receiver"], name=row["receiver_name"], ours=False, **known)


async def for_humans(
    reads: Reads, homes: Homes, *, unit: int = 0, who: str | None = None, most: int = MOST, after: Place = START
) -> list[dict[str, Any]]:
    """Return sent messages that went wrong, most urgent first: reason and addresses, no content.

    unit    0 for all
    who     asks: reports to the barnevern are shown to nobody but who wrote them; None for all
    after   deadline and key of the last one before
    """
    return [dict(row) for row in await reads.fetch(SQL.for_humans_out, most, unit, homes, who, *after)]


async def stuck(
    reads: Reads, homes: Homes, since: datetime, *, unit: int = 0, who: str | None = None, most: int = MOST,
    after: Place = START,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return messages written before `since` that nobody has confirmed, oldest first; as `for_humans`.

    after   when the last one before was written, and its key
    """
    return [dict(row) for row in await reads.fetch(SQL.stuck_out, most, since, unit, homes, who, *after)]


async def waits_by_way(reads: Reads, now: datetime) -> dict[str, int]:
    """Return how many messages nobody has taken for an hour, by the way they are to go: for those who run it."""
    return {row["what"]: row["count"] for row in await reads.fetch(SQL.waits_by_way, now - STUCK_AFTER)}


async def troubled_units(
    reads: Reads, homes: Homes, since: datetime, *, who: str | None = None
) -> list[dict[str, Any]]:
    """Return the units whose messages need a human or are stuck: unit, name and how many of both."""
    return [dict(row) for row in await reads.fetch(SQL.troubled_units, since, homes, who)]
