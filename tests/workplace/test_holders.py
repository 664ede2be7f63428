"""Tilgang: who can open a record now, by what, until when; that something is closed, and not what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from akson.base.work import Purpose
from akson.patient.openings import open_in_emergency, open_with_reason
from tests.offices import let_pass
from tests.seeded import Town
from tests.workplace.browsing import browsing

REASON = {"template": "B2", "reason": "Datteren ringer om tung pust"}


async def test_everyone_with_a_tie_is_named_with_the_basis(town: Town) -> None:
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        await browser.open(f"/p/{town.id('Patient/astrid')}/tilgang")
        page = await browser.open(f"/p/{town.id('Patient/astrid')}/tilgang")
    assert "Nordre legesenter" in page.text and "Fastlegeliste" in page.text
    assert "Hjemmetjenesten sone nord Gir en tjeneste" in page.text
    assert "Kari Vik Har fullmakt" in page.text and "så lenge hjelpen varer" in page.text
    assert page.statements <= 9


async def test_an_opening_stands_there_as_long_as_it_lasts(town: Town) -> None:
    patient, path = town.id("Patient/astrid"), f"/p/{town.id('Patient/astrid')}/tilgang"
    async with town.office.work(await town.at_work("sara"), Purpose.TREATMENT) as work:
        await open_with_reason(work, patient, **REASON)
    async with town.office.work(await town.at_work("knut"), Purpose.EMERGENCY) as work:
        await open_in_emergency(work, patient, reason="Bevisstløs på gaten", danger=True)
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        now = (await browser.open(path)).text
        assert "Sara Nygård, lege i vakt, Fjordvik legevakt Åpnet selv med begrunnelse 23.11.2026 15.00" in now
        assert "Knut Aas, sykepleier, Fjordvik legevakt Nødåpnet 23.11.2026 12.00" in now and "tung pust" not in now
        let_pass(town.office, timedelta(minutes=61))
        assert "Nødåpnet" not in (await browser.open(path)).text


async def test_that_something_is_closed_is_told_and_nothing_of_it(town: Town) -> None:
    async with browsing(town.office, await town.at_work("mariam")) as browser:
        page = await browser.open(f"/p/{town.id('Patient/torunn')}/tilgang")
        assert "Sperret" in page.text and "Berit" not in page.html
        assert "Ingenting er sperret" in (await browser.open(f"/p/{town.id('Patient/bjorg')}/tilgang")).text


@pytest.mark.parametrize("who", ["elin", "berit", "per", "camilla"])
async def test_who_may_not_open_the_record_is_told_nothing(town: Town, who: str) -> None:
    async with browsing(town.office, await town.at_work(who)) as browser:
        page = await browser.open(f"/p/{town.id('Patient/torunn')}/tilgang")
    assert page.status in (403, 404) and "Granstien" not in page.html and "Fastlegeliste" not in page.html
