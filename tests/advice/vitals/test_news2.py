"""NEWS2 counts as the Royal College of Physicians' charts say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from akson.advice.vitals.kinds import AIR, WITH_OXYGEN, Value
from akson.advice.vitals.news2 import PARTS, Risk, Scale, risk, score

WELL: dict[str, Value] = {"resp": Decimal(16), "spo2": Decimal(98), "oksygen": AIR, "sys": Decimal(120),
                          "puls": Decimal(70), "bevissthet": "A", "temp": Decimal("37.0")}  # fmt: skip

STEPS = {  # kind -> (lowest, highest, points) of each step
    "resp": ((0, 8, 3), (9, 11, 1), (12, 20, 0), (21, 24, 2), (25, 90, 3)),
    "spo2": ((30, 91, 3), (92, 93, 2), (94, 95, 1), (96, 100, 0)),
    "sys": ((30, 90, 3), (91, 100, 2), (101, 110, 1), (111, 219, 0), (220, 300, 3)),
    "puls": ((0, 40, 3), (41, 50, 1), (51, 90, 0), (91, 110, 1), (111, 130, 2), (131, 300, 3)),
    "temp": (("20", "35.0", 3), ("35.1", "36.0", 1), ("36.1", "38.0", 0), ("38.1", "39.0", 1), ("39.1", "45", 2)),
}
EDGES = [
    (kind, Decimal(str(edge)), points) for kind, steps in STEPS.items() for *ends, points in steps for edge in ends
]


@pytest.mark.parametrize(("kind", "value", "points"), EDGES)
def test_each_step_begins_and_ends_where_the_chart_says(kind: str, value: Decimal, points: int) -> None:
    assert score(WELL | {kind: value}).points[kind] == points


@pytest.mark.parametrize(("letter", "points"), [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)])
def test_anything_but_alert_gives_three_points(letter: str, points: int) -> None:
    assert score(WELL | {"bevissthet": letter}).points["bevissthet"] == points


@pytest.mark.parametrize(
    ("value", "air", "points"),
    [(83, AIR, 3), (84, AIR, 2), (85, AIR, 2), (86, AIR, 1), (87, AIR, 1), (88, AIR, 0), (92, AIR, 0), (99, AIR, 0),
     (83, WITH_OXYGEN, 3), (85, WITH_OXYGEN, 2), (87, WITH_OXYGEN, 1), (92, WITH_OXYGEN, 0), (93, WITH_OXYGEN, 1),
     (94, WITH_OXYGEN, 1), (95, WITH_OXYGEN, 2), (96, WITH_OXYGEN, 2), (97, WITH_OXYGEN, 3)],
)  # fmt: skip
def test_scale_2_gives_points_for_too_much_oxygen_too(value: int, air: str, points: int) -> None:
    counted = score(WELL | {"spo2": Decimal(value), "oksygen": air}, Scale.TWO)
    assert counted.points["spo2"] == points
    assert counted.points["oksygen"] == (2 if air == WITH_OXYGEN else 0)


def test_a_missing_part_is_named_and_nothing_is_summed() -> None:
    counted = score({kind: value for kind, value in WELL.items() if kind not in ("oksygen", "temp")})
    assert (counted.total, counted.risk, counted.missing) == (None, None, ("oksygen", "temp"))
    assert set(counted.points) == set(PARTS) - {"oksygen", "temp"}


@pytest.mark.parametrize(
    ("total", "red", "found"),
    [(0, False, Risk.NONE), (1, False, Risk.LOW), (4, False, Risk.LOW), (3, True, Risk.LOW_MEDIUM), (4, True, Risk.LOW_MEDIUM),
     (5, False, Risk.MEDIUM), (6, True, Risk.MEDIUM), (7, False, Risk.HIGH), (20, True, Risk.HIGH)],
)  # fmt: skip
def test_the_risk_follows_the_sum_and_three_in_one_part(total: int, red: bool, found: Risk) -> None:
    assert risk(total, red=red) is found


def test_the_worst_of_everything_is_twenty() -> None:
    worst: dict[str, Value] = {"resp": Decimal(30), "spo2": Decimal(80), "oksygen": WITH_OXYGEN, "sys": Decimal(80),
                               "puls": Decimal(140), "bevissthet": "U", "temp": Decimal(34)}  # fmt: skip
    assert score(worst).total == 20
