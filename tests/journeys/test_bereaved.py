"""Tone asks for insight in the record of her father, who has died; and has a lawyer see what is withheld from her."""

from __future__ import annotations

import pytest

from seeds.citizens.cared_for import MAGNE, TONE
from tests.journeys.journey import Journey
from tests.journeys.town import eventually

pytestmark = pytest.mark.journey
WHY = "Jeg vil vite hvordan han hadde det den siste natten."


def test_tone_ber_om_innsyn_etter_faren_leser_og_innsynet_trekkes_tilbake(journey: Journey) -> None:
    tone = journey.as_("Tone Fossum", width=390).open("Innsyn").open(f"Journalen til {MAGNE.name}")
    tone.press("Send").sees("Dette må rettes").fill("Hva trenger du å vite, og hvorfor?", WHY).press("Send")
    tone.sees("Saken er sendt", "Svar innen", "Fjordvik kommune").sees_not("Døde rolig")

    gunnar = journey.as_("Gunnar Falk")
    assert eventually(lambda: gunnar.go("/krav").has("link", "Innsyn etter dødsfall"))
    gunnar.open("Innsyn etter dødsfall").sees(WHY, "Nær familie", "Dødsfall")
    gunnar.choose("Innsyn gis i det som er valgt").fill("Svar til den pårørende", "Du får se notatet fra natten.")
    gunnar.press("Avgjør og send svaret").sees("Velg minst én opplysning")
    gunnar.choose("Dødsfall").press("Avgjør og send svaret").sees("Kravet er avgjort")

    tone.go("/min/innsyn/etterlatt").sees("Du får se notatet fra natten.", "Kan leses til og med")
    tone.open("Les det du har fått innsyn i").sees("Døde rolig i søvne", "Nils").sees_not("Hjertesvikt")

    gunnar = journey.as_("Gunnar Falk", width=390)
    assert eventually(lambda: "Avgjort, " in gunnar.go("/krav").text)
    gunnar.open("Innsyn etter dødsfall").press("Trekk innsynet tilbake").sees("Må fylles ut")
    gunnar.fill("Hvorfor trekkes det tilbake?", "Det ble gitt ved en feil.").press("Trekk innsynet tilbake")
    gunnar.sees("Innsynet er trukket tilbake")

    tone.go("/min/innsyn/etterlatt").sees(
        "Det ble gitt ved en feil.", "Innsynet er trukket tilbake", "Statsforvalteren"
    )
    tone.sees_not("Les det du har fått innsyn i")


def test_fastlegen_holder_en_maaling_tilbake_og_en_advokat_faar_den_for_tone(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").finds(TONE.fnr.value).open("Innsyn")
    jonas.sees("Pasientens innsyn", "Målinger og prøvesvar").open("Blodtrykk").sees("148/92")
    jonas.press("Hold tilbake for pasienten").sees("Dette må rettes")
    jonas.choose("Fare for liv").fill("Begrunnelse", "Tallene skremmer henne nå.").press("Hold tilbake for pasienten")
    jonas.sees("Holdt tilbake")

    tone = journey.as_("Tone Fossum", width=390).open("Innsyn")
    tone.panel("Holdt tilbake").sees("Tallene skremmer henne nå.").sees_not("148").open(
        "En opplysning er holdt tilbake"
    )
    tone.sees("La en annen se det for deg").press("Send").sees("Dette må rettes")
    tone.choose("En advokat").fill("Navn", "Vigdis Moe").fill("Hvordan kan de nås?", "99 00 11 22").press("Send")
    tone.sees("Kravet er sendt", "Du har bedt om innsyn for en representant", "Vigdis Moe", "Svar innen")

    jonas = journey.as_("Jonas Eikeland", width=390)
    assert eventually(lambda: jonas.go("/krav").has("link", "Innsyn for representant"))
    jonas.open("Innsyn for representant").sees("Vigdis Moe", "Advokat", "99 00 11 22", "148/92")
    jonas.press("Avgjør og send svaret").sees("Må fylles ut").choose("Utlevert til representanten")
    jonas.fill("Svar til innbyggeren", "Gitt på kontoret mot legitimasjon.").press("Avgjør og send svaret")
    jonas.sees("Kravet er avgjort")

    tone.go("/min/innsyn").sees("Gitt på kontoret mot legitimasjon.", "Representanten har fått").sees_not("148/92")
