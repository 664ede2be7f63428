"""Astrid sees her record as the nurses and as her fastlege see it: without what she has closed to them."""

from __future__ import annotations

import pytest

from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("width", [1280, 390])
def test_astrid_ser_journalen_slik_sykepleieren_og_fastlegen_ser_den(journey: Journey, width: int) -> None:
    astrid = journey.as_("Astrid Marie Nordli", width=width).open("Innsyn").open("Se journalen som en annen")
    who = "Sykepleier, Hjemmetjenesten sone nord"
    astrid.sees("Hvem vil du se som?").choose("Hvem vil du se som?", who).press("Vis journalen")
    astrid.sees(f"Slik ser {who} journalen", "Du ser aldri mer her enn du ellers ser selv", "Tåler ikke penicillin")
    astrid.sees_not("Samtale om sorg").open("Velg en annen")
    fastlege = "Jonas Eikeland, fastlege, Nordre legesenter"
    astrid.choose("Hvem vil du se som?", fastlege).press("Vis journalen").sees(f"Slik ser {fastlege} journalen")
    astrid.open("Tilbake til Innsyn").sees("Hvem har sett i journalen din")
