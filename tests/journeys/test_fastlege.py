"""Fastlege Jonas meets Astrid after the hospital: finds her, sees her on one page, writes, signs, measures."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import ASTRID
from tests.journeys.journey import Journey, Person

pytestmark = pytest.mark.journey
BUDGET = 8  # interactions for a note with a diagnosis, signed
ABOVE = """() => { const bar = document.querySelector('.ak-bar').getBoundingClientRect().top;
  return [...document.querySelectorAll('.ak-panel')].filter((one) => one.getBoundingClientRect().bottom > bar)
    .map((one) => one.querySelector('h2').textContent); }"""


def with_astrid(journey: Journey, *, width: int = 1280) -> Person:
    return journey.as_("Jonas Eikeland", width=width).finds(ASTRID.fnr.value)


def test_legen_finner_astrid_paa_navn_og_paa_fnr(journey: Journey) -> None:
    """What is searched for is posted: it stands in no address (the watch looks at every one)."""
    jonas = journey.as_("Jonas Eikeland").searches("Nordli Astrid")
    jonas.row("NORDLI, Astrid").sees("14.03.1941", "148341 42059")
    record = jonas.open("NORDLI, Astrid").path
    assert jonas.go("/start").finds(ASTRID.fnr.value).path == record
    jonas.searches("14834142058").sees("Det andre kontrollsifferet stemmer ikke")


def test_oversikten_viser_det_som_trengs_paa_ett_skjermbilde(journey: Journey) -> None:
    jonas = with_astrid(journey)
    jonas.panel("Pasient").sees(
        "NORDLI, Astrid Marie", "Født 14.03.1941 (85 år)", "Kvinne", "148341 42059", "CAVE Penicillin", "HLR minus",
        "Blodfortynnende apiksaban", "Nyrefunksjon eGFR 38", "Sperret 1 opplysning", "Grunnlag: fastlege",
        "Bor alene, Strandveien 12", "Kari Vik (datter)", "Verge ingen",
    )  # fmt: skip
    jonas.panel("Problemer").sees("8 aktive", "K77 Hjertesvikt, EF 38 %", "P20 Redusert hukommelse", "Tidligere 11")
    medicines = jonas.panel("Legemidler").sees("3 avvik", "Fastlege", "Sykehus", "Multidose", "Pasient")
    medicines.sees("Ibuprofen", "Frarådes", "eGFR 38", "Furosemid", "40 × 2", "Apiksaban", "halverte")
    jonas.panel("Målinger").sees("NEWS2", "108/62", "93 %", "96 /min", "37,4 °C", "58,4 kg")
    jonas.panel("Neste avtale").sees("Kontroll etter utskrivning, hos deg", "Blodprøve")
    jonas.panel("Åpne oppgaver").sees("Samstem legemidler", "Kontroll kreatinin og kalium", "hukommelse")
    jonas.panel("Tjenester nå").sees("Hjemmesykepleie", "2 × daglig", "Trygghetsalarm", "Koordinator: Siri Aune")
    jonas.panel("Siden sist").sees("Epikrise")
    jonas.sees_not("2580")  # the key box is for those who go there
    assert jonas.do(jonas.page.evaluate(ABOVE)) == []


def test_notat_med_diagnose_signeres_med_faa_handgrep(journey: Journey) -> None:
    jonas = with_astrid(journey)
    with jonas.counting() as used:
        jonas.open("Nytt notat").fill("Vurdering", "Hjertesvikt i forverring. Furosemid økes i en uke.")
        jonas.types_and_enters("Legg til kode", "hjertesvikt").press("K77").press("Signer")
    assert used[0] <= BUDGET
    assert jonas.path.endswith("/notater")
    jonas.sees("Furosemid økes i en uke", "K77 Hjertesvikt", "Jonas Eikeland, Nordre legesenter")


def test_kladden_lagres_av_seg_selv_og_er_der_etter_at_fanen_er_borte(journey: Journey) -> None:
    jonas = with_astrid(journey).open("Nytt notat")
    jonas.fill("Vurdering", "Ringt av hjemmesykepleien om vekt.").sees("Kladd lagret kl.")
    jonas.loses_the_tab().go("/start")
    assert jonas.panel("Kladder").open("NORDLI").typed("Vurdering") == "Ringt av hjemmesykepleien om vekt."
    jonas.press("Forkast")
    jonas.go("/start").panel("Kladder").sees("Du har ingen kladder.")


def test_alt_dette_gaar_ogsaa_uten_javascript(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland", scripts=False).finds(ASTRID.fnr.value).open("Nytt notat")
    jonas.fill("Vurdering", "Skrevet uten skript.").types_and_enters("Legg til kode", "atrieflimmer").press("K78")
    assert jonas.typed("Vurdering") == "Skrevet uten skript."
    jonas.press("Signer").sees("Skrevet uten skript.", "K78 Atrieflimmer")


def test_signering_uten_diagnose_forklares_og_ingenting_gaar_tapt(journey: Journey) -> None:
    jonas = with_astrid(journey).open("Nytt notat").fill("Vurdering", "Uten kode.").press("Signer")
    jonas.sees("Dette må rettes")
    assert jonas.typed("Vurdering") == "Uten kode."
    jonas.press("Forkast")


def test_nye_maalinger_endrer_news2_paa_oversikten(journey: Journey) -> None:
    jonas = with_astrid(journey)
    record = jonas.path
    jonas.open("Måling")
    for label, value in MEASURED.items():
        jonas.fill(label, value)
    jonas.choose("Våken").choose("Luft").press("Lagre målingen")
    jonas.go(record).panel("Målinger").sees("7 NEWS2", "Vurder straks", "92 %", "112 /min")


def test_glemt_komma_forklares_og_ingenting_lagres(journey: Journey) -> None:
    """Legen taster 384 i stedet for 38,4."""
    jonas = with_astrid(journey)
    record = jonas.path
    jonas.open("Måling").fill("Temp. °C", "384").press("Lagre målingen")
    jonas.sees("Mangler komma?")
    assert jonas.typed("Temp. °C") == "384"
    jonas.go(record).panel("Målinger").sees_not("384")


MEASURED = {"Resp.": "22", "SpO₂ %": "92", "Temp. °C": "37,6", "BT over": "108", "BT under": "62", "Puls": "112",
            "Vekt kg": "58,9"}  # fmt: skip
