"""What the discharge board is filled with: plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One patient on the board.

    steps    what has happened, oldest first: "Innlagt 20.11"
    clock    how long the patient has been ready, or when they will be; "" where nobody has said so
    missing  what is not there yet
    due      of what comes first; now: it is due today or overdue
    actions  (text, href) of what can be done from here
    """

    patient: str
    age: int | None
    href: str
    hospital: str
    steps: tuple[str, ...]
    clock: str
    missing: tuple[str, ...]
    owner: str
    due: str
    now: bool
    actions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Those who have come equally far."""

    head: str
    urgent: bool
    rows: tuple[Row, ...]
