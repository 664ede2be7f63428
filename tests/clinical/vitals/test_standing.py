"""How ill a patient stands: an older, lower sum never hides what newer parts already tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from akson.advice.vitals.kinds import AIR, Value
from akson.advice.vitals.moments import Moment
from akson.advice.vitals.news2 import Scale, score
from akson.advice.vitals.standing import standing
from akson.clinical.vitals import pages

EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
ILL: dict[str, Value] = {"resp": Decimal(24), "spo2": Decimal(91), "temp": Decimal("38.2"), "sys": Decimal(100),
                         "dia": Decimal(60), "puls": Decimal(112)}  # fmt: skip
WELL: dict[str, Value] = {"resp": Decimal(16), "spo2": Decimal(98), "oksygen": AIR, "sys": Decimal(120),
                          "puls": Decimal(95), "bevissthet": "A", "temp": Decimal("37.0")}  # fmt: skip


def at(hours: int, values: dict[str, Value], total: int | None = None) -> Moment:
    return Moment(at=EIGHT + timedelta(hours=hours), values=values, total=total, by="Mariam Yusuf")


def test_the_parts_of_somebody_very_ill_say_at_least_ten_and_to_ring_113() -> None:
    assert (score(ILL).at_least, score(ILL).total, score(ILL).alarming) == (10, None, True)
    result = pages.result(ILL, None, [], EIGHT)
    assert (result.score, result.at_least) == (10, True)
    assert result.do.startswith("Ring 113.")


def test_newer_parts_that_give_more_stand_before_the_complete_sum() -> None:
    found = standing([at(0, WELL, 1), at(4, ILL)], Scale.ONE)
    assert found.complete is not None
    assert found.newer is not None
    assert found.counted is not None
    assert (found.complete.total, found.newer.at, found.counted.at_least) == (1, EIGHT + timedelta(hours=4), 10)


def test_parts_that_give_no_more_leave_the_complete_sum_standing() -> None:
    found = standing([at(0, WELL, 1), at(4, {"sys": Decimal(128), "puls": Decimal(72)})], Scale.ONE)
    assert (found.complete and found.complete.total, found.newer) == (1, None)


def test_a_single_normal_part_does_not_put_out_the_alarm_of_the_others() -> None:
    found = standing([at(0, WELL, 1), at(4, ILL), at(60, {"puls": Decimal(72)})], Scale.ONE)
    assert found.counted is not None
    assert found.counted.at_least == 8


def test_three_points_in_one_part_outrank_a_higher_sum_without() -> None:
    before = at(0, WELL | {"resp": Decimal(22), "spo2": Decimal(95)}, 4)
    assert standing([before, at(1, {"sys": Decimal(88)})], Scale.ONE).newer is not None


def test_without_a_complete_sum_only_what_demands_action_is_told_and_children_have_none() -> None:
    assert standing([at(0, {"puls": Decimal(95)})], Scale.ONE).newer is None
    assert standing([at(0, ILL)], Scale.ONE).newer is not None
    assert standing([at(0, ILL)], None).newer is None
