"""A manager says that somebody should not have access: the administrator ends the role, or answers why it stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.record import journal, reviewed
from akson.workplace.staffing import objecting
from seeds.staff import GURI, MARIAM
from tests.offices import JOB, let_pass
from tests.seeded import Town
from tests.workplace.browsing import Browser, browsing
from tests.workplace.test_staffing import nord

THERE = GURI.unit.link["reference"]


def legevakt(town: Town) -> str:
    return f"/ansatte/{town.id(THERE)}"


async def row_of(browser: Browser, path: str, name: str) -> str:
    """Return what a page says of one who has a role."""
    parts = (part.partition("</li>")[0] for part in (await browser.open(path)).html.split("<li>"))
    return next((part for part in parts if f"<b>{name}</b>" in part), "")


def hidden(row: str, name: str, form: int = -1) -> str:
    return row.split("<form")[form].split(f'name="{name}" value="')[1].split('"')[0]


async def against(town: Town, words: str = "Sluttet i august") -> None:
    async with browsing(town.office, await town.at_work("guri")) as guri:
        role = hidden(await row_of(guri, "/tilganger", "Knut Aas"), "rolle")
        for _ in range(2):  # said again it is said once
            sent = await guri.send("/tilganger", gjor="nei", rolle=role, ord=words)
            assert sent.leads_to == "/tilganger"


async def test_the_administrator_is_told_and_ends_the_role(town: Town) -> None:
    await against(town)
    async with browsing(town.office, await town.at_work("guri")) as guri:
        row = await row_of(guri, "/tilganger", "Knut Aas")
        assert "Du har sagt fra" in row and "Sluttet i august" in row and "<form" not in row
        assert "må bekreftes" in (await guri.open("/tilganger")).text  # it is no confirmation of the list
    async with browsing(town.office, await town.at_work("camilla")) as camilla:
        units = (await camilla.open("/ansatte")).html
        assert "1 skal ikke ha tilgang" in next(one for one in units.split("<tr ") if GURI.unit.name in one)
        assert units.count("skal ikke ha tilgang") == 1
        row = await row_of(camilla, legevakt(town), "Knut Aas")
        assert "Guri Holt sier at personen ikke skal ha tilgang" in row and "Sluttet i august" in row
        ended = await camilla.send(legevakt(town), rolle=hidden(row, "rolle"), versjon=hidden(row, "versjon"))
        assert ended.status == 303 and "skal ikke ha tilgang" not in (await camilla.open("/ansatte")).text
    async with browsing(town.office, await town.at_work("guri")) as guri:
        assert "Knut Aas" not in (await guri.open("/tilganger")).text


async def test_the_manager_reads_the_answer_and_may_say_it_again(town: Town) -> None:
    await against(town, "")
    async with browsing(town.office, await town.at_work("camilla")) as camilla:
        row = await row_of(camilla, legevakt(town), "Knut Aas")
        answer = {"gjor": "svar", "rolle": hidden(row, "rolle", 1), "versjon": hidden(row, "versjon", 1)}
        assert (await camilla.send(legevakt(town), **answer, ord=" ")).status == 422
        assert (await camilla.send(legevakt(town), **(answer | {"versjon": "9"}), ord="Vikar ut året")).status == 412
        assert (await camilla.send(legevakt(town), **answer, ord="Vikar ut året")).status == 303
        assert (await camilla.send(legevakt(town), **answer, ord="Vikar ut året")).status == 409
        assert "skal ikke ha tilgang" not in (await camilla.open("/ansatte")).text
    async with browsing(town.office, await town.at_work("guri")) as guri:
        row = await row_of(guri, "/tilganger", "Knut Aas")
        assert "Systemansvarlig svarte" in row and "Vikar ut året" in row and "Du har sagt fra" not in row
        assert "må bekreftes" in (await guri.open("/tilganger")).text
    await against(town, "Har levert nøklene")
    async with browsing(town.office, await town.at_work("camilla")) as camilla:
        assert "Har levert nøklene" in await row_of(camilla, legevakt(town), "Knut Aas")


async def test_what_the_administrator_confirms_is_seen_by_the_manager(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewed, "MOST", 1)
    async with browsing(town.office, await town.at_work("guri")) as guri:
        assert "aldri bekreftet" in (await guri.open("/tilganger")).text
        async with browsing(town.office, await town.at_work("camilla")) as camilla:
            assert (await camilla.send(nord(town), gjor="bekreft")).status == 303
            assert "aldri bekreftet" in (await guri.open("/tilganger")).text  # that was another unit
            assert (await camilla.send(legevakt(town), gjor="bekreft")).status == 303
        let_pass(town.office, timedelta(seconds=1))
        async with town.office.work(JOB, Purpose.SYSTEM) as work:  # which is for nobody at the unit
            await journal.create(work, {"resourceType": "VerificationResult", "status": "validated",
                                        "target": [{"reference": f"Organization/{town.id(THERE)}"}]})  # fmt: skip
        page = (await guri.open("/tilganger")).text
        assert "bekreftet 23.11.2026" in page and "må bekreftes" not in page


async def test_a_manager_speaks_of_others_at_the_own_unit_only(town: Town) -> None:
    actor = await town.at_work("guri")
    theirs, own = (town.id(f"PractitionerRole/{one}") for one in ("mariam", "guri"))
    async with browsing(town.office, actor) as guri:
        for role in (theirs, own, "x", ""):
            assert (await guri.send("/tilganger", gjor="nei", rolle=role)).status == 404
    async with town.office.work(actor, Purpose.ADMINISTRATION) as work:
        with pytest.raises(Refused, match="AK-A046"):
            await objecting.against(work, town.id(MARIAM.unit.link["reference"]), theirs, "")
    async with town.office.work(actor, Purpose.ADMINISTRATION) as work:
        said = await objecting.against(work, town.id(THERE), own, "")
    async with town.office.work(actor, Purpose.ADMINISTRATION) as work:
        with pytest.raises(Refused, match="AK-A046"):
            await journal.update(
                work, said.resource | {"target": [{"reference": f"PractitionerRole/{own}"}]}, id_=said.id
            )
