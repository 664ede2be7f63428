"""Who answers for the record decides on demands: corrects beside what stands, erases for good, or refuses with reasons."""

from __future__ import annotations

import base64

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.patient import cases, demands
from akson.record import holds, journal
from akson.record.erasure import Decision, Ground, erase
from akson.record.search.searching import search
from akson.record.stored import Stored
from seeds.citizens.astrid import ASTRID
from tests.offices import JOB
from tests.seeded import Town
from tests.workplace.browsing import browsing
from tests.workplace.test_privacy import heard

NOTE, BLOCKED = "DocumentReference/astrid-kontroll", "DocumentReference/astrid-sperret"
HELD = "Per Tveit har krevd det, og avgjør når det kan slettes."
REASON = "Vi har gått gjennom det som er skrevet."


async def demanded(town: Town, sort: str, note: str = NOTE, words: str = "Jeg røyker ikke") -> str:
    """Let Astrid demand something of a note; return the id of the case."""
    who = await town.office.register.citizen(ASTRID.fnr.value, "demo:4")
    assert who is not None
    async with town.office.work(who, Purpose.OWN) as work:
        person = {"reference": who.id, "display": who.name}
        made = await demands.demand(work, person, sort, item=town.names[note], words=words)
    await heard(town)
    return made.id


async def as_citizen(town: Town, type_: str, id_: str) -> Stored:
    who = await town.office.register.citizen(ASTRID.fnr.value, "demo:4")
    assert who is not None
    async with town.office.work(who, Purpose.OWN) as work:
        return await journal.read(work, type_, id_)


async def text_of_the_note(town: Town) -> str:
    return text_of(await as_citizen(town, *town.names[NOTE].split("/")))


def text_of(hit: Stored) -> str:
    return base64.b64decode(hit.resource["content"][0]["attachment"]["data"]).decode()


@pytest.mark.parametrize("who", ["jonas", "gunnar"])
async def test_a_correction_stands_beside_the_note_with_its_date_and_the_note_stays(town: Town, who: str) -> None:
    task, before = await demanded(town, "correction"), await text_of_the_note(town)
    async with browsing(town.office, await town.at_work(who)) as browser:
        desk = await browser.open("/krav")
        assert "Vil ha noe rettet" in desk.text and "Senere, 1" in desk.text and "Astrid" in desk.text
        page = await browser.open(f"/krav/{task}")
        assert before.split(".")[0][:40] in page.text and "Jeg røyker ikke" in page.text
        assert ASTRID.fnr.value not in page.html
        form = {"utfall": "corrected", "svar": REASON, "version": page.hidden("version")}
        assert "Må fylles ut" in (await browser.send(f"/krav/{task}", **form)).text
        sent = await browser.send(f"/krav/{task}", **form, retting="Astrid har aldri røykt.")
        assert (sent.status, sent.leads_to) == (303, "/krav")
        await heard(town)
        assert "Avgjort, 1" in (await browser.open("/krav")).text
        after = await browser.open(f"/krav/{task}")
        assert REASON in after.text and before[:40] not in after.text
    assert desk.statements <= 9 and page.statements <= 8
    case = cases.case_of(await as_citizen(town, "Task", task))
    assert case and (case.outcome, case.answer) == ("corrected", REASON)
    note = await as_citizen(town, *case.correction.split("/"))
    assert text_of(note) == "Astrid har aldri røykt."
    assert note.resource["relatesTo"] == [{"code": "appends", "target": {"reference": town.names[NOTE]}}]
    assert await text_of_the_note(town) == before


async def test_what_is_erased_by_the_decision_is_gone_and_the_log_says_so(town: Town) -> None:
    task = await demanded(town, "deletion")
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        version = (await browser.open(f"/krav/{task}")).hidden("version")
        short = await browser.send(f"/krav/{task}", utfall="erased", svar="Ja", version=version)
        assert short.status == 422 and await text_of_the_note(town)
        stale = await browser.send(f"/krav/{task}", utfall="erased", svar=REASON, version="7")
        assert stale.status == 422 and await text_of_the_note(town)
        sent = await browser.send(f"/krav/{task}", utfall="erased", svar=REASON, version=version)
        assert sent.status == 303
    with pytest.raises(Refused) as gone:
        await text_of_the_note(town)
    assert gone.value.code == "AK-J002"
    case = cases.case_of(await as_citizen(town, "Task", task))
    assert case and case.outcome == "erased"
    (row,) = await town.office.database.fetch("SELECT id, decision FROM erasure")
    assert row["id"] == town.id(NOTE) and "helsepersonelloven § 43" in row["decision"] and REASON in row["decision"]
    seen = await town.office.database.fetch("SELECT seen::text FROM access_log WHERE seen::text LIKE '%ERASE%'")
    assert len(seen) == 1


async def test_while_the_record_is_on_hold_the_page_says_who_decides_and_erases_nothing(town: Town) -> None:
    task, gunnar = await demanded(town, "deletion"), await town.at_work("gunnar")
    async with town.office.work(JOB, Purpose.ADMINISTRATION) as work:
        await holds.hold(work, town.id("Patient/astrid"), "Klage til Statsforvalteren", "Per Tveit")
    async with browsing(town.office, gunnar) as browser:
        page = await browser.open(f"/krav/{task}")
        assert HELD in page.text and "Klage til Statsforvalteren" not in page.text
        form = {"svar": REASON, "version": page.hidden("version")}
        sent = await browser.send(f"/krav/{task}", utfall="wrong-person", **form)
        assert sent.status == 422 and sent.text.count(HELD) == 2 and await text_of_the_note(town)
        assert (await browser.send(f"/krav/{task}", utfall="refused", **form)).status == 303


async def test_an_answer_that_was_cut_short_after_the_erasure_is_sent_again(town: Town) -> None:
    task, jonas = await demanded(town, "deletion"), await town.at_work("jonas")
    async with town.office.work(jonas, Purpose.ADMINISTRATION) as work:
        await erase(work, [town.names[NOTE]], Decision(ground=Ground.CITIZENS_RIGHT, reason=REASON))
    async with browsing(town.office, jonas) as browser:
        version = (await browser.open(f"/krav/{task}")).hidden("version")
        sent = await browser.send(f"/krav/{task}", utfall="erased", svar=REASON, version=version)
    assert sent.status == 303


async def test_a_refusal_changes_nothing_and_is_the_last_word_here(town: Town) -> None:
    task, before = await demanded(town, "deletion"), await text_of_the_note(town)
    async with browsing(town.office, await town.at_work("anne")) as browser:
        version = (await browser.open(f"/krav/{task}")).hidden("version")
        assert (await browser.send(f"/krav/{task}", utfall="refused", svar=REASON, version=version)).status == 303
        again = await browser.send(f"/krav/{task}", utfall="erased", svar=REASON, version="2")
        assert again.status == 422 and "bare én gang" in again.text
    assert await text_of_the_note(town) == before


async def test_no_answer_says_that_something_is_erased_that_is_not(town: Town) -> None:
    task, jonas = await demanded(town, "deletion"), await town.at_work("jonas")
    with pytest.raises(Refused) as refused:
        async with town.office.work(jonas, Purpose.ADMINISTRATION) as work:
            read = await journal.read(work, "Task", task)
            await cases.answer(work, read, read.version, text=REASON, outcome="erased")
    assert refused.value.code == "AK-B009"


async def test_a_correction_is_not_claimed_without_one(town: Town) -> None:
    task, jonas = await demanded(town, "correction"), await town.at_work("jonas")
    for outcome in ("corrected", "lawful", "erased"):
        with pytest.raises(Refused) as refused:
            async with town.office.work(jonas, Purpose.ADMINISTRATION) as work:
                read = await journal.read(work, "Task", task)
                await cases.answer(work, read, read.version, text=REASON, outcome=outcome)
        assert refused.value.code == "AK-B003"


async def test_what_is_blocked_is_not_shown_to_who_answers(town: Town) -> None:
    task = await demanded(town, "deletion", BLOCKED)
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        page = await browser.open(f"/krav/{task}")
        assert page.status == 200 and "sorg og ensomhet" not in page.text and "sperret dette" in page.text
        sent = await browser.send(f"/krav/{task}", utfall="erased", svar=REASON, version=page.hidden("version"))
        assert sent.status == 422


async def test_who_answers_finds_nothing_else_of_the_record(town: Town) -> None:
    task = await demanded(town, "correction")
    other = next(name for key, name in town.names.items() if key.startswith("DocumentReference/astrid-vedtak"))
    gunnar = await town.at_work("gunnar")
    async with town.office.work(gunnar, Purpose.TREATMENT) as work:
        assert (await search(work, "DocumentReference", [("patient", town.id("Patient/astrid"))])).hits == []
        assert list(await journal.read_many(work, [other, town.names[NOTE], f"Task/{task}"])) == [
            town.names[NOTE], f"Task/{task}",
        ]  # fmt: skip


@pytest.mark.parametrize(("who", "status"), [("mariam", 403), ("per", 403), ("ingrid", 404), ("sara", 404)])
async def test_the_demand_is_for_who_answers_for_what_was_written(town: Town, who: str, status: int) -> None:
    task = await demanded(town, "correction")
    async with browsing(town.office, await town.at_work(who)) as browser:
        assert (await browser.open(f"/krav/{task}")).status == status
        assert "Vil ha noe rettet" not in (await browser.open("/krav")).text


MARK = "Det er bedt om retting"


async def marked(town: Town, who: str, note: str = NOTE) -> tuple[bool, ...]:
    """Return whether the overview, the list of notes and the note itself say that something is in question."""
    root = f"/p/{town.id('Patient/astrid')}"
    async with browsing(town.office, await town.at_work(who)) as browser:
        return tuple([MARK in (await browser.open(f"{root}{rest}")).text
                      for rest in ("", "/notater", f"/notat/{town.id(note)}")])  # fmt: skip


async def test_who_gives_care_sees_beside_the_entry_that_it_is_in_question_until_that_is_decided(town: Town) -> None:
    assert await marked(town, "jonas") == (False, False, False)
    task = await demanded(town, "correction", words="Jeg har aldri røykt")
    assert await marked(town, "jonas") == await marked(town, "mariam") == (True, True, True)
    assert await marked(town, "mariam", "DocumentReference/astrid-vedtak") == (True, True, False)
    async with browsing(town.office, await town.at_work("mariam")) as browser:
        page = await browser.open(f"/p/{town.id('Patient/astrid')}")
        assert "aldri røykt" not in page.text and task not in page.html
    async with town.office.work(await town.at_work("jonas"), Purpose.ADMINISTRATION) as work:
        read = await journal.read(work, "Task", task)
        await cases.answer(work, read, read.version, text=REASON, outcome="refused")
    assert await marked(town, "jonas") == (False, False, False)


async def test_that_erasure_is_demanded_is_not_told_to_those_who_give_care(town: Town) -> None:
    await demanded(town, "deletion")
    assert await marked(town, "mariam") == (False, False, False)


async def test_that_what_one_may_not_read_is_in_question_is_not_told(town: Town) -> None:
    """The note is closed to those at work: that it is in question would say that it is there."""
    await demanded(town, "correction", note=BLOCKED)
    async with browsing(town.office, await town.at_work("mariam")) as browser:
        for rest in ("", "/notater"):
            assert MARK not in (await browser.open(f"/p/{town.id('Patient/astrid')}{rest}")).text


async def test_no_case_ends_without_an_answer(town: Town) -> None:
    """Who answers may say that they have taken it; they cannot cancel it, or say what came of it while it waits."""
    task, jonas = await demanded(town, "deletion"), await town.at_work("jonas")
    output = [{"type": {"text": "svar"}, "valueString": REASON}]
    for status, more in (
        ("cancelled", {}),
        ("rejected", {}),
        ("entered-in-error", {}),
        ("in-progress", {"output": output}),
    ):
        with pytest.raises(Refused) as refused:
            async with town.office.work(jonas, Purpose.ADMINISTRATION) as work:
                read = await journal.read(work, "Task", task)
                await journal.update(work, {**read.resource, "status": status, **more}, id_=task, if_match=1)
        assert refused.value.code == "AK-B003"
    async with town.office.work(jonas, Purpose.ADMINISTRATION) as work:
        await journal.update(work, {**read.resource, "status": "accepted"}, id_=task, if_match=1)
