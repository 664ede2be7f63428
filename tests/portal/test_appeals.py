"""Appealing a refusal on Innsyn: until when, what it says, how far it is, what comes of it; and what is no appeal."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go, Page
from akson.base.work import Actor, Purpose
from akson.patient import appeals, cases
from akson.record import journal
from tests.offices import let_pass
from tests.portal.pages import citizen, send, show
from tests.portal.test_cases import the_case
from tests.portal.test_demands import answered, asked
from tests.portal.test_insight import insight, later
from tests.seeded import Town

PAGE, NOTE = "/min/innsyn/klage", "DocumentReference/astrid-kontroll"
WHY = "Legen har ikke spurt meg"


async def refused(town: Town, sort: str = "deletion", outcome: str = "refused") -> str:
    """Let Astrid demand something of a note, and that be refused; return the id of the case."""
    await asked(town, sort=sort)
    later(town)
    case = await the_case(town, await citizen(town, "astrid"))
    await answered(town, case, outcome)
    return case.id


async def appealed(town: Town, task: str, who: str = "astrid", **more: str) -> Any:
    return await send(town, await citizen(town, who), PAGE, **{"sak": task, "ord": WHY, **more})


async def the_appeal(town: Town, who: Actor) -> cases.Case:
    async with town.office.work(who, Purpose.OWN) as work:
        chart = await journal.chart(work, town.id("Patient/astrid"), {"Task": 200})
    return next(one for hit in chart["Task"] if (one := cases.case_of(hit)) and one.sort == "appeal")


async def test_an_appeal_goes_to_who_refused_about_the_same_entry_with_thirty_days_to_weigh_it_anew(town: Town) -> None:
    task, astrid = await refused(town), await citizen(town, "astrid")
    page = await show(town, astrid, PAGE, sak=task)
    assert "Det står i brevet fra sykehuset." in page.text and "til og med 21.12.2026" in page.text
    assert "Journalnotat" in page.text and page.statements <= 8
    assert await appealed(town, task) == Go("/min/innsyn", said="appeals.sent")
    case = await the_appeal(town, astrid)
    assert (case.words, case.appeals, case.demanded) == (WHY, f"Task/{task}", "deletion")
    assert (case.item, case.due.isoformat()) == (town.names[NOTE], "2026-12-23")
    marks = [one["code"] for one in case.stored.resource["meta"]["security"]]
    units = [town.id("Organization/nordre"), town.id("Organization/fjordvik")]
    assert marks == ["citizens-case", *units, "case-about-the-record", town.names[NOTE], f"appeal-of-{task}"]


async def test_the_refusal_leads_to_the_form_until_the_last_day_and_then_to_the_appeal(town: Town) -> None:
    task, astrid = await refused(town, "correction"), await citizen(town, "astrid")
    (before,) = (await insight(town, astrid)).asked
    assert (before.appeal_href, before.appeal_action) == (f"{PAGE}?sak={task}", "Klag på avslaget")
    let_pass(town.office, timedelta(days=28))  # it was refused at 11 on 23.11.2026
    assert "21.12.2026" in (await insight(town, astrid)).asked[0].appeal
    assert (await appealed(town, task)) == Go("/min/innsyn", said="appeals.sent")
    appeal, case = (await insight(town, astrid)).asked
    assert (appeal.title, appeal.words) == ("Klage på avslag", f"Du skrev: «{WHY}»")
    assert "vurderer saken på nytt" in appeal.state and appeal.about == before.about
    assert (case.appeal, case.appeal_href) == ("Du har klaget på avslaget.", f"/min/innsyn#{appeal.id}")
    letter = next(one for one in (await show(town, astrid, "/min/journal")).page.values["record"].notes
                  if one.id == f"d-{town.id(NOTE)}")  # fmt: skip
    assert letter.asked == "Det er klaget på et avslag"


async def test_after_the_last_day_there_is_no_appeal(town: Town) -> None:
    task, astrid = await refused(town), await citizen(town, "astrid")
    let_pass(town.office, timedelta(days=29))
    (case,) = (await insight(town, astrid)).asked
    assert "gikk ut 21.12.2026" in case.appeal and case.appeal_href == ""
    with pytest.raises(Refused) as late:
        await appealed(town, task)
    assert late.value.code == "AK-B025"
    with pytest.raises(Refused) as past_the_page:
        await posted(town, astrid, task)
    assert past_the_page.value.code == "AK-B025"


async def posted(town: Town, who: Actor, task: str, words: str = WHY) -> None:
    async with town.office.work(who, Purpose.OWN) as work:
        await appeals.appeal(work, {"reference": town.names["Patient/astrid"]}, f"Task/{task}", words=words)


async def test_a_refusal_is_appealed_once_and_nothing_else_is(town: Town) -> None:
    task, astrid = await refused(town), await citizen(town, "astrid")
    for wrong in ("finnes-ikke", town.id("Patient/astrid")):
        with pytest.raises(Refused) as unknown:
            await appealed(town, wrong)
        with pytest.raises(Refused) as past_the_page:
            await posted(town, astrid, wrong)
        assert (unknown.value.code, past_the_page.value.code) == ("AK-J001", "AK-B024")
    with pytest.raises(Refused) as wordless:
        await posted(town, astrid, task, " ")
    assert wordless.value.code == "AK-B023"
    await appealed(town, task)
    own = (await the_appeal(town, astrid)).stored.id
    for again, code in ((task, "AK-B026"), (own, "AK-B024")):
        with pytest.raises(Refused) as twice:
            await posted(town, astrid, again)
        assert twice.value.code == code


async def test_what_was_not_refused_is_not_appealed(town: Town) -> None:
    await asked(town)
    astrid = await citizen(town, "astrid")
    waiting = (await the_case(town, astrid)).id
    with pytest.raises(Refused) as refusal:
        await posted(town, astrid, waiting)
    assert refusal.value.code == "AK-B024"


async def test_two_appeals_in_one_set_are_refused_and_none_is_written(town: Town) -> None:
    task, astrid = await refused(town), await citizen(town, "astrid")
    one = {"resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": astrid.id},
           "partOf": [{"reference": f"Task/{task}"}],
           "code": {"coding": [{"system": "https://akson.no/fhir/case", "code": "appeal"}]},
           "input": [{"type": {"coding": [{"system": "https://akson.no/fhir/case-input", "code": "words"}]},
                      "valueString": WHY}]}  # fmt: skip
    with pytest.raises(Refused) as twice:
        async with town.office.work(astrid, Purpose.OWN) as work:
            await journal.write_set(work, [journal.draft("POST", dict(one)), journal.draft("POST", dict(one))])
    assert twice.value.code == "AK-B026"
    for more, path in (
        ({"focus": {"reference": town.names[NOTE]}}, "Task.focus"),
        ({"owner": {"reference": astrid.id}}, "Task.owner"),
    ):
        with pytest.raises(Refused) as refusal:
            async with town.office.work(astrid, Purpose.OWN) as work:
                await journal.create(work, one | more)
        assert refusal.value.path == path
    async with town.office.work(astrid, Purpose.OWN) as work:
        await journal.create(work, one)
    assert (await the_appeal(town, astrid)).appeals == f"Task/{task}"


async def test_one_with_a_proxy_appeals_nothing_and_the_form_wants_words(town: Town) -> None:
    task = await refused(town)
    with pytest.raises(Refused) as refusal:
        await appealed(town, task, "kari", person="astrid")
    assert refusal.value.code == "AK-J001"
    page = await appealed(town, task, ord=" ")
    assert isinstance(page, Page) and page.status == 422


async def test_of_two_appeals_at_once_one_is_written(town: Town) -> None:
    task, astrid = await refused(town), await citizen(town, "astrid")
    met = asyncio.Barrier(2)

    async def once() -> str:
        try:
            async with town.office.work(astrid, Purpose.OWN) as work:
                person = {"reference": town.names["Patient/astrid"]}
                await appeals.appeal(work, person, f"Task/{task}", words=WHY)
                await met.wait()  # both have been allowed, and neither has written
        except Refused as refusal:
            return refusal.code
        return ""

    assert sorted(await asyncio.gather(once(), once())) == ["", "AK-A040"]
    assert len([one for one in (await insight(town, astrid)).asked if one.title == "Klage på avslag"]) == 1
