"""A man breaks his hip: the hospital tells the home care, which reports, answers, and has him home with a report."""

from __future__ import annotations

import pytest

from seeds.citizens.cared_for import MAGNE
from seeds.fjordvik import NORD
from tests.journeys.journey import Journey
from tests.journeys.town import Town, eventually

pytestmark = pytest.mark.journey
FNR = MAGNE.fnr.value


def test_fra_innleggelse_til_hjem_gaar_over_utskrivningstavla(journey: Journey, the_town: Town) -> None:
    vestfjell = the_town.hospital
    vestfjell.is_in_the_mood("vanlig")

    def tells(kind: str, text: str = "") -> None:
        vestfjell.writes(FNR, text, title=f"{kind} om Magne", to=NORD.her_id, kind=kind)
        assert eventually(lambda: vestfjell.letter(f"{kind} om Magne")["state"] == "AppRec OK"), vestfjell.letters("ut")

    tells("LOG_INNLAGT")
    mariam = journey.as_("Mariam Yusuf").open("Utskrivning")
    mariam.row("FOSSUM").sees("Innlagt", "Innleggelsesrapport fra oss", NORD.name)
    mariam.row("FOSSUM").open("Send innleggelsesrapport").sees("Sykehuset der pasienten ligger: Vestfjell sykehus.")
    mariam.fill("Fra oss", "Han bor alene og går med rullator.").press("Se hvordan mottakeren ser den")
    mariam.sees("Han bor alene og går med rullator.", "Vestfjell sykehus").press("Send").sees(
        "Sendes kl.", "Til da kan du angre"
    ).press("Send nå")
    assert eventually(lambda: any("går med rullator" in one["text"] for one in vestfjell.letters("inn")))
    tells("HELSEOPPL_SOKNAD", "Trenger hjelp til stell morgen og kveld.")
    mariam.go("/utskrivning").sees("Helseopplysninger mottatt, 1").row("FOSSUM").sees("Innleggelsesrapport sendt")
    tells("LOG_UTSKRIVNINGSKLAR")
    phone = journey.as_("Mariam Yusuf", width=390).go("/utskrivning").sees("Utskrivningsklar, ikke besvart, 1")
    phone.row("FOSSUM").sees("Svar til sykehuset").open("Svar sykehuset")
    phone.fill("Svar til", "Vi kan ta imot ham i morgen kl. 12.").press("Send svar").press("Send nå")
    assert eventually(lambda: any("i morgen kl. 12" in one["text"] for one in vestfjell.letters("inn")))
    mariam.go("/utskrivning").sees("Utskrivningsklar, besvart, 1")
    tells("LOG_UTSKREVET")
    mariam.go("/utskrivning").sees("Hjemme, 1").row("FOSSUM").sees("Utskrivningsrapport fra sykehuset")
    tells("UTSKRIVNINGSRAPPORT", "Operert uten problemer. Trapper går greit.")
    mariam.go("/utskrivning").row("FOSSUM").sees("Ingenting").open("FOSSUM").open("Samhandling")
    mariam.open("Utskrivningsrapport").sees("Operert uten problemer. Trapper går greit.", "Brudd i lårhals")
