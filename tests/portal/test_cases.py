"""Asking why somebody looked: the form, what the case says ever after, and how the answer comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go, Page
from akson.base.work import Actor, Purpose
from akson.patient import cases
from akson.record import cases as tasks
from akson.record import journal
from akson.record.stored import Stored
from tests.offices import JOB, VENDOR, let_pass
from tests.portal.pages import citizen, send, show
from tests.portal.test_insight import insight, later, reads
from tests.seeded import Town
from tests.workplace.test_privacy import heard

ASK = "/min/innsyn/forklaring"
TODAY = "2026-11-23"


async def asked(town: Town, who: Actor, about: str, sort: str = "suspicion", **more: str) -> Any:
    """Ask about the looks of one of staff today."""
    form = {"hvem": town.id(f"Practitioner/{about}"), "dag": TODAY, "onske": sort, "ord": "Vi er naboer", **more}
    return await send(town, who, ASK, **form)


async def the_case(town: Town, who: Actor) -> Stored:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        found = await journal.chart(work, who.id.partition("/")[2], {"Task": 50})
    return next(hit for hit in found["Task"] if cases.case_of(hit))


async def answered(town: Town, task: Stored, text: str = "Hun tok over vakten.", outcome: str = "lawful") -> None:
    async with town.office.work(await town.at_work("per"), Purpose.ADMINISTRATION) as work:
        read = await journal.read(work, "Task", task.id)
        await cases.answer(work, read, read.version, text=text, outcome=outcome)


async def test_a_case_says_who_and_when_ever_after_and_when_it_is_answered(town: Town) -> None:
    berit, astrid = await town.at_work("mariam"), await citizen(town, "astrid")
    await reads(town, berit, "astrid")
    begun = town.office.clock()
    later(town, 5)
    await reads(town, berit, "astrid")
    ended = town.office.clock()
    assert await asked(town, astrid, "mariam") == Go("/min/innsyn", said="cases.sent")
    later(town)
    await reads(town, berit, "astrid")
    case = cases.case_of(await the_case(town, astrid))
    assert case and (case.since, case.until) == (begun, ended)
    assert case.called == "Mariam Yusuf, sykepleier, Hjemmetjenesten sone nord"
    assert (case.sort, case.words, case.due.isoformat(), case.closed) == (
        "suspicion", "Vi er naboer", "2026-12-23", False,
    )  # fmt: skip
    marks = [one["code"] for one in case.stored.resource["meta"]["security"]]
    assert marks == ["citizens-case", town.id("Organization/fjordvik"), town.id("Practitioner/mariam")]


async def test_the_form_tells_the_look_in_words_in_few_statements(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await reads(town, await town.at_work("jonas"), "astrid")
    shown = await show(town, astrid, ASK, hvem=town.id("Practitioner/jonas"), dag=TODAY)
    assert "Jonas Eikeland, fastlege, Nordre legesenter" in shown.text
    assert "I dag klokken 11.00" in shown.text and "Du får svar innen 23.12.2026" in shown.text
    assert shown.statements <= 7
    form = {"hvem": town.id("Practitioner/jonas"), "dag": TODAY}
    page = await send(town, astrid, ASK, **form)
    assert isinstance(page, Page) and page.status == 422


async def test_where_it_was_asked_the_look_leads_to_the_case(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await reads(town, await town.at_work("jonas"), "astrid")
    before = (await insight(town, astrid)).looks[0]
    assert before.ask_href.startswith(f"{ASK}?hvem=") and not before.asked
    await asked(town, astrid, "jonas", "explanation")
    page = await insight(town, astrid)
    assert (page.looks[0].ask_href, page.looks[0].asked) == ("", "Det er spurt om dette")
    (case,) = page.asked
    assert (case.title, case.state) == ("Spørsmål om et oppslag", "Sendt i dag. Svar innen 23.12.2026.")
    let_pass(town.office, timedelta(days=31))
    (case,) = (await insight(town, astrid)).asked
    assert (case.late, case.state) == (True, "Svaret skulle vært her 23.12.2026. Ring kommunen og spør.")


async def test_the_answer_is_told_once_on_min_side_and_stays_on_innsyn(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await reads(town, await town.at_work("jonas"), "astrid")
    await asked(town, astrid, "jonas")
    later(town, 60)
    await answered(town, await the_case(town, astrid))
    later(town, 60)
    assert [one.title for one in (await show(town, astrid, "/min")).page.values["home"].new][:1] == ["Svar på en sak"]
    page = await insight(town, astrid)
    assert page.asked[0].state == "Besvart 23.11.2026 av Per Tveit."
    assert page.asked[0].answer == "Hun tok over vakten."
    assert page.asked[0].outcome == "Gjennomgangen viste at det var grunn til å se i journalen."
    looked = {look.who: look for look in page.looks}["Per Tveit, personvernombud"]
    assert (looked.basis, looked.ask_href) == ("svarer på en sak, eller vurderer en nødåpning", "")
    later(town, 60)
    assert "Svar på en sak" not in [one.title for one in (await show(town, astrid, "/min")).page.values["home"].new]


@pytest.mark.parametrize(("who", "person"), [("kari", "astrid"), ("ola", "henrik")])
async def test_who_does_not_decide_for_the_person_asks_nothing(town: Town, who: str, person: str) -> None:
    await reads(town, await town.at_work("jonas"), "astrid")
    with pytest.raises(Refused) as refused:
        await asked(town, await citizen(town, who), "jonas", person=person)
    assert refused.value.code == "AK-A001"


async def test_a_father_asks_for_his_small_child(town: Town) -> None:
    hanne, ola = await town.at_work("hanne"), await citizen(town, "ola")
    await reads(town, hanne, "emil")
    assert isinstance(await asked(town, ola, "hanne", "explanation", person="emil"), Go)
    (case,) = (await insight(town, ola, person="emil")).asked
    assert case.words == "Det ble skrevet: «Vi er naboer»"


@pytest.mark.parametrize(("about", "day"), [("berit", TODAY), ("jonas", "2026-11-22"), ("jonas", "i går"),
                                             ("jonas", "9999-12-31"), ("jonas", "0001-01-01")])  # fmt: skip
async def test_nobody_asks_about_a_look_that_never_was(town: Town, about: str, day: str) -> None:
    await reads(town, await town.at_work("jonas"), "astrid")
    with pytest.raises(Refused) as refused:
        await asked(town, await citizen(town, "astrid"), about, dag=day)
    assert refused.value.code == "AK-J001"


async def test_whom_it_is_about_never_learns_that_somebody_asked(town: Town) -> None:
    jonas, astrid = await town.at_work("jonas"), await citizen(town, "astrid")
    await reads(town, jonas, "astrid")
    await asked(town, astrid, "jonas")
    task = await the_case(town, astrid)
    async with town.office.work(jonas, Purpose.TREATMENT) as work:
        found = await journal.chart(work, astrid.id.partition("/")[2], {"Task": 50})
        assert task.id not in [hit.id for hit in found["Task"]]
        assert await journal.read_many(work, [task.reference]) == {}
    for who in ("jonas", "mariam", "siri", "camilla"):
        with pytest.raises(Refused):
            async with town.office.work(await town.at_work(who), Purpose.TREATMENT) as work:
                await journal.read(work, "Task", task.id)


async def test_what_a_program_writes_down_as_an_answer_is_none(town: Town) -> None:
    astrid, unmarked = await citizen(town, "astrid"), {"system": tasks.MARK, "code": "x"}
    who = {"reference": town.names["Practitioner/jonas"], "display": "Jonas"}
    about = [tasks.told(tasks.INPUT, "who", valueReference=who)]
    forged = tasks.task(
        "explanation", person={"reference": town.names["Patient/astrid"]}, requester={"display": "Akson"},
        now=town.office.clock(), about=about, answerers=[town.id("Organization/fjordvik")],
    )  # fmt: skip
    forged["meta"]["security"] = [unmarked, *forged["meta"]["security"][1:]]
    async with town.office.work(VENDOR, Purpose.SYSTEM) as work:
        await journal.create(work, forged)
    await heard(town)
    assert (await insight(town, astrid)).asked == ()
    assert await town.office.database.fetchval("SELECT count(*) FROM worklist WHERE kind = 'case'") == 0
