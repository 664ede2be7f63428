"""A record that is not open: what is told, what can be done, and what nobody may learn."""

from __future__ import annotations

import re

import pytest

from akson.base.ids import new_owner_key
from akson.base.work import Purpose
from akson.record import journal
from tests.seeded import Town
from tests.workplace.browsing import Browser, browsing

REASON = {"grunnlag": "B2", "begrunnelse": "Fall hjemme, ambulanse ventes"}


async def opening(browser: Browser, town: Town, patient: str, way: str, **form: str) -> tuple[int, str, str]:
    """Send one of the forms that open a record; return status, where it leads, and the page."""
    id_ = town.id(patient)
    sent = await browser.send(f"/p/{id_}/{way}", _patient=id_, **form)
    return sent.status, sent.leads_to, sent.text


async def test_who_has_no_basis_is_told_who_it_is_and_why_not_and_nothing_else(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("sara")) as browser:
        page = await browser.open(f"/p/{at_work.id('Patient/gunvor')}")
    assert page.status == 403
    assert "knytter deg til HOLTE, Gunvor (78 år)" in page.text
    assert "Beslutningsmal B2, varer i 4 timer" in page.text
    assert "Gå til nødåpning" in page.text
    assert not re.search("Kandesartan|Kirkegata|27.06.1948|Oversikt", page.html)


async def test_a_reason_opens_the_record_and_stands_in_the_log(at_work: Town) -> None:
    gunvor = at_work.id("Patient/gunvor")
    async with browsing(at_work.office, await at_work.at_work("sara")) as browser:
        assert (await opening(browser, at_work, "Patient/gunvor", "apne", **REASON))[:2] == (303, f"/p/{gunvor}")
        page = await browser.open(f"/p/{gunvor}")
    assert (page.status, "Kandesartan" in page.text, "Grunnlag: åpnet selv med begrunnelse" in page.text) == (
        200,
        True,
        True,
    )
    rows = await at_work.office.database.fetch(
        "SELECT reason FROM access_log WHERE reason <> '' AND actor_name = 'Sara Nygård'"
    )
    assert [row["reason"] for row in rows] == [REASON["begrunnelse"]]


@pytest.mark.parametrize(("form", "said"), [
    ({"begrunnelse": "Fall hjemme, ambulanse ventes"}, "Må velges."),
    ({"grunnlag": "B2"}, "Må fylles ut."),
    ({"grunnlag": "B2", "begrunnelse": "haster"}, "Skriv en begrunnelse med minst ti tegn."),
])  # fmt: skip
async def test_half_a_reason_opens_nothing_and_is_not_lost(at_work: Town, form: dict[str, str], said: str) -> None:
    async with browsing(at_work.office, await at_work.at_work("sara")) as browser:
        status, _, text = await opening(browser, at_work, "Patient/gunvor", "apne", **form)
        assert (status, said in text) == (422, True)
        assert (await browser.open(f"/p/{at_work.id('Patient/gunvor')}")).status == 403


async def test_an_emergency_is_confirmed_and_opens_what_is_blocked(at_work: Town) -> None:
    situation = {"begrunnelse": "Bevisstløs på venterommet"}
    async with browsing(at_work.office, await at_work.at_work("sara")) as browser:
        status, _, text = await opening(browser, at_work, "Patient/henrik", "nodapning", **situation)
        assert (status, "Må krysses av." in text) == (422, True)
        henrik = at_work.id("Patient/henrik")
        opened = await opening(browser, at_work, "Patient/henrik", "nodapning", fare="ja", **situation)
        assert opened[:2] == (303, f"/p/{henrik}")
        assert "Grunnlag: nødåpning" in (await browser.open(f"/p/{henrik}")).text
    async with at_work.office.work(await at_work.at_work("sara"), Purpose.EMERGENCY) as work:
        await journal.read(work, *at_work.names["DocumentReference/henrik-sperret"].split("/"))
    rows = await at_work.office.database.fetch("SELECT purpose FROM access_log WHERE reason LIKE 'Bevisst%'")
    assert {row["purpose"] for row in rows} == {"ETREAT"}


async def test_one_whom_the_citizen_has_named_is_offered_no_way_in(at_work: Town) -> None:
    torunn = at_work.id("Patient/torunn")
    async with browsing(at_work.office, await at_work.at_work("berit")) as browser:
        page = await browser.open(f"/p/{torunn}")
        assert (page.status, "har sperret journalen for deg" in page.text) == (403, True)
        assert "Åpne journalen" not in page.text
        assert "Gå til nødåpning" not in page.text
        assert "ennå" not in page.text and "oppgave" not in page.text and "Be en kollega om å ta over" in page.text
        direct = await browser.open(f"/p/{torunn}/nodapning")
        assert (direct.status, "Nødåpne journalen" in direct.text) == (403, False)
        assert (await opening(browser, at_work, "Patient/torunn", "apne", **REASON))[0] == 403
        assert (
            await opening(
                browser, at_work, "Patient/torunn", "nodapning", fare="ja", begrunnelse="Hun ligger på gulvet"
            )
        )[0] == 403
        assert (await browser.open(f"/p/{torunn}")).status == 403
    async with browsing(at_work.office, await at_work.at_work("mariam")) as browser:
        assert (await browser.open(f"/p/{torunn}")).status == 200


@pytest.mark.parametrize("way", ["", "/apne", "/nodapning"])
async def test_a_strictly_confidential_person_is_byte_for_byte_as_nobody(at_work: Town, way: str) -> None:
    nobody = at_work.office.ids.mint(new_owner_key())
    async with browsing(at_work.office, await at_work.at_work("sara")) as browser:
        hers, none = [await browser.open(f"/p/{id_}{way}") for id_ in (at_work.id("Patient/lena"), nobody)]
        assert hers.status == none.status == 404
        assert hers.html == none.html
        found = await browser.send("/sok", q="myrvold")
        assert "Ingen treff" in found.text
    async with browsing(at_work.office, await at_work.at_work("ingrid")) as browser:
        assert (await browser.open(f"/p/{at_work.id('Patient/lena')}")).status == 200


async def test_a_role_that_meets_nobody_cannot_even_ask(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("camilla")) as browser:
        page = await browser.open(f"/p/{at_work.id('Patient/astrid')}")
    assert page.status == 403
    assert "NORDLI" not in page.html


async def test_the_top_bar_offers_only_what_the_role_may(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("camilla")) as browser:
        page = (await browser.open("/start")).html
    assert not [link for link in ('action="/sok"', 'href="/innboks"', 'href="/start#kladder"') if link in page]
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        page = (await browser.open("/start")).html
    assert all(link in page for link in ('action="/sok"', 'href="/innboks"', 'href="/start#kladder"'))
