"""Signing in and out: everybody comes through the issuer's own pages, nobody through a back door."""

from __future__ import annotations

import pytest

from seeds.citizens.astrid import ASTRID
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey
# Whoever asks in vain tells whether there was anything to read on the page at that moment.
NOTHING_GETS_THROUGH = """void (fetch = () => {
  sessionStorage.setItem("sees", document.body.checkVisibility());
  return Promise.reject(new TypeError());
})"""
# As it is where the browser keeps nothing for us, and then what the last words before the lock are saved by.
NOTHING_IS_KEPT = """async (written) => {
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
  const field = document.querySelector("form[data-autosave] [name=vurdering]"), saves = [];
  field.value = written;
  field.form.dispatchEvent(new CustomEvent("akson-save", { detail: saves }));
  return (await Promise.allSettled(saves)).map((one) => one.status);
}"""
COMES_BACK = """() => {
  const form = document.createElement("form");
  form.innerHTML = '<input name=a value=1 type=checkbox checked><input name=b value=x type=checkbox checked>' +
    '<input name=b value=y type=checkbox><input name=b value=z type=checkbox><input name=c><input name=c><input name=d value=own>';
  fill(form, new URLSearchParams("b=y&b=z&c=en&c=to"));
  return new URLSearchParams(new FormData(form)).toString();
}"""


def test_lege_velger_seg_selv_og_kommer_til_min_dag(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland")
    assert jonas.path == "/start"
    jonas.sees("Jonas Eikeland", "Fastlege", "Nordre legesenter")


def test_innbygger_velger_seg_selv_og_kommer_til_min_side(journey: Journey) -> None:
    astrid = journey.as_("Astrid Marie Nordli")
    assert astrid.path == "/min"
    astrid.sees("Hei, Astrid")


def test_den_som_har_logget_ut_maa_logge_inn_igjen(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").signs_out()
    jonas.go("/start").sees("Hvem vil du være?")


def test_den_som_har_vaert_borte_for_lenge_kommer_tilbake_til_samme_side(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").go("/innboks")
    journey.town.half_an_hour_passes()
    jonas.again().sees("Skjermen er låst", "Fastlege, Nordre legesenter")
    assert jonas.open("Lås opp som Jonas Eikeland").press("Jonas Eikeland").path == "/innboks"


def test_den_som_laaser_skjermen_mister_ikke_det_hen_skrev(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").finds(ASTRID.fnr.value).open("Nytt notat")
    assert jonas.do(jonas.page.evaluate(COMES_BACK)) == "b=y&b=z&c=en&c=to&d=own"
    assert jonas.do(jonas.page.evaluate(NOTHING_IS_KEPT, "Avbrutt")) == ["fulfilled"]
    assert jonas.do(jonas.page.text_content("[data-saved]")).startswith("Kladd lagret")
    jonas.fill("Vurdering", "Avbrutt midt i setnin").press("Lås").sees("Skjermen er låst").sees_not(
        "NORDLI", "rakk ikke fram"
    )
    jonas.open("Lås opp som Jonas Eikeland").press("Jonas Eikeland").sees("NORDLI")
    assert jonas.typed("Vurdering") == "Avbrutt midt i setnin"
    jonas.press("Forkast")


def test_det_som_ikke_ble_lagret_foer_skjermen_ble_laast_kommer_igjen_og_er_lukket_for_andre(journey: Journey) -> None:
    jonas, skrevet = journey.as_("Jonas Eikeland").finds(ASTRID.fnr.value).open("Nytt notat"), "Rakk ikke å lagre dette"
    jonas.do(jonas.page.evaluate(NOTHING_GETS_THROUGH))
    jonas.fill("Vurdering", skrevet).press("Lås").sees("Skjermen er låst", "rakk ikke fram", "Ikke lukk fanen")
    jonas.sees_not(skrevet)
    kept = jonas.do(jonas.page.evaluate("JSON.stringify(sessionStorage)"))
    assert "akson-kept" in kept and skrevet not in kept
    assert jonas.do(jonas.page.evaluate("sessionStorage.getItem('sees')")) == "false"  # nor is it read while it waits
    jonas.open("Lås opp som Jonas Eikeland").press("Jonas Eikeland").sees("Kladd lagret")
    assert jonas.typed("Vurdering") == skrevet
    assert "akson-kept" not in jonas.do(jonas.page.evaluate("JSON.stringify(sessionStorage)"))
    jonas.press("Forkast")


@pytest.mark.parametrize(("leaves", "shown"), [("Lås", "Skjermen er låst"), ("Logg ut", "Hvem vil du være?")])
def test_tilbake_viser_ikke_journalen_naar_en_har_gaatt(journey: Journey, leaves: str, shown: str) -> None:
    someone = journey.as_("Jonas Eikeland").finds(ASTRID.fnr.value).sees("NORDLI").press(leaves)
    for _ in range(3):
        someone.back().sees_not("NORDLI")
        if shown in someone.text:
            return
    raise AssertionError(f"{shown!r} did not come")


def test_en_annen_ved_samme_skjerm_kommer_ikke_til_den_forriges_side(journey: Journey) -> None:
    someone = journey.as_("Jonas Eikeland").finds(ASTRID.fnr.value).press("Lås")
    assert someone.open("Bytt bruker").press("Mariam Yusuf").path == "/start"


def test_en_kollega_overtar_skjermen_paa_ett_trykk_og_den_forste_finner_kladden_ved_en_annen(journey: Journey) -> None:
    ved_pulten = journey.as_("Jonas Eikeland").finds(ASTRID.fnr.value).open("Nytt notat")
    skrevet = "Ble avbrutt av et oppkall"
    pasienten = ved_pulten.path.split("/")[2]
    ved_pulten.fill("Vurdering", skrevet).press("Lås").sees("Skjermen er låst")
    assert ved_pulten.path == "/logg-inn" and pasienten not in ved_pulten.page.url
    before = ved_pulten.interactions
    ved_pulten.open("Bytt bruker").press("Elin Haugen").sees("Elin Haugen").sees_not("NORDLI", skrevet)
    assert ved_pulten.path == "/start" and ved_pulten.interactions - before == 2  # one press here, one at the issuer
    for _ in range(4):
        ved_pulten.back().sees_not(skrevet)
    paa_vakta = journey.as_("Jonas Eikeland").go("/start").panel("Kladder").open("NORDLI")
    assert paa_vakta.typed("Vurdering") == skrevet
    paa_vakta.press("Forkast")


def test_skjermen_laaser_seg_selv_i_alle_faner(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").go("/innboks")
    other = jonas.another_tab().go("/start")
    jonas.leaves_the_screen()
    jonas.sees("Skjermen er låst")
    other.sees("Skjermen er låst")


def test_den_ene_fanen_laases_og_den_andre_foelger_med_uten_aa_ta_over_siden(journey: Journey) -> None:
    jonas = journey.as_("Jonas Eikeland").go(
        "/innboks"
    )  # nobody has been away: the other tab has nothing else to go by
    other = jonas.another_tab().go("/start")
    jonas.press("Lås").sees("Skjermen er låst")
    other.sees("Skjermen er låst").sees_not("Kladder")
    assert other.path == "/logg-inn" and "til=" not in other.page.url
    assert other.open("Lås opp som Jonas Eikeland").press("Jonas Eikeland").path == "/innboks"  # where it was locked


def test_den_som_er_logget_inn_to_steder_avslutter_det_ene(journey: Journey) -> None:
    ved_pulten, paa_vakta = journey.as_("Jonas Eikeland"), journey.as_("Jonas Eikeland", width=390)
    ved_pulten.go("/innlogginger").sees("Her er du logget inn", "(denne)", "Fastlege")
    ved_pulten.press("Avslutt alle de andre")
    paa_vakta.go("/start")
    assert paa_vakta.path != "/start"
    ved_pulten.open("Tilbake").sees("Jonas Eikeland")
    journey.town.logged_out_at_the_issuer("jonas")  # the page stays open until it asks for anything
    ved_pulten.again().sees("Hvem vil du være?")
