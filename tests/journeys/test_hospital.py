"""What goes wrong between the hospital and us lies with a human: nothing is lost, and nobody sees more than is theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seeds.citizens.astrid import ASTRID
from seeds.citizens.inbox import GUNVOR
from seeds.fjordvik import HJERTE, ORTOPEDI
from tests.journeys.journey import Journey
from tests.journeys.town import Town, eventually

pytestmark = pytest.mark.journey
NOBODY = 99000099  # no such place


@pytest.fixture
def hospital(the_town: Town) -> Iterator[Town]:
    """The hospital, well behaved before and after."""
    the_town.hospital.is_in_the_mood("vanlig")
    yield the_town
    the_town.hospital.is_in_the_mood("vanlig")


def test_feiladressert_og_uleselig_melding_avvises_og_ligger_hos_et_menneske(journey: Journey, hospital: Town) -> None:
    vestfjell, why = hospital.hospital, "Finner riktig mottaker for meldingen"
    vestfjell.writes(ASTRID.fnr.value, "Til en som ikke finnes", title="Feil adresse", to=NOBODY)
    assert eventually(lambda: vestfjell.letter("Feil adresse")["state"].startswith("AppRec Avvist E21"))
    vestfjell.is_in_the_mood("uleselig")
    vestfjell.writes(ASTRID.fnr.value, "Halvparten blir borte", title="Ødelagt")
    assert eventually(lambda: vestfjell.letter("Ødelagt")["state"].startswith("AppRec Avvist T01"))
    camilla = journey.as_("Camilla Rud").open("Meldingsfeil").sees("E21", "T01", "Vestfjell sykehus")
    camilla.sees_not("Til en som ikke finnes", "NORDLI", ASTRID.fnr.value)
    camilla.row("E21").open("Helsefaglig dialog").sees("åpnes bare av helsepersonell").sees_not("Åpne innholdet")
    kristin = journey.as_("Kristin Bakke").open("Meldingsfeil")
    kristin.row("E21").open("Helsefaglig dialog").fill("Hvorfor må du åpne den?", why).press("Åpne innholdet")
    kristin.sees("Til en som ikke finnes").fill("Hva er gjort?", "Ringte avsenderen, som sender den på nytt")
    kristin.press("Ferdig behandlet").sees("T01").sees_not("E21")
    journey.as_("Astrid Marie Nordli").open("Innsyn").row(why).sees("Kristin Bakke")


def test_avvist_melding_sendes_til_en_annen_av_den_som_svarer_for_meldinger(journey: Journey, hospital: Town) -> None:
    told, why = "Trenger hun ny time hos dere?", "Fikk beskjed om rett avdeling på telefon"
    hospital.hospital.is_in_the_mood("feilkode")
    jonas = journey.as_("Jonas Eikeland").finds(GUNVOR.fnr.value).open("Samhandling").open("Ny melding")
    jonas.choose("Til", HJERTE.name).fill("Melding", told).press("Se hvordan mottakeren ser den").press("Send")
    jonas.press("Send nå")
    assert eventually(lambda: "Avvist av mottaker" in jonas.again().text), jonas.text
    hospital.hospital.is_in_the_mood("vanlig")
    kristin = journey.as_("Kristin Bakke", width=390).go("/meldinger").sees_not(told)
    kristin.panel("Ut: mottakeren har ikke godtatt").sees("E35").open("Helsefaglig dialog")
    where = kristin.sees("Avvist av mottaker").sees_not(told, GUNVOR.family).path
    there = kristin.panel("Send til en annen mottaker").choose("Til", ORTOPEDI.name)
    there.fill("Hvorfor sendes den nå?", why).press("Send til denne mottakeren")
    kristin.sees("Meldingen er lagt til sending til den nye mottakeren.", ORTOPEDI.name)
    journey.as_("Camilla Rud").go(where).sees("Fulgt opp for hånd", why).sees_not(told, GUNVOR.family)
