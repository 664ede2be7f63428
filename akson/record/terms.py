"""How long records are kept: the terms an operator has set, and whether that of one person's record is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from akson.access.citizens import OF_AGE
from akson.access.erasing import under_care
from akson.access.facts import Facts
from akson.audit.removal import ended

DEATH, LAST = "death", "last"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How many years a record is kept; 0: for good.

    last   after what was last written or dated in it, and at least from the 18th birthday
    death  after the death of the person, where the day is known
    """

    last: int = 0
    death: int = 0

    def __bool__(self) -> bool:
        return bool(self.last or self.death)

    def over(self, facts: Facts, last: datetime, now: datetime) -> tuple[str, datetime, datetime] | None:
        """Return (why, last, before) when the time of a record is over; None when it is not, or care goes on.

        last    when it was last written, or is dated; returned, the day of death where that is later
        before  the instant before which it must have come to rest. Who lives must have a birth date: a child's waits
        """
        found = self._term(facts)
        if found is None or under_care(facts, now):
            return None
        why, years = found
        before, last = ended(now, years), max(last, facts.died or last)
        rests = last if why == DEATH else max(last, _of_age(facts.birth_date, last))
        return (why, last, before) if rests < before else None

    def _term(self, facts: Facts) -> tuple[str, int] | None:
        if facts.deceased and facts.died and self.death:
            return DEATH, self.death
        return (LAST, self.last) if self.last and (facts.deceased or facts.birth_date) else None

    def latest(self, now: datetime) -> datetime:
        """Return the instant before which all must have come to rest that can be over; there is a term."""
        return ended(now, min(filter(None, (self.last, self.death))))


def _of_age(born: date | None, else_: datetime) -> datetime:
    """Return when the 18th birthday begins; who was born on 29 February has it on 1 March."""
    if born is None:
        return else_
    return datetime(born.year + OF_AGE, born.month, 1, tzinfo=else_.tzinfo) + timedelta(days=born.day - 1)
