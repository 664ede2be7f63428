"""An app asks for access: the page that names patients leaves the screen with the person, whichever tab they leave by."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from akson.base.database import Database
from akson.signin.smart.apps import App, Apps
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey
BACK = "http://127.0.0.1:9/tilbake"


@pytest.mark.parametrize(("leaves", "shown"), [("signs out in another tab", "Hvem vil du være?"),
                                               ("is away", "Skjermen er låst")])  # fmt: skip
def test_siden_der_en_app_spor_om_en_pasient_blir_ikke_staaende(journey: Journey, leaves: str, shown: str) -> None:
    asyncio.run(registered(journey.town.database_url, app := f"kurve-{len(leaves)}"))
    asked = {
        "response_type": "code", "client_id": app, "redirect_uri": BACK, "scope": "launch/patient patient/*.rs",
        "state": "x", "aud": f"{journey.town.url}/fhir", "code_challenge": "a" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    jonas = journey.as_("Jonas Eikeland")
    jonas.go(f"/smart/authorize?{urlencode(asked)}").fill("Finn pasienten", "Nordli").press("Søk").sees("Astrid Marie")
    if leaves == "is away":
        journey.town.half_an_hour_passes()
        jonas.leaves_the_screen()
    else:
        jonas.another_tab().go("/innboks").signs_out()
    jonas.sees(shown).sees_not("14.03.1941")


async def registered(database_url: str, app: str) -> None:
    database = await Database.open(database_url, size=1)
    try:
        scopes = ("launch/patient", "patient/*.rs")
        await Apps(database).add(App(id=app, name="Kurve", redirect_uris=(BACK,), scopes=scopes), datetime.now(UTC))
    finally:
        await database.close()
