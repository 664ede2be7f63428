"""What needed a human, and does not any more: something has come of a message that was given up or overdue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from akson.base.work import Work
from akson.exchange import concerning
from akson.exchange.states import IN_WORDS, State
from akson.record import journal, worklist
from akson.record.search.searching import search

Lifts: TypeAlias = Callable[..., Awaitable[None]]  # `lifted`; or `left`
FOLLOW_UP: Final = "Følg opp melding som ikke kom fram"  # Task.code of what needs a human
CAME: Final = "Det er kommet noe nytt om meldingen: {state}."
# What may come after all. A part that its receiver could not read is read by nothing that comes: a human sees to it.
_PASSES: Final = (State.OVERDUE, State.FAILED)


async def lifted(work: Work, sent: Any) -> None:
    """End the task about a sent message that needed a human, be it before it went again: its log says what has come.

    sent  its row, as `outbox.happened` returns it
    """
    if sent["trouble"] not in _PASSES or not sent["told_of"] or sent["erased"]:
        return
    ours = [("focus", f"Communication/{sent['told_of']}"), ("status", ",".join(worklist.OPEN)), ("priority", "urgent")]
    for hit in (await search(work, "Task", ours)).hits:
        if hit.resource["code"].get("text") in (FOLLOW_UP, concerning.SEE_TO):
            why = {"text": CAME.format(state=IN_WORDS[State(sent["state"])])}
            ended = {"status": "completed", "statusReason": why, "lastModified": work.now.isoformat()}
            await journal.update(work, dict(hit.resource) | ended, id_=hit.id, if_match=hit.version)


async def left(work: Work, sent: object) -> None:
    """Leave the task about a message as it is: what has come of it counts for more."""
