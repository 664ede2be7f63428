"""What a worker remembers by the clock: since when something fails, and where it sends nothing for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from akson.exchange.calls import Doubts
from akson.exchange.lasting import Lasting

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(("hours", "lasts"), [
    ([0], False), ([0, 5], False), ([0, 5, 6], True), ([0, 2, 4, 6, 30], False),
    ([0, 6], False),  # nobody was at work meanwhile
    ([0, 5, 6, 2], False),  # the clock was put back
])  # fmt: skip
def test_what_is_seen_for_six_hours_lasts_and_after_a_pause_it_begins_anew(hours: list[int], lasts: bool) -> None:
    lasting = Lasting()
    assert [lasting.lasts("one", NOW + timedelta(hours=each)) for each in hours][-1] is lasts
    lasting.over("one")
    assert not lasting.lasts("one", NOW + timedelta(hours=hours[-1]))


def test_what_nobody_has_seen_for_long_is_forgotten() -> None:
    lasting = Lasting()
    for hour in range(100):
        lasting.lasts(hour, NOW + timedelta(hours=hour))
    assert lasting.seen(NOW + timedelta(hours=99), timedelta(days=9)) == {94, 95, 96, 97, 98, 99}


@pytest.mark.parametrize(("minutes", "holds"), [(0, True), (1, True), (2, False), (-30, True), (-24 * 60, False)])
def test_a_way_that_was_doubted_is_open_again_in_time_also_when_the_clock_is_put_back(
    minutes: int, holds: bool
) -> None:
    doubts = Doubts()
    doubts.note("fiks", NOW, known=False)
    assert doubts.holds("fiks", NOW + timedelta(minutes=minutes)) is holds
