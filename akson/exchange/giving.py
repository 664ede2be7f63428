"""To whom information about a person was given by message, as far as is known (domain rule R17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from akson.base.work import Work
from akson.exchange.outbox import SQL
from akson.exchange.states import State
from akson.record.masking import whereabouts_hidden
from akson.record.session import fetch


@dataclass(frozen=True, kw_only=True)
class Given:
    """A message that has left the house.

    communication  id of the Communication it was made from
    receiver       name of the place, and of what it is part of; their number where no name is known; "" where the
                   reader may not know where the person is or is to be: what helps them tells it
    left           when a transport first took it
    arrived        when it is known to have come: a receipt, or an answer of the receiver's; None: it is not known
    """

    communication: str
    receiver: str
    left: datetime
    arrived: datetime | None
    state: State


async def given(work: Work, owner: int, communications: Sequence[str]) -> list[Given]:
    """Return the messages made from these Communications that have left the house, newest first; one statement.

    The caller has just read the Communications through the journal: that reading is what access decided on.
    """
    hides = await whereabouts_hidden(work, owner)
    return [
        Given(
            communication=row["told_of"], left=row["left_at"], arrived=row["arrived_at"], state=State(row["state"]),
            receiver="" if hides else _receiver(row),
        )
        for row in await fetch(work, SQL.given, owner, list(communications))
    ]  # fmt: skip


def _receiver(row: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, (row["receiver"], row["organisation"]))) or str(row["her_id"])
