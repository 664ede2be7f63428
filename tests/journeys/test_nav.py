"""NAV asks about a patient; the doctor answers from the inbox, sends the statement, and sees that NAV has taken it."""

from __future__ import annotations

import pytest

from seeds.citizens.inbox import NINA
from tests.journeys.journey import Journey
from tests.journeys.town import Town, eventually

pytestmark = pytest.mark.journey
ASKED, ANSWERED = "Når kan hun jobbe igjen?", "Tidligst i mars."


def test_nav_spor_og_legen_svarer_med_legeerklaering(journey: Journey, the_town: Town) -> None:
    nav, fnr = the_town.nav, NINA.fnr.value
    nav.does("ask", kind="forespørsel", fnr=fnr, text=ASKED)
    (request,) = eventually(lambda: [one["msg_id"] for one in nav.state()["letters"] if one["state"] == "AppRec OK"])
    jonas = journey.as_("Jonas Eikeland").go("/innboks")
    jonas.row("Forespørsel om pasient").sees(NINA.family.upper(), "NAV Fjordvik")
    jonas.open("Forespørsel om pasient").sees(ASKED).fill("Svar til", ANSWERED).press("Svar og neste")
    jonas.open("Angre").press("Send nå")
    assert eventually(lambda: [one for one in nav.state()["letters"] if one["text"] == ANSWERED])

    jonas.row("fra NAV Fjordvik").open("Forespørsel om pasient").open("Legeerklæring til NAV Skriv")
    jonas.choose("Arbeidsavklaringspenger").choose("Inntektsgivende arbeid")
    for label, answer in (("Har pasienten flere", "Nei"), ("Bør NAV vurdere", "Nei"), ("Er tiltak aktuelt", "Nei"),
                          ("Kan pasienten gå tilbake", "Nei"), ("Kan pasienten ta annet", "Ja, nå"),
                          ("Kan arbeidsevnen", "Ja")):  # fmt: skip
        jonas.group(label).choose(answer)
    for label, text in (("Sykehistorie", "Slapp"), ("Funn", "TSH 9"), ("Medisinske", "Kur"), ("Funksjonsevne", "Lav")):
        jonas.fill(label, text)
    jonas.press("Se hvordan mottakeren ser den").sees("Lavt stoffskifte (T86)", "NAV Fjordvik").press("Send")
    jonas.press("Send nå")
    (stated,) = eventually(lambda: nav.state()["statements"])
    assert (stated["patient"], stated["diagnoses"], stated["answers"]) == (fnr, ["T86"], request)
    assert eventually(lambda: "Godtatt av mottaker" in jonas.again().text), jonas.text
