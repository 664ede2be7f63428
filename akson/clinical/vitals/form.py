"""The questions of one set of vital signs. Limits guard against mistyping; they are not clinical judgement."""

from __future__ import annotations

from decimal import Decimal

from akson.base.web.forms import Choice, Form, Hidden, LongText, Number

AWARE = (("A", "Våken"), ("C", "Forvirret"), ("V", "Tiltale"), ("P", "Smerte"), ("U", "Reagerer ikke"))  # ACVPU
AIR = (("luft", "Luft"), ("oksygen", "Oksygen"))


def _number(name: str, unit: str, lowest: int, highest: int, decimals: int = 0) -> Number:
    return Number(
        name=name, label=f"vitals.{name}", unit=unit, lowest=Decimal(lowest), highest=Decimal(highest),
        decimals=decimals, required=False,
    )  # fmt: skip


VITALS = Form(
    _number("resp", "/min", 0, 90),
    _number("spo2", "%", 30, 100),
    _number("temp", "°C", 20, 45, decimals=1),
    _number("sys", "mmHg", 30, 300),
    _number("dia", "mmHg", 10, 200),
    _number("puls", "/min", 0, 300),
    _number("vekt", "kg", 0, 400, decimals=1),
    Choice(name="bevissthet", label="vitals.aware", choices=AWARE, drawn="segments", required=False),
    Choice(name="oksygen", label="vitals.air", choices=AIR, drawn="segments", required=False),
    LongText(name="merknad", label="vitals.remark", rows=2, required=False, longest=2000),
    Hidden(name="malt", required=False),
)
