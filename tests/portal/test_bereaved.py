"""Insight after death: a relative asks from Innsyn, who keeps the record chooses what may be read, and it ends by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go, Page
from akson.base.work import Actor, Kind, Purpose
from akson.patient import bereaved as giving
from akson.patient import cases
from akson.portal import bereaved as pages
from akson.record import bereaved, histories, journal
from seeds.citizens.astrid import ASTRID
from tests.offices import JOB, set_clock
from tests.portal.pages import citizen, send, show
from tests.portal.test_closing import PATH as CLOSE
from tests.portal.test_insight import insight, later
from tests.seeded import Town
from tests.workplace.browsing import browsing
from tests.workplace.test_privacy import heard

PAGE, READ = pages.PAGE, pages.READ
NOTE, BLOCKED = "DocumentReference/astrid-kontroll", "DocumentReference/astrid-sperret"
KEEPER = "Fjordvik kommune"
WHY = "Jeg vil forstå hva som skjedde de siste ukene."
ANSWER = "Du får se notatet fra kontrollen. Vi har lagt vekt på at dere sto hverandre nær."


async def died(town: Town, who: str = "astrid") -> None:
    """Let the register tell that somebody has died."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        standing = await journal.read(work, "Patient", town.id(f"Patient/{who}"))
        dead = {**standing.resource, "deceasedDateTime": "2026-11-20"}
        await journal.update(work, dead, id_=standing.id, if_match=standing.version)


async def asked(town: Town, who: str = "kari", **more: str) -> Go | Page:
    return await send(town, await citizen(town, who), PAGE, avdod=town.id("Patient/astrid"), ord=WHY, **more)


async def cases_of(town: Town, who: str = "kari") -> list[cases.Case]:
    """Return what a relative has asked, as they read it."""
    async with town.office.work(await citizen(town, who), Purpose.OWN) as work:
        ids = [f"Task/{id_}" for one in await bereaved.dead(work) for id_ in one.cases]
        found = [cases.case_of(hit) for hit in (await journal.read_many(work, ids)).values()]
    return [one for one in found if one]


async def case_at(town: Town, keeper: str) -> cases.Case:
    return next(one for one in await cases_of(town) if one.keeper == keeper)


async def granted(town: Town, who: str, case: cases.Case, *items: str, lasts: int = 90) -> None:
    async with town.office.work(await town.at_work(who), Purpose.ADMINISTRATION) as work:
        until = (work.now + timedelta(days=lasts)).date()
        await giving.give(work, case.stored, case.stored.version, text=ANSWER, items=items, until=until)


async def test_a_relative_asks_is_answered_and_reads_what_was_given_until_the_day(town: Town) -> None:
    await died(town)
    kari = await citizen(town, "kari")
    (row,) = (await insight(town, kari)).dead
    assert (row.title, row.href) == (f"Journalen til {ASTRID.name}", PAGE)
    assert await asked(town) == Go(PAGE, said="cases.sent")
    await heard(town)
    waiting = (await show(town, kari, PAGE)).page.values["dead"][0]
    assert waiting.waits and {one.about for one in waiting.asked} == {KEEPER}
    assert {one.state for one in waiting.asked} == {"Sendt i dag. Svar innen 23.12.2026."}
    case = await case_at(town, KEEPER)
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        assert "Innsyn etter dødsfall" in (await browser.open("/krav")).text
        page = await browser.open(f"/krav/{case.stored.id}")
        assert WHY in page.text and "Nær familie" in page.text and town.names[NOTE] in page.html
        assert town.names[BLOCKED] not in page.html and page.statements <= 12
        assert "nyeste vises" not in page.text
        with pytest.MonkeyPatch.context() as few:
            few.setattr(bereaved, "MOST", 1)
            assert "Bare de 1 nyeste vises" in (await browser.open(f"/krav/{case.stored.id}")).text
        form = {"utfall": "granted", "svar": ANSWER, "leses_til": "2026-12-01", "version": page.hidden("version")}
        assert "Velg minst én" in (await browser.send(f"/krav/{case.stored.id}", **form)).text
        sent = await browser.send(f"/krav/{case.stored.id}", **form, gi=town.names[NOTE])
        assert (sent.status, sent.leads_to) == (303, "/krav")
        assert "Innsyn gis" in (await browser.open(f"/krav/{case.stored.id}")).text
    later(town)
    told = (await show(town, kari, PAGE)).page.values["dead"][0]
    assert (told.until, told.read_href) == (
        "Kan leses til og med 01.12.2026.",
        f"{READ}?avdod={town.id('Patient/astrid')}",
    )
    read = await show(town, kari, READ, avdod=town.id("Patient/astrid"))
    assert [part.head for part in read.page.values["parts"]] == ["Notater og brev"] and "Jonas Eikeland" in read.text
    assert read.statements <= 9
    seen = await town.office.database.fetch(
        "SELECT count(*) AS n FROM access_log WHERE seen::text LIKE $1 AND seen::text LIKE '%innsyn etter dødsfall%'",
        f"%{town.names[NOTE]}%",
    )  # fmt: skip
    assert seen[0]["n"] == 1
    later(town, 60 * 24 * 10)
    assert (await show(town, kari, PAGE)).page.values["dead"][0].read_href == ""
    assert await readable(town, kari) == set()


async def readable(town: Town, who: Actor) -> set[str]:
    """Return which of the notes one may read."""
    found = set()
    for name in (NOTE, BLOCKED):
        try:
            async with town.office.work(who, Purpose.OWN) as work:
                await journal.read(work, *town.names[name].split("/"))
            found.add(name)
        except Refused:
            continue
    return found


async def test_until_it_is_decided_the_daughter_who_had_a_proxy_reads_nothing(town: Town) -> None:
    kari = await citizen(town, "kari")
    assert await readable(town, kari) == {NOTE}
    await died(town)
    assert await readable(town, kari) == set()
    await asked(town)
    assert await readable(town, kari) == set()


async def test_what_was_given_can_be_taken_along_and_is_no_more_than_that(town: Town) -> None:
    await died(town)
    await asked(town)
    await granted(town, "gunnar", await case_at(town, KEEPER), town.names[NOTE])
    kari = await citizen(town, "kari")
    async with town.office.work(kari, Purpose.OWN) as work:
        (one,) = await bereaved.dead(work)
        found = await journal.read_many(work, [item for item, _ in one.given])
        told = pages._paper(list(found.values()), one, work.now)
    assert [(part.head, len(part.lines)) for part in told.parts] == [("Notater og brev", 1)]
    assert "ikke hele" in told.lead
    with pytest.raises(Refused):
        async with town.office.work(kari, Purpose.OWN) as work:
            read = await journal.read_many(work, [town.names[NOTE]])
            await journal.update(work, read[town.names[NOTE]].resource, id_=town.id(NOTE))


async def test_a_refusal_is_told_with_its_reasons(town: Town) -> None:
    await died(town)
    await asked(town)
    case = await case_at(town, KEEPER)
    async with town.office.work(await town.at_work("gunnar"), Purpose.ADMINISTRATION) as work:
        read = await journal.read(work, "Task", case.stored.id)
        await cases.answer(work, read, read.version, text="Hun ville ikke det.", outcome="refused")
    later(town)
    drawn = (await show(town, await citizen(town, "kari"), PAGE)).page.values["dead"][0]
    told = next(one for one in drawn.asked if one.about == KEEPER)
    assert told.answer == "Hun ville ikke det." and "Statsforvalteren" in told.appeal and drawn.read_href == ""


@pytest.mark.parametrize("given", [BLOCKED, "DocumentReference/erik-notat", "Patient/astrid"])
async def test_who_answers_gives_only_what_they_keep_and_nothing_is_closed(town: Town, given: str) -> None:
    await died(town)
    await asked(town)
    case = await case_at(town, KEEPER)
    item = next((name for key, name in town.names.items() if key.startswith(given)), given)
    with pytest.raises(Refused) as refused:
        await granted(town, "gunnar", case, town.names[NOTE], item)
    assert refused.value.code == "AK-B012"
    with pytest.raises(Refused) as refused:
        await granted(town, "gunnar", case, town.names[NOTE], lasts=0)
    assert refused.value.code == "AK-B012"
    assert await readable(town, await citizen(town, "kari")) == set()


async def test_an_hour_past_midnight_the_new_day_counts_as_today_for_what_is_given(town: Town) -> None:
    await died(town)
    await asked(town)
    case = await case_at(town, KEEPER)
    set_clock(town.office, datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
    with pytest.raises(Refused, match="AK-B012"):
        await granted(town, "gunnar", case, town.names[NOTE], lasts=1)
    await granted(town, "gunnar", case, town.names[NOTE], lasts=2)


async def test_each_who_keeps_a_part_is_asked_and_gives_that_part_alone(town: Town) -> None:
    hospital = town.office.ids.open(town.id("Organization/vestfjell")) or 0
    async with town.office.work(replace(JOB, unit=hospital, controller=hospital), Purpose.SYSTEM) as work:
        theirs = await journal.create(work, {
            "resourceType": "Condition", "subject": {"reference": town.names["Patient/astrid"]}, "code": {"text": "Brudd"},
        })  # fmt: skip
    await died(town)
    await asked(town)
    assert {one.keeper for one in await cases_of(town)} == {KEEPER, "Vestfjell sykehus"}
    case = await case_at(town, KEEPER)
    with pytest.raises(Refused) as refused:
        await granted(town, "gunnar", case, town.names[NOTE], theirs.reference)
    assert refused.value.code == "AK-B012"
    with pytest.raises(Refused) as refused:
        await granted(town, "gunnar", await case_at(town, "Vestfjell sykehus"), theirs.reference)
    assert refused.value.code.startswith("AK-A")
    await granted(town, "gunnar", case, town.names[NOTE])
    assert await readable(town, await citizen(town, "kari")) == {NOTE}


async def test_an_open_case_opens_nothing_that_others_keep_and_no_entry_by_its_address(town: Town) -> None:
    hospital = town.office.ids.open(town.id("Organization/vestfjell")) or 0
    astrid = town.names["Patient/astrid"]
    async with town.office.work(replace(JOB, unit=hospital, controller=hospital), Purpose.SYSTEM) as work:
        theirs = await journal.create(work, {
            "resourceType": "Condition", "subject": {"reference": astrid}, "code": {"text": "Brudd"},
        })  # fmt: skip
    await died(town)
    await asked(town)
    case = await case_at(town, KEEPER)
    for reference in (theirs.reference, astrid, town.names[NOTE]):
        with pytest.raises(Refused) as refused:
            async with town.office.work(await town.at_work("gunnar"), Purpose.ADMINISTRATION) as work:
                await journal.read(work, *reference.split("/"))
        assert refused.value.code.startswith("AK-A")
    later(town, 60 * 24 * 44)
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        page = await browser.open(f"/krav/{case.stored.id}")
        assert town.names[NOTE] not in page.html and "journalen er lukket igjen" in page.text
        form = {"utfall": "refused", "svar": "Vi svarte for sent. Be om innsyn på nytt.", "leses_til": "2027-03-01"}
        sent = await browser.send(f"/krav/{case.stored.id}", **form, version=page.hidden("version"))
        assert sent.status == 303
    assert isinstance(await asked(town), Go) and len(await cases_of(town)) > 1


async def test_what_was_given_is_taken_back_and_gone_in_the_next_request(town: Town) -> None:
    await died(town)
    await asked(town)
    case = await case_at(town, KEEPER)
    await granted(town, "gunnar", case, town.names[NOTE])
    kari = await citizen(town, "kari")
    assert await readable(town, kari) == {NOTE}
    why = "Notatet handler om en annen i familien. Det burde ikke vært gitt."
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        page = await browser.open(f"/krav/{case.stored.id}")
        assert "Trekk innsynet tilbake" in page.text
        form = {"version": page.hidden("version")}
        assert (await browser.send(f"/krav/{case.stored.id}", **form, hvorfor="")).status == 422
        assert await readable(town, kari) == {NOTE}
        sent = await browser.send(f"/krav/{case.stored.id}", **form, hvorfor=why)
        assert (sent.status, sent.leads_to) == (303, "/krav")
        assert await readable(town, kari) == set()
        after = await browser.open(f"/krav/{case.stored.id}")
        assert "Trukket tilbake" in after.text and why in after.text and "Trekk innsynet tilbake" not in after.text
        again = await browser.send(f"/krav/{case.stored.id}", hvorfor=why, version=str(int(form["version"]) + 1))
        assert again.status == 422
    later(town)
    drawn = (await show(town, kari, PAGE)).page.values["dead"][0]
    told = next(one for one in drawn.asked if one.about == KEEPER)
    assert told.answer == why and "trukket tilbake" in told.outcome and "Statsforvalteren" in told.appeal
    assert drawn.read_href == ""


@pytest.mark.parametrize("outcome", ["granted", "refused", "withdrawn"])
async def test_a_case_that_was_refused_is_not_answered_again(town: Town, outcome: str) -> None:
    await died(town)
    await asked(town)
    case = await case_at(town, KEEPER)
    gunnar = await town.at_work("gunnar")
    async with town.office.work(gunnar, Purpose.ADMINISTRATION) as work:
        read = await journal.read(work, "Task", case.stored.id)
        await cases.answer(work, read, read.version, text="Hun ville ikke det.", outcome="refused")
    with pytest.raises(Refused) as refused:
        async with town.office.work(gunnar, Purpose.ADMINISTRATION) as work:
            read = await journal.read(work, "Task", case.stored.id)
            await cases.answer(work, read, read.version, text="Likevel.", outcome=outcome)
    assert refused.value.code == "AK-B004"


async def test_a_relative_reads_what_was_given_as_it_stands_and_no_older_version(town: Town) -> None:
    jonas = await town.at_work("jonas")
    async with town.office.work(jonas, Purpose.TREATMENT) as work:
        note = await journal.read(work, *town.names[NOTE].split("/"))
        await journal.update(work, {**note.resource, "description": "Kontroll, rettet"}, id_=note.id)
    await died(town)
    await asked(town)
    await granted(town, "gunnar", await case_at(town, KEEPER), town.names[NOTE])
    kari = await citizen(town, "kari")
    async with town.office.work(kari, Purpose.OWN) as work:
        assert (await journal.vread(work, "DocumentReference", note.id, note.version + 1)).version == note.version + 1
    async with town.office.work(kari, Purpose.OWN) as work:
        found, _ = await histories.of_one(work, "DocumentReference", note.id, histories.Period())
        assert [one.version for one in found] == [note.version + 1]
    async with town.office.work(kari, Purpose.OWN) as work:
        page = await histories.across(work, "DocumentReference", histories.Period())
        assert note.id not in {one.id for one in page.found}
    with pytest.raises(Refused) as refused:
        async with town.office.work(kari, Purpose.OWN) as work:
            await journal.vread(work, "DocumentReference", note.id, note.version)
    assert refused.value.code.startswith("AK-A")


async def test_who_keeps_no_more_than_what_the_dead_closed_is_not_named(town: Town) -> None:
    hospital = town.office.ids.open(town.id("Organization/vestfjell")) or 0
    async with town.office.work(replace(JOB, unit=hospital, controller=hospital), Purpose.SYSTEM) as work:
        theirs = await journal.create(work, {
            "resourceType": "DocumentReference", "status": "current", "subject": {"reference": town.names["Patient/astrid"]},
            "content": [{"attachment": {"title": "Epikrise"}}],
        })  # fmt: skip
    form = {"sperr": "document", "for": "bereaved", "dokument": theirs.id}
    assert isinstance(await send(town, await citizen(town, "astrid"), CLOSE, **form), Go)
    await died(town)
    await asked(town)
    assert {one.keeper for one in await cases_of(town)} == {KEEPER}
    with pytest.raises(Refused) as refused:
        async with town.office.work(await citizen(town, "kari"), Purpose.OWN) as work:
            await journal.create(work, task(town, keeper="Organization/vestfjell"))
    assert refused.value.code == "AK-B011"


async def test_what_the_dead_closed_to_relatives_is_not_offered(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    form = {"sperr": "document", "for": "bereaved", "dokument": town.id(NOTE)}
    page = await show(town, astrid, CLOSE, **form)
    assert "Når du er død" in page.text and "også når liv" not in page.text
    assert isinstance(await send(town, astrid, CLOSE, **form), Go)
    titles = [(one.title, "Gjelder når du er død" in one.text) for one in (await insight(town, astrid)).blocks]
    assert any(title.endswith("for etterlatte") and told for title, told in titles)
    kari = await citizen(town, "kari")
    assert await readable(town, kari) == {NOTE}
    await died(town)
    await asked(town)
    with pytest.raises(Refused) as refused:
        await granted(town, "gunnar", await case_at(town, KEEPER), town.names[NOTE])
    assert refused.value.code == "AK-B012"


@pytest.mark.parametrize(("who", "dead"), [("kari", False), ("ola", True)])
async def test_nobody_asks_about_the_living_or_about_strangers(town: Town, who: str, dead: bool) -> None:
    if dead:
        await died(town)
    actor = await citizen(town, who)
    for path in (PAGE, READ):
        with pytest.raises(Refused) as refused:
            await show(town, actor, path, avdod=town.id("Patient/astrid"))
        assert refused.value.code == "AK-J001"
    assert (await insight(town, actor)).dead == ()
    with pytest.raises(Refused) as refused:
        async with town.office.work(actor, Purpose.OWN) as work:
            await journal.create(work, task(town))
    assert refused.value.code.startswith("AK-A") or refused.value.code == "AK-B011"


def task(town: Town, keeper: str = "Organization/fjordvik", **more: Any) -> dict[str, Any]:
    """Return a request as a program would send it."""

    def part(code: str, **value: Any) -> dict[str, Any]:
        return {"type": {"coding": [{"system": "https://akson.no/fhir/case-input", "code": code}]}, **value}

    return {
        "resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": town.names["Patient/astrid"]},
        "code": {"coding": [{"system": "https://akson.no/fhir/case", "code": "after-death"}]},
        "input": [part("keeper", valueReference={"reference": town.names[keeper]}), part("words", valueString=WHY)], **more,
    }  # fmt: skip


@pytest.mark.parametrize("more", [
    {"status": "completed"},
    {"output": [{"type": {"text": "x"}, "valueString": "x"}]},
    {"meta": {"security": [{"system": "https://akson.no/fhir/case-mark", "code": "case-answered"}]}},
    {"meta": {"security": [{"system": "https://akson.no/fhir/case-mark", "code": one} for one in
                           ("citizens-case", "case-after-death", "case-answered")]}},
    {"code": {"coding": [{"system": "https://akson.no/fhir/case", "code": "correction"}]}},
    {"code": {"text": "Noe"}, "meta": {"security": [{"system": "https://akson.no/fhir/case-mark", "code": one} for one in
                                                    ("citizens-case", "case-after-death")]}},
])  # fmt: skip
async def test_no_program_of_a_relative_grants_itself_anything(town: Town, more: dict[str, Any]) -> None:
    await died(town)
    kari = await citizen(town, "kari")
    with pytest.raises(Refused):
        async with town.office.work(kari, Purpose.OWN) as work:
            await journal.create(work, task(town, **more))
    assert await readable(town, kari) == set() and await cases_of(town) == []


async def test_no_program_writes_what_would_let_a_relative_in(town: Town) -> None:
    await died(town)
    await asked(town)
    case = await case_at(town, KEEPER)
    marks = [*case.stored.resource["meta"]["security"],
             {"system": "https://akson.no/fhir/case-mark", "code": "case-answered"}]  # fmt: skip
    forged = {**case.stored.resource, "meta": {"security": marks}, "status": "completed"}
    loads = Actor(kind=Kind.SYSTEM, id="Device/x", key=0, name="x", role="system",
                  scopes=frozenset({"system/*.cruds", "akson/load"}))  # fmt: skip
    for who in (loads, await citizen(town, "kari"), await town.at_work("mariam")):
        with pytest.raises(Refused):
            async with town.office.work(who, Purpose.TREATMENT) as work:
                await journal.update(work, forged, id_=case.stored.id)
