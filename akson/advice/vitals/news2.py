"""NEWS2: seven measurements to one number that tells how ill somebody is. Pure.

Source   Royal College of Physicians, National Early Warning Score (NEWS) 2, London 2017: chart 1 (points), chart 2
         (thresholds). Scale 2 for oxygen saturation is only for those who are known to retain carbon dioxide and for
         whom a doctor has set the goal 88-92 %. Not for children under 16, pregnant women or spinal cord injury.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from akson.advice.vitals.kinds import AWARE, OXYGEN, WITH_OXYGEN, Value

# kind -> (highest value of the step, its points), lowest first; above the last step the points of "above"
_STEPS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "resp": (("8", 3), ("11", 1), ("20", 0), ("24", 2), ("Infinity", 3)),
    "spo2": (("91", 3), ("93", 2), ("95", 1), ("Infinity", 0)),
    "sys": (("90", 3), ("100", 2), ("110", 1), ("219", 0), ("Infinity", 3)),
    "puls": (("40", 3), ("50", 1), ("90", 0), ("110", 1), ("130", 2), ("Infinity", 3)),
    "temp": (("35.0", 3), ("36.0", 1), ("38.0", 0), ("39.0", 1), ("Infinity", 2)),
}
_SCALE_2: Final = (("83", 3), ("85", 2), ("87", 1), ("Infinity", 0))  # on air, or at most 92 %
_SCALE_2_OXYGEN: Final = (("92", 0), ("94", 1), ("96", 2), ("Infinity", 3))  # above 92 % with oxygen: too much
PARTS: Final = ("resp", "spo2", OXYGEN, "sys", "puls", AWARE, "temp")
_MEDIUM, _HIGH, _RED = 5, 7, 3
_GOAL: Final = 92  # the upper end of 88-92 %
FROM_AGE: Final = 16  # years
RISE: Final = 2  # points in 48 hours that must be seen


class Scale(StrEnum):
    """How oxygen saturation counts."""

    ONE = "1"
    TWO = "2"  # a doctor has set the goal 88-92 %


class Risk(StrEnum):
    """What the number means; the values are keys of the texts that say what to do."""

    NONE = "none"
    LOW = "low"
    LOW_MEDIUM = "low-medium"  # three points in one single part
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True)
class Score:
    """What was counted. `total` and `risk` are None while a part is missing."""

    total: int | None
    points: Mapping[str, int]  # of the parts that are known
    missing: tuple[str, ...]
    risk: Risk | None

    @property
    def at_least(self) -> int:
        """Return what the known parts give: the sum cannot be lower, whatever the missing ones show."""
        return sum(self.points.values())

    @property
    def red(self) -> bool:
        """Say whether one single part has three points."""
        return _RED in self.points.values()

    @property
    def alarming(self) -> bool:
        """Say whether the known parts alone demand that somebody acts."""
        return self.red or self.at_least >= _MEDIUM

    @property
    def advice(self) -> str:
        """Return the message key of what to do; "" while a part is missing."""
        return f"news2.{self.risk.replace('-', '_')}" if self.risk else ""


def score(values: Mapping[str, Value], scale: Scale = Scale.ONE) -> Score:
    """Count NEWS2 from what is measured.

    values  by name of kinds.py; consciousness as a letter of ACVPU
    """
    points = {part: _points(part, values, scale) for part in PARTS if part in values}
    missing = tuple(part for part in PARTS if part not in values)
    if missing:
        return Score(total=None, points=points, missing=missing, risk=None)
    total = sum(points.values())
    return Score(total=total, points=points, missing=(), risk=risk(total, red=_RED in points.values()))


def risk(total: int, *, red: bool = False) -> Risk:
    """Return what a sum means. red: one single part has three points."""
    if total >= _HIGH:
        return Risk.HIGH
    if total >= _MEDIUM:
        return Risk.MEDIUM
    return Risk.LOW_MEDIUM if red else Risk.LOW if total else Risk.NONE


def _points(part: str, values: Mapping[str, Value], scale: Scale) -> int:
    value = values[part]
    if part == AWARE:
        return 0 if value == "A" else 3
    if part == OXYGEN:
        return 2 if value == WITH_OXYGEN else 0
    steps = _STEPS[part]
    if part == "spo2" and scale is Scale.TWO:
        much = values.get(OXYGEN) == WITH_OXYGEN and Decimal(value) > _GOAL
        steps = _SCALE_2_OXYGEN if much else _SCALE_2
    return next(points for highest, points in steps if Decimal(value) <= Decimal(highest))
