"""Taking one's own access away in one press, and getting it back at a desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go, Page
from akson.base.work import Purpose
from akson.record import journal
from akson.signin.sessions import Sessions, SessionSettings
from akson.signin.smart.apps import App, Apps
from akson.signin.smart.granting import Grant, Grants
from seeds.citizens.astrid import ASTRID
from tests.offices import let_pass
from tests.portal.pages import citizen, send, show
from tests.seeded import Town
from tests.workplace.browsing import browsing

STOP = "/min/innsyn/stopp"
MET = {"mott": "ja", "alene": "ja"}
SETTINGS = SessionSettings(secure=False)


async def stopped(town: Town) -> None:
    page = await send(town, await citizen(town, "astrid"), STOP)
    assert isinstance(page, Page) and page.template == "min_stoppet.html"


async def signs_in(town: Town, who: str = ASTRID.fnr.value) -> bool:
    return await town.office.register.citizen(who, "demo:4") is not None


async def test_one_press_ends_every_session_and_every_app_and_nobody_signs_in_again(town: Town) -> None:
    astrid, kari, now = await citizen(town, "astrid"), await citizen(town, "kari"), town.office.clock()
    database = town.office.database
    sessions, grants = Sessions(database, SETTINGS), Grants(database, SETTINGS, town.office.clock)
    hers = [await sessions.start([astrid], provider="demo", now=now) for _ in range(2)]
    karis = await sessions.start([kari], provider="demo", now=now)
    await Apps(database).add(
        App(id="kurve", name="Kurve", redirect_uris=("https://app.example/b",), scopes=("openid",)), now
    )
    await grants.begin(Grant(id="g1", app="kurve", scope="patient/*.rs", actor=astrid), timedelta(hours=1))
    assert await signs_in(town)
    standing = await grants.standing("kurve", "g1")
    assert standing and standing.grant
    await stopped(town)
    assert [await sessions.resume(one, now) for one in hers] == [None, None]
    assert await sessions.resume(karis, now) is not None and not await signs_in(town)
    standing = await grants.standing("kurve", "g1")
    assert standing is None or standing.grant is None
    for who, person in ((astrid, ""), (kari, "astrid")):
        with pytest.raises(Refused) as refused:
            await show(town, who, "/min", **({"person": person} if person else {}))
        assert refused.value.code in ("AK-A067", "AK-A001")


async def test_those_who_give_care_see_what_they_need_as_before(town: Town) -> None:
    await stopped(town)
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        assert (await journal.chart(work, town.id("Patient/astrid"), {"Condition": 5}))["Condition"]


async def test_the_access_is_given_back_at_a_desk_by_who_has_met_the_person(town: Town) -> None:
    await stopped(town)
    path = f"/p/{town.id('Patient/astrid')}/innlogging"
    async with browsing(town.office, await town.at_work("kristin")) as browser:
        page = await browser.open(path)
        assert "fjernet selv tilgangen" in page.text and "23.11.2026" in page.text and page.statements <= 12
        drawn = page.hidden("version")
        for form in ({}, {"mott": "ja"}, {"alene": "ja"}):
            assert (await browser.send(path, version=drawn, **form)).status == 422
        assert (await browser.send(path, version="7", **MET)).status == 422 and not await signs_in(town)
        assert (await browser.send(path, version=drawn, **MET)).status == 303
        assert "ikke fjernet tilgangen" in (await browser.open(path)).text
        assert (await browser.send(path, version=drawn, **MET)).status == 404
    assert await signs_in(town)
    let_pass(town.office, timedelta(minutes=5))
    page_: Any = (await show(town, await citizen(town, "astrid"), "/min/innsyn")).page.values["insight"]
    assert "møtte opp" in next(look.why for look in page_.looks if look.who.startswith("Kristin"))
    await stopped(town)  # and once more, if need be
    assert not await signs_in(town)


@pytest.mark.parametrize(("who", "status"), [("turid", 403), ("jonas", 403), ("siri", 403)])
async def test_no_other_desk_gives_it_back(town: Town, who: str, status: int) -> None:
    await stopped(town)
    path = f"/p/{town.id('Patient/astrid')}/innlogging"
    async with browsing(town.office, await town.at_work(who)) as browser:
        assert (await browser.send(path, version="1", **MET)).status == status
    assert not await signs_in(town)


async def test_nobody_takes_another_persons_access_away(town: Town) -> None:
    for who, person in (("kari", "astrid"), ("ola", "emil")):
        with pytest.raises(Refused) as refused:
            await send(town, await citizen(town, who), STOP, person=person)
        assert refused.value.code == "AK-A001"


async def test_the_page_says_what_it_means(town: Town) -> None:
    page = await show(town, await citizen(town, "astrid"), STOP)
    assert "møte opp" in page.text and page.statements <= 5
    assert not isinstance(page.page, Go)
    assert STOP in (await show(town, await citizen(town, "astrid"), "/min/innsyn")).html
    assert STOP not in (await show(town, await citizen(town, "ola"), "/min/innsyn", person="emil")).html
