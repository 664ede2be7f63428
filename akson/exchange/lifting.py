"""What needed a human, and does not any more: something has come of a message that was given up or overdue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

from akson.base.work import Work
from akson.exchange import concerning, outbox
from akson.exchange.filing import MESSAGE_ID
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

    What it tells may have gone as another message too, to somebody else: the task about that stands.

    sent  its row, as `outbox.happened` returns it
    """
    if sent["trouble"] not in _PASSES or not sent["told_of"] or sent["erased"]:
        return
    ours = [("focus", f"Communication/{sent['told_of']}"), ("status", ",".join(worklist.OPEN)), ("priority", "urgent")]
    for hit in (await search(work, "Task", ours)).hits:
        kind = hit.resource.get("code", {}).get("text")
        if kind in (FOLLOW_UP, concerning.SEE_TO) and await _is_about(work, hit.resource, sent):
            why = {"text": CAME.format(state=IN_WORDS[State(sent["state"])])}
            ended = {"status": "completed", "statusReason": why, "lastModified": work.now.isoformat()}
            await journal.update(work, dict(hit.resource) | ended, id_=hit.id, if_match=hit.version)


def identifiers(sent: Any) -> list[dict[str, str]]:
    """Return what the task about a sent message is known by: its id, which it keeps when it goes again."""
    return [{"system": MESSAGE_ID, "value": sent["msg_id"]}]


async def _is_about(work: Work, task: Mapping[str, Any], sent: Any) -> bool:
    """Say whether a task is about a message; one of an earlier release names none: it is about the only one, if any."""
    named = [one.get("value") for one in task.get("identifier", ()) if one.get("system") == MESSAGE_ID]
    return sent["msg_id"] in named if named else await outbox.is_the_only(work, sent)


async def left(work: Work, sent: object) -> None:
    """Leave the task about a message as it is: what has come of it counts for more."""
