"""Mariam asks the nurses across town what to do, without saying about whom; Elin answers, and does not learn it."""

from __future__ import annotations

import pytest

from seeds.citizens.cared_for import BJORG
from tests.journeys.journey import Journey
from tests.journeys.town import eventually

pytestmark = pytest.mark.journey
WAITS = "Venter på svar fra Hjemmetjenesten sone sør"


def test_mariam_spor_uten_navn_og_elin_svarer_uten_a_vite_hvem(journey: Journey) -> None:
    mariam = journey.as_("Mariam Yusuf").finds(BJORG.fnr.value).open("Samhandling").open("Spør uten navn")
    mariam.choose("Til", "Hjemmetjenesten sone sør").fill("Spørsmål", "Bjørg er svimmel")
    mariam.press("Se hvordan mottakeren ser den").sees("Teksten kan røpe hvem det gjelder. Ta bort: navn.")
    mariam.fill("Spørsmål", "Lavt blodsukker om natten?").press("Se hvordan mottakeren ser den")
    mariam.sees("Kvinne, 74 år").press("Send").sees("Spørsmålet er sendt uten navn.")

    elin = journey.as_("Elin Haugen")
    assert eventually(lambda: elin.go("/innboks").has("link", "Spørsmål uten navn"))
    elin.open("Spørsmål uten navn").sees("Lavt blodsukker om natten?").sees_not(BJORG.family, BJORG.family.upper())
    elin.fill("Svar", "Ja, mål klokken tre.").press("Svar og neste").sees("Svaret er sendt")

    assert eventually(lambda: mariam.go("/innboks?fane=orientering").has("link", WAITS))
    mariam.open(WAITS).sees("Ja, mål klokken tre.", "SÆTRE, Bjørg").press("Ferdig").sees("Saken er ferdig.")
