"""A nurse of the home care is put on call at the nursing home: she reads there while the shift lasts, and no longer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from seeds.citizens.astrid import ODD
from seeds.fjordvik import SYKEHJEM
from seeds.staff import ELIN
from tests.journeys.journey import Journey, Person

pytestmark = pytest.mark.journey
CLOSED = "Du har ikke tilgang til denne journalen ennå"


def test_elin_leser_paa_sykehjemmet_saa_lenge_vakta_varer(journey: Journey) -> None:
    journey.as_(ELIN.name).finds(ODD.fnr.value).sees(CLOSED)

    camilla = journey.as_("Camilla Rud").open("Ansatte").open(SYKEHJEM.name).open("Ny vakt")
    camilla.fill("Fødselsnummer", ELIN.fnr.shown).choose("Rolle", "Sykepleier")
    at_midnight(camilla).press("Sett på vakt").sees("Vakta må slutte etter at den begynner.")
    tomorrow = date.fromisoformat(camilla.typed("Til dag")) + timedelta(days=1)
    camilla.act(lambda: camilla.page.get_by_label("Til dag").fill(tomorrow.isoformat()))
    camilla.press("Sett på vakt").sees("Vakta er satt opp.").row("Vakt fra").sees(ELIN.name)

    elin = journey.as_(ELIN.name, width=390).sees("Velg").press(SYKEHJEM.name).finds(ODD.fnr.value)
    elin.sees("Alzheimers sykdom", SYKEHJEM.name)
    camilla.row("Vakt fra").press("Avslutt nå").sees("Rollen er avsluttet.").sees_not(ELIN.name)
    elin.again().sees("Hvem vil du være?").sees_not("Alzheimers sykdom")


def at_midnight(camilla: Person) -> Person:
    """Let the shift begin and end at midnight of the days that are typed."""
    for label in ("Fra klokka", "Til klokka"):
        camilla.do(camilla.page.get_by_label(label).fill("00:00"))
    return camilla
