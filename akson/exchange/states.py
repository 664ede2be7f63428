"""The life of a message we send, as a table. Pure.

queued -> sent -> delivered -> accepted | partial | rejected -> answered
       -> withdrawn (its sender thought again before anybody had tried to send it)
       <- (no transport receipt: once more)
                            -> posted (as a letter) -> answered
                            -> overdue (96 h without AppRec; a late one may still come)
       -> failed (nobody took it, or it was turned away) -> sent, delivered (it was taken after all)
what needs a human -> queued (sent again) or handled (by hand, with a reason)
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

REST: Final = timedelta(seconds=60)  # what a person sends waits so long, and can be taken back meanwhile
PATIENCE: Final = timedelta(hours=96)  # no AppRec after this = treat as refused, by hand (Referansearkitekturen)
FETCHED_WITHIN: Final = timedelta(days=7)  # a report Fiks has: by then the barnevern has gone through it (bvl. § 2-1)
LEFT_AT_LEAST: Final = timedelta(hours=48)  # a message nobody has taken is given up while a human still has so long
REPORT_WAITS: Final = timedelta(hours=4)  # a report that nobody has taken by then is given up: who reported can ring
ATTEMPTS: Final = 12  # a message taken up so often, without a word of what came of it, kills whoever takes it
_COUNTED: Final = 8  # failures that were told of count no higher: only those untold of lead to ATTEMPTS
_FIRST_DELAY: Final = timedelta(seconds=5)
_LONGEST_DELAY: Final = timedelta(hours=6)
# How long a message that was taken waits to be confirmed, in each round, before it is sent again: soon at first, as it
# may have been lost and its id makes it harmless; then with patience, as the receiver may be closed. Then it lies where
# it lies, and until the deadline nobody is told that it was not sent: sent to somebody else, it would reach both.
UNCONFIRMED_AFTER: Final = (
    *(timedelta(minutes=minutes) for minutes in (2, 4, 8, 8)),
    *(timedelta(hours=hours) for hours in (4, 24)),
)
ROUNDS: Final = len(UNCONFIRMED_AFTER)
AT_ONCE: Final = 4  # rounds in which what a transport no longer knows is sent again as soon as it says so
_FIRST_QUESTION: Final = timedelta(seconds=10)
_LAST_QUESTION: Final = timedelta(minutes=30)
_NO_HURRY: Final = timedelta(hours=6)  # between two questions for the AppRec of what has been delivered, at most
_SOON: Final = timedelta(minutes=1)  # the first such question, and the next to a transport that does not answer


class State(StrEnum):
    """Where a message stands. The values are stored."""

    QUEUED = "queued"
    SENT = "sent"  # handed over, no transport receipt yet
    DELIVERED = "delivered"  # the transport has given a receipt
    ACCEPTED = "accepted"
    POSTED = "posted"  # printed, and gone as a letter: nobody says that it was read
    PARTIAL = "partial"
    REJECTED = "rejected"
    ANSWERED = "answered"
    OVERDUE = "overdue"
    FAILED = "failed"
    HANDLED = "handled"  # a human has seen to it in another way
    WITHDRAWN = "withdrawn"  # taken back by its sender: it never left, and never will


class Event(StrEnum):
    """What can happen to it."""

    HANDED_OVER = "handed over"
    RECEIPT = "receipt"
    ACCEPT = "accept"
    POST = "post"
    PARTIAL = "partial"
    REJECT = "reject"
    ANSWER = "answer"
    DEADLINE = "deadline"
    GIVE_UP = "give up"
    UNCONFIRMED = "unconfirmed"  # taken, and then nothing: whoever took it may have lost it
    SEND_AGAIN = "send again"
    BY_HAND = "by hand"
    TAKE_BACK = "take back"  # only while nobody has tried to send it


IN_WORDS: Final = {
    State.QUEUED: "Venter på sending",
    State.SENT: "Overlevert, ikke bekreftet",
    State.DELIVERED: "Levert hos mottaker",
    State.ACCEPTED: "Godtatt av mottaker",
    State.POSTED: "Skrevet ut og sendt i posten",
    State.PARTIAL: "Godtatt med feil i en del",
    State.REJECTED: "Avvist av mottaker",
    State.ANSWERED: "Besvart",
    State.OVERDUE: "Ikke bekreftet innen fristen",
    State.FAILED: "Kunne ikke sendes",
    State.HANDLED: "Fulgt opp for hånd",
    State.WITHDRAWN: "Angret, ikke sendt",
}
UNKNOWN: Final = "UKJENT"  # the fault of what is given up because nobody can know whether it was taken
TURNED_AWAY: Final = "AVVIST"  # the fault of what the receiver's side says it could not take: its own last word
UNKNOWN_IN_WORDS: Final = "Ukjent om den kom fram"
NEEDS_A_HUMAN: Final = frozenset({State.REJECTED, State.PARTIAL, State.OVERDUE, State.FAILED})

_ON_ITS_WAY: Final = (State.QUEUED, State.SENT, State.DELIVERED)  # an AppRec may overtake our own bookkeeping
_WAITING: Final = (*_ON_ITS_WAY, State.OVERDUE, State.FAILED)
_ARRIVED_AFTER_ALL: Final = (*_WAITING, State.HANDLED)
CAN_BE_SENT_AGAIN: Final = (State.SENT, State.DELIVERED, State.OVERDUE, State.FAILED)  # with the id it has
CAN_BE_HANDLED: Final = (State.QUEUED, State.SENT, *sorted(NEEDS_A_HUMAN))

TRANSITIONS: Final[dict[tuple[State, Event], State]] = {
    (State.QUEUED, Event.HANDED_OVER): State.SENT,
    (State.FAILED, Event.HANDED_OVER): State.SENT,  # its answer came when we had given it up (not: TURNED_AWAY)
    (State.QUEUED, Event.GIVE_UP): State.FAILED,
    (State.QUEUED, Event.TAKE_BACK): State.WITHDRAWN,
    (State.QUEUED, Event.RECEIPT): State.DELIVERED,
    (State.SENT, Event.RECEIPT): State.DELIVERED,
    (State.FAILED, Event.RECEIPT): State.DELIVERED,
    (State.SENT, Event.GIVE_UP): State.FAILED,
    (State.QUEUED, Event.DEADLINE): State.OVERDUE,
    (State.SENT, Event.DEADLINE): State.OVERDUE,
    (State.DELIVERED, Event.DEADLINE): State.OVERDUE,
    (State.SENT, Event.UNCONFIRMED): State.QUEUED,
    **{(state, Event.SEND_AGAIN): State.QUEUED for state in CAN_BE_SENT_AGAIN},
    **{(state, Event.BY_HAND): State.HANDLED for state in CAN_BE_HANDLED},
    **{(state, Event.ACCEPT): State.ACCEPTED for state in _ARRIVED_AFTER_ALL},
    **{(state, Event.POST): State.POSTED for state in _ARRIVED_AFTER_ALL},
    **{(state, Event.PARTIAL): State.PARTIAL for state in _WAITING},
    **{(state, Event.REJECT): State.REJECTED for state in _WAITING},
    # not PARTIAL: a part was not read, whatever they say
    **{(state, Event.ANSWER): State.ANSWERED for state in (*_ARRIVED_AFTER_ALL, State.ACCEPTED, State.POSTED)},
}


def is_unknown(state: str, fault_code: str) -> bool:
    """Say whether nobody knows if a message was taken: it is not called one that could not be sent."""
    return state == State.FAILED and fault_code == UNKNOWN


def in_words(state: State, fault_code: str) -> str:
    """Return where a message stands, for a task of who follows it up."""
    return UNKNOWN_IN_WORDS if is_unknown(state, fault_code) else IN_WORDS[state]


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


def next_attempt(
    now: datetime, attempts: int, deadline: datetime, spread: float = 0.5, *, left: bool = False, report: bool = False
) -> datetime | None:
    """Return when to try again after `attempts` failures, or None when it is time to give up.

    deadline   of the message: by then somebody must have said something
    spread     0 to 1, each message's own: what failed together does not come back together
    left       somebody has taken it before, so it may lie with its receiver: it is tried until the deadline
    report     to the barnevern: a child waits for it
    """
    until = deadline if left else deadline - (PATIENCE - REPORT_WAITS if report else LEFT_AT_LEAST)
    if now >= until:
        return None
    delay = timedelta(seconds=_FIRST_DELAY.total_seconds() * 4.0 ** (counted(attempts) - 1))
    return min(now + min(delay, _LONGEST_DELAY) * (0.75 + spread / 2), until)


def counted(attempts: int) -> int:
    """Return how many attempts stand in the books after one more that was told of."""
    return min(attempts, _COUNTED)


def soon(now: datetime, spread: float) -> datetime:
    """Return when to ask a transport that did not answer once more: its silence says nothing of the message."""
    return now + _SOON * (0.75 + spread / 2)


def spread(key: int, attempts: int) -> float:
    """Return where between 0 and 1 a message with this random key falls, anew for each attempt."""
    return ((key >> (attempts % 32)) & 0xFFFF) / 0xFFFF


def next_question(now: datetime, state: State, asked: int) -> datetime:
    """Return when to ask the transport again what became of a message it has taken."""
    if state is not State.SENT:
        return now + min(_SOON * 2.0 ** min(asked, 12), _NO_HURRY)
    return now + min(_FIRST_QUESTION * 2.0 ** min(asked, 12), _LAST_QUESTION)
