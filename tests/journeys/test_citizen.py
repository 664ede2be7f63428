"""Astrid at home: the same record in plain words, who looked, and a mother who sees her child."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import ASTRID
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey


def test_astrid_leser_sitt_nye_notat_og_ser_hvem_som_har_sett(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").finds(ASTRID.fnr.value).open("Nytt notat")
    jonas.fill("Vurdering", "Snakket om søvn og pust.").types_and_enters("Legg til kode", "K77").press("K77")
    jonas.press("Signer")
    astrid = journey.as_("Astrid Marie Nordli")
    astrid.sees("Hei, Astrid").panel("Nytt siden sist").sees("Notat fra Jonas Eikeland")
    astrid.panel("Hvem har sett i journalen").sees("Jonas Eikeland")
    astrid.open("Min journal").sees("Snakket om søvn og pust.", "Hjertesvikt").sees_not("K77", "HLR")
    astrid.panel("Viktig å vite").sees("penicillin", "grense for behandling", "blodfortynnende")
    astrid.open("Innsyn").sees("Jonas Eikeland", "Nordre legesenter", "Grunnlag")


def test_min_side_viser_det_som_skal_skje(journey: Journey) -> None:
    astrid = journey.as_("Astrid Marie Nordli")
    astrid.sees("Hjemmesykepleien kommer", "Mariam Yusuf").panel("Dette må du gjøre").sees(
        "Les planen din, og ring hvis noe ikke stemmer"
    )
    astrid.panel("Dette skjer videre").sees("Time hos Jonas Eikeland", "Hjertepoliklinikken")
    astrid.panel("Kontakt").sees("Nordre legesenter")


def test_mor_ser_barnet_sitt(journey: Journey) -> None:
    ida = journey.as_("Ida Karoliussen")
    ida.choose("Du ser journalen til", "Emil Lunde, barnet ditt").press("Vis").sees("Emil")
    ida.open("Min journal").sees("Astma", "Flutikason")
    ida.sees_not("Sertralin")


def test_astrid_logger_ut_og_kommer_tilbake_til_samme_side_naar_hun_har_vaert_borte(journey: Journey) -> None:
    astrid = journey.as_("Astrid Marie Nordli").go("/min/innsyn")
    journey.town.half_an_hour_passes()
    astrid.again().sees("Hvem vil du være?")
    assert astrid.press("Astrid Marie Nordli").path == "/min/innsyn"
    assert not astrid.signs_out().go("/min").has("link", "Innsyn")
