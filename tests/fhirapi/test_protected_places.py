"""Where somebody whose whereabouts are hidden is to be is told to nobody who acts for them: they see when it is.

Source: domain rules R29 and R30
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from akson.base.work import Purpose
from akson.portal import paper
from akson.record import journal
from akson.record.facts import PROTECTION
from akson.record.search.searching import search
from akson.registers.identifiers import synthetic_fnr
from tests.fhirapi.clients import Api
from tests.offices import JOB, NOW, citizen, patient, staff, unit

PLACE, WORDS, SENDER = "Kirkegata 21", "Time hos tannlegen i Kirkegata", "Tannklinikken i Fjordvik"
SECRETS = (PLACE, WORDS, SENDER, "310000031")
DAUGHTER = synthetic_fnr(date(1971, 2, 3), 1, female=True)
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def booked(person: str) -> dict[str, Any]:
    return {
        "resourceType": "Appointment", "status": "booked", "description": WORDS, "comment": PLACE,
        "identifier": [{"system": "https://akson.no/fhir/appointment-id/310000031", "value": "x"}],
        "start": "2026-11-25T10:00:00Z", "end": "2026-11-25T10:30:00Z", "participant": [
            {"actor": {"reference": person}, "status": "accepted"}, {"actor": {"display": SENDER}, "status": "accepted"},
            {"actor": {"type": "Location", "display": PLACE}, "status": "accepted"}],
    }  # fmt: skip


@pytest.fixture
async def clients(api: Api) -> dict[str, Any]:
    """Two who have a daughter with a proxy, one with a protected address; who asks about them."""
    north = await unit(api.office, "Sone nord")
    daughter = await patient(api.office, identifier=[DAUGHTER.identifier()], birthDate="1971-02-03")
    marked = {"meta": {"security": [{"system": PROTECTION, "code": "kode7"}]}}
    kin = {"resourceType": "RelatedPerson", "active": True, "identifier": [DAUGHTER.identifier()],
           "relationship": [{"coding": [{"system": ROLE, "code": "POWATT"}]}]}  # fmt: skip
    found: dict[str, Any] = {}
    for name, more in (("hidden", marked), ("open", {})):
        person = await patient(api.office, at=north, **more)
        async with api.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, kin | {"patient": {"reference": person.reference}})
            time = await journal.create(work, booked(person.reference))
            said = await journal.create(work, {
                "resourceType": "Communication", "status": "completed", "subject": {"reference": person.reference},
                "sender": {"display": SENDER}, "topic": {"text": WORDS}, "payload": [{"contentString": PLACE}], "about": [{"reference": time.reference}],
            })  # fmt: skip
        found |= {name: person, f"{name} time": time, f"{name} message": said, f"{name} self": api.as_(citizen(person))}
    acts = replace(citizen(daughter), born=date(1971, 2, 3))
    return found | {"daughter": api.as_(acts), "nurse": api.as_(await staff(api.office, north, "Yusuf")), "acts": acts}


WAYS = ("{time}", "{time}/_history/1", "{time}/_history", "Appointment?patient={id}", "Appointment?date=2026-11-25", "Patient/{id}/Appointment",
        "Patient/{id}/$everything", "{message}", "Communication?patient={id}",
        "Patient?_id={id}&_revinclude=Appointment:patient&_revinclude=Communication:subject")  # fmt: skip


def asked(clients: dict[str, Any], whose: str, way: str) -> str:
    return way.format(id=clients[whose].id, time=clients[f"{whose} time"].reference,
                      message=clients[f"{whose} message"].reference)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
async def test_no_way_of_reading_tells_who_acts_for_somebody_where_they_are_to_be(
    clients: dict[str, Any], way: str
) -> None:
    told = await clients["daughter"].get(asked(clients, "hidden", way))
    if way == "Appointment?date=2026-11-25":  # both of them are found, and of the other all is told
        bodies = [one["resource"] for one in told.json()["entry"]]
        told_of = json.dumps([one for one in bodies if one["id"] == clients["hidden time"].id])
    else:
        told_of = told.text
    assert told.status_code == 200 and not [one for one in SECRETS if one in told_of], told_of
    assert "Appointment" not in way or "2026-11-25T10:00:00Z" in told_of
    for who, whose in (("hidden self", "hidden"), ("nurse", "hidden"), ("daughter", "open")):
        open_ = (await clients[who].get(asked(clients, whose, way))).text
        assert PLACE in open_ and WORDS in open_, who


@pytest.mark.parametrize("question", [
    "Appointment?identifier=x", "?_type=Appointment,CareTeam&_content=Kirkegata",
    "Patient/{id}/Appointment?identifier=x", "Appointment?_content=Kirkegata", "Appointment?patient={id}&_content=Kirkegata", "Communication?_content=Kirkegata", "Patient?_has:Appointment:patient:identifier=x",
])  # fmt: skip
async def test_and_no_search_answers_whether_they_are_to_be_somewhere(clients: dict[str, Any], question: str) -> None:
    async def total(who: str, whose: str) -> int:
        answer = await clients[who].get(f"{asked(clients, whose, question)}&_total=accurate")
        ids = {one["resource"]["id"] for one in answer.json().get("entry", ())}
        assert answer.json()["total"] == len(ids)
        return len(ids & {clients[whose].id, clients[f"{whose} time"].id, clients[f"{whose} message"].id})

    assert [
        await total("daughter", "hidden"),
        await total("daughter", "open"),
        await total("hidden self", "hidden"),
    ] == [0, 1, 1]


async def test_a_paper_of_the_record_says_when_and_no_more(api: Api, clients: dict[str, Any]) -> None:
    async with api.office.work(clients["acts"], Purpose.OWN) as work:
        pairs = [("patient", clients["hidden"].id)]
        found = [
            hit.resource
            for type_ in ("Appointment", "Communication")
            for hit in (await search(work, type_, pairs)).hits
        ]
    drawn = str(paper.paper(found, name="A", born=None, now=NOW))
    assert "25.11.2026" in drawn and not [one for one in SECRETS if one in drawn]
