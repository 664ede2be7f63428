"""Kristin reads the notes of her own practice first, and those of everybody when she asks for them."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import ASTRID
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("width", [1280, 390])
def test_kristin_ser_notatene_fra_eget_kontor_foerst_og_alle_naar_hun_ber_om_det(journey: Journey, width: int) -> None:
    kristin = journey.as_("Kristin Bakke", width=width).finds(ASTRID.fnr.value).open("Notater")
    kristin.sees("Rollen din viser først notatene fra din egen enhet", "Jonas Eikeland").sees_not("Mariam Yusuf")
    kristin.open("Vis notater fra alle").sees("Du ser notater fra alle enheter", "Mariam Yusuf")
    kristin.open("Vis bare fra egen enhet").sees("Rollen din viser først").sees_not("Mariam Yusuf")
