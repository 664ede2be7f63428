"""Olaug: her GP has a system of her own (concept K5), and home nursing has to work with what that one writes here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from akson.registers import codes
from seeds import care, clinical
from seeds import fjordvik as at
from seeds import staff as by
from seeds.chart import Citizen, lives, open_chart
from seeds.shapes import Clock, Seed

OLAUG = Citizen(
    key="olaug", given=("Olaug",), family="Nes", born=date(1939, 10, 4), female=True, gp=by.RAGNHILD,
    line="Nordgata 44", index=1, phone=45,
)  # fmt: skip


def own_system(clock: Clock) -> list[list[Seed]]:
    """Return her set."""
    chart = open_chart(OLAUG, clock)
    lives(chart, "Bor alene", "2018-01-01")
    clinical.problem(chart, "K77", "2021-05-04", "Hjertesvikt")
    care.service(chart, care.HOME_NURSING, at.NORD, clock.before(90), how_much="1 × daglig")
    clinical.vital(chart, codes.WEIGHT, Decimal("63.2"), clock.ago(2, "09.10"), by.TOMMY.link)
    clinical.note(chart, "Hovne ankler, litt tyngre i trappen. Vekt opp ett kilo på fire dager.",
                  clock.ago(1, "10.20"), by.MARIAM, title="Hjemmebesøk")  # fmt: skip
    return [chart.seeds]


def vestbyen() -> dict[str, object]:
    """Return what peers/gp.py starts from: the practice, its doctor, whom she looks after and whom she writes to."""
    place, home, doctor = at.address(at.VESTBYEN), at.address(at.NORD), by.RAGNHILD
    return {
        "practice": {"name": at.VESTBYEN.name, "number": place.orgnr.value, "her_id": int(place.her_id.value)},
        "doctor": {"name": doctor.name, "fnr": doctor.fnr.value, "hpr": doctor.hpr.value if doctor.hpr else ""},
        "home_care": {"name": at.NORD.name, "her_id": int(home.her_id.value)},
        "list": [{"fnr": OLAUG.fnr.value, "given": OLAUG.given[0], "family": OLAUG.family}],
    }
