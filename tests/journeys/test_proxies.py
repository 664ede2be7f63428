"""Ola lets Kari read for him, and takes it back."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import KARI
from seeds.citizens.family import OLA
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey


def test_ola_gir_kari_fullmakt_og_trekker_den_tilbake(journey: Journey) -> None:
    ola = journey.as_(OLA.name, width=390).open("Innsyn").open("Gi fullmakt").sees("må ha fylt 18 år")
    ola.press("Gi fullmakt").sees("Dette må rettes")
    ola.fill("Fødselsnummer eller D-nummer", KARI.fnr.value).fill("Navn", KARI.name)
    ola.choose("Timer").choose("Medisiner").press("Gi fullmakt").sees("Fullmakten gjelder nå", KARI.name)

    kari = journey.as_(KARI.name).choose("Du ser journalen til", f"Fullmakt: {OLA.name}").press("Vis")
    kari.open("Min journal").sees("med fullmakt")

    ola.open(KARI.name).sees("Medisiner").press("Trekk fullmakten tilbake").sees("Fullmakten er trukket tilbake")
    assert OLA.name not in kari.go("/min").text
