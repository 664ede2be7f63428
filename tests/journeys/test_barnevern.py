"""Lise reports a child to the barnevern, gets its answer, and writes to PPT on a parent's consent."""

from __future__ import annotations

import httpx
import pytest

from seeds.staff import LISE
from tests.journeys.journey import Journey, Person
from tests.journeys.town import Town, eventually

pytestmark = pytest.mark.journey
WORRY, ANSWER = "Emil er sulten og redd for å gå hjem.", "Bekreftelse: vi har mottatt meldingen din"


def with_emil(journey: Journey, *, width: int = 1280) -> Person:
    return journey.as_(LISE.name, width=width).searches("Emil Lunde").open("LUNDE, Emil").open("Samhandling")


def test_helsesykepleier_melder_til_barnevernet_og_ser_svaret(journey: Journey, the_town: Town) -> None:
    lise = with_emil(journey).open("Meld til barnevernet").sees("Plikten til å melde er din egen")
    lise.choose("blir mishandlet").fill("Hva er du bekymret for?", WORRY)
    lise.fill("Hva har du sett", "Mandag så jeg tre blåmerker.").fill("Telefonen din", "98 76 54 32")
    lise.fill("E-postadressen din", "lise.kvam@fjordvik.example")
    for question in ("Vet barnet om meldingen?", "Vet de foresatte om meldingen?"):
        lise.act(lise.page.get_by_role("group", name=question).get_by_text("Ja", exact=True).click)
    lise.press("Se hvordan barnevernet leser den").sees("Tlf. 98 76 54 32", "Ida Karoliussen. Orientert: Ja.")
    lise.press("Send til barnevernet").sees("Meldingen er på vei til barnevernet.")
    assert eventually(lambda: lise.go("/innboks").has("link", ANSWER)), lise.text
    lise.open(ANSWER).sees("åpnet undersøkelse")
    (came,) = httpx.get(f"{the_town.url_of('barnevern')}/state").json()["reports"]
    assert came["report"]["melding"]["melding"].startswith(WORRY)


def test_brev_til_ppt_gaar_bare_med_samtykke_og_blir_besvart(journey: Journey) -> None:
    lise = with_emil(journey, width=390).open("Skriv til skole eller PPT").choose("Til", "PPT Fjordvik")
    lise.choose("Hvem har samtykket?", "Samtykke som alt er skrevet ned og gjelder").fill("Emne", "Hørsel").fill(
        "Melding", "Han hører dårlig på venstre øre."
    )
    lise.press("Se hvordan mottakeren ser den").sees("får bare opplysninger som det er samtykket til")
    lise.choose("Hvem har samtykket?", "Ida Karoliussen").fill("Hva er det samtykket til", "Hørselsprøven")
    lise.press("Se hvordan mottakeren ser den").sees("PPT Fjordvik", "Han hører dårlig").press("Send")
    lise.press("Send nå")
    assert eventually(lambda: lise.go("/innboks").has("link", "Svar: Hørsel")), lise.text
    lise.open("Svar: Hørsel").sees("Vi legger til rette i klassen")
