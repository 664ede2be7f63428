"""The log is watched: a look at a neighbour stands out, the privacy officer looks into it, and the citizen reads of it."""

from __future__ import annotations

import pytest

from tests.journeys.journey import Journey
from tests.journeys.town import eventually

pytestmark = pytest.mark.journey


def test_et_oppslag_hos_naboen_blir_funnet_vurdert_og_en_sak(journey: Journey) -> None:
    per = journey.as_("Per Tveit").open("Funn i loggen")
    assert eventually(lambda: per.go("/funn").has("link", "Nabo"))
    per.row("Berit Solli").sees_not("Haug").open("Nabo").sees("Torunn Haug", "bor i samme gate", "Leste oversikten")
    per.press("Lagre vurderingen").sees("Dette må rettes").press("Merk som kjent person").sees("Fjern merket")
    per.press("Fjern merket").choose("Lag en sak av det").fill("Begrunnelse", "Berit må få forklare seg")
    per.press("Lagre vurderingen").sees("Det er laget en sak", "ble en sak")
    assert eventually(lambda: per.go("/personvern").has("link", "Skilte seg ut i loggen"))
    per.row("Berit Solli").open("Skilte seg ut i loggen").sees("Torunn Haug", "leste notater")
    per.choose("Det var ikke grunn til oppslaget").fill("Det innbyggeren får lese", "Hun hadde ingen oppgave hos deg.")
    per.press("Send svaret").sees("saken er avsluttet")
    phone = journey.as_("Per Tveit", width=390).go("/funn").sees("Vurdert sist, 1").row("Berit Solli").open("Nabo")
    phone.sees("Ble en sak", "Berit må få forklare seg")
