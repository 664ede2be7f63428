"""Olaug's GP has a system of her own: she reads and writes by FHIR and messages, and Mariam in home nursing works with her."""

from __future__ import annotations

import pytest

from seeds.citizens.own_system import OLAUG
from seeds.fjordvik import VESTBYEN
from seeds.staff import MARIAM, RAGNHILD
from tests.journeys.journey import Journey
from tests.journeys.town import Town, eventually

pytestmark = pytest.mark.journey
ASKED, ANSWERED = "Vekten er opp to kilo. Skal vi øke?", "Ja, øk til 40 mg fra i morgen, og vei henne daglig."
NOTE = "Hjertesvikt i forverring. Ber hjemmesykepleien om å veie henne."


def test_legen_med_eget_system_leser_skriver_og_svarer_hjemmesykepleien(journey: Journey, the_town: Town) -> None:
    gp, fnr = the_town.gp, OLAUG.fnr.value
    gp.does("follow")
    assert "Hjemmebesøk" in [one["what"] for one in gp.state()["entries"]], gp.state()["faults"]
    gp.does("write", fnr=fnr, kind="legemiddel", text="C03CA01 Furosemid", dose="20 mg × 1")
    gp.does("write", fnr=fnr, kind="notat", text=NOTE)
    assert not gp.state()["faults"]

    mariam = journey.as_(MARIAM.name).finds(fnr)
    mariam.panel("Siden sist").row("Konsultasjon hos fastlegen").sees(VESTBYEN.name, "fra eget system")
    mariam.panel("Legemidler").sees("Furosemid", "20 mg × 1")
    mariam.open("Konsultasjon hos fastlegen").sees(NOTE, RAGNHILD.name, "fra eget system")
    mariam.go(mariam.path.partition("/notat/")[0] + "/samhandling/ny").choose("Til", VESTBYEN.name).fill(
        "Melding", ASKED
    )
    mariam.press("Se hvordan mottakeren ser den").press("Send").press("Send nå")
    got = eventually(lambda: [one for one in gp.state()["letters"] if one["text"] == ASKED])
    gp.does("send", fnr=fnr, text=ANSWERED, title="Svar om vekt", answers=got[0]["msg_id"])
    assert eventually(lambda: "AppRec OK" in [one["state"] for one in gp.state()["letters"]])
    mariam.again().open("Svar om vekt").sees(ANSWERED)

    olaug = journey.as_(OLAUG.name, width=390).open("Innsyn")
    olaug.row(RAGNHILD.name).sees(VESTBYEN.name)


def test_det_som_ikke_holder_avvises_og_ingenting_skrives(the_town: Town) -> None:
    gp, fnr = the_town.gp, OLAUG.fnr.value
    try:
        for mood, part in (("uten grunnlag", "decision_ref"), ("for andre", "legal_entity"), ("gammel", "toa")):
            gp.does("mood", mood=mood)
            gp.does("follow")
            assert part in gp.state()["faults"][-1], mood
    finally:
        gp.does("mood", mood="vanlig")
    before = len(gp.state()["entries"])
    gp.does("write", fnr="14834142059", kind="notat", text="Om en som ikke er på listen")
    assert (len(gp.state()["entries"]), gp.state()["faults"][-1]) == (before, "ikke på listen")
    gp.does("write", fnr=fnr, kind="vekt", text="tung")
    assert len(gp.state()["entries"]) == before
