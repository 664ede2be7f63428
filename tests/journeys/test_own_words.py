"""Ola tells what matters to him, whom to call and what he wishes; his doctor reads it, until he takes a part back."""

from __future__ import annotations

import pytest

from seeds.citizens.family import OLA
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey


def test_ola_forteller_om_seg_selv_og_fastlegen_leser_det(journey: Journey) -> None:
    ola = journey.as_("Ola Lunde", width=390).open("Fortell om deg selv").sees("Ingenting er skrevet")
    ola.open("Skriv Det som er viktig for meg").fill("Hva er viktig for deg?", "Å komme på fjellet.").press("Lagre")
    ola.sees("Det er lagret", "Å komme på fjellet.").open("Skriv Hvem dere skal ringe")
    ola.fill("Navn", "Tuva Lunde").fill("Hvem er det?", "søster").press("Lagre").sees("Tuva Lunde, søster")

    jonas = journey.as_("Jonas Eikeland").finds(OLA.fnr.value)
    jonas.panel("Med pasientens egne ord").sees("Å komme på fjellet.", "Tuva Lunde, søster")

    ola.press("Trekk tilbake Det som er viktig for meg").sees("Det er trukket tilbake")
    jonas.again().sees("Tuva Lunde, søster").sees_not("Å komme på fjellet.")
