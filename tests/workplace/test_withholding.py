"""Insight refused for any entry, from where staff see it: with its ground and reason, with what belongs to it, and back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.record import journal
from tests.offices import JOB
from tests.portal.pages import citizen, show
from tests.seeded import Town
from tests.workplace.browsing import browsing

WHY = {"do": "withhold", "grunnlag": "close", "hvorfor": "Det gjelder forholdet til en i familien."}


def page(town: Town) -> str:
    return f"/p/{town.id('Patient/astrid')}/innsyn"


async def written(town: Town, *resources: dict[str, Any]) -> list[str]:
    """Write entries into the record of Astrid, as our own job; return "Type/id" of each."""
    about = {"reference": town.names["Patient/astrid"]}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        made = [await journal.create(work, {"subject": about, **one}) for one in resources]
    return [one.reference for one in made]


ENTRIES = [
    {"resourceType": "Observation", "status": "final", "code": {"text": "Promille"}, "valueString": "Svaret på prøven"},
    {"resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": {"text": "Disulfiram"}},
    {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {"title": "Brev"}}],
     "description": "Brev fra sykehuset"},
    {"resourceType": "Communication", "status": "completed", "payload": [{"contentString": "Har hun drukket?"}]},
    {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Rusprøve"}},
    {"resourceType": "Condition", "code": {"text": "Alkoholmisbruk"}},
]  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda one: one["resourceType"])
async def test_any_entry_is_withheld_from_the_list_of_what_the_patient_sees_and_given_again(
    town: Town, entry: dict[str, Any]
) -> None:
    (item,) = await written(town, entry)
    astrid = await citizen(town, "astrid")
    async with town.office.work(astrid, Purpose.OWN) as work:
        before = (await journal.read(work, *item.split("/"))).resource
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        listed = await browser.open(page(town))
        assert f"hva={item}" in listed.html and "Holdt tilbake" not in listed.text
        one = await browser.open(f"{page(town)}?hva={item}")
        form = {"hva": item, "version": one.hidden("version")}
        for lacking in ({"hvorfor": "Kort"}, {"hvorfor": ""}, {"grunnlag": ""}, {"grunnlag": "praktisk"}):
            assert (await browser.send(page(town), **form, **{**WHY, **lacking})).status == 422
        assert (await browser.send(page(town), **form, **WHY)).status == 303
        assert "Holdt tilbake" in (await browser.open(page(town))).text
        with pytest.raises(Refused) as refused:
            async with town.office.work(astrid, Purpose.OWN) as work:
                await journal.read(work, *item.split("/"))
        assert refused.value.code == "AK-A060"
        (told,) = (await show(town, astrid, "/min/journal")).page.values["record"].refused
        assert "forholdet til en i familien" in told.text and item.split("/")[1] not in told.href
        shut = await browser.open(f"{page(town)}?hva={item}")
        assert "Pasienten får ikke se dette" in shut.text and "forholdet til en i familien" in shut.text
        sent = await browser.send(page(town), hva=item, version=shut.hidden("version"), do="give")
        assert sent.status == 303
    async with town.office.work(astrid, Purpose.OWN) as work:
        after = (await journal.read(work, *item.split("/"))).resource
    before.pop("meta"), after.pop("meta")
    assert before == after and (await show(town, astrid, "/min/journal")).page.values["record"].refused == ()


async def test_a_report_is_withheld_with_the_results_it_is_made_of_and_told_of_once(town: Town) -> None:
    (result,) = await written(town, ENTRIES[0])
    (report,) = await written(town, {**ENTRIES[4], "result": [{"reference": result}]})
    astrid = await citizen(town, "astrid")
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        form = {"hva": report, "version": (await browser.open(f"{page(town)}?hva={report}")).hidden("version")}
        assert (await browser.send(page(town), **form, **WHY)).status == 303
        for item in (report, result):
            with pytest.raises(Refused):
                async with town.office.work(astrid, Purpose.OWN) as work:
                    await journal.read(work, *item.split("/"))
        assert len((await show(town, astrid, "/min/journal")).page.values["record"].refused) == 1
        again = await browser.send(page(town), hva=report, version=str(int(form["version"]) + 1), do="give")
        assert again.status == 303
    async with town.office.work(astrid, Purpose.OWN) as work:
        assert set(await journal.read_many(work, [report, result])) == {report, result}


async def decided(town: Town, item: str, **form: str) -> int:
    """Send the form of an entry as it stands; return the status."""
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        shown = await browser.open(f"{page(town)}?hva={item}")
        return (await browser.send(page(town), hva=item, version=shown.hidden("version"), **form)).status


async def seen(town: Town, *items: str) -> set[str]:
    async with town.office.work(await citizen(town, "astrid"), Purpose.OWN) as work:
        return set(await journal.read_many(work, list(items)))


async def reasons(town: Town) -> list[tuple[str, str]]:
    """Return (what the citizen reads of each refusal, the name it is withheld under)."""
    refused = (await show(town, await citizen(town, "astrid"), "/min/journal")).page.values["record"].refused
    return sorted((one.text, one.href.partition("holdt=")[2]) for one in refused)


@pytest.mark.parametrize("first", ["result", "report"])
async def test_giving_one_refusal_back_leaves_what_another_keeps(town: Town, first: str) -> None:
    (result,) = await written(town, ENTRIES[0])
    (report,) = await written(town, {**ENTRIES[4], "result": [{"reference": result}]})
    own = {**WHY, "hvorfor": "Prøven har sin egen grunn her."}
    order = [(result, own), (report, WHY)] if first == "result" else [(report, WHY), (result, own)]
    before: list[tuple[str, str]] = []
    for item, why in order:
        assert await decided(town, item, **why) == 303
        assert set(before) <= set(await reasons(town))  # each stands, under the name it had
        before = await reasons(town)
    assert len(before) == 2 and await seen(town, result, report) == set()
    assert await decided(town, report, do="give") == 303
    assert await seen(town, result, report) == {report}
    ((text, name),) = await reasons(town)
    assert "sin egen grunn" in text and (text, name) in before
    assert await decided(town, result, do="give") == 303
    assert await seen(town, result, report) == {result, report} and await reasons(town) == []


async def test_what_belongs_to_two_is_seen_when_both_are_given_and_its_own_refusal_ends_alone(town: Town) -> None:
    (result,) = await written(town, ENTRIES[0])
    reports = await written(town, *[{**ENTRIES[4], "result": [{"reference": result}]}] * 2)
    for item in (*reports, result):
        assert await decided(town, item, **WHY) == 303
    assert await decided(town, result, do="give") == 303
    assert len(await reasons(town)) == 2
    for n, item in enumerate(reports):
        assert await seen(town, result, *reports) == set(reports[:n])
        assert await decided(town, item, do="give") == 303
    assert await seen(town, result, *reports) == {result, *reports}


async def test_a_part_that_was_closed_otherwise_stays_closed(town: Town) -> None:
    (result,) = await written(town, {**ENTRIES[0], "meta": {"security": [{"code": "withheld"}]}})
    (report,) = await written(town, {**ENTRIES[4], "result": [{"reference": result}]})
    assert await decided(town, report, **WHY) == 303
    assert await decided(town, report, do="give") == 303
    assert await seen(town, result, report) == {report}


async def test_the_parts_of_parts_are_withheld_too_and_of_too_many_nothing_is(town: Town) -> None:
    (least,) = await written(town, ENTRIES[0])
    (panel,) = await written(town, {**ENTRIES[0], "hasMember": [{"reference": least}]})
    (report,) = await written(town, {**ENTRIES[4], "result": [{"reference": panel}]})
    assert await decided(town, report, **WHY) == 303
    assert await seen(town, least, panel, report) == set()
    assert await decided(town, report, do="give") == 303
    assert await seen(town, least, panel, report) == {least, panel, report}
    many = await written(town, *[ENTRIES[0]] * 99)
    for more, status in (([panel, *many], 422), ([least, *many], 303)):
        (large,) = await written(town, {**ENTRIES[4], "result": [{"reference": one} for one in more]})
        assert await decided(town, large, **WHY) == status
        assert await seen(town, large, many[-1]) == ({large, many[-1]} if status == 422 else set())


async def test_the_file_of_a_report_is_withheld_with_it(town: Town) -> None:
    about = {"reference": town.names["Patient/astrid"]}
    kept = {"resourceType": "Binary", "contentType": "text/plain", "data": "U3Zhcg==", "securityContext": about}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        file = (await journal.create(work, kept)).reference
    (report,) = await written(town, {**ENTRIES[4], "presentedForm": [{"url": file}]})
    assert await decided(town, report, **WHY) == 303
    assert await seen(town, file, report) == set()
    assert await decided(town, report, do="give") == 303
    assert await seen(town, file, report) == {file, report}


@pytest.mark.parametrize(("item", "status"), [
    ("Patient/astrid", 422), ("Consent/x", 422), ("Task/astrid", 422), ("Observation/finnes-ikke", 404), ("x", 422),
    ("DocumentReference/erik-notat", 404),
])  # fmt: skip
async def test_nothing_else_is_withheld_and_nothing_of_others(town: Town, item: str, status: int) -> None:
    named = next((name for key, name in town.names.items() if key.startswith(item)), item)
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        for answer in (
            await browser.open(f"{page(town)}?hva={named}"),
            await browser.send(page(town), hva=named, **WHY),
        ):
            assert answer.status == status


async def test_what_was_changed_meanwhile_is_not_withheld_unseen(town: Town) -> None:
    (item,) = await written(town, ENTRIES[0])
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        for _ in range(2):
            sent = await browser.send(page(town), hva=item, version="1", **WHY)
    assert sent.status == 422 and re.search("endret|endra", sent.text)


@pytest.mark.parametrize("who", ["sara", "per"])
async def test_who_does_not_treat_the_patient_decides_nothing(town: Town, who: str) -> None:
    (item,) = await written(town, ENTRIES[0])
    async with browsing(town.office, await town.at_work(who)) as browser:
        assert (await browser.open(page(town))).status >= 400
        assert (await browser.send(page(town), hva=item, version="1", **WHY)).status >= 400
    async with town.office.work(await citizen(town, "astrid"), Purpose.OWN) as work:
        assert (await journal.read(work, *item.split("/"))).version == 1
