"""The questions of one set of vital signs."""

from __future__ import annotations

from akson.advice.vitals import kinds
from akson.advice.vitals.kinds import KINDS, Kind
from akson.base.web.forms import Choice, Form, Hidden, LongText, Number

AWARE = (("A", "Våken"), ("C", "Forvirret"), ("V", "Tiltale"), ("P", "Smerte"), ("U", "Reagerer ikke"))  # ACVPU
AIR = ((kinds.AIR, "Luft"), (kinds.WITH_OXYGEN, "Oksygen"))


def _number(kind: Kind) -> Number:
    return Number(
        name=kind.name, label=f"vitals.{kind.name}", unit=kind.vital.shown, lowest=kind.lowest, highest=kind.highest,
        decimals=kind.decimals, required=False,
    )  # fmt: skip


VITALS = Form(
    *map(_number, KINDS.values()),
    Choice(name=kinds.AWARE, label="vitals.aware", choices=AWARE, drawn="segments", required=False),
    Choice(name=kinds.OXYGEN, label="vitals.air", choices=AIR, drawn="segments", required=False),
    LongText(name="merknad", label="vitals.remark", rows=2, required=False, longest=2000),
    Hidden(name="malt", required=False),
)
