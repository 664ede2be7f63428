"""Kinds: what is measured, in which unit, what can be believed and what is expected. Pure.

Limits guard against mistyping, not clinical judgement; inclusive. Expected: no points in NEWS2, scale 1.
Codes: FHIR R4 vital signs profile, hl7.org/fhir/R4/observation-vitalsigns.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from akson.base.errors import Refused
from akson.registers import codes
from akson.registers.codes import Vital

Value = Decimal | str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One figure that is measured."""

    name: str  # of the form's field, and of the value wherever vital signs are carried about
    vital: Vital
    lowest: Decimal
    highest: Decimal
    decimals: int = 0
    expected: tuple[Decimal, Decimal] | None = None


def _kind(name: str, vital: Vital, limits: tuple[int, int], expected: tuple[str, str] | None = None,
          decimals: int = 0) -> Kind:  # fmt: skip
    band = (Decimal(expected[0]), Decimal(expected[1])) if expected else None
    return Kind(name=name, vital=vital, lowest=Decimal(limits[0]), highest=Decimal(limits[1]), decimals=decimals,
                expected=band)  # fmt: skip


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        _kind("resp", codes.RESPIRATION, (0, 90), ("12", "20")),
        _kind("spo2", codes.SATURATION, (30, 100), ("96", "100")),
        _kind("temp", codes.TEMPERATURE, (20, 45), ("36.1", "38.0"), decimals=1),
        _kind("sys", codes.SYSTOLIC, (30, 300), ("111", "219")),
        _kind("dia", codes.DIASTOLIC, (10, 200)),
        _kind("puls", codes.PULSE, (0, 300), ("51", "90")),
        _kind("vekt", codes.WEIGHT, (0, 400), decimals=1),
    )
}
AWARE: Final = "bevissthet"  # a letter of ACVPU
OXYGEN: Final = "oksygen"  # AIR or WITH_OXYGEN
AIR: Final = "luft"
WITH_OXYGEN: Final = "oksygen"
EVERY: Final = (*KINDS, AWARE, OXYGEN)


def believable(values: Mapping[str, Value]) -> None:
    """Check that every figure can be true.

    Raises  Refused AK-V001 at the field, or AK-V002 when the blood pressure is upside down
    """
    for name, kind in KINDS.items():
        value = values.get(name)
        if isinstance(value, Decimal) and not kind.lowest <= value <= kind.highest:
            hint = " Mangler komma?" if kind.decimals and value == value.to_integral_value() else ""
            raise Refused("AK-V001", path=name, value=str(value).replace(".", ","), unit=kind.vital.shown,
                          lowest=kind.lowest, highest=kind.highest, hint=hint)  # fmt: skip
    over, under = values.get("sys"), values.get("dia")
    if isinstance(over, Decimal) and isinstance(under, Decimal) and under >= over:
        raise Refused("AK-V002", path="dia")
