"""A note that its author keeps from the patient: gone from all that the patient sees, but for the reason."""

from __future__ import annotations

import json

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.record import journal
from tests.portal.pages import citizen, show
from tests.seeded import Town
from tests.workplace.browsing import browsing

NOTE, SAYS = "DocumentReference/astrid-kontroll", "Smerter i hofte ved gange"
WHY = {"do": "withhold", "grunnlag": "life", "hvorfor": "Det kan utløse ny selvskading nå."}


def path(town: Town) -> str:
    return f"/p/{town.id('Patient/astrid')}/notat/{town.id(NOTE)}"


async def withheld(town: Town) -> None:
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert (await browser.send(path(town), **WHY)).status == 303


async def test_the_patient_is_told_that_something_is_withheld_why_and_how_to_appeal(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    before = await show(town, astrid, "/min/journal")
    assert SAYS in before.text and before.page.values["record"].refused == ()
    await withheld(town)
    after = await show(town, astrid, "/min/journal")
    (entry,) = after.page.values["record"].refused
    assert entry.title == "En opplysning er holdt tilbake, 23.11.2026"
    assert "alvorlig helseskade. Det kan utløse ny selvskading nå." in entry.text and "advokat" in entry.text
    assert SAYS not in after.text and "Statsforvalteren" in after.text and town.id(NOTE) not in after.html
    assert after.statements <= before.statements + 1


async def test_what_is_withheld_is_read_nowhere_by_the_patient_and_everywhere_by_those_who_give_care(
    town: Town,
) -> None:
    await withheld(town)
    astrid = await citizen(town, "astrid")
    for version in (1, 2):
        with pytest.raises(Refused) as refused:
            async with town.office.work(astrid, Purpose.OWN) as work:
                await journal.vread(work, "DocumentReference", town.id(NOTE), version)
        assert refused.value.code == "AK-A060"
    async with town.office.work(await town.at_work("anne"), Purpose.TREATMENT) as work:
        assert (await journal.read(work, "DocumentReference", town.id(NOTE))).version == 2
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        page = await browser.open(path(town))
    assert SAYS in page.text and "Pasienten får ikke se dette" in page.text and "ny selvskading" in page.text


async def test_the_patient_sees_it_again_as_it_was_when_its_author_says_so(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    async with town.office.work(astrid, Purpose.OWN) as work:
        first = (await journal.read(work, "DocumentReference", town.id(NOTE))).resource
    await withheld(town)
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert (await browser.send(path(town), do="give")).status == 303
    async with town.office.work(astrid, Purpose.OWN) as work:
        last = (await journal.read(work, "DocumentReference", town.id(NOTE))).resource
    first.pop("meta"), last.pop("meta")
    assert json.dumps(first, default=str) == json.dumps(last, default=str)
    page = await show(town, astrid, "/min/journal")
    assert SAYS in page.text and page.page.values["record"].refused == ()


@pytest.mark.parametrize("form", [{"grunnlag": ""}, {"grunnlag": "praktisk"}, {"hvorfor": "Kort"}, {"hvorfor": ""}])
async def test_insight_is_not_refused_without_a_ground_of_law_and_a_reason(town: Town, form: dict[str, str]) -> None:
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        sent = await browser.send(path(town), **{**WHY, **form})
    assert sent.status == 422 and "minst 10 tegn" in sent.text
    assert SAYS in (await show(town, await citizen(town, "astrid"), "/min/journal")).text


@pytest.mark.parametrize("who", ["anne", "mariam"])
async def test_only_its_author_keeps_a_note_from_the_patient(town: Town, who: str) -> None:
    async with browsing(town.office, await town.at_work(who)) as browser:
        assert "Hold tilbake for pasienten" not in (await browser.open(path(town))).text
        assert (await browser.send(path(town), **WHY)).status == 422


async def test_one_with_a_proxy_is_told_neither_the_note_nor_the_reason(town: Town) -> None:
    await withheld(town)
    page = await show(town, await citizen(town, "kari"), "/min/journal", person="astrid")
    assert SAYS not in page.text and "selvskading" not in page.text
