"""What is withheld is told to a doctor or lawyer whom the patient names; the patient learns no more of it by that."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from akson.base.clamd import Scanner
from akson.base.errors import Refused
from akson.base.web.screens import Go
from akson.base.work import Actor, Purpose
from akson.patient import cases
from akson.record import journal
from akson.record.deciding import facts_for
from tests.offices import JOB
from tests.portal.pages import citizen, send, show
from tests.portal.test_insight import insight, later
from tests.scanners import peer
from tests.seeded import Town
from tests.workplace.browsing import browsing
from tests.workplace.test_privacy import heard

NOTE, SAYS = "DocumentReference/astrid-kontroll", "Smerter i hofte ved gange"
PAGE = "/min/innsyn/representant"
FORM = {"som": "lawyer", "navn": "Advokat Vigdis Moe", "kontakt": "Telefon 99 00 11 22", "ord": ""}
WHY = {"do": "withhold", "grunnlag": "life", "hvorfor": "Det kan utløse ny selvskading nå."}


async def withheld(town: Town) -> str:
    """Let the author keep the note from Astrid; return the name it is withheld under."""
    path = f"/p/{town.id('Patient/astrid')}/notat/{town.id(NOTE)}"
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert (await browser.send(path, **WHY)).status == 303
    later(town)
    (row,) = (await show(town, await citizen(town, "astrid"), "/min/journal")).page.values["record"].refused
    return str(row.href.partition("holdt=")[2])


async def asked(town: Town, name: str, **more: str) -> Any:
    return await send(town, await citizen(town, "astrid"), PAGE, **{**FORM, "holdt": name, **more})


async def the_case(town: Town, who: Actor | None = None) -> cases.Case:
    reader = who or await citizen(town, "astrid")
    async with town.office.work(reader, Purpose.OWN) as work:
        chart = await journal.chart(work, town.id("Patient/astrid"), {"Task": 200})
    return next(one for hit in chart["Task"] if (one := cases.case_of(hit)) and one.sort == "representative")


async def test_a_lawyer_is_named_at_the_withheld_entry_and_is_given_it_by_who_answers_for_it(town: Town) -> None:
    astrid, name = await citizen(town, "astrid"), await withheld(town)
    (row,) = (await insight(town, astrid)).refused
    assert row.href == f"{PAGE}?holdt={name}" and "En lege, advokat" not in row.title
    page = await show(town, astrid, PAGE, holdt=name)
    assert "Det kan utløse ny selvskading" in page.text and SAYS not in page.text and "innen 23.12.2026" in page.text
    assert await asked(town, name) == Go("/min/innsyn", said="demands.sent")
    await heard(town)
    waiting = await insight(town, astrid)
    assert [(one.title, one.about) for one in waiting.asked] == [
        ("Du har bedt om innsyn for en representant", "Advokat Vigdis Moe")]  # fmt: skip
    assert "Svar innen 23.12.2026" in waiting.asked[0].state
    assert waiting.refused[0].href == "" and "Det er bedt om" in waiting.refused[0].text
    case = await the_case(town)
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert "Innsyn for representant" in (await browser.open("/krav")).text
        page_ = await browser.open(f"/krav/{case.stored.id}")
        assert all(one in page_.text for one in ("Vigdis Moe", "Advokat", "99 00 11 22", SAYS, "ny selvskading"))
        form = {"version": page_.hidden("version"), "utfall": "handed-over"}
        assert (await browser.send(f"/krav/{case.stored.id}", **form, svar="")).status == 422
        sent = await browser.send(
            f"/krav/{case.stored.id}", **form, svar="Gitt på kontoret 24.11.2026 mot legitimasjon."
        )
        assert (sent.status, sent.leads_to) == (303, "/krav")
        assert SAYS not in (await browser.open(f"/krav/{case.stored.id}")).text
    told = (await insight(town, astrid)).asked[0]
    assert told.answer.startswith("Gitt på kontoret") and "fått det som er holdt tilbake" in told.outcome
    assert SAYS not in (await show(town, astrid, "/min/journal")).text


async def test_a_refusal_says_why_and_how_to_appeal_and_one_may_ask_again(town: Town) -> None:
    name = await withheld(town)
    await asked(town, name, som="other", navn="Kari Nordli", ord="Hun er datteren min")
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        case = await the_case(town)
        page = await browser.open(f"/krav/{case.stored.id}")
        assert "Hun er datteren min" in page.text and "En annen" in page.text
        form = {"version": page.hidden("version"), "utfall": "refused", "svar": "Hun er selv omtalt."}
        assert (await browser.send(f"/krav/{case.stored.id}", **form)).status == 303
    later(town)
    shown = await insight(town, await citizen(town, "astrid"))
    assert shown.asked[0].answer == "Hun er selv omtalt." and "Statsforvalteren" in shown.asked[0].appeal
    assert shown.refused[0].href.endswith(name)


async def test_the_patient_learns_from_the_case_not_even_what_sort_of_entry_it_is(town: Town) -> None:
    await asked(town, await withheld(town))
    task = json.dumps((await the_case(town)).stored.resource, default=str)
    assert town.id(NOTE) not in task and "DocumentReference" not in task and SAYS not in task


async def test_a_withheld_file_is_fetched_by_who_answers_until_it_is_answered_and_by_nobody_else(town: Town) -> None:
    about, pdf = {"reference": town.names["Patient/astrid"]}, base64.b64encode(b"%PDF-1.7 funn").decode()
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        binary = await journal.create(work, {"resourceType": "Binary", "contentType": "application/pdf",
                                             "securityContext": about, "data": pdf})  # fmt: skip
        letter = await journal.create(work, {
            "resourceType": "DocumentReference", "status": "current", "subject": about, "description": "Brev",
            "content": [{"attachment": {"url": binary.reference, "contentType": "application/pdf", "title": "brev.pdf"}}],
        })  # fmt: skip
    page = f"/p/{town.id('Patient/astrid')}/innsyn"
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert (await browser.send(page, **WHY, hva=letter.reference, version="1")).status == 303
    astrid = await citizen(town, "astrid")
    with pytest.raises(Refused):
        async with town.office.work(astrid, Purpose.OWN) as work:
            await journal.read(work, *binary.reference.split("/"))
    later(town)
    (row,) = (await insight(town, astrid)).refused
    await asked(town, row.href.partition("holdt=")[2])
    case = await the_case(town)
    gunnar = await town.at_work("gunnar")  # of the municipality, and gives no care himself
    async with peer() as scanner:
        town.office.scanner = Scanner(host="127.0.0.1", port=scanner.port)
        async with browsing(town.office, gunnar) as browser:
            assert (await browser.open(f"/krav/{case.stored.id}/fil/0")).status == 200
    assert scanner.asked == [b"%PDF-1.7 funn"]
    async with browsing(town.office, gunnar) as browser:
        assert (await browser.open(f"/krav/{case.stored.id}/fil/0")).status == 503  # the scanner is away
    town.office.scanner = None
    async with browsing(town.office, gunnar) as browser:
        shown = await browser.open(f"/krav/{case.stored.id}")
        assert "brev.pdf" in shown.text
        got = await browser.open(f"/krav/{case.stored.id}/fil/0")
        assert (got.status, got.answer.content) == (200, b"%PDF-1.7 funn")
        assert (await browser.open(f"/krav/{case.stored.id}/fil/1")).status == 404
        form = {"version": shown.hidden("version"), "utfall": "handed-over", "svar": "Gitt på kontoret."}
        assert (await browser.send(f"/krav/{case.stored.id}", **form)).status == 303
        assert (await browser.open(f"/krav/{case.stored.id}/fil/0")).status == 404
    with pytest.raises(Refused):
        async with town.office.work(gunnar, Purpose.ADMINISTRATION) as work:
            await journal.read(work, *binary.reference.split("/"))


async def test_who_answers_elsewhere_and_the_privacy_officer_read_neither_the_case_nor_the_note(town: Town) -> None:
    await asked(town, await withheld(town))
    case = await the_case(town)
    for who in ("per", "sara"):
        actor = await town.at_work(who)
        for reference in (f"Task/{case.stored.id}", town.names[NOTE]):
            with pytest.raises(Refused):
                async with town.office.work(actor, Purpose.ADMINISTRATION) as work:
                    await journal.read(work, *reference.split("/"))


@pytest.mark.parametrize(("form", "code"), [
    ({"navn": ""}, ""), ({"kontakt": ""}, ""), ({"som": "nabo"}, ""), ({"navn": "x" * 201}, ""),
    ({"holdt": "withheld-as-0"}, "AK-J001"), ({"holdt": "withheld"}, "AK-J001"), ({"holdt": ""}, "AK-J001"),
])  # fmt: skip
async def test_nothing_is_sent_without_a_name_a_kind_and_a_way_to_reach_them(
    town: Town, form: dict[str, str], code: str
) -> None:
    name = await withheld(town)
    try:
        page = await asked(town, name, **form)
        assert not code and page.status == 422
    except Refused as refused:
        assert refused.code == code
    assert (await insight(town, await citizen(town, "astrid"))).asked == ()


def task(town: Town, **inputs: str) -> dict[str, Any]:
    """Return a request as a program would send it."""

    def part(code: str, value: str) -> dict[str, Any]:
        kind = "valueCode" if code == "as" else "valueString"
        return {"type": {"coding": [{"system": "https://akson.no/fhir/case-input", "code": code}]}, kind: value}

    return {
        "resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": town.names["Patient/astrid"]},
        "code": {"coding": [{"system": "https://akson.no/fhir/case", "code": "representative"}]},
        "input": [part(code, value) for code, value in inputs.items()],
    }  # fmt: skip


@pytest.mark.parametrize(("inputs", "code"), [
    ({"as": "nabo"}, "AK-B014"), ({"reached": " "}, "AK-B014"), ({"representative": ""}, "AK-J007"),
    ({"keeper": "x"}, "AK-B014"), ({"withheld": "withheld"}, "AK-B015"), ({"withheld": "withheld-as-1"}, "AK-B015"),
])  # fmt: skip
async def test_a_program_asks_as_the_form_does(town: Town, inputs: dict[str, str], code: str) -> None:
    name, astrid = await withheld(town), await citizen(town, "astrid")
    given = {"withheld": name, "representative": "Vigdis Moe", "as": "doctor", "reached": "99001122"}
    with pytest.raises(Exception) as refused:
        async with town.office.work(astrid, Purpose.OWN) as work:
            await journal.create(work, task(town, **(given | inputs)))
    assert getattr(refused.value, "code", "AK-J007") == code
    async with town.office.work(astrid, Purpose.OWN) as work:
        await journal.create(work, task(town, **given))


async def test_a_proxy_asks_for_nobody_and_what_is_shown_again_is_asked_for_no_more(town: Town) -> None:
    name, kari = await withheld(town), await citizen(town, "kari")
    with pytest.raises(Refused) as refused:
        await show(town, kari, PAGE, person="astrid", holdt=name)
    assert refused.value.code == "AK-J001"
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        page = f"/p/{town.id('Patient/astrid')}/notat/{town.id(NOTE)}"
        assert (await browser.send(page, do="give")).status == 303
    with pytest.raises(Refused) as refused:
        await asked(town, name)
    assert refused.value.code == "AK-J001"
    async with town.office.work(kari, Purpose.OWN) as work:
        facts = (await facts_for(work, [work.office.ids.open(town.id("Patient/astrid")) or 0])).popitem()[1]
    assert name not in {mark for one in facts.labelled for mark in one.security}
