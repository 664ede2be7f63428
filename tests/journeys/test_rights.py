"""Astrid asks why somebody looked; the privacy officer goes through the log and answers, and she reads it."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import ASTRID
from tests.journeys.journey import Journey, Person
from tests.journeys.town import eventually

pytestmark = pytest.mark.journey
WHY = "Mariam var hjemme hos deg den dagen, og leste målingene før besøket."


def desk_shows(per: Person, title: str) -> Person:
    """Return the privacy officer's desk as soon as the case has reached it."""
    assert eventually(lambda: per.go("/personvern").has("link", title))
    return per


def test_astrid_spoer_hvorfor_og_personvernombudet_svarer(journey: Journey) -> None:
    journey.as_("Mariam Yusuf").finds(ASTRID.fnr.value)
    astrid = journey.as_("Astrid Marie Nordli", width=390).open("Innsyn")
    astrid.row("Mariam Yusuf").open("Be om forklaring").sees("Mariam Yusuf, sykepleier", "Du får svar innen")
    astrid.press("Send").sees("Dette må rettes").choose("Jeg mistenker at noen har sett uten grunn")
    astrid.fill("Er det noe vi bør vite?", "Vi er naboer").press("Send").sees("Saken er sendt", "Svar innen")
    astrid.row("Mariam Yusuf").sees("Det er spurt om dette")

    per = desk_shows(journey.as_("Per Tveit"), "Mistenker oppslag uten grunn")
    per.row("Mariam Yusuf").open("Mistenker oppslag uten grunn").sees("Vi er naboer", "Leste målinger").sees_not(
        "Hjertesvikt"
    )
    per.choose("Det var grunn til oppslaget").press("Send svaret").sees("Må fylles ut")
    per.choose("Det var grunn til oppslaget").fill("Det innbyggeren får lese", WHY).press("Send svaret").sees(
        "saken er avsluttet"
    )
    assert eventually(lambda: "Besvart, " in per.go("/personvern").text)

    astrid = journey.as_("Astrid Marie Nordli")
    astrid.panel("Nytt siden sist").sees("Svar på en sak").open("Svar på en sak")
    astrid.sees("Besvart", WHY, "det var grunn til å se", "Så gjennom loggen for å svare på en sak")
    assert not journey.as_("Mariam Yusuf").finds(ASTRID.fnr.value).has("link", "Mistenker oppslag uten grunn")


def test_en_noedaapning_blir_vurdert_av_personvernombudet(journey: Journey) -> None:
    sara = journey.as_("Sara Nygård").finds(ASTRID.fnr.value).open("Gå til nødåpning")
    sara.choose("Det er fare for liv eller helse").fill("Hva er situasjonen?", "Bevisstløs på venterommet")
    sara.press("Nødåpne journalen")
    per = desk_shows(journey.as_("Per Tveit", width=390), "Nødåpning")
    per.row("Sara Nygård").open("Nødåpning").sees("Vurder nødåpningen", "Bevisstløs på venterommet")
    per.choose("Det var grunn til oppslaget").fill("Det innbyggeren får lese", "Det hastet.").press("Send svaret").sees(
        "saken er avsluttet"
    )
    journey.as_("Astrid Marie Nordli").open("Innsyn").sees("Nødåpning", "Det hastet.")
