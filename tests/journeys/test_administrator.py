"""The administrator gives access and takes it away; the one concerned notices at the next click."""

from __future__ import annotations

from datetime import date

import pytest

from akson.registers.identifiers import synthetic_fnr, synthetic_hpr
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey
NEW = synthetic_fnr(date(1994, 5, 6), 9, female=True)


def test_systemansvarlig_gir_tilgang_og_bekrefter_lista(journey: Journey) -> None:
    camilla = journey.as_("Camilla Rud").open("Ansatte").open("Hjemmetjenesten sone sør")
    camilla.open("Ny ansatt").press("Gi tilgang").sees("Dette må rettes", "Fornavn – Må fylles ut")
    camilla.fill("Fødselsnummer", NEW.shown).fill("Fornavn", "Ida").fill("Etternavn", "Vold")
    camilla.choose("Rolle", "Sykepleier").fill("HPR-nummer", synthetic_hpr(78).value).press("Gi tilgang")
    camilla.sees("Tilgangen er gitt.", "Ida Vold")
    camilla.press("Bekreft at lista stemmer").sees("Lista er bekreftet i dag.").sees_not("må bekreftes")


def test_den_som_slutter_er_ute_ved_neste_klikk(journey: Journey) -> None:
    hanne = journey.as_("Hanne Moen")
    camilla = journey.as_("Camilla Rud", width=390).open("Ansatte").open("Fjordvik helsestasjon")
    camilla.row("Hanne Moen").press("Avslutt nå").sees("Rollen er avsluttet.").sees_not("Hanne Moen")
    hanne.again().sees("Hvem vil du være?").press("Hanne Moen").sees("ingen rolle")
