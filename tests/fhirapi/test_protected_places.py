"""Where somebody whose whereabouts are hidden is to be is told to nobody who acts for them: they see when it is.

Source: domain rules R29 and R30
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from akson.base.work import Actor, Purpose
from akson.patient.openings import open_in_emergency
from akson.portal import paper
from akson.record import cases, journal
from akson.record.facts import PROTECTION
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.registers.identifiers import synthetic_fnr
from tests.fhirapi.clients import Api
from tests.offices import JOB, NOW, citizen, patient, staff, unit
from tests.portal.pages import show
from tests.seeded import Town

PLACE, WORDS, SENDER = "Kirkegata 21", "Time hos tannlegen i Kirkegata", "Tannklinikken i Fjordvik"
SECRETS = (PLACE, WORDS, SENDER, "310000031")
DAUGHTER = synthetic_fnr(date(1971, 2, 3), 1, female=True)
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def around(person: str, time: str, said: str, place: str, whom: str) -> list[dict[str, Any]]:
    """Return what stands in a record beside an appointment and tells the same place."""
    told: dict[str, Any] = {"subject": {"reference": person}}
    there, by = {"reference": place, "display": PLACE}, {"reference": whom, "display": SENDER}
    day = {"start": "2026-11-25T10:00:00Z"}
    return [
        told | {"resourceType": "Encounter", "status": "planned", "period": day, "location": [{"location": there}],
                "class": {"code": "AMB", "display": WORDS}, "serviceProvider": by},
        told | {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "locationReference": [there],
                "occurrencePeriod": day, "performer": [by], "code": {"text": WORDS}},
        told | {"resourceType": "Communication", "status": "completed", "inResponseTo": [{"reference": said, "display": WORDS}],
                "payload": [{"contentString": PLACE}], "sender": by},
        told | {"resourceType": "CommunicationRequest", "status": "active", "about": [{"reference": time}, there],
                "payload": [{"contentString": PLACE}], "recipient": [by]},
        told | {"resourceType": "DocumentReference", "status": "current", "description": WORDS, "custodian": by,
                "content": [{"attachment": {"title": PLACE}}], "context": {"related": [{"reference": time}]}},
        {"resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": person}, "owner": by,
         "location": there, "description": WORDS, "focus": {"reference": time}},
        {"resourceType": "EpisodeOfCare", "status": "planned", "patient": {"reference": person}, "period": day,
         "managingOrganization": by},
        {"resourceType": "Provenance", "target": [{"reference": time}], "recorded": "2026-11-20T10:00:00Z",
         "location": there, "agent": [{"who": by}]},
    ]  # fmt: skip


def done(person: str, place: str, whom: str) -> list[dict[str, Any]]:
    """Return what tells of what was done, and points to where it was or to the place that did it."""
    about, for_ = {"subject": {"reference": person}}, {"patient": {"reference": person}}
    there, by = {"reference": place, "display": PLACE}, {"reference": whom, "display": SENDER}
    code, when = {"text": "Tannrens"}, "2026-11-20T10:00:00Z"
    coverage = [{"sequence": 1, "focal": True, "coverage": {"display": "Helfo"}}]
    claim = for_ | {"status": "active", "type": code, "use": "claim", "created": when, "provider": by, "facility": there,
                    "item": [{"sequence": 1, "productOrService": code, "locationReference": there}]}  # fmt: skip
    return [
        about | {"resourceType": "Procedure", "status": "completed", "code": code, "performedDateTime": when,
                 "location": there, "performer": [{"actor": by}],
                 "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{PLACE}</div>'},
                 "meta": {"source": "https://310000031.example", "tag": [{"code": "x", "display": SENDER}]}},
        for_ | {"resourceType": "Immunization", "status": "completed", "vaccineCode": code, "occurrenceDateTime": when,
                "location": {"reference": "#her"}, "performer": [{"actor": by}],
                "contained": [{"resourceType": "Location", "id": "her", "name": PLACE}]},
        about | {"resourceType": "MedicationDispense", "status": "completed", "medicationCodeableConcept": code,
                 "location": there, "destination": there, "performer": [{"actor": by}]},
        about | {"resourceType": "Observation", "status": "final", "code": code, "effectiveDateTime": when,
                 "performer": [by]},
        about | {"resourceType": "DiagnosticReport", "status": "final", "code": code, "performer": [by]},
        about | {"resourceType": "ChargeItem", "status": "billable", "code": code, "performingOrganization": by},
        about | {"resourceType": "DeviceRequest", "intent": "order", "codeCodeableConcept": code, "performer": by},
        about | {"resourceType": "AdverseEvent", "actuality": "actual", "location": there},
        about | {"resourceType": "List", "status": "current", "mode": "working", "entry": [{"item": there}]},
        about | {"resourceType": "CarePlan", "status": "active", "intent": "plan", "activity": [
            {"detail": {"status": "scheduled", "location": there, "performer": [by]}}]},
        for_ | {"resourceType": "Device", "location": there},
        for_ | {"resourceType": "SupplyDelivery", "destination": there, "supplier": by},
        about | {"resourceType": "CareTeam", "managingOrganization": [by], "participant": [{"member": by}]},
        about | {"resourceType": "Composition", "status": "final", "type": code, "date": when, "title": "Notat",
                 "author": [by], "custodian": by},
        for_ | {"resourceType": "BodyStructure", "identifier": [{"value": "x", "assigner": by}]},
        claim | {"resourceType": "Claim", "priority": {"text": "normal"}, "insurance": coverage},
        claim | {"resourceType": "ExplanationOfBenefit", "outcome": "complete", "insurer": {"display": "Helfo"},
                 "insurance": [{"focal": True, "coverage": {"display": "Helfo"}}]},
    ]  # fmt: skip


def booked(person: str, place: str) -> dict[str, Any]:
    return {
        "resourceType": "Appointment", "status": "booked", "description": WORDS, "comment": PLACE,
        "meta": {"source": "https://310000031.example", "tag": [{"code": "x", "display": SENDER}]},
        "identifier": [{"system": "https://akson.no/fhir/appointment-id/310000031", "value": "x"}],
        "start": "2026-11-25T10:00:00Z", "end": "2026-11-25T10:30:00Z", "participant": [
            {"actor": {"reference": place}, "status": "accepted"},
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
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        place = await journal.create(work, {"resourceType": "Location", "name": PLACE})
        dentist = await journal.create(work, {"resourceType": "Organization", "name": SENDER})
    found |= {"place": place.id, "dentist": dentist.id}
    for name, more in (("hidden", marked), ("open", {})):
        person = await patient(api.office, at=north, **more)
        async with api.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, kin | {"patient": {"reference": person.reference}})
            time = await journal.create(work, booked(person.reference, place.reference))
            said = await journal.create(work, {
                "resourceType": "Communication", "status": "completed", "subject": {"reference": person.reference},
                "sender": {"display": SENDER}, "topic": {"text": WORDS}, "payload": [{"contentString": PLACE}], "about": [{"reference": time.reference}],
            })  # fmt: skip
            beside = around(person.reference, time.reference, said.reference, place.reference, dentist.reference)
            found[f"{name} all"] = {time.id, said.id} | {(await journal.create(work, one)).id for one in beside}
            acts_of = done(person.reference, place.reference, dentist.reference)
            found[f"{name} done"] = [await journal.create(work, one) for one in acts_of]
            found[f"{name} all"] |= {one.id for one in found[f"{name} done"]}
        found |= {name: person, f"{name} time": time, f"{name} message": said, f"{name} self": api.as_(citizen(person))}
    acts = replace(citizen(daughter), born=date(1971, 2, 3))
    return found | {"daughter": api.as_(acts), "nurse": api.as_(await staff(api.office, north, "Yusuf")), "acts": acts}


WAYS = ("{time}", "{time}/_history/1", "{time}/_history", "Appointment?patient={id}", "Appointment?date=2026-11-25", "Patient/{id}/Appointment",
        "Patient/{id}/$everything", "{message}", "Encounter?patient={id}&_include=*",
        "Patient/{id}/*", "Appointment?patient={id}&_include=Appointment:location",
        "Appointment?patient={id}&_include=*&_include:iterate=*",
        "Patient?_id={id}&_revinclude=Appointment:patient&_revinclude=Communication:subject")  # fmt: skip


def asked(clients: dict[str, Any], whose: str, way: str) -> str:
    return way.format(id=clients[whose].id, time=clients[f"{whose} time"].reference,
                      message=clients[f"{whose} message"].reference, place=clients["place"], dentist=clients["dentist"])  # fmt: skip


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
    secrets = (*SECRETS, clients["place"], clients["dentist"])
    assert told.status_code == 200 and not [one for one in secrets if one in told_of], told_of
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


@pytest.mark.parametrize("question", [
    "Location?_id={place}&_revinclude=Appointment:location", "Location?_id={place}&_revinclude=*",
    "Organization?_id={dentist}&_revinclude=Encounter:service-provider", "Location?_has:Appointment:location:patient={id}",
    "Location?_has:Encounter:location:subject={id}", "Appointment?location=Location/{place}",
    "Appointment?location.name=Kirkegata", "Encounter?location=Location/{place}", "Encounter?class:text=Time",
    "Encounter?service-provider=Organization/{dentist}", "ServiceRequest?performer=Organization/{dentist}",
    "EpisodeOfCare?organization=Organization/{dentist}", "Task?owner=Organization/{dentist}",
    "DocumentReference?custodian=Organization/{dentist}", "CommunicationRequest?recipient=Organization/{dentist}",
    "Procedure?location=Location/{place}", "Procedure?location.name=Kirkegata", "Procedure?_content=Kirkegata",
    "Procedure?_source=https://310000031.example", "Location?_has:Procedure:location:patient={id}",
    "Location?_id={place}&_revinclude=Procedure:location", "Location?_id={place}&_revinclude=MedicationDispense:destination",
    "Patient?_has:Procedure:patient:location=Location/{place}", "SupplyDelivery?supplier=Organization/{dentist}",
    "Procedure?performer=Organization/{dentist}", "Observation?performer=Organization/{dentist}",
    "DiagnosticReport?performer=Organization/{dentist}", "Claim?facility=Location/{place}", "List?item=Location/{place}",
    "Device?location=Location/{place}", "ExplanationOfBenefit?provider=Organization/{dentist}",
    "Communication?sender=Organization/{dentist}", "Provenance?location=Location/{place}",
    "Provenance?recorded=2026-11-20&agent=Organization/{dentist}",
])  # fmt: skip
async def test_nor_does_company_or_what_stands_beside_an_appointment(clients: dict[str, Any], question: str) -> None:
    async def tells(who: str, whose: str) -> bool:
        answer = await clients[who].get(asked(clients, whose, question))
        assert answer.status_code == 200, answer.text
        ids = {one["resource"]["id"] for one in answer.json().get("entry", ())}
        return bool(
            ids
            & (
                clients[f"{whose} all"]
                | ({clients["place"]} if "_has" in question else set())
                | ({clients[whose].id} if question.startswith("Patient?") else set())
            )
        )

    assert [
        await tells("daughter", "hidden"), await tells("daughter", "open"), await tells("hidden self", "hidden")
    ] == [False, True, True]  # fmt: skip


@pytest.mark.parametrize("company", ["_include=Procedure:location", "_include=Procedure:performer", "_include=*"])
async def test_no_place_comes_along_with_what_was_done(clients: dict[str, Any], company: str) -> None:
    async def places(who: str, whose: str) -> set[str]:
        answer = (await clients[who].get(f"Procedure?patient={clients[whose].id}&{company}")).json()
        found = {one["resource"]["id"] for one in answer["entry"]}
        assert found & clients[f"{whose} all"]
        return found & {clients["place"], clients["dentist"]}

    assert not await places("daughter", "hidden")
    assert await places("daughter", "open") and await places("hidden self", "hidden")


async def test_what_was_done_is_told_without_the_place(clients: dict[str, Any]) -> None:
    closed = (*SECRETS, clients["place"], clients["dentist"])
    for hidden, open_ in zip(clients["hidden done"], clients["open done"], strict=True):
        told = (await clients["daughter"].get(hidden.reference)).text
        assert json.loads(told)["id"] == hidden.id and not [one for one in closed if one in told], told
        kept = set(hidden.resource) - {"location", "destination", "text", "contained"}
        assert kept <= set(json.loads(told)) and "contained" not in told, told  # nothing shown leads to it
        for who, one in (("daughter", open_), ("hidden self", hidden), ("nurse", hidden)):
            assert [word for word in closed if word in (await clients[who].get(one.reference)).text], one.type


async def test_what_was_done_is_found_by_all_else(clients: dict[str, Any]) -> None:
    for way in ("Procedure?patient={id}&date=2026-11-20", "Observation?subject=Patient/{id}&status=final&_sort=date",
                "DiagnosticReport?patient={id}&code:text=Tannrens", "Procedure?patient._id={id}", "Device?patient={id}",
                "Patient?_has:Observation:patient:status=final&_id={id}"):  # fmt: skip
        found = (await clients["daughter"].get(asked(clients, "hidden", way))).json().get("entry", ())
        ids = {one["resource"]["id"] for one in found}
        assert ids & (clients["hidden all"] | {clients["hidden"].id}), way


async def test_it_is_found_by_whose_and_when_it_is(clients: dict[str, Any]) -> None:
    asks = ("Encounter?patient={id}&class=AMB&date=ge2026-11-25&_sort=date", "ServiceRequest?patient={id}&status=active",
            "EpisodeOfCare?patient={id}&status=planned", "Task?patient={id}&status=requested", "Provenance?recorded=2026-11-20",
            "CommunicationRequest?patient={id}", "DocumentReference?patient={id}&status=current")  # fmt: skip
    for way in asks:
        found = (await clients["daughter"].get(asked(clients, "hidden", way))).json()["entry"]
        mine = [one["resource"] for one in found if one["resource"]["id"] in clients["hidden all"]]
        told = json.dumps(mine)
        secrets = (*SECRETS, clients["place"], clients["dentist"])
        assert mine and not [one for one in secrets if one in told], told


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


@pytest.mark.parametrize("page", ["/min", "/min/journal", "/min/innsyn", "/min/om-meg"])
async def test_pages_of_the_record_tell_no_place(api: Api, clients: dict[str, Any], page: str) -> None:
    town = Town(api.office, {})
    told = (await show(town, clients["acts"], page, id_=clients["hidden"].id)).html
    assert not [one for one in SECRETS if one in told], page
    if page == "/min/journal":
        open_ = (await show(town, clients["acts"], page, id_=clients["open"].id)).html
        assert [one for one in SECRETS if one in open_]


async def test_a_parent_reads_whom_and_what_a_block_of_a_hidden_child_is_about(api: Api) -> None:
    """In a Consent `reference` is also an element that holds a reference itself."""
    hidden = {"meta": {"security": [{"system": PROTECTION, "code": "kode7"}]}, "birthDate": "2020-05-06"}
    number = synthetic_fnr(date(1985, 5, 6), 1, female=True).identifier()
    child, mother = (
        await patient(api.office, **hidden),
        await patient(api.office, identifier=[number], birthDate="1985-05-06"),
    )
    nurse = await staff(api.office, await unit(api.office, "Sone nord"), "Yusuf")
    kin = {"resourceType": "RelatedPerson", "active": True, "identifier": [number], "patient": {"reference": child.reference},
           "relationship": [{"coding": [{"system": ROLE, "code": "MTH"}]}]}  # fmt: skip
    said = {"resourceType": "Consent", "status": "active", "patient": {"reference": child.reference},
            "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"text": "Sperring"}],
            "policyRule": {"coding": [{"code": "OPTOUT"}]}, "provision": {"type": "deny", "actor": [
                {"role": {"text": "IRCP"}, "reference": {"reference": nurse.id}}]}}  # fmt: skip
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, kin)
        block = await journal.create(work, said)
    told = await api.as_(replace(citizen(mother), born=date(1985, 5, 6))).get(block.reference)
    assert told.status_code == 200 and nurse.id in told.text, told.text


async def test_a_parent_reads_when_a_record_was_opened_not_by_whom_nor_where(api: Api) -> None:
    child, mother, nurse, _ = await a_hidden_child(api)
    async with api.office.work(nurse, Purpose.EMERGENCY) as work:
        opening = await open_in_emergency(work, child.id, reason="Bevisstløs", danger=True)
    client = api.as_(mother)
    for way in (opening.reference, f"Consent?patient={child.id}", f"Patient/{child.id}/$everything"):
        told = (await client.get(way)).text
        assert opening.id in told and not [one for one in _leading(nurse) if one in told], told
    for question in (f"actor={nurse.id}", f"actor={nurse.unit_id}", f"consentor={nurse.id}"):
        found = (await client.get(f"Consent?patient={child.id}&{question}")).text
        assert opening.id not in found, question


async def test_what_a_parent_asks_for_comes_back_without_who_is_to_answer(api: Api) -> None:
    child, mother, nurse, entry = await a_hidden_child(api)
    client = api.as_(mother)
    case = {"resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": child.reference},
            "code": {"coding": [{"system": cases.SYSTEM, "code": cases.CORRECT}]}, "focus": {"reference": entry.reference},
            "input": [cases.told(cases.INPUT, cases.WORDS, valueString="Feil dag")]}  # fmt: skip
    made = await client.post("Task", json=case)
    assert made.status_code == 201, made.text
    for told in (made, await client.get(f"Task/{made.json()['id']}")):
        assert "Feil dag" in told.text and not [one for one in _leading(nurse) if one in told.text], told.text


async def a_hidden_child(api: Api) -> tuple[Stored, Actor, Actor, Stored]:
    """Return a child with a hidden address, the mother, a nurse of the unit that helps, and an entry of that unit."""
    hidden = {"meta": {"security": [{"system": PROTECTION, "code": "kode7"}]}, "birthDate": "2020-05-06"}
    number = synthetic_fnr(date(1985, 5, 6), 1, female=True).identifier()
    child, mother = (
        await patient(api.office, **hidden),
        await patient(api.office, identifier=[number], birthDate="1985-05-06"),
    )
    whose, about = {"patient": {"reference": child.reference}}, {"subject": {"reference": child.reference}}
    nurse = await staff(api.office, await unit(api.office, "Sone nord"), "Yusuf")
    kin = {"resourceType": "RelatedPerson", "active": True, "identifier": [number], **whose,
           "relationship": [{"coding": [{"system": ROLE, "code": "MTH"}]}]}  # fmt: skip
    serves = {"resourceType": "EpisodeOfCare", "status": "active", **whose,
              "managingOrganization": {"reference": nurse.unit_id}, "period": {"start": "2020-01-01"}}  # fmt: skip
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, kin)
        await journal.create(work, serves)
    async with api.office.work(nurse, Purpose.TREATMENT) as work:
        entry = await journal.create(
            work, {"resourceType": "Observation", "status": "final", "code": {"text": "Vekt"}} | about
        )
    return child, replace(citizen(mother), born=date(1985, 5, 6)), nurse, entry


def _leading(nurse: Actor) -> tuple[str, ...]:
    return *(one.partition("/")[2] for one in (nurse.id, nurse.unit_id)), "Sone nord", "Yusuf", "Bevisstløs"
