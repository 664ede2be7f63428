"""Sara opens a record herself; her manager asks about it, she answers, and it is reviewed."""

from __future__ import annotations

import pytest

from seeds.citizens.family import OLA
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey
WHY = "Samboeren ringer om tung pust"


def test_lederen_gaar_gjennom_det_sara_har_aapnet_selv(journey: Journey) -> None:
    sara = journey.as_("Sara Nygård").finds(OLA.fnr.value).choose("Jeg svarer på telefon")
    sara.fill("Begrunnelse", WHY).press("Åpne").sees("LUNDE, Ola")
    guri = journey.as_("Guri Holt", width=390).go("/apninger").sees("Ikke gjennomgått", WHY).sees_not("Lunde")
    guri.press("Spør den som åpnet").sees("Skriv hva du spør om")
    guri.fill("Merknad eller spørsmål", "Hvem ringte?").press("Spør den som åpnet").sees("Spørsmålet er sendt")
    sara.go("/mine-apninger").sees("Hvem ringte?").fill("Svar", "Ida, samboeren").press("Send svaret")
    sara.sees("Svaret er sendt")
    guri = journey.as_("Guri Holt").go("/apninger").sees("Ida, samboeren").press("Gjennomgått")
    guri.sees("Åpningen er gjennomgått", "Gjennomgått av Guri Holt")
    journey.as_("Ola Lunde").open("Innsyn").row("Guri Holt").sees("Gikk gjennom en åpning")
    jonas = journey.as_("Jonas Eikeland").finds(OLA.fnr.value).open("Tilgang")
    jonas.sees("Sara Nygård, lege i vakt, Fjordvik legevakt", "Åpnet selv med begrunnelse", "Fastlegeliste")
