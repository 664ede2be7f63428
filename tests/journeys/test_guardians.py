"""Kari is appointed guardian for Olaug: she reads and asks for her, and everybody sees that it was she, and as what."""

from __future__ import annotations

import pytest

from akson.base.work import Purpose
from akson.patient.cases import JOB
from akson.record import journal
from akson.record.office import Office
from akson.record.representing import MANDATE
from seeds.citizens.astrid import KARI
from seeds.citizens.own_system import OLAUG
from seeds.shapes import hl7, human_name, person
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey
WHY = "Anklene har vært slik i mange år."


async def kari_is_appointed(office: Office) -> None:
    """Let the guardianship come as from the register: nobody says so themselves, neither at work nor at home."""
    kari = person(KARI.fnr, human_name(KARI.family, *KARI.given), KARI.born.isoformat(), female=KARI.female)
    appointed = [hl7("v3-RoleCode", "GUARD"), {"coding": [{"system": MANDATE, "code": "personligeInteresser"}]}]
    told = {"patient": {"identifier": OLAUG.fnr.identifier()}, "relationship": appointed}
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {"resourceType": "RelatedPerson", **kari, **told})


def test_kari_er_verge_for_olaug_ber_om_retting_og_alle_ser_hvem_det_var(journey: Journey) -> None:
    kari = journey.as_(KARI.name, width=390).sees_not(OLAUG.name)
    journey.town.at_the_office(kari_is_appointed)
    kari.again().choose("Du ser journalen til", f"Verge for {OLAUG.name}").press("Vis").open("Min journal")
    kari.sees(f"Du ser journalen til {OLAUG.name}, som verge", "Hovne ankler", "Noe kan være holdt tilbake for andre")
    kari.open("Be om retting eller sletting : Hjemmebesøk").choose("Få det rettet").fill("Hva er galt?", WHY)
    kari.press("Send").sees("Kravet er sendt", "Krav om retting", "Verge. Ser journalen så lenge oppdraget varer")
    kari.sees_not("Gi fullmakt", "Velg varsler", "Fjern min tilgang på nett")  # those are for the person alone

    mariam = journey.as_("Mariam Yusuf").finds(OLAUG.fnr.value).sees(f"Verge {KARI.name}", "Det er bedt om retting")
    mariam.open("Tilgang").panel("Kan gjøre ting for innbyggeren").sees(f"{KARI.name} Verge")

    olaug = journey.as_(OLAUG.name, width=390).open("Innsyn").sees("Krav om retting", f"{KARI.name} skrev: «{WHY}»")
    olaug.row("Grunnlag: verge").sees(KARI.name, "Åpnet journalen")
    olaug.sees("Gi fullmakt", "Fjern min tilgang på nett")
