"""Thinking again: what a person sends rests a little before it leaves, and until then its sender can take it back.

The message is in the outbox all the while, from the transaction of the record change. Nobody's clock decides whether it
can be taken back: it can until somebody has tried to send it, and taking it back and trying take turns at its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange import outbox, referring
from akson.exchange.states import Event
from akson.record import journal
from akson.record.stored import Stored

REASON = "Angret av avsenderen før meldingen ble sendt"


async def take_back(work: Work, message: Stored) -> Stored:
    """Take back a message of the actor's that nobody has tried to send: it will never leave.

    message  the Communication, as just read by the same work
    Raises   Refused AK-X070 when it has left, or somebody is sending it; AK-X071 when another has sent it
    Leaves   the Communication as not done, with the reason; the message withdrawn, with the move in its log; what it
             asked for revoked
    """
    key = await _own(work, message)
    if key is None or not await outbox.happened(work, message.owner, key, Event.TAKE_BACK):
        raise Refused("AK-X070")
    await referring.withdraw(work, message)
    return await journal.update(work, _not_done(message.resource), id_=message.id, if_match=message.version)


async def let_go(work: Work, message: Stored) -> None:
    """Let a message of the actor's go at once; one that has left already is left alone.

    Raises  Refused AK-X071
    """
    key = await _own(work, message)
    if key is not None:
        await outbox.let_go(work, message.owner, key)


def is_taken_back(communication: Mapping[str, Any]) -> bool:
    """Say whether a message was taken back: it is in the record, and nobody outside ever got it."""
    return communication.get("status") == "not-done"


async def _own(work: Work, message: Stored) -> int | None:
    """Return the key of the message while it is untried; None when it is no more."""
    key, responsible = await outbox.untried(work, message.owner, message.id) or (None, work.actor.id)
    if responsible != work.actor.id:
        raise Refused("AK-X071")
    return key


def _not_done(communication: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Communication that ended before anything was done: it was not sent, and says why."""
    kept = {name: value for name, value in communication.items() if name != "sent"}
    return kept | {"status": "not-done", "statusReason": {"text": REASON}}
