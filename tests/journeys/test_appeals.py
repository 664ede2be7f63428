"""Erik appeals what was refused him, and what is withheld: it is passed on, and what Statsforvalteren decides is done."""

from __future__ import annotations

import pytest

from seeds.citizens.inbox import ERIK
from tests.journeys.journey import Journey
from tests.journeys.town import eventually

pytestmark = pytest.mark.journey
WHY, COMMENT = "Jeg har aldri hatt det", "Diagnosen ble satt etter to samtaler."
GROUND, STANDS = "Det gjelder flere enn deg", "Hensynet til de andre er det samme."


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


def test_erik_klager_paa_at_noe_er_holdt_tilbake_og_faar_se_det(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").finds(ERIK.fnr.value).open("Innsyn").open("Skiveprolaps")
    jonas.choose("Klart utilrådelig").fill("Begrunnelse", GROUND).press("Hold tilbake for pasienten")
    jonas.sees("Opplysningen er holdt tilbake").row("Skiveprolaps").sees("Holdt tilbake")
    erik = journey.as_(ERIK.name, width=390).open("Min journal").sees(GROUND).sees_not("Skiveprolaps")
    erik.open("Innsyn").open("Klag på at en opplysning er holdt tilbake").sees(GROUND).sees_not("Skiveprolaps")
    erik.press("Send klagen").sees("Dette må rettes").fill("Hvorfor klager du?", "Det er min rygg")
    erik.press("Send klagen").sees("Klagen er sendt", "vurderer saken på nytt", "Det er klaget på")

    assert eventually(lambda: ERIK.name in jonas.go("/krav").text)
    jonas.row(ERIK.name).open("Klage på avslått innsyn").sees("Det er min rygg", "Skiveprolaps", GROUND)
    jonas.choose("Avslaget står").fill("Vurderingen deres", STANDS).press("Avgjør eller send videre")
    erik.go("/min/innsyn").sees("Sendt videre til Statsforvalteren", STANDS).sees_not("Skiveprolaps")
    jonas.choose("Innsyn gis").fill("Svar til innbyggeren", "Statsforvalteren ga deg rett.").press(
        "Før inn avgjørelsen"
    )
    erik.go("/min").open("Svar på en sak").sees("Statsforvalteren ga deg rett", "ikke lenger holdt tilbake")
    erik.sees_not("Klag på at en opplysning").open("Min journal").sees("Skiveprolaps").sees_not(GROUND)
