"""What the page of one patient's messages is filled with: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from akson.workplace.model import Button, Message, Tab


@dataclass(frozen=True, kw_only=True)
class Thread:
    """One referral, message or document in a patient's cooperation."""

    text: str
    kind: str  # "Henvisning", "Dialogmelding", "Epikrise"
    outgoing: bool
    party: str  # "Vestfjell sykehus"
    owner: str
    state: str  # "Levert", "Forfalt", "Besvart"
    at: datetime
    href: str
    level: str = ""  # "warn" when the state asks for something, "new" when it is unread
    current: bool = False
    key: str = ""  # of its state, where it is refreshed


@dataclass(frozen=True, kw_only=True)
class Cooperation:
    """Samhandling for one patient."""

    tabs: tuple[Tab, ...]
    threads: tuple[Thread, ...] = ()
    open: Message | None = None
    new: tuple[Button, ...] = ()
    more: int = 0  # this many are shown, and there are older ones
