"""The hospital writes, Akson files and answers; the GP writes back and sees her message arrive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seeds.citizens.astrid import ASTRID
from tests.journeys.journey import Journey
from tests.journeys.town import Town, eventually

pytestmark = pytest.mark.journey
NOBODY = 99000099  # no such place
REFUSED = "SELECT fault_code, envelope_to, handled_at FROM message_in WHERE state = 'refused' AND responsible = 'meldingsansvarlig'"


@pytest.fixture
def hospital(the_town: Town) -> Iterator[Town]:
    """The hospital, well behaved before and after."""
    the_town.hospital.is_in_the_mood("vanlig")
    yield the_town
    the_town.hospital.is_in_the_mood("vanlig")


def test_melding_fra_sykehuset_arkiveres_og_fastlegen_svarer(journey: Journey, hospital: Town) -> None:
    vestfjell, title, answer = hospital.hospital, "Prøve før poliklinikken", "Ja, hun får time hos oss på torsdag."
    vestfjell.writes(ASTRID.fnr.value, "Kan dere ta kreatinin på fredag?", title=title)
    assert eventually(lambda: vestfjell.letter(title)["state"] == "AppRec OK"), vestfjell.letter(title)
    jonas = journey.as_("Jonas Eikeland").go("/innboks")
    jonas.row(title).sees("NORDLI, Astrid", "Nordre legesenter")
    jonas.open(title).sees("Kan dere ta kreatinin på fredag?").press("Ta saken")
    with hospital.at_rest("worker"):
        jonas.fill("Svar til", answer).press("Svar og neste")
        jonas.finds(ASTRID.fnr.value).open("Samhandling").sees("Venter på sending")
    for state in ("Levert hos mottaker", "Godtatt av mottaker"):
        assert eventually(lambda state=state: state in jonas.again().text), f"{state}: {jonas.text}"
    assert eventually(lambda: any(letter["text"] == answer for letter in vestfjell.letters("inn")))


def test_feiladressert_og_uleselig_melding_avvises_og_ligger_hos_et_menneske(journey: Journey, hospital: Town) -> None:
    vestfjell = hospital.hospital
    vestfjell.writes(ASTRID.fnr.value, "Til en som ikke finnes", title="Feil adresse", to=NOBODY)
    assert eventually(lambda: "avvist" in vestfjell.letter("Feil adresse")["state"].lower())
    vestfjell.is_in_the_mood("uleselig")
    vestfjell.writes(ASTRID.fnr.value, "Halvparten blir borte", title="Ødelagt")
    assert eventually(lambda: len(hospital.rows(REFUSED)) == 2)
