"""A page never waits for a second connection while it holds one: few connections then serve many, and none gets stuck.

Everything opened through `browsing` has one connection; here are the pages that other tests do not open that way.
"""

from __future__ import annotations

import secrets

import pytest

from akson.app import screens
from akson.audit import view
from akson.base.work import Purpose
from akson.patient.chart import open_chart
from akson.record.office import Office
from akson.record.session import Within, transaction
from tests.exchange.places import make
from tests.portal.pages import citizen
from tests.seeded import Town
from tests.workplace.browsing import Browser, browsing

MEASURED = {"puls": "72", "temp": "36,8", "do": "save"}
NOTE = {"type": "konsultasjon", "vurdering": "Uendret.", "koder": "K77", "do": "sign"}
SHOWN = {200, 303}


def addresses(area: str, town: Town) -> list[str]:
    """Return the address of every page of an area that needs nothing but a patient."""
    paths = [screen.path for screen in screens() if "GET" in screen.methods and screen.area == area]
    filled = [path.replace("{patient}", town.id("Patient/astrid")) for path in paths]
    found = sorted(path for path in filled if "{" not in path)
    assert len(found) > 2, area
    return found


@pytest.mark.parametrize("who", ["jonas", "mariam", "sara"])
async def test_every_page_of_staff_is_drawn_with_one_connection(town: Town, who: str) -> None:
    async with browsing(town.office, await town.at_work(who)) as browser:
        for path in [*addresses("staff", town), *addresses("patient", town)]:
            assert (await browser.open(path)).status in {*SHOWN, 403, 404}, path


async def test_every_page_of_citizens_is_drawn_with_one_connection(town: Town) -> None:
    async with browsing(town.office, await citizen(town, "astrid")) as browser:
        for path in addresses("citizen", town):
            assert (await browser.open(path)).status in {*SHOWN, 404}, path


async def test_every_form_that_writes_is_carried_out_with_one_connection(town: Town) -> None:
    root = f"/p/{town.id('Patient/astrid')}"
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        begun = (await browser.open(f"{root}/notat/ny")).leads_to
        for path, form in (
            (f"{root}/hurtig", {"linje": "oppgave ring datter"}), (f"{root}/malinger/ny", MEASURED), (begun, NOTE),
        ):  # fmt: skip
            assert await sent(browser, path, form) == 303, path


async def sent(browser: Browser, path: str, form: dict[str, str]) -> int:
    return (await browser.send(path, once=secrets.token_hex(8), **form)).status


async def test_what_other_floors_read_for_a_work_is_read_inside_its_transaction(office: Office) -> None:
    places = await make(office)
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        opened = await open_chart(work, places.astrid.id, page="oversikt")
        held = await transaction(work)
        before = office.database.statements
        await view.looked_at(Within(work), opened.identity.owner, work.now)
        assert office.database.statements == before
        assert held.is_in_transaction()
