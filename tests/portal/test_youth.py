"""A parent lets a child of 13 to 15 sign in, and takes it back: it holds from the next request."""

from __future__ import annotations

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go
from akson.base.work import Actor, Purpose
from akson.portal.youth import PATH
from akson.record import journal
from tests.offices import JOB
from tests.offices import citizen as in_their_own_right
from tests.portal.pages import FNR, add, citizen, send, show
from tests.portal.test_insight import later
from tests.seeded import Town


async def sander(town: Town) -> Actor:
    async with town.office.work(await citizen(town, "hege"), Purpose.OWN) as work:
        return in_their_own_right(await journal.read(work, "Patient", town.id("Patient/sander")))


async def seen_by(town: Town, youth: Actor, *types: str) -> list[str]:
    """Return what of these the youth sees in their own record, or why nothing is shown."""
    later(town)
    try:
        async with town.office.work(youth, Purpose.OWN) as work:
            found = await journal.chart(work, youth.id.partition("/")[2], dict.fromkeys(types, 5))
    except Refused as refused:
        return [refused.code]
    return [type_ for type_ in types if found[type_]]


async def test_a_mother_lets_her_son_of_15_in_and_takes_it_back(town: Town) -> None:
    hege, youth, id_ = await citizen(town, "hege"), await sander(town), town.id("Patient/sander")
    assert await seen_by(town, youth, "Patient") == ["AK-A064"]
    asked = await show(town, hege, PATH, person="sander")
    assert "Sander kan ikke logge inn selv." in asked.text and "hvem som er fastlege" in asked.text
    assert asked.statements <= 6
    done = await send(town, hege, PATH, person="sander")
    assert done == Go(f"/min/innsyn?person={id_}", said="youth.let_in")
    assert await seen_by(town, youth, "Patient", "Condition") == ["Patient"]
    mine = (await show(town, youth, "/min/journal")).text
    assert "Resten ser du når du har fylt 16" in mine and "Ingen notater er skrevet" not in mine  # only not shown
    later(town)
    row = (await show(town, hege, "/min/innsyn", person="sander")).text
    assert "Egen innlogging Sander kan logge inn selv." in row
    again = await show(town, hege, PATH, person="sander")
    assert "Du samtykket" in again.text and "Trekk samtykket tilbake" in again.text
    assert await send(town, hege, PATH, person="sander") == Go(f"/min/innsyn?person={id_}", said="youth.taken_back")
    assert await seen_by(town, youth, "Patient") == ["AK-A064"]


@pytest.mark.parametrize(
    ("who", "whose"), [("ida", "emil"), ("kari", "astrid"), ("astrid", "astrid"), ("hege", "hege")]
)
async def test_nobody_but_a_parent_of_a_child_of_that_age_finds_the_page(town: Town, who: str, whose: str) -> None:
    actor = await citizen(town, who)
    with pytest.raises(Refused) as refused:
        await show(town, actor, PATH, person=whose)
    assert refused.value.code == "AK-J001"
    with pytest.raises(Refused):
        await send(town, actor, PATH, person=whose)
    assert "Egen innlogging" not in (await show(town, actor, "/min/innsyn", person=whose)).text


async def test_what_one_parent_consented_to_the_other_does_not_take_back(town: Town) -> None:
    hege, ola = await citizen(town, "hege"), await citizen(town, "ola")
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        (mother,) = (await journal.chart(work, town.id("Patient/sander"), {"RelatedPerson": 5}))["RelatedPerson"]
    father = {key: value for key, value in mother.resource.items() if key not in {"id", "meta"}}
    await add(town, {**father, "identifier": [{**father["identifier"][0], "value": FNR["ola"]}]})
    later(town)
    await send(town, ola, PATH, person="sander")
    later(town)
    page = await show(town, hege, PATH, person="sander")
    assert "En annen forelder har samtykket" in page.text and "Trekk samtykket" not in page.text
    await send(town, hege, PATH, person="sander")
    later(town)
    assert "Sander kan logge inn selv." in (await show(town, ola, PATH, person="sander")).text
