"""Cases through the API: what an app may ask for in a citizen's name, what it may not decide, and who never sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from akson.base.work import Actor, Purpose
from akson.record import journal
from seeds.citizens.astrid import ASTRID, KARI
from tests.fhirapi.clients import Api, issue
from tests.offices import VENDOR
from tests.seeded import Town, peopled, town

__all__ = ["peopled", "town"]
DAY = {"start": "2026-11-23", "end": "2026-11-23"}
CASE, INPUT, OUTPUT = (f"https://akson.no/fhir/case{part}" for part in ("", "-input", "-output"))


@pytest.fixture
async def there(town: Town) -> AsyncIterator[Api]:
    """The API in Fjordvik, where the GP has looked at Astrid's record today."""
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        await journal.chart(work, town.id("Patient/astrid"), {"Condition": 5})
    api = Api(town.office)
    yield api
    await api.close()


async def astrid(town: Town, **more: Any) -> Actor:
    actor = await town.office.register.citizen(ASTRID.fnr.value, "demo:4")
    assert actor is not None
    return replace(actor, **more)


def part(system: str, code: str, **value: Any) -> dict[str, Any]:
    return {"type": {"coding": [{"system": system, "code": code}]}, **value}


def asked(town: Town, about: str = "jonas", **more: Any) -> dict[str, Any]:
    who = {"reference": town.names[f"Practitioner/{about}"], "display": "Jonas Eikeland"}
    return {
        "resourceType": "Task", "status": "requested", "intent": "order",
        "code": {"coding": [{"system": CASE, "code": "explanation"}]}, "for": {"reference": town.names["Patient/astrid"]},
        "input": [part(INPUT, "who", valueReference=who), part(INPUT, "when", valuePeriod=DAY)], **more,
    }  # fmt: skip


def answer(case: dict[str, Any], outcome: str = "lawful", **more: Any) -> dict[str, Any]:
    found = part(OUTPUT, "outcome", valueCodeableConcept={"coding": [{"system": OUTPUT, "code": outcome}]})
    outputs = [part(OUTPUT, "answer", valueString="Hun svarte på en melding."), found]
    return {**case, "status": "completed", "output": outputs, **more}


async def begun(town: Town, there: Api) -> tuple[httpx.AsyncClient, dict[str, Any]]:
    """Return the citizen's client, and the case."""
    client = there.as_(await astrid(town))
    made = await client.post("Task", json=asked(town))
    assert made.status_code == 201
    return client, made.json()


async def test_who_answers_and_by_when_is_decided_here(town: Town, there: Api) -> None:
    app = there.as_(await astrid(town, scopes=frozenset({"patient/Task.cr"}), context=(await astrid(town)).key))
    made = await app.post("Task", json=asked(town))
    case = made.json()
    assert (made.status_code, case["restriction"]) == (201, {"period": {"end": "2026-12-23"}})
    assert [one["code"] for one in case["meta"]["security"]][1:] == [
        town.id("Organization/fjordvik"), town.id("Practitioner/jonas"),
    ]  # fmt: skip
    assert case["requester"]["reference"] == town.names["Patient/astrid"]
    assert (await app.get(f"Task/{case['id']}")).json() == case


@pytest.mark.parametrize(("more", "path"), [
    ({"owner": {"reference": "Organization/fjordvik"}}, "Task.owner"),
    ({"restriction": {"period": {"end": "2027-12-23"}}}, "Task.restriction"),
    ({"output": [part(OUTPUT, "answer", valueString="Ja")]}, "Task.output"),
    ({"meta": {"security": [{"system": "https://akson.no/fhir/case-mark", "code": "citizens-case"}]}}, "Task.meta"),
    ({"status": "completed"}, "Task.status"),
    ({"requester": {"reference": "Patient/kari"}}, "Task.requester"),
    ({"code": {"coding": [{"system": CASE, "code": "emergency"}]}}, "Task.code"),
    ({"code": {"coding": [{"system": CASE, "code": "revenge"}]}}, "Task.code"),
    ({"input": [part(INPUT, "when", valuePeriod=DAY)]}, "Task.input"),
    ({"input": [part(INPUT, "who", valueString="Jonas"), part(INPUT, "when", valuePeriod=DAY)]}, "Task.input"),
    ({"input": [part(INPUT, "who", valueReference={"reference": "Patient/x"}), part(INPUT, "when", valuePeriod={})]},
     "Task.input"),
])  # fmt: skip
async def test_what_a_citizen_does_not_decide_is_refused_with_its_place(
    town: Town, there: Api, more: dict[str, Any], path: str
) -> None:
    refused = await there.as_(await astrid(town)).post("Task", json=asked(town, **more))
    assert refused.status_code in (400, 422) and path in issue(refused)["expression"][0]


async def test_whom_it_is_about_is_called_what_the_log_says_whatever_the_citizen_writes(town: Town, there: Api) -> None:
    forged = asked(town)
    forged["input"][0]["valueReference"] |= {"display": "Mariam Yusuf", "identifier": {"value": "1"}}
    made = await there.as_(await astrid(town)).post("Task", json=forged)
    assert made.status_code == 201
    assert made.json()["input"][0]["valueReference"] == {
        "reference": town.names["Practitioner/jonas"], "display": "Jonas Eikeland, fastlege, Nordre legesenter",
    }  # fmt: skip


@pytest.mark.parametrize("about", ["mariam", "siri"])
async def test_nobody_is_asked_about_who_has_not_looked(town: Town, there: Api, about: str) -> None:
    refused = await there.as_(await astrid(town)).post("Task", json=asked(town, about))
    assert refused.status_code == 422 and "AK-B001" in refused.text


async def test_citizens_write_no_other_task_and_change_no_case(town: Town, there: Api) -> None:
    client, case = await begun(town, there)
    forged = await there.as_(await town.at_work("jonas")).post("Task", json=asked(town))
    assert forged.status_code == 422  # without the mark it passes for one
    marks = {"security": [{"system": f"{CASE}-mark", "code": "citizens-case"}]}
    for more in ({}, {"meta": marks}):
        other = asked(town, code={"text": "Ring meg"}, **more)
        assert (await client.post("Task", json=other)).status_code == 422
    assert (await client.put(f"Task/{case['id']}", json={**case, "status": "cancelled"})).status_code in (403, 404)
    assert (await client.delete(f"Task/{case['id']}")).status_code in (403, 404)
    daughter = await town.office.register.citizen(KARI.fnr.value, "demo:4")
    assert daughter is not None and (await there.as_(daughter).post("Task", json=asked(town))).status_code == 422


async def test_no_question_about_the_record_finds_a_case_for_anybody_else(town: Town, there: Api) -> None:
    jonas, vendor = there.as_(await town.at_work("jonas")), there.as_(VENDOR)
    person = town.names["Patient/astrid"]
    questions = (f"Task?patient={person}&_total=accurate&_count=200", "Task?code=explanation", f"{person}/$everything",
                 "Task/_history?_count=200", f"{person}?_id={town.id('Patient/astrid')}&_revinclude=Task:patient")  # fmt: skip
    before = [(await jonas.get(one)).text.count('"resourceType":"Task"') for one in questions]
    _, case = await begun(town, there)
    for client in (jonas, vendor):
        for question in questions:
            assert case["id"] not in (await client.get(question)).text
        assert (await client.get(f"Task/{case['id']}")).status_code == 404
        assert (await client.get(f"Task/{case['id']}/_history/1")).status_code == 404
    assert [(await jonas.get(one)).text.count('"resourceType":"Task"') for one in questions] == before


@pytest.mark.parametrize(("change", "status"), [
    (lambda case: answer(case), 200),
    (lambda case: {**case, "status": "in-progress"}, 200),
    (lambda case: answer(case, "perhaps"), 422),
    (lambda case: {**case, "status": "completed"}, 422),
    (lambda case: answer(case, restriction={"period": {"end": "2027-12-23"}}), 422),
    (lambda case: answer(case, input=case["input"][:1]), 422),
    (lambda case: {**case, "status": "in-progress", "basedOn": [{"reference": "ServiceRequest/x"}]}, 422),
    (lambda case: answer(case, meta={**case["meta"], "security": case["meta"]["security"][:2]}), 422),
    (lambda case: answer(case, code={"text": "Noe annet"}), 422),
    (lambda case: answer(case, meta={"tag": [{"code": "x"}]}), 422),
])  # fmt: skip
async def test_an_answer_is_an_answer_and_nothing_else(town: Town, there: Api, change: Any, status: int) -> None:
    _, case = await begun(town, there)
    per = there.as_(await town.at_work("per"))
    assert (await per.get(f"Task/{case['id']}")).status_code == 200
    changed = await per.put(f"Task/{case['id']}", json=change(case))
    assert changed.status_code == status, changed.text
    assert (await per.get("Task?_total=accurate")).json().get("total") == 0
    if changed.status_code == 200 and changed.json()["status"] == "completed":
        assert (await per.put(f"Task/{case['id']}", json=change(case))).status_code == 422
