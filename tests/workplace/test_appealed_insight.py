"""Refused insight and a refused representative are appealed as a refused demand is, and nobody learns what is withheld."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go
from akson.base.work import Purpose
from akson.patient import appeals, cases
from akson.record import appeals as reading
from akson.record import journal
from akson.record.deciding import facts_for
from akson.record.representative import withheld_as
from akson.workplace import appealing
from tests.offices import let_pass
from tests.portal.pages import citizen, send, show
from tests.portal.test_insight import insight, later
from tests.portal.test_representative import NOTE, SAYS, asked, the_case, withheld
from tests.seeded import Town
from tests.workplace.browsing import browsing
from tests.workplace.test_appeals import decided
from tests.workplace.test_privacy import heard

PAGE, WHY, COMMENT = "/min/innsyn/klage", "Jeg tåler å lese det", "Faren er der fortsatt."


async def the_appeal(town: Town) -> cases.Case:
    async with town.office.work(await citizen(town, "astrid"), Purpose.OWN) as work:
        chart = await journal.chart(work, town.id("Patient/astrid"), {"Task": 200})
    return next(one for hit in chart["Task"] if (one := cases.case_of(hit)) and one.sort == "appeal")


async def appealed(town: Town, **what: str) -> cases.Case:
    sent = await send(town, await citizen(town, "astrid"), PAGE, **{"ord": WHY, **what})
    assert sent == Go("/min/innsyn", said="appeals.sent")
    await heard(town)
    later(town)
    return await the_appeal(town)


async def letter(town: Town, task: str) -> str:
    async with town.office.work(await town.at_work("jonas"), Purpose.ADMINISTRATION) as work:
        case = cases.case_of(await journal.read(work, "Task", task))
        assert case is not None
        return str(await appealing._parts(work, case))


async def told(town: Town) -> Any:
    return (await insight(town, await citizen(town, "astrid"))).asked[0]


async def is_withheld(town: Town, name: str) -> bool:
    owner = await town.office.database.fetchval("SELECT owner FROM resource WHERE id = $1", town.id("Patient/astrid"))
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        return bool(withheld_as((await facts_for(work, [owner]))[owner], name))


async def test_what_is_withheld_is_appealed_weighed_anew_by_who_withholds_it_and_given(town: Town) -> None:
    name, astrid = await withheld(town), await citizen(town, "astrid")
    (row,) = (await insight(town, astrid)).appealable
    assert row.href == f"{PAGE}?holdt={name}"
    let_pass(town.office, timedelta(days=60))  # it goes on being refused
    page = await show(town, astrid, PAGE, holdt=name)
    assert "Det kan utløse ny selvskading" in page.text and "så lenge opplysningen er holdt tilbake" in page.text
    case = await appealed(town, holdt=name)
    task = json.dumps(case.stored.resource, default=str)
    assert town.id(NOTE) not in task and "DocumentReference" not in task and SAYS not in task
    (row,) = (await insight(town, astrid)).appealable
    assert (
        row.href == f"/min/innsyn#sak-{case.stored.id}" and SAYS not in (await show(town, astrid, "/min/innsyn")).text
    )
    async with browsing(town.office, await town.at_work("gunnar")) as browser:  # of the municipality, and gives no care
        assert "Klage på avslått innsyn" in (await browser.open("/krav")).text
        drawn = await browser.open(f"/krav/{case.stored.id}")
        assert all(one in drawn.text for one in (WHY, SAYS, "ny selvskading")) and drawn.statements <= 10
        assert (await decided(browser, case.stored.id, "upheld")).status == 422  # that is not theirs to say
        assert (await decided(browser, case.stored.id, "erased")).status == 422  # that was not asked for
        assert await is_withheld(town, name)
        assert (await decided(browser, case.stored.id, "given", "Vi er enige nå.")).leads_to == "/krav"
    assert not await is_withheld(town, name)
    later(town)
    ended = await told(town)
    assert (ended.answer, ended.outcome) == (
        "Vi er enige nå.",
        "Opplysningen er ikke lenger holdt tilbake. Du ser den i journalen.",
    )
    assert SAYS in (await show(town, astrid, "/min/journal")).text


async def test_it_is_passed_on_with_a_letter_and_stays_withheld_when_statsforvalteren_says_so(town: Town) -> None:
    name = await withheld(town)
    case = await appealed(town, holdt=name)
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert (await decided(browser, case.stored.id, "passed-on", COMMENT)).status == 303
        await heard(town)
        assert "Hos Statsforvalteren, 1" in (await browser.open("/krav")).text
        got = await browser.open(f"/krav/{case.stored.id}/brev")
        assert got.answer.content.startswith(b"%PDF-")
        said = await letter(town, case.stored.id)
        assert all(one in said for one in (WHY, COMMENT, SAYS, "ny selvskading"))
        async with town.office.work(await town.at_work("gunnar"), Purpose.ADMINISTRATION) as work:
            facts = (await facts_for(work, [case.stored.owner]))[case.stored.owner]
            assert await reading.lies_elsewhere(work, facts, [town.names[NOTE]], "")  # so it is not erased meanwhile
            assert not await reading.lies_elsewhere(work, facts, [town.names[NOTE]], case.stored.id)
        waits = await told(town)
        assert waits.comment == COMMENT and waits.state.startswith("Sendt videre til Statsforvalteren")
        assert (await decided(browser, case.stored.id, "upheld", "De er enige.")).leads_to == "/krav"
        assert SAYS not in (await browser.open(f"/krav/{case.stored.id}")).text
    assert await is_withheld(town, name)
    with pytest.raises(Refused, match="AK-B026"):
        await send(town, await citizen(town, "astrid"), PAGE, holdt=name, ord=WHY)


async def test_a_refused_representative_is_appealed_in_four_weeks_and_told_after_all(town: Town) -> None:
    name = await withheld(town)
    await asked(town, name)
    refused = await the_case(town)
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        form = {"version": (await browser.open(f"/krav/{refused.stored.id}")).hidden("version")}
        await browser.send(f"/krav/{refused.stored.id}", **form, utfall="refused", svar="Hun er selv omtalt.")
    later(town)
    assert (await told(town)).appeal_href == f"{PAGE}?sak={refused.stored.id}"
    case = await appealed(town, sak=refused.stored.id)
    assert (case.demanded, case.named, case.held, case.item) == ("representative", "Advokat Vigdis Moe", name, "")
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        page = await browser.open(f"/krav/{case.stored.id}")
        assert all(one in page.text for one in (WHY, SAYS, "Vigdis Moe", "99 00 11 22", "Hun er selv omtalt."))
        assert (await decided(browser, case.stored.id, "handed-over", "Gitt på kontoret.")).leads_to == "/krav"
    ended = await told(town)
    assert "fått det som er holdt tilbake" in ended.outcome and await is_withheld(town, name)
    assert (await insight(town, await citizen(town, "astrid"))).refused[0].href.endswith(name)  # one may ask anew


@pytest.mark.parametrize(("what", "code"), [
    ({"holdt": "withheld-as-0"}, "AK-J001"), ({"holdt": ""}, "AK-J001"), ({"sak": "withheld-as-0"}, "AK-J001"),
])  # fmt: skip
async def test_what_is_not_withheld_is_not_appealed(town: Town, what: dict[str, str], code: str) -> None:
    await withheld(town)
    with pytest.raises(Refused, match=code):
        await send(town, await citizen(town, "astrid"), PAGE, ord=WHY, **what)


async def test_past_the_page_the_rules_are_the_same(town: Town) -> None:
    name, astrid, kari = await withheld(town), await citizen(town, "astrid"), await citizen(town, "kari")
    person = {"reference": town.names["Patient/astrid"]}

    async def posted(who: Any, held: str, words: str = WHY) -> str:
        try:
            async with town.office.work(who, Purpose.OWN) as work:
                await appeals.appeal_withheld(work, person, held, words=words)
        except Refused as refused:
            return refused.code
        return ""

    assert [await posted(astrid, "withheld-as-0"), await posted(astrid, name, " ")] == ["AK-B024", "AK-B023"]
    assert await posted(kari, name) == "AK-A040"  # with a proxy one reads, and asks for nothing
    assert [await posted(astrid, name), await posted(astrid, name)] == ["", "AK-B026"]


async def test_no_client_says_that_insight_is_given_while_it_is_not(town: Town) -> None:
    name = await withheld(town)
    case = await appealed(town, holdt=name)
    with pytest.raises(Refused, match="AK-B030"):
        async with town.office.work(await town.at_work("jonas"), Purpose.ADMINISTRATION) as work:
            await cases.answer(work, case.stored, case.stored.version, text="Gitt.", outcome="given")
    assert await is_withheld(town, name)
