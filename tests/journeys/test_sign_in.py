"""Signing in and out: everybody comes through the issuer's own pages, nobody through a back door."""

from __future__ import annotations

import pytest

from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey


def test_lege_velger_seg_selv_og_kommer_til_min_dag(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland")
    assert jonas.path == "/start"
    jonas.sees("Jonas Eikeland", "Fastlege", "Nordre legesenter")


def test_innbygger_velger_seg_selv_og_kommer_til_min_side(journey: Journey) -> None:
    astrid = journey.as_("Astrid Marie Nordli")
    assert astrid.path == "/min"
    astrid.sees("Hei, Astrid")


def test_den_som_har_logget_ut_maa_logge_inn_igjen(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").signs_out()
    jonas.go("/start").sees("Hvem vil du være?")


def test_den_som_har_vaert_borte_for_lenge_kommer_tilbake_til_samme_side(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").go("/innboks")
    journey.town.half_an_hour_passes()
    jonas.again().sees("Hvem vil du være?")
    assert jonas.press("Jonas Eikeland").path == "/innboks"
