"""Erik appeals what was refused him; who refused passes it on, and carries out what Statsforvalteren decides."""

from __future__ import annotations

import pytest

from seeds.citizens.inbox import ERIK
from tests.journeys.journey import Journey
from tests.journeys.town import eventually

pytestmark = pytest.mark.journey
WHY, COMMENT = "Jeg har aldri hatt det", "Diagnosen ble satt etter to samtaler."


def test_erik_klager_paa_et_avslag_og_faar_medhold_hos_statsforvalteren(journey: Journey) -> None:
    erik = journey.as_(ERIK.name, width=390).go("/min/journal/retting").open("Depresjon")
    erik.choose("Få det slettet").fill("Hva er galt?", WHY).press("Send").sees("Kravet er sendt")
    gunnar = journey.as_("Gunnar Falk")
    assert eventually(lambda: ERIK.name in gunnar.go("/krav").text)
    gunnar.row(ERIK.name).open("Vil ha noe slettet").choose("Avslås").fill("Svar til innbyggeren", COMMENT)
    gunnar.press("Avgjør og send").sees("Kravet er avgjort")

    erik.go("/min/innsyn").sees("Kravet er avslått", "Du kan klage til og med").open("Klag på avslaget")
    erik.sees(COMMENT).fill("Hvorfor klager du?", "Les brevet på nytt")
    erik.press("Send klagen").sees("Klagen er sendt", "vurderer saken på nytt", "Du har klaget på avslaget")
    assert eventually(lambda: "Klage på avslått sletting" in gunnar.go("/krav").text)
    gunnar.open("Klage på avslått sletting").sees("Les brevet på nytt", WHY, "Depresjon")
    gunnar.choose("Avslaget står").fill("Vurderingen deres", COMMENT).press("Avgjør eller send videre")
    assert gunnar.sees("ført som sendt videre").downloads("Last ned brevet", "link").startswith(b"%PDF-")
    erik.go("/min/innsyn").sees("Sendt videre til Statsforvalteren", COMMENT)

    gunnar.choose("Slettes").fill("Svar til innbyggeren", "Statsforvalteren ga deg rett.").press("Før inn avgjørelsen")
    gunnar.sees("Kravet er avgjort")
    erik.go("/min").open("Svar på en sak").sees("Opplysningen er slettet", "Statsforvalteren ga deg rett")
    erik.go("/min/journal").sees_not("Depresjon")
