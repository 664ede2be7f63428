"""Who refused weighs an appeal anew: changes the decision, or passes it on with a letter and puts down how it ended."""

from __future__ import annotations

from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.patient import appeals, cases
from akson.record import appeals as reading
from akson.record import holds, journal
from akson.record.cases import closed
from akson.workplace import appealing
from seeds.citizens.astrid import ASTRID
from tests.offices import JOB
from tests.portal.pages import citizen, show
from tests.portal.test_insight import insight, later
from tests.seeded import Town
from tests.workplace.browsing import Browser, Shown, browsing
from tests.workplace.test_demands import BLOCKED, HELD, MARK, NOTE, REASON, as_citizen, demanded, text_of_the_note
from tests.workplace.test_privacy import heard

LIES = "ligger hos Statsforvalteren, så den slettes ikke"
WHY, COMMENT = "Legen har ikke spurt meg", "Vi har spurt pasienten, og det står i brevet."


async def appealed(town: Town, sort: str = "deletion", note: str = NOTE, by: str = "jonas") -> str:
    """Let Astrid demand something of a note, who answers refuse it, and her appeal; return the id of the appeal."""
    task = await demanded(town, sort, note)
    async with town.office.work(await town.at_work(by), Purpose.ADMINISTRATION) as work:
        read = await journal.read(work, "Task", task)
        await cases.answer(work, read, read.version, text=REASON, outcome="refused")
    later(town)
    async with town.office.work(await citizen(town, "astrid"), Purpose.OWN) as work:
        person = {"reference": town.names["Patient/astrid"], "display": "Astrid Marie Nordli"}
        made = await appeals.appeal(work, person, f"Task/{task}", words=WHY)
    await heard(town)
    later(town)
    return made.id


async def decided(browser: Browser, task: str, outcome: str, text: str = COMMENT, **more: str) -> Shown:
    version = (await browser.open(f"/krav/{task}")).hidden("version")
    return await browser.send(f"/krav/{task}", utfall=outcome, svar=text, version=version, **more)


async def told(town: Town) -> Any:
    """Return the appeal as Innsyn tells it."""
    return (await insight(town, await citizen(town, "astrid"))).asked[0]


async def in_question(town: Town) -> bool:
    """Say whether the overview tells a nurse that something is."""
    async with browsing(town.office, await town.at_work("mariam")) as browser:
        return MARK in (await browser.open(f"/p/{town.id('Patient/astrid')}")).text


async def letter_of(town: Town, task: str) -> str:
    """Return all that stands in the letter."""
    async with town.office.work(await town.at_work("jonas"), Purpose.ADMINISTRATION) as work:
        case = cases.case_of(await journal.read(work, "Task", task))
        assert case is not None
        return str(await appealing._parts(work, case))


async def test_what_is_passed_on_is_a_letter_with_all_that_was_said_and_ends_with_what_is_decided_there(
    town: Town,
) -> None:
    before, task = await text_of_the_note(town), await appealed(town)
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert "Klage på avslått sletting" in (await browser.open("/krav")).text
        page = await browser.open(f"/krav/{task}")
        assert all(one in page.text for one in (WHY, REASON, "Jeg røyker ikke", before[:40], "23.12.2026"))
        assert ASTRID.fnr.value not in page.html and page.statements <= 10
        assert (await browser.open(f"/krav/{task}/brev")).status == 404
        assert (await decided(browser, task, "upheld")).status == 422  # that is not theirs to say
        assert (await decided(browser, task, "passed-on", "")).status == 422
        assert (await decided(browser, task, "passed-on")).leads_to == f"/krav/{task}"
        await heard(town)
        desk = await browser.open("/krav")
        assert "Hos Statsforvalteren, 1" in desk.text and "sendt til Statsforvalteren 23.11.2026" in desk.text
        got = await browser.open(f"/krav/{task}/brev")
        assert got.answer.content.startswith(b"%PDF-") and got.answer.headers["content-type"] == "application/pdf"
        letter = await letter_of(town, task)
        assert all(one in letter for one in (WHY, COMMENT, REASON, "Jeg røyker ikke", before[:40], "Jonas Eikeland"))
        waits = await told(town)
        assert waits.comment == COMMENT and not waits.late
        assert waits.state.startswith("Sendt videre til Statsforvalteren 23.11.2026.")
        home = (await show(town, await citizen(town, "astrid"), "/min")).page.values["home"]
        assert "Klagen er sendt videre til Statsforvalteren" in [one.title for one in home.new]
        assert (await decided(browser, task, "passed-on")).status == 422  # once
        assert (await decided(browser, task, "upheld", "De er enige.")).leads_to == "/krav"
        assert (await browser.open(f"/krav/{task}/brev")).status == 404
        assert before[:40] not in (await browser.open(f"/krav/{task}")).text
        again = await browser.send(f"/krav/{task}", utfall="erased", svar=REASON, version="3")
        assert again.status == 422 and "bare én gang" in again.text
    ended = await told(town)
    assert (ended.outcome, ended.answer) == ("Statsforvalteren har opprettholdt avslaget.", "De er enige.")
    assert "av Jonas Eikeland" in ended.state and ended.comment == COMMENT


@pytest.mark.parametrize("passed_on", [False, True])
async def test_the_decision_is_changed_by_who_refused_or_after_it_was_passed_on(town: Town, *, passed_on: bool) -> None:
    task = await appealed(town)
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        if passed_on:
            assert (await decided(browser, task, "passed-on")).status == 303
        assert (await decided(browser, task, "corrected")).status == 422  # without saying how
        assert (await decided(browser, task, "erased", REASON)).leads_to == "/krav"
    with pytest.raises(Refused) as gone:
        await text_of_the_note(town)
    assert gone.value.code == "AK-J002"
    ended = await told(town)
    assert ended.outcome.startswith("Opplysningen er slettet.") and bool(ended.comment) is passed_on
    assert ended.about == "En opplysning som ikke lenger vises"


async def test_what_statsforvalteren_decides_erases_nothing_while_the_record_is_on_hold(town: Town) -> None:
    task = await appealed(town)
    async with town.office.work(JOB, Purpose.ADMINISTRATION) as work:
        await holds.hold(work, town.id("Patient/astrid"), "Klage til Statsforvalteren", "Per Tveit")
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert HELD in (await browser.open(f"/krav/{task}")).text
        assert HELD in (await decided(browser, task, "erased", REASON)).text and await text_of_the_note(town)
        assert (await decided(browser, task, "passed-on")).status == 303
        assert HELD in (await browser.open(f"/krav/{task}")).text


async def test_another_demand_erases_nothing_that_statsforvalteren_still_has_to_decide_about(town: Town) -> None:
    task = await appealed(town, "correction")
    again = await demanded(town, "deletion")
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert LIES not in (await browser.open(f"/krav/{again}")).text
        assert (await decided(browser, task, "passed-on")).status == 303
        assert LIES in (await browser.open(f"/krav/{again}")).text
        refused = await decided(browser, again, "erased", REASON)
        assert refused.status == 422 and LIES in refused.text and await text_of_the_note(town)
        assert (await decided(browser, task, "upheld", "De er enige.")).leads_to == "/krav"
        assert LIES not in (await browser.open(f"/krav/{again}")).text
        assert (await decided(browser, again, "erased", REASON)).leads_to == "/krav"
    with pytest.raises(Refused, match="AK-J002"):
        await text_of_the_note(town)


async def test_an_appeal_that_is_passed_on_while_another_demand_erases_keeps_the_entry(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await appealed(town, "correction")
    again = await demanded(town, "deletion")
    looked = reading.lies_elsewhere
    async with browsing(town.office, await town.at_work("gunnar")) as other:

        async def passed_on_meanwhile(*asked: Any) -> bool:
            found = await looked(*asked)
            monkeypatch.undo()
            assert (await decided(other, task, "passed-on")).status == 303
            return found

        async with browsing(town.office, await town.at_work("jonas")) as browser:
            version = (await browser.open(f"/krav/{again}")).hidden("version")
            monkeypatch.setattr(reading, "lies_elsewhere", passed_on_meanwhile)
            sent = await browser.send(f"/krav/{again}", utfall="erased", svar=REASON, version=version)
            assert sent.status == 422 and "Noe endret seg mens du lagret" in sent.text and await text_of_the_note(town)


async def test_what_was_to_be_corrected_is_corrected_and_never_erased(town: Town) -> None:
    task, before = await appealed(town, "correction"), await text_of_the_note(town)
    assert await in_question(town)
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert (await decided(browser, task, "erased")).status == 422
        sent = await decided(browser, task, "corrected", REASON, retting="Astrid har aldri røykt.")
        assert sent.status == 303
    assert not await in_question(town)
    assert await text_of_the_note(town) == before
    case = cases.case_of(await as_citizen(town, "Task", task))
    assert case and case.outcome == "corrected" and (await told(town)).correction_href.endswith(case.correction[18:])


async def test_what_is_blocked_for_who_answers_is_not_in_the_letter(town: Town) -> None:
    task = await appealed(town, note=BLOCKED, by="gunnar")
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        assert "sorg og ensomhet" not in (await browser.open(f"/krav/{task}")).text
        assert (await decided(browser, task, "passed-on")).status == 303
        assert (await browser.open(f"/krav/{task}/brev")).status == 200
    async with town.office.work(await town.at_work("gunnar"), Purpose.ADMINISTRATION) as work:
        case = cases.case_of(await journal.read(work, "Task", task))
        assert case is not None
        parts = str(await appealing._parts(work, case))
    assert "sorg og ensomhet" not in parts and "sperret for oss" in parts


def part(code: str, **value: Any) -> dict[str, Any]:
    return {"type": {"coding": [{"system": "https://akson.no/fhir/case-output", "code": code}]}, **value}


def outcome(code: str) -> dict[str, Any]:
    return part(
        "outcome", valueCodeableConcept={"coding": [{"system": "https://akson.no/fhir/case-output", "code": code}]}
    )


SENT = [part("comment", valueString=COMMENT), part("sent", valueDate="2026-11-23")]
ANSWER = part("answer", valueString=REASON)


NO_STEPS: list[tuple[str, list[dict[str, Any]]]] = [
    ("in-progress", SENT[:1]),
    ("in-progress", SENT[1:]),
    ("in-progress", [part("comment", valueString=" "), SENT[1]]),
    ("in-progress", [SENT[0], part("sent", valueDate="2026-11-20")]),
    ("in-progress", [*SENT, ANSWER]),
    ("in-progress", [*SENT, outcome("upheld")]),
    ("cancelled", []),
    ("rejected", []),
    ("requested", SENT),
    ("completed", [ANSWER, outcome("upheld")]),
    ("completed", [*SENT, ANSWER, outcome("upheld")]),
    ("completed", [ANSWER, outcome("refused")]),
]
NO_WAY_BACK: list[tuple[str, list[dict[str, Any]]]] = [
    ("requested", []),
    ("in-progress", SENT[:1]),
    ("completed", [ANSWER, outcome("upheld")]),  # what was said to Statsforvalteren is gone
    ("completed", [part("comment", valueString="Noe annet"), SENT[1], ANSWER, outcome("upheld")]),
    ("cancelled", SENT),
]


async def test_an_appeal_takes_these_steps_and_no_others(town: Town) -> None:
    task = await appealed(town)
    for status, output in NO_STEPS:
        assert await written(town, task, status, output) in {"AK-B003", "AK-B027"}, (status, output)
    assert await written(town, task, "in-progress", SENT) == ""
    for status, output in NO_WAY_BACK:
        assert await written(town, task, status, output) in {"AK-B003", "AK-B027"}, (status, output)
    assert await written(town, task, "completed", [*SENT, ANSWER, outcome("upheld")]) == ""
    assert (await as_citizen(town, "Task", task)).version == 3


async def written(town: Town, task: str, status: str, output: list[dict[str, Any]]) -> str:
    """Write an appeal as a program of the doctor's does; return what it is refused with."""
    async with town.office.work(await town.at_work("jonas"), Purpose.ADMINISTRATION) as work:
        read = await journal.read(work, "Task", task)
        done = closed(read.resource) if status == "completed" else read.resource["meta"]["security"]
        made = {**read.resource, "status": status, "meta": {**read.resource["meta"], "security": done}}
        made = {name: value for name, value in made.items() if name != "output"} | (
            {"output": output} if output else {}
        )
        try:
            await journal.update(work, made, id_=task, if_match=read.version)
        except Refused as refused:
            return refused.code
    return ""


async def test_the_appeal_is_for_who_refused(town: Town) -> None:
    task = await appealed(town)
    for who, status in (("mariam", 403), ("per", 403), ("ingrid", 404), ("sara", 404)):
        async with browsing(town.office, await town.at_work(who)) as browser:
            for path in (f"/krav/{task}", f"/krav/{task}/brev"):
                assert (await browser.open(path)).status == status
