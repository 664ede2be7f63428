"""What the pages about staff show. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One unit. level: how far below the administrator's own; staff: who have a role there now."""

    id: str
    version: int
    name: str
    level: int
    staff: int
    confirmed: date | None  # when somebody last said that the list is right
    overdue: bool
    doubts: int  # how many are not controlled, or have lost a role by what the register said
    against: int  # how many the manager says should have no access, without an answer

    @property
    def href(self) -> str:
        return f"/ansatte/{self.id}"


@dataclass(frozen=True, kw_only=True)
class Objection:
    """What a manager said against somebody's role. at: when it was said, or answered; open: not answered."""

    id: str  # of the VerificationResult
    version: int
    by: str
    at: datetime | None
    open: bool
    words: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Member:
    """One role of one person at a unit. coming: it has not begun; own: the reader's, which another must keep."""

    id: str  # of the PractitionerRole
    version: int
    name: str
    hpr: str
    approvals: tuple[
        str, ...
    ]  # what they are authorised as, as the register words it; none: no authorisation is asked for
    standing: str  # a Result of the register, "away" not controlled yet, "" no authorisation is asked for
    asked: datetime | None  # when the register was last asked
    over: bool  # the register ended it
    ends: date | None  # when it ends, if no HPR number is known of them by then, or the register still knows them not
    role: str  # as people read it
    since: date | None
    until: date | None
    shift: tuple[datetime, datetime] | None  # when a shift on call begins and ends
    coming: bool
    own: bool
    against: Objection | None
