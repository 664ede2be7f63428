"""Kari wants to know of every look; when somebody tries Min side says so, until she has read who it was."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import KARI
from tests.journeys.journey import Journey
from tests.journeys.town import eventually

pytestmark = pytest.mark.journey


def test_kari_vil_vite_om_hvert_oppslag_og_faar_det(journey: Journey) -> None:
    kari = journey.as_("Kari Vik", width=390).open("Innsyn").panel("Varsler").open("Velg varsler")
    kari.sees("Du får aldri varsel om det du selv gjør").choose("Ved hvert oppslag").press("Lagre")
    kari.sees("Valget er lagret").panel("Varsler").sees("Ved hvert oppslag")
    kari.go("/min").sees_not("har sett i journalen din")

    journey.as_("Mariam Yusuf").finds(KARI.fnr.value)  # she has no task there: it is refused, and told
    assert eventually(lambda: kari.go("/min").has("region", "Varsler"))
    kari.panel("Varsler").open("i journalen din").sees("Mariam Yusuf, sykepleier")
    kari.go("/min").sees_not("Varsler")
