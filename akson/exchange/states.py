"""The life of a message we send, as a table. Pure.

queued -> sent -> delivered -> accepted | partial | rejected -> answered
                            -> overdue (96 h without AppRec; a late one may still come)
       -> failed (nobody took it)
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

PATIENCE: Final = timedelta(hours=96)  # no AppRec after this = treat as refused, by hand (Referansearkitekturen)
ATTEMPTS: Final = 12  # with the delays below: about two days
_FIRST_DELAY: Final = timedelta(seconds=5)
_LONGEST_DELAY: Final = timedelta(hours=6)


class State(StrEnum):
    """Where a message stands. The values are stored."""

    QUEUED = "queued"
    SENT = "sent"  # handed over, no transport receipt yet
    DELIVERED = "delivered"  # the transport has given a receipt
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"
    ANSWERED = "answered"
    OVERDUE = "overdue"
    FAILED = "failed"


class Event(StrEnum):
    """What can happen to it."""

    HANDED_OVER = "handed over"
    RECEIPT = "receipt"
    ACCEPT = "accept"
    PARTIAL = "partial"
    REJECT = "reject"
    ANSWER = "answer"
    DEADLINE = "deadline"
    GIVE_UP = "give up"


IN_WORDS: Final = {
    State.QUEUED: "Venter på sending",
    State.SENT: "Sendt",
    State.DELIVERED: "Levert hos mottaker",
    State.ACCEPTED: "Godtatt av mottaker",
    State.PARTIAL: "Godtatt med feil i en del",
    State.REJECTED: "Avvist av mottaker",
    State.ANSWERED: "Besvart",
    State.OVERDUE: "Ikke bekreftet innen 96 timer",
    State.FAILED: "Kunne ikke sendes",
}
NEEDS_A_HUMAN: Final = frozenset({State.REJECTED, State.PARTIAL, State.OVERDUE, State.FAILED})

_ON_ITS_WAY: Final = (State.QUEUED, State.SENT, State.DELIVERED)  # an AppRec may overtake our own bookkeeping
_WAITING: Final = (*_ON_ITS_WAY, State.OVERDUE, State.FAILED)

TRANSITIONS: Final[dict[tuple[State, Event], State]] = {
    (State.QUEUED, Event.HANDED_OVER): State.SENT,
    (State.QUEUED, Event.GIVE_UP): State.FAILED,
    (State.QUEUED, Event.RECEIPT): State.DELIVERED,
    (State.SENT, Event.RECEIPT): State.DELIVERED,
    (State.SENT, Event.GIVE_UP): State.FAILED,
    (State.QUEUED, Event.DEADLINE): State.OVERDUE,
    (State.SENT, Event.DEADLINE): State.OVERDUE,
    (State.DELIVERED, Event.DEADLINE): State.OVERDUE,
    **{(state, Event.ACCEPT): State.ACCEPTED for state in _WAITING},
    **{(state, Event.PARTIAL): State.PARTIAL for state in _WAITING},
    **{(state, Event.REJECT): State.REJECTED for state in _WAITING},
    **{(state, Event.ANSWER): State.ANSWERED for state in (*_WAITING, State.ACCEPTED, State.PARTIAL)},
}


def after(state: State, event: Event) -> State:
    """Return the state after `event`; what has no place in the table changes nothing (a second AppRec, a late receipt).

    >>> after(State.OVERDUE, Event.ACCEPT).value
    'accepted'
    >>> after(State.REJECTED, Event.ACCEPT).value
    'rejected'
    """
    return TRANSITIONS.get((state, event), state)


def before(event: Event) -> tuple[State, ...]:
    """Return the states from which `event` leads somewhere."""
    return tuple(state for state, happened in TRANSITIONS if happened is event)


def next_attempt(now: datetime, attempts: int) -> datetime | None:
    """Return when to try again after `attempts` failures, or None when it is time to give up."""
    if attempts >= ATTEMPTS:
        return None
    delay = timedelta(seconds=_FIRST_DELAY.total_seconds() * 4.0 ** (attempts - 1))
    return now + min(delay, _LONGEST_DELAY)
