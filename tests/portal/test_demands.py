"""Demanding correction or erasure from Min journal: what can be chosen, how far it is, and what comes back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go, Page
from akson.base.work import Purpose
from akson.patient import cases, demands
from akson.record import journal
from akson.record.representing import MANDATE
from akson.record.stored import Stored
from seeds.citizens.astrid import KARI
from seeds.shapes import hl7
from tests.portal.pages import add, citizen, send, show
from tests.portal.test_cases import the_case
from tests.portal.test_insight import insight, later
from tests.seeded import Town

ASK = "/min/journal/retting"
NOTE = "DocumentReference/astrid-kontroll"


async def asked(town: Town, who: str = "astrid", note: str = NOTE, sort: str = "correction", **more: str) -> Any:
    form = {"hva": town.names[note], "onske": sort, "ord": "Jeg røyker ikke", **more}
    return await send(town, await citizen(town, who), ASK, **form)


async def answered(town: Town, task: Stored, outcome: str) -> None:
    async with town.office.work(await town.at_work("jonas"), Purpose.ADMINISTRATION) as work:
        read = await journal.read(work, "Task", task.id)
        await cases.answer(work, read, read.version, text="Det står i brevet fra sykehuset.", outcome=outcome)


async def test_a_demand_goes_to_who_keeps_the_note_and_is_due_in_thirty_days(town: Town) -> None:
    assert await asked(town) == Go("/min/innsyn", said="demands.sent")
    case = cases.case_of(await the_case(town, await citizen(town, "astrid")))
    assert case and (case.sort, case.words, case.due.isoformat()) == ("correction", "Jeg røyker ikke", "2026-12-23")
    marks = [one["code"] for one in case.stored.resource["meta"]["security"]]
    units = [town.id("Organization/nordre"), town.id("Organization/fjordvik")]
    assert marks == ["citizens-case", *units, "case-about-the-record", town.names[NOTE], "case-correction"]
    assert "dampnet" not in str(case.stored.resource)


async def test_each_note_leads_to_the_form_and_says_that_something_is_demanded(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    before = await show(town, astrid, "/min/journal")
    letters = {one.id: one for one in before.page.values["record"].notes}
    assert letters[f"d-{town.id(NOTE)}"].ask_href == f"{ASK}?hva={town.names[NOTE]}"
    form = await show(town, astrid, ASK, hva=town.names[NOTE])
    assert "Du får svar innen 23.12.2026" in form.text and "Jonas Eikeland" in form.text
    await asked(town)
    after = await show(town, astrid, "/min/journal")
    (letter,) = [one for one in after.page.values["record"].notes if one.id == f"d-{town.id(NOTE)}"]
    assert (letter.asked, letter.asked_href.partition("#")[0]) == ("Det er bedt om retting", "/min/innsyn")
    assert form.statements <= 8 and after.statements <= before.statements


async def test_everything_in_the_record_can_be_chosen(town: Town) -> None:
    page = await show(town, await citizen(town, "astrid"), ASK)
    heads = [one.head for one in page.page.values["offers"]]
    assert heads == ["Notater og brev", "Helseproblemer", "Medisiner", "Prøvesvar og målinger", "Planen"]
    assert "Hjertesvikt" in page.text and page.statements <= 7
    measured = page.page.values["offers"][3]
    days = [date(*map(int, entry.text[:10].split(".")[::-1])) for entry in page.page.values["offers"][1].entries]
    assert days == sorted(days, reverse=True)
    assert len(measured.entries) > 5 and f"Vis {len(measured.entries) - 5} til" in page.text  # folded
    for offer in page.page.values["offers"]:
        item = offer.entries[0].href.partition("hva=")[2]
        assert isinstance(
            await send(town, await citizen(town, "astrid"), ASK, hva=item, onske="correction", ord="Feil"), Go
        )


async def test_a_refusal_tells_how_to_appeal_and_until_when(town: Town) -> None:
    await asked(town)
    astrid = await citizen(town, "astrid")
    (case,) = (await insight(town, astrid)).asked
    assert (case.title, case.state) == ("Krav om retting", "Sendt i dag. Svar innen 23.12.2026.")
    assert case.about.startswith("Journalnotat, ")
    later(town, 60)
    await answered(town, await the_case(town, astrid), "refused")
    later(town, 60)
    assert (await show(town, astrid, "/min")).page.values["home"].new[0].title == "Svar på en sak"
    (case,) = (await insight(town, astrid)).asked
    assert (case.outcome, "Statsforvalteren" in case.appeal) == ("Kravet er avslått.", True)
    assert "til og med 21.12.2026" in case.appeal


@pytest.mark.parametrize("form", [{"ord": ""}, {"onske": "noe"}, {"ord": "x" * 4001}])
async def test_a_demand_says_what_is_wanted_and_why(town: Town, form: dict[str, str]) -> None:
    page = await asked(town, **form)
    assert isinstance(page, Page) and page.status == 422


@pytest.mark.parametrize(
    "item", ["Patient/astrid", "DocumentReference/erik-notat", "Consent/astrid", "Task/astrid", "x"]
)
async def test_nothing_is_demanded_of_what_is_no_entry_of_ones_own(town: Town, item: str) -> None:
    hva = next((name for key, name in town.names.items() if key.startswith(item)), item)
    with pytest.raises(Refused) as refused:
        await send(town, await citizen(town, "astrid"), ASK, hva=hva, onske="correction", ord="Feil")
    assert refused.value.code == "AK-J001"


async def test_what_is_withheld_is_as_unknown_and_so_to_who_asks_past_the_page(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await add(town, {
        "resourceType": "DocumentReference", "status": "current", "subject": {"reference": astrid.id}, "id": "x",
        "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}], "description": "Holdt tilbake",
        "meta": {"security": [{"system": "https://akson.no/fhir/mark", "code": "withheld"}]},
    })  # fmt: skip
    (row,) = await town.office.database.fetch(
        "SELECT id FROM resource WHERE labels = '{withheld}' AND owner = $1", astrid.key
    )
    with pytest.raises(Refused) as refused:
        await send(town, astrid, ASK, hva=f"DocumentReference/{row['id']}", onske="correction", ord="Feil")
    assert refused.value.code == "AK-J001"
    for item in (f"DocumentReference/{row['id']}", "DocumentReference/finnes-ikke", astrid.id):
        with pytest.raises(Refused) as refused:
            async with town.office.work(astrid, Purpose.OWN) as work:
                await demands.demand(work, {"reference": astrid.id}, "correction", item=item, words="Feil")
        assert refused.value.code == "AK-B007"


async def test_one_with_a_proxy_reads_but_demands_nothing(town: Town) -> None:
    kari = await citizen(town, "kari")
    page = await show(town, kari, "/min/journal", person="astrid")
    assert not page.page.values["record"].ask_href and not any(one.ask_href for one in page.page.values["record"].notes)
    with pytest.raises(Refused) as refused:
        await asked(town, "kari", person="astrid")
    assert refused.value.code == "AK-A001"


async def test_a_father_demands_for_his_small_child(town: Town) -> None:
    name = next(key for key in town.names if key.startswith("DocumentReference/emil"))
    assert isinstance(await asked(town, "ola", name, person="emil"), Go)
    (case,) = (await insight(town, await citizen(town, "ola"), person="emil")).asked
    assert case.words == "Det ble skrevet: «Jeg røyker ikke»"


async def test_one_reads_who_asked_on_ones_behalf_and_what_they_wrote(town: Town) -> None:
    appointed = [hl7("v3-RoleCode", "GUARD"), {"coding": [{"system": MANDATE, "code": "personligeInteresser"}]}]
    guards = {"patient": {"reference": town.names["Patient/astrid"]}, "relationship": appointed}
    await add(town, {"resourceType": "RelatedPerson", "identifier": [KARI.fnr.identifier()], **guards})
    assert isinstance(await asked(town, "kari", person="astrid"), Go)
    (case,) = (await insight(town, await citizen(town, "astrid"))).asked
    assert case.words == "Kari Vik skrev: «Jeg røyker ikke»"
