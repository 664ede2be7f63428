"""Tone closes one note, and then everything also in an emergency; those at work meet that, until she opens it again."""

from __future__ import annotations

import pytest

from seeds.citizens.cared_for import TONE
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey


def test_tone_sperrer_ett_notat_for_alle_ansatte_og_aapner_det_igjen(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").finds(TONE.fnr.value).open("Nytt notat")
    jonas.fill("Vurdering", "Dette vil hun ha for seg selv.").types_and_enters("Legg til kode", "K77").press("K77")
    jonas.press("Signer").open("Notater").sees("Dette vil hun ha for seg selv.")

    tone = journey.as_(TONE.name, width=390).open("Innsyn").open("Sperr noe annet")
    tone.press("Gå videre").sees("Dette må rettes").choose("Ett notat eller brev").choose("Alle ansatte")
    tone.press("Gå videre").sees("Resten av journalen er åpen som før", "fare for liv eller helse")
    tone.press("Sperr").sees("Dette må rettes")
    newest = tone.do(tone.page.locator("#f-dokument option:not([value=''])").first.inner_text())
    tone.choose("Hvilket notat eller brev?", newest).press("Sperr").sees("Sperren gjelder nå", "for alle ansatte")

    jonas = journey.as_("Jonas Eikeland").finds(TONE.fnr.value).open("Notater").sees_not("ha for seg selv")
    title = f"«{newest.rpartition(', ')[0]}» for alle ansatte"
    tone.panel("Det du har sperret").row(title).open(title).press("Opphev sperren").sees("Sperren er opphevet")
    jonas.again().sees("Dette vil hun ha for seg selv.")


def test_tone_sperrer_alt_ogsaa_i_noed_og_legevakten_slipper_ikke_inn_foer_hun_aapner(journey: Journey) -> None:
    tone = journey.as_(TONE.name, width=390).open("Innsyn").open("Sperr noe annet")
    tone.choose("Hele journalen").choose("Alle ansatte").press("Gå videre")
    tone.choose("Sperren gjelder også når liv eller helse er i fare").press("Sperr").sees("Sperren gjelder nå")

    sara = journey.as_("Sara Nygård").finds(TONE.fnr.value).sees("sperret").sees_not("Gå til nødåpning")
    record = sara.path
    sara.go(f"{record}/nodapning").sees("sperret").sees_not("Nødåpne journalen")
    tone.again().panel("Det du har sperret").sees("Kan ikke åpnes, heller ikke når liv eller helse er i fare")
    tone.panel("Det du har sperret").open("alle ansatte").press("Opphev sperren").sees("Sperren er opphevet")

    sara.go(record).open("Gå til nødåpning").choose("Det er fare for liv eller helse")
    sara.fill("Hva er situasjonen?", "Falt om på butikken").press("Nødåpne journalen").sees("nødåpnet i 60 minutter")
    tone.again().row("Falt om på butikken").sees("Sara Nygård", "Nødåpning")
