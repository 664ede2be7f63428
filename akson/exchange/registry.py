"""Which message types there are. Each file in `messages/` registers its own; two for one code stop the start-up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from akson.base.work import Work
from akson.exchange.envelope import Envelope
from akson.exchange.safexml import Fault


@dataclass(frozen=True, kw_only=True)
class Patient:
    """The patient a message is about, as found in our record."""

    owner: int
    id: str


@dataclass(frozen=True, kw_only=True)
class Unit:
    """The unit a message is for."""

    owner: int
    reference: str  # "Organization/<id>"
    name: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message that has passed the checks of the envelope and is ready to be filed.

    answers   id of our Communication it answers, when it names one
    """

    envelope: Envelope
    received: datetime
    unit: Unit
    patient: Patient | None = None
    answers: str = ""


@dataclass(frozen=True, kw_only=True)
class Filed:
    """Where a message ended, and what was wrong with a part of it (AppRec 3), if anything was."""

    communication: str  # id
    fault: Fault | None = None


Receive = Callable[[Work, Letter], Awaitable[Filed]]


@dataclass(frozen=True, kw_only=True)
class MessageType:
    """How one code of Volven 8279 is received."""

    receive: Receive
    about_a_patient: bool


_types: Final[dict[str, MessageType]] = {}


def message(*codes: str, about_a_patient: bool = True) -> Callable[[Receive], Receive]:
    """Register a function as the receiver of the message types `codes`.

    Raises   ValueError at start-up when a code is taken
    """

    def register(receive: Receive) -> Receive:
        for code in codes:
            if code in _types:
                raise ValueError(f"two receivers for message type {code}")
            _types[code] = MessageType(receive=receive, about_a_patient=about_a_patient)
        return receive

    return register


def find(code: str) -> MessageType | None:
    """Return how to receive `code`, or None: then the message is answered with T10."""
    return _types.get(code)


def codes() -> list[str]:
    """Return every message type we can receive."""
    return sorted(_types)
