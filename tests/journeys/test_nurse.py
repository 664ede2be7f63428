"""Who may see: the nurse of the district, the nurse of the other one, the blocked neighbour; and the traces they leave."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import ASTRID
from seeds.citizens.protected import LENA, TORUNN
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey
WHY = "Astrid ringte vakttelefonen vår i kveld"
DANGER = "Funnet bevisstløs på trappen i Strandveien"
CRITICAL = "document.querySelector('.ak-banner [role=group]').getBoundingClientRect().bottom"


def test_sykepleier_i_sonen_ser_astrid_med_en_gang_paa_telefonen(journey: Journey) -> None:
    mariam = journey.as_("Mariam Yusuf", width=390)
    mariam.sees("Sykepleier", "Mariam")
    mariam.searches("Nordli Astrid").open("NORDLI, Astrid")
    mariam.panel("Pasient").sees("NORDLI, Astrid Marie", "CAVE Penicillin", "HLR minus")
    assert mariam.do(mariam.page.evaluate(CRITICAL)) < 400  # before anything of the page itself
    mariam.panel("Legemidler").sees("3 avvik")
    assert mariam.has("link", "Måling")


def test_sykepleier_i_den_andre_sonen_aapner_med_begrunnelse_og_astrid_ser_det(journey: Journey) -> None:
    elin = journey.as_("Elin Haugen").finds(ASTRID.fnr.value)
    elin.sees("Du har ikke tilgang til denne journalen ennå", "Forsøket er loggført").sees_not("Penicillin")
    elin.choose("Jeg svarer på telefon eller gir råd").press("Åpne journalen").sees("Dette må rettes")
    elin.fill("Begrunnelse", WHY).press("Åpne journalen")
    elin.sees("Journalen er åpnet").panel("Pasient").sees("CAVE Penicillin")
    astrid = journey.as_("Astrid Marie Nordli").open("Se alle oppslag")
    astrid.row(WHY).sees("Elin Haugen", "Hjemmetjenesten sone sør", "Åpnet med egen begrunnelse")


def test_noedaapning_har_sin_egen_side_og_setter_spor(journey: Journey) -> None:
    sara = journey.as_("Sara Nygård").finds(ASTRID.fnr.value).open("Gå til nødåpning")
    sara.sees("Nødåpning av journalen til").press("Nødåpne journalen").sees("Dette må rettes")
    sara.choose("Det er fare for liv eller helse").fill("Hva er situasjonen?", DANGER).press("Nødåpne journalen")
    sara.sees("nødåpnet i 60 minutter").panel("Pasient").sees("HLR minus")
    astrid = journey.as_("Astrid Marie Nordli").go("/min/innsyn")
    astrid.row(DANGER).sees("Sara Nygård", "Nødåpning")


def test_naboen_som_er_sperret_slipper_ikke_inn_selv_i_noed(journey: Journey) -> None:
    berit = journey.as_("Berit Solli").finds(TORUNN.fnr.value)
    berit.sees("sperret journalen for deg").sees_not("Slitasje", "Åpne selv", "Gå til nødåpning")
    berit.go(f"{berit.path}/nodapning")
    berit.sees("sperret journalen for deg").sees_not("Slitasje", "Nødåpne journalen", "nødåpnet i 60 minutter")


def test_den_med_kode_6_finnes_ikke(journey: Journey) -> None:
    """Neither by name nor by number, in the very words that are used of one who is not there."""
    mariam = journey.as_("Mariam Yusuf")
    for asked in ("Lena Myrvold", LENA.fnr.value):
        mariam.searches(asked).sees(f"Ingen treff på «{asked}»").sees_not("MYRVOLD")
