"""Astrid asks why somebody looked; the privacy officer goes through the log and answers, and she reads it."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import ASTRID
from seeds.citizens.family import IDA
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
    astrid.row("Det er spurt om dette").sees("Mariam Yusuf")  # she may have looked more than once

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
    sara = journey.as_("Sara Nygård").finds(IDA.fnr.value).open("Gå til nødåpning")
    sara.choose("Det er fare for liv eller helse").fill("Hva er situasjonen?", "Bevisstløs på venterommet")
    sara.press("Nødåpne journalen")
    per = desk_shows(journey.as_("Per Tveit", width=390), "Nødåpning")
    per.row("Karoliussen").open("Nødåpning").sees("Vurder nødåpningen", "Bevisstløs på venterommet")
    per.choose("Det var grunn til oppslaget").fill("Det innbyggeren får lese", "Det hastet.").press("Send svaret").sees(
        "saken er avsluttet"
    )
    journey.as_("Ida Karoliussen").open("Innsyn").sees("Nødåpning", "Det hastet.")


def test_fastlegen_holder_et_notat_tilbake_og_astrid_faar_vite_hvorfor(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").finds(ASTRID.fnr.value).open("Notater").open("Journalnotat")
    jonas.act(jonas.page.get_by_text("Hold tilbake for pasienten").first.click)
    jonas.press("Hold tilbake for pasienten").sees("minst 10 tegn")
    jonas.choose("Klart utilrådelig").fill("Begrunnelse", "Av hensyn til noen i familien").press(
        "Hold tilbake for pasienten"
    ).sees("Notatet er holdt tilbake", "Pasienten får ikke se dette")
    astrid = journey.as_("Astrid Marie Nordli", width=390).open("Min journal")
    astrid.panel("Holdt tilbake").sees("Av hensyn til noen i familien")
    astrid.sees("Du kan klage fra siden Innsyn", "Statsforvalteren").sees_not("Smerter i hofte ved gange")
    jonas.press("La pasienten se notatet igjen").sees("Pasienten kan se notatet igjen")
    astrid.go("/min/journal").sees("Smerter i hofte ved gange").sees_not("Holdt tilbake")


def test_fastlegen_forteller_det_selv_foer_pasienten_ser_notatet(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").finds(ASTRID.fnr.value).open("Nytt notat")
    jonas.fill("Vurdering", "Svaret må jeg fortelle henne selv.").types_and_enters(
        "Legg til kode", "hjertesvikt"
    ).press("K77")
    jonas.choose("Pasienten ser notatet", "Om 3 dager").press("Signer").sees("Velg hvorfor pasienten")
    jonas.choose("Hvorfor senere", "Jeg vil fortelle det selv").press("Signer")
    jonas.sees("Svaret må jeg fortelle henne selv", "Pasienten ser dette fra")
    astrid = journey.as_("Astrid Marie Nordli", width=390)
    for page in ("/min", "/min/journal", "/min/innsyn"):
        astrid.go(page).sees_not(
            "Svaret må jeg fortelle", "K77", "Pasienten ser dette", "holdt tilbake", "Skrev notater"
        )
    jonas.open("Konsultasjon").sees("Pasienten ser dette fra", "Jeg vil fortelle det selv")
    jonas.press("La pasienten se det nå").sees("Pasienten ser notatet nå").sees_not("Pasienten ser dette fra")
    astrid.go("/min/journal").sees("Svaret må jeg fortelle henne selv")


def test_astrid_faar_rettet_et_notat_av_fastlegen(journey: Journey) -> None:
    astrid = journey.as_("Astrid Marie Nordli", width=390).open("Min journal")
    astrid.panel("Notater").sees("Smerter i hofte ved gange")
    astrid.open("Er noe feil, eller mangler det noe?").sees("Hjertesvikt", "Prøvesvar og målinger")
    astrid.go("/min/journal").panel("Notater").open("Be om retting eller sletting : Journalnotat")
    astrid.sees("Jonas Eikeland").press("Send").sees("Dette må rettes")
    astrid.choose("Få det rettet").fill("Hva er galt?", "Det er kneet, ikke hoften").press("Send")
    astrid.sees("Kravet er sendt", "Krav om retting", "Svar innen").open("Min journal").sees("Det er bedt om retting")

    jonas = journey.as_("Jonas Eikeland")
    assert eventually(lambda: jonas.go("/krav").has("link", "Vil ha noe rettet"))
    jonas.open("Vil ha noe rettet").sees("Det er kneet, ikke hoften", "Smerter i hofte ved gange")
    jonas.choose("Rettes").fill("Svar til innbyggeren", "Du har rett.").press("Avgjør og send").sees("Må fylles ut")
    jonas.fill("Rettingen", "Smertene er i kneet.").press("Avgjør og send").sees("Kravet er avgjort")

    astrid = journey.as_("Astrid Marie Nordli").open("Svar på en sak")
    astrid.sees("Du har rett.", "Opplysningen er rettet").open("Se rettingen")
    astrid.panel("Notater").sees("Retting av «Journalnotat»", "Smertene er i kneet.", "Smerter i hofte ved gange")


def test_kommuneoverlegen_sletter_et_notat_og_avslaar_et_annet(journey: Journey) -> None:
    astrid = journey.as_("Astrid Marie Nordli")
    for which in ("Hjemmebesøk", "Telefon, legevakt"):
        astrid.go("/min/journal").panel("Notater").open(f"Be om retting eller sletting : {which}")
        astrid.choose("Få det slettet").fill("Hva er galt?", f"{which} stemmer ikke").press("Send").sees(
            "Kravet er sendt"
        )

    gunnar = journey.as_("Gunnar Falk", width=390)
    for which, what in (("Hjemmebesøk", "Slettes"), ("Telefon, legevakt", "Avslås")):
        assert eventually(lambda: gunnar.go("/krav").has("link", "Vil ha noe slettet"))
        gunnar.open("Vil ha noe slettet")
        decided = what if f"{which} stemmer ikke" in gunnar.text else {"Slettes": "Avslås", "Avslås": "Slettes"}[what]
        gunnar.choose(decided).fill("Svar til innbyggeren", "Vurdert etter helsepersonelloven.").press("Avgjør og send")
        gunnar.sees("Kravet er avgjort")
        assert eventually(lambda: "Avgjort, " in gunnar.go("/krav").text)

    astrid = journey.as_("Astrid Marie Nordli").open("Innsyn")
    astrid.sees("Opplysningen er slettet", "Kravet er avslått", "Statsforvalteren")
    astrid.open("Min journal").panel("Notater").sees("Snakker i hele setninger")


def test_astrid_tar_med_seg_journalen(journey: Journey) -> None:
    astrid = journey.as_("Astrid Marie Nordli", width=390).open("Min journal").open("Last ned journalen")
    assert astrid.sees("Det er gratis").downloads("Last ned som PDF").startswith(b"%PDF-")
    assert b'"resourceType":"Bundle"' in astrid.downloads("Last ned som data")


def test_astrid_blir_presset_og_fjerner_tilgangen_sin(journey: Journey) -> None:
    astrid = journey.as_("Astrid Marie Nordli", width=390).open("Innsyn").open("Fjern min tilgang på nett")
    astrid.sees("Du blir logget ut overalt", "møte opp").press("Fjern tilgangen nå").sees("Du er logget ut")
    assert not journey.as_("Astrid Marie Nordli").sees("Du kan ikke logge inn nå").has("link", "Min journal")

    kristin = journey.as_("Kristin Bakke").finds(ASTRID.fnr.value).open("Innlogging")
    kristin.sees("Pasienten fjernet selv tilgangen sin").press("Gi tilgangen tilbake").sees("Dette må rettes")
    kristin.choose("Jeg har møtt pasienten her").choose("Jeg har snakket med pasienten alene")
    kristin.press("Gi tilgangen tilbake").sees("Pasienten kan logge inn igjen")
    journey.as_("Astrid Marie Nordli").open("Innsyn").sees("møtte opp")


def test_en_far_lar_datteren_paa_13_logge_inn_og_trekker_det_tilbake(journey: Journey) -> None:
    mia = journey.as_("Mia Lunde", width=390).sees("en forelder samtykke").sees_not("Hei, Mia")
    ola = journey.as_("Ola Lunde", width=390)
    ola.choose("Du ser journalen til", "Mia Lunde, barnet ditt").press("Vis").open("Innsyn").open("Egen innlogging")
    ola.sees("Mia kan ikke logge inn selv.", "vaksiner").press("Samtykk til at Mia logger inn")
    ola.sees("Samtykket gjelder nå.", "Mia kan logge inn selv.")
    mia.go("/min").sees("Hei, Mia").open("Min journal").sees("Ibuprofen")
    mia.sees_not("Migrene", "Hodepinedagbok", "venninne")  # only what a parent's consent opens
    ola.open("Egen innlogging").press("Trekk samtykket tilbake")
    ola.sees("Samtykket er trukket tilbake.", "Mia kan ikke logge inn selv.")
    mia.again().sees("en forelder samtykke").sees_not("Ibuprofen")  # at once, though she is signed in
