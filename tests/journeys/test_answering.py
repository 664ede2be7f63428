"""Who answers for the record: the GP names a colleague, and Tone reads at home who it is."""

from __future__ import annotations

import pytest

from seeds.citizens.cared_for import TONE
from seeds.staff import ANNE, JONAS
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey


def test_fastlegen_velger_journalansvarlig_og_tone_leser_hvem_det_er(journey: Journey) -> None:
    tone = journey.as_(TONE.name, width=390).open("Min journal")
    tone.panel("Ansvarlig for journalen din").sees(f"{JONAS.name}, fastlege")

    jonas = journey.as_(JONAS.name).finds(TONE.fnr.value).open("Journalansvarlig").sees("Ingen er valgt.")
    jonas.press("Lagre").sees("Dette må rettes").choose("Journalansvarlig", f"{ANNE.name}, fastlege").press("Lagre")
    jonas.sees("Journalansvarlig er lagret.").panel("Tjenester nå").sees(f"Journalansvarlig: {ANNE.name}")
    jonas.open("Journalansvarlig").sees("Valgt av dem som gir hjelp.").panel("Har vært valgt").sees(ANNE.name)

    tone.again().panel("Ansvarlig for journalen din").sees(f"{ANNE.name}, fastlege").sees_not(JONAS.name)
