"""The term of a record: when it is over for the dead, the living, and those who were children."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from akson.access.facts import Facts, Relation
from akson.record.terms import Terms

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LAST = datetime(2005, 3, 1, tzinfo=UTC)
DIED = datetime(2010, 6, 1, tzinfo=UTC)
TERMS = Terms(last=20, death=10)
GP = (Relation(kind="gp", unit=5),)


def facts(born: str = "", **more: Any) -> Facts:
    person: dict[str, Any] = {"owner": 1, "is_person": True, "birth_date": date.fromisoformat(born) if born else None}
    return Facts(**(person | more))


@pytest.mark.parametrize(("who", "terms", "why"), [
    (facts("1941-03-14"), TERMS, "last"),
    (facts("1988-10-31"), TERMS, "last"),  # 18 the day before the term begins
    (facts("1988-11-01"), TERMS, None),
    (facts("1988-02-29"), TERMS, "last"),
    (facts("2000-05-05"), TERMS, None),  # the last entry of a child is no end
    (facts(), TERMS, None),  # may be a child
    (facts(deceased=True), TERMS, "last"),
    (facts("2000-05-05", deceased=True), TERMS, None),
    (facts("2000-05-05", deceased=True, died=DIED), TERMS, "death"),
    (facts("1941-03-14", deceased=True, died=DIED), Terms(last=17), None),  # the day of death counts too
    (facts("1941-03-14", deceased=True, died=DIED), Terms(last=15), "last"),
    (facts("1941-03-14", relations=GP), TERMS, None),
    (facts("1941-03-14", deceased=True, died=DIED, relations=GP), TERMS, "death"),
    (facts("1941-03-14"), Terms(death=10), None),
    (facts("1941-03-14"), Terms(), None),
])  # fmt: skip
def test_a_term_is_over_when_all_it_counts_from_is(who: Facts, terms: Terms, why: str | None) -> None:
    over = terms.over(who, LAST, NOW)
    assert (over and over[0]) == why
    assert over is None or over[1:] == (
        max(LAST, who.died or LAST),
        datetime(2026 - getattr(terms, over[0]), 11, 1, tzinfo=UTC),
    )


def test_who_was_born_on_29_february_is_of_age_the_day_after() -> None:
    who = facts("1988-02-29")
    assert Terms(last=20).over(who, LAST, datetime(2026, 3, 1, tzinfo=UTC)) is None
    assert Terms(last=20).over(who, LAST, datetime(2026, 4, 1, tzinfo=UTC) + timedelta(days=1)) is not None


def test_no_term_says_so() -> None:
    assert not Terms() and Terms(last=1) and Terms(death=1)
