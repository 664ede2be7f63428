"""Jonas asks the hospital what it has about Astrid, reads a letter there, and she reads that he did."""

from __future__ import annotations

import httpx
import pytest

from seeds.citizens.astrid import ASTRID
from seeds.fjordvik import SYKEHUS
from seeds.staff import JONAS
from tests.journeys.journey import Journey
from tests.journeys.town import Town

pytestmark = pytest.mark.journey
LETTER = "Furosemid intravenøst i tre døgn"


def test_fastlegen_henter_epikrisen_fra_sykehuset_og_astrid_ser_det(journey: Journey, the_town: Town) -> None:
    hospital = the_town.hospital
    jonas = journey.as_(JONAS.name).finds(ASTRID.fnr.value).open("Hent fra andre").sees("pasienten kan lese om det")
    hospital.is_in_the_mood("taus")
    jonas.press(f"Hent fra {SYKEHUS.name}").sees("Vestfjell sykehus svarer ikke nå. Ingenting er hentet.")
    hospital.is_in_the_mood("vanlig")
    jonas.press(f"Hent fra {SYKEHUS.name}").panel("Allergier").sees("Jodholdig kontrastmiddel, utslett")
    jonas.panel("Legemidler").sees("Ingen registrert hos Vestfjell sykehus.")
    jonas.panel("Dokumenter").row("Epikrise").press("Les").sees(LETTER, "Hos Vestfjell sykehus", "Vist nå, ikke lagret")
    looks = httpx.get(f"{hospital.url}/state").json()["looks"]
    assert "DocumentReference/v-d1" in [one["what"] for one in looks if JONAS.name in one["who"]]

    astrid = journey.as_(ASTRID.name, width=390).open("Innsyn")
    row = astrid.page.locator("li").filter(has_text="hva de har i sin journal").first
    astrid.act(row.get_by_text("Vis mer som ble gjort").click)
    astrid.row("hva de har i sin journal").sees(JONAS.name, "et dokument hos Vestfjell sykehus")
