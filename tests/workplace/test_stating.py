"""The statement to NAV: asked in plain words, stopped while it is blank, shown as NAV reads it, and sent as an answer."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from akson.base.work import Actor, Purpose
from akson.exchange import addresses, delivery, inbox, statement
from akson.exchange.addresses import Address
from akson.exchange.envelope import Conversation
from akson.exchange.messages import legeerklaering
from akson.exchange.opening import opened
from akson.exchange.requests import REQUEST
from akson.record import journal
from akson.record.office import Office
from akson.workplace.stating import asking
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.exchange.statements import said
from tests.exchange.test_requests import asks
from tests.offices import JOB, staff
from tests.workplace.browsing import browsing

PARTNERS = ((str(HEART.her_id), HEART.name),)
KNOWN = (("1:L86", "L86 Ryggsyndrom"), ("1:P76", "P76 Depresjon"), ("3:M51.1", "M51.1 Skiveprolaps"))
NEEDED = {
    "mottaker": str(HEART.her_id), "gjelder.2": "ja", "flere": "2", "situasjon.1": "ja", "hoved": "1:L86",
    "historie": "Smerter i tre år.\nOperert i mars.", "funn": "Positiv Lasègue.", "yrkesskade": "2", "tiltak": "2",
    "begrenser": "Venter på operasjon.", "evne": "Kan sitte en halv time.", "igjen": "ja-2", "annet": "2", "bedre": "1",
}  # fmt: skip
REST = {
    "gjelder.4": "ja", "kontor": "NAV Fjordvik", "yrke": "Snekker", "arbeidsgiver": "Bygg AS", "situasjon.tekst": "Verv",
    "krav": "Tunge løft", "bi-1": "1:P76", "ufor": "2026-09-01", "skadedato": "2026-08-30", "utredes": "MR",
    "utredes-dato": "2026-11-01", "utredes-uker": "12", "behandles": "Operasjon", "behandles-dato": "2026-11-02",
    "behandles-uker": "20", "utredning": "MR først", "behandling": "Opptrening", "ny-plan": "Som før", "nye": "Om et år",
    "ikke-mer": "Nei", "tiltak-er.4": "ja", "tiltak-er.tekst": "Hjemmekontor", "om-tiltak": "Hev og senk",
    "kan-ikke": "Løfte", "hensyn": "Sitte og stå", "varer": "Ett år", "varer-evne": "To år", "varer-arbeid": "Tre år",
    "arsak": "Klar", "mer": "Ring gjerne", "kontakt.1": "ja", "kontakt.tekst": "DPS", "kopi": "ja",
}  # fmt: skip


async def condition(places: Places, code: str, text: str) -> None:
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "Condition", "subject": {"reference": places.astrid.reference},
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                           "code": "active"}]},
            "code": {"coding": [{"system": f"urn:oid:{statement.ICPC}", "code": code, "display": text}], "text": text},
        })  # fmt: skip


def test_every_answer_stands_in_the_statement_and_holds_to_navs_schema() -> None:
    form = asking.form(PARTNERS, KNOWN)
    assert {each.name for each in form.fields} - {"bi-2", *(name for name in NEEDED | REST)} <= {
        f"{group}.{value}" for group, values in asking._OFFERED.items() for value in values
    }  # no question is left out of this test
    filled = asking.checked(form.read(NEEDED | REST))
    assert filled.valid, [(each.field.name, each.fault) for each in filled.wrong]
    root = asking.made(filled, KNOWN)
    assert legeerklaering.missing(root) == []
    told = "\n".join(statement.paragraphs(root)).splitlines()
    words = [typed.partition("\n")[0] for typed in (NEEDED | REST).values() if " " in typed]
    assert [one for one in words if not any(one in line for line in told)] == []
    assert {"Erklæringen gjelder: Uføretrygd (før: uførepensjon)", "– Hoveddiagnose: Ryggsyndrom (L86)",
            "– Bidiagnose: Depresjon (P76)", "– Når kan arbeidet gjenopptas: Etter behandling",
            "– – Antatt ventetid i uker: 20", "– Arbeidsufør fra: 01.09.2026"} <= set(told)  # fmt: skip
    body = statement.build(root)
    assert said(body) == said(statement.build(statement.read(body)))
    xsd = Path(os.environ.get("AKSON_SHARED", "../shared")) / "fixtures/nav-xsd/NAV-Legeerklaring-2008-06-06.xsd"
    if xsd.exists():
        schema = etree.XMLSchema(etree.parse(str(xsd)))
        errors = {str(each.message) for each in schema.error_log} if not schema.validate(body) else set()
        assert all("fodselsnummer" in each or "Navn" in each for each in errors), (
            errors
        )  # who it is comes when it is sent


@pytest.mark.parametrize(("typed", "at"), [
    ({}, "gjelder.1"), (NEEDED | {"gjelder.2": ""}, "gjelder.1"), (NEEDED | {"situasjon.1": ""}, "situasjon.1"),
    (NEEDED | {"historie": "  "}, "historie"), (NEEDED | {"hoved": ""}, "hoved"), (NEEDED | {"bedre": ""}, "bedre"),
    (NEEDED | {"utredes": "MR"}, "utredes"), (NEEDED | {"bi-1": "3:M51.1"}, "bi-1"),
    (NEEDED | {"hoved": "1:A01"}, "hoved"), (NEEDED | {"utredes-uker": "-1"}, "utredes-uker"),
])  # fmt: skip
def test_what_is_missing_or_cannot_be_is_told_where_it_stands(typed: dict[str, str], at: str) -> None:
    filled = asking.checked(asking.form(PARTNERS, KNOWN).read(typed))
    assert not filled.valid and at in {each.field.name for each in filled.wrong}


async def test_a_doctor_answers_nav_with_a_statement_and_the_task_is_done(office: Office) -> None:
    places = await make(office)
    await condition(places, "L86", "Ryggsyndrom")
    await inbox.keep(office.database, asks("asked", REQUEST, "1"), now=office.clock())
    await delivery.receive_due(office)
    (task,), (request,) = await places.found("Task"), await places.found("Communication")
    page = f"/p/{places.astrid.id}/legeerklaering?melding={request['id']}"
    async with browsing(office, places.doctor) as jonas:
        assert f'href="{page}"' in (await jonas.open(f"/innboks/{task['id']}")).html
        blank = await jonas.open(page)
        assert f'value="{HEART.her_id}" selected' in blank.html and 'value="1:L86" selected' in blank.html
        stopped = await jonas.send(page, do="look", mottaker=str(HEART.her_id))
        assert stopped.status == 422 and "Kryss av for minst ett." in stopped.text
        shown = await jonas.send(page, do="look", **NEEDED)
        assert shown.status == 200 and "– Hoveddiagnose: Ryggsyndrom (L86)" in shown.text
        assert await places.found("QuestionnaireResponse") == []
        sent = await jonas.send(page, do="send", **NEEDED)
        assert sent.status == 303
    (task,), (form,) = await places.found("Task"), await places.found("QuestionnaireResponse")
    (row,) = await places.rows("SELECT type, body FROM message_out WHERE told_of <> ''")
    envelope = opened(row["body"]).envelope
    assert envelope is not None and task["status"] == "completed" and form["status"] == "completed"
    assert (row["type"], envelope.conversation) == ("LEGEERKL", Conversation(parent="asked", conversation="asked"))
    assert envelope.sender.professional is not None and envelope.sender.professional.family == "Eikeland"


async def test_a_statement_goes_to_nobody_who_takes_none_and_an_answer_to_who_asked_alone(office: Office) -> None:
    places = await make(office)
    await condition(places, "L86", "Ryggsyndrom")
    nav = Address(
        her_id=98000041, name="NAV Fjordvik", ours=False, endpoint="http://127.0.0.1:1/x", takes=("LEGEERKL",)
    )
    gp = replace(nav, her_id=98000042, name="Vestbyen legekontor", takes=("DIALOG_HELSEFAGLIG",))
    await addresses.put(office.database, [nav, gp, replace(nav, her_id=98000043, name="NAV Nordvik")])
    asked = asks("asked", REQUEST, "1").replace(str(HEART.her_id).encode(), b"98000041").replace(
        str(HEART.parent).encode(), b"98000041")  # fmt: skip
    await inbox.keep(office.database, asked, now=office.clock())
    await delivery.receive_due(office)
    (request,) = await places.found("Communication")
    page = f"/p/{places.astrid.id}/legeerklaering"
    async with browsing(office, places.doctor) as jonas:
        for at, offered in ((page, ("98000041", "98000043")), (f"{page}?melding={request['id']}", ("98000041",))):
            blank = (await jonas.open(at)).html
            everybody = ("98000041", "98000042", "98000043", str(HEART.her_id))
            assert tuple(each for each in everybody if f'value="{each}"' in blank) == offered
            for other in set(everybody) - set(offered):
                assert (await jonas.send(at, do="send", **NEEDED | {"mottaker": other})).status == 422
    assert await places.rows("SELECT FROM message_out WHERE type <> 'APPREC'") == []


async def test_only_doctors_write_it_and_not_without_a_diagnosis(office: Office) -> None:
    places = await make(office)
    page = f"/p/{places.astrid.id}/legeerklaering"
    nurse: Actor = replace(await staff(office, places.practice, "Berg"), role="sykepleier")
    async with browsing(office, nurse) as berg:
        assert (await berg.open(page)).status == 403
        assert page not in (await berg.open(f"/p/{places.astrid.id}/samhandling")).html
    async with browsing(office, places.doctor) as jonas:
        assert page in (await jonas.open(f"/p/{places.astrid.id}/samhandling")).html
        assert "Problemlisten har ingen diagnose" in (await jonas.open(page)).text
