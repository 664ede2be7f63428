"""Sara opens a record herself; her manager asks about it, she answers, and it is reviewed."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import ASTRID
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey
WHY = "Datteren ringer om tung pust"


def test_lederen_gaar_gjennom_det_sara_har_aapnet_selv(journey: Journey) -> None:
    sara = journey.as_("Sara Nygård").finds(ASTRID.fnr.value).choose("Jeg svarer på telefon")
    sara.fill("Begrunnelse", WHY).press("Åpne").sees("Astrid")
    guri = journey.as_("Guri Holt", width=390).go("/apninger").sees("Ikke gjennomgått", WHY).sees_not("Nordli")
    guri.press("Spør den som åpnet").sees("Skriv hva du spør om")
    guri.fill("Merknad eller spørsmål", "Hvem ringte?").press("Spør den som åpnet").sees("Spørsmålet er sendt")
    sara.go("/mine-apninger").sees("Hvem ringte?").fill("Svar", "Kari, datteren").press("Send svaret")
    sara.sees("Svaret er sendt")
    guri = journey.as_("Guri Holt").go("/apninger").sees("Kari, datteren").press("Gjennomgått")
    guri.sees("Åpningen er gjennomgått", "Gjennomgått av Guri Holt")
    astrid = journey.as_("Astrid Marie Nordli").open("Innsyn").row("Guri Holt").sees("Gikk gjennom en åpning")
    assert astrid
    jonas = journey.as_("Jonas Eikeland").finds(ASTRID.fnr.value).open("Tilgang")
    jonas.sees("Sara Nygård, lege i vakt, Fjordvik legevakt", "Åpnet selv med begrunnelse", "Fastlegeliste")
