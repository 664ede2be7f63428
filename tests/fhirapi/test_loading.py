"""A loading program brings the records of a system that is phased out: in any order, and not always whole."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from akson.access.roles import LOAD
from tests.fhirapi.clients import ASTRID, Api, about, post, refused, transaction
from tests.offices import LOADING, VENDOR, citizen, patient, staff, unit

MRN = {"system": "https://sykehus.example/nummer", "value": "1|2,3"}
FNR = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142059"}


@pytest.fixture
def loading(api: Api) -> httpx.AsyncClient:
    return api.as_(LOADING)


def known_by(identifier: dict[str, str], id_: str = "o1") -> dict[str, Any]:
    return about("Patient/x") | {"id": id_, "subject": {"identifier": identifier}}


async def persons(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in (await client.get("Patient")).json().get("entry", [])]


async def test_a_person_who_is_not_here_gets_a_stub_which_the_patient_fills(loading: httpx.AsyncClient) -> None:
    body = about("Patient/absent/_history/3") | {"id": "o1"}
    assert (await loading.put("Observation/o1", json=body)).status_code == 201
    assert [one["id"] for one in await persons(loading)] == ["absent"]
    assert (await loading.put("Patient/absent", json=ASTRID | {"id": "absent"})).status_code == 200
    found = (await loading.get("Patient/absent/$everything")).json()["entry"]
    assert sorted(entry["resource"]["id"] for entry in found) == ["absent", "o1"]


@pytest.mark.parametrize("identifier", [MRN, FNR])
@pytest.mark.parametrize("arrives", ["before", "after", "in the same set"])
async def test_who_is_known_by_an_identifier_is_one_person_whenever_they_arrive(
    loading: httpx.AsyncClient, identifier: dict[str, str], arrives: str
) -> None:
    astrid = ASTRID | {"id": "astrid", "identifier": [identifier]}
    if arrives == "in the same set":
        entries = [{"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
                   for one in (known_by(identifier), astrid)]  # fmt: skip
        assert (await loading.post("", content=transaction(*entries))).status_code == 200
    else:
        steps = [("Patient/astrid", astrid), ("Observation/o1", known_by(identifier))]
        for address, resource in steps if arrives == "before" else reversed(steps):
            assert (await loading.put(address, json=resource)).status_code == 201, address
    assert (await loading.put("Observation/o2", json=known_by(identifier, "o2"))).status_code == 201
    assert (await loading.put("Observation/o1", json=known_by(identifier))).status_code == 200
    assert [one["id"] for one in await persons(loading)] == ["astrid"]
    found = (await loading.get("Patient/astrid/$everything")).json()["entry"]
    assert sorted(entry["resource"]["id"] for entry in found) == ["astrid", "o1", "o2"]


@pytest.mark.parametrize(("resource", "stubs"), [
    (about("https://example.org/fhir/Patient/1"), [("urn:ietf:rfc:3986", "https://example.org/fhir/Patient/1")]),
    (about("#p") | {"contained": [{"resourceType": "Patient", "id": "p", "identifier": [MRN]}]},
     [(MRN["system"], MRN["value"])]),
    (known_by({"value": "95"}), [(None, "95")]),
    ({"resourceType": "CommunicationRequest", "status": "active", "encounter": {"reference": "Encounter/absent"}}, []),
    ({"resourceType": "Task", "status": "requested", "intent": "order", "focus": {"identifier": MRN}}, []),
    ({"resourceType": "Binary", "contentType": "text/plain", "securityContext": {"reference": "DocumentReference/1"}}, []),
])  # fmt: skip
async def test_what_is_about_something_absent_is_kept(
    loading: httpx.AsyncClient, resource: dict[str, Any], stubs: list[tuple[str | None, str]]
) -> None:
    for status in (201, 200):  # loaded again it stays where it is
        answer = await loading.put(f"{resource['resourceType']}/x", json=resource | {"id": "x"})
        assert answer.status_code == status, answer.text
    known = [one["identifier"][0] for one in await persons(loading)]
    assert [(one.get("system"), one["value"]) for one in known] == stubs
    assert (await loading.get(f"{resource['resourceType']}/x")).status_code == 200


async def test_what_stood_by_itself_stays_there_when_what_it_belongs_through_arrives(
    loading: httpx.AsyncClient,
) -> None:
    request = {"resourceType": "CommunicationRequest", "id": "c1", "status": "active",
               "encounter": {"reference": "Encounter/e1"}}  # fmt: skip
    encounter = {"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"},
                 "subject": {"reference": "Patient/p1"}}  # fmt: skip
    assert (await loading.put("CommunicationRequest/c1", json=request)).status_code == 201
    assert (await loading.put("Encounter/e1", json=encounter)).status_code == 201
    assert (await loading.put("CommunicationRequest/c1", json=request)).status_code == 200
    assert (await loading.put("CommunicationRequest/c2", json=request | {"id": "c2"})).status_code == 201
    found = (await loading.get("Patient/p1/$everything")).json()["entry"]
    assert "c2" in {entry["resource"]["id"] for entry in found}


async def test_a_transaction_gets_its_stubs_too(loading: httpx.AsyncClient) -> None:
    encounter = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"},
                 "subject": {"identifier": MRN}}  # fmt: skip
    vital = about("Patient/absent") | {"encounter": {"reference": "urn:uuid:1"}}
    answer = await loading.post("", content=transaction(post(encounter, "urn:uuid:1"), post(vital), post(ASTRID)))
    assert answer.status_code == 200, answer.text
    for entry in answer.json()["entry"]:
        place = "/".join(entry["response"]["location"].split("/")[-4:-2])
        assert (await loading.get(place)).status_code == 200
    assert len(await persons(loading)) == 3


async def test_of_many_at_once_one_makes_the_stub(loading: httpx.AsyncClient) -> None:
    ids = [f"o{n}" for n in range(12)]
    answers = await asyncio.gather(
        *(loading.put(f"Observation/{id_}", json=known_by(MRN, id_)) for id_ in ids),
        *(loading.put(f"Observation/p{id_}", json=about("Patient/p") | {"id": f"p{id_}"}) for id_ in ids),
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len(await persons(loading)) == 2


async def test_nothing_is_left_of_a_write_that_is_refused(loading: httpx.AsyncClient) -> None:
    entries = [post(about("Patient/absent")), post(about(f"Patient/{'a' * 27}"))]
    bad = {"resource": known_by(MRN), "request": {"method": "PUT", "url": "Observation/o1", "ifMatch": 'W/"3"'}}
    assert (await loading.post("", content=transaction(*entries, bad))).status_code in (404, 412, 422)
    assert await persons(loading) == []


async def test_nobody_else_gets_a_stub_or_another_persons_record(api: Api) -> None:
    ward = await unit(api.office, "Sone nord")
    nurse, person = await staff(api.office, ward, "Lie"), await patient(api.office, at=ward)
    posing = replace(nurse, scopes=frozenset({"user/*.cruds", LOAD}))
    for client in map(api.as_, (VENDOR, nurse, posing, citizen(person))):
        for absent in (about("Patient/absent"), known_by(MRN), about("https://example.org/fhir/Patient/1")):
            answer = await client.put("Observation/o1", json=absent | {"id": "o1"})
            assert answer.status_code in (403, 404, 422), answer.text
    assert refused(await api.as_(VENDOR).put("Observation/o1", json=about("Patient/absent") | {"id": "o1"})) == (
        422, "not-found", "Observation.subject")  # fmt: skip
    loading = api.as_(LOADING)
    assert (await loading.put("Observation/o1", json=about("Patient/a") | {"id": "o1"})).status_code == 201
    moved = await loading.put("Observation/o1", json=about(person.reference) | {"id": "o1"})
    assert moved.status_code == 422


async def test_what_other_systems_logged_is_loaded_and_ours_is_no_resource(api: Api) -> None:
    event = {"resourceType": "AuditEvent", "id": "a1", "recorded": "2026-11-22T09:00:00Z", "type": {"code": "rest"},
             "agent": [{"who": {"identifier": {"value": "95"}}, "requestor": True}],
             "source": {"observer": {"display": "Gammel journal"}},
             "entity": [{"what": {"reference": "Patient/absent/_history/1"}}]}  # fmt: skip
    loading = api.as_(LOADING)
    assert (await loading.put("AuditEvent/a1", json=event)).status_code == 201
    assert (await loading.get("AuditEvent/a1")).status_code == 200
    assert (await api.as_(VENDOR).get("AuditEvent/a1")).status_code in (403, 404)
    assert (await api.as_(VENDOR).put("AuditEvent/a2", json=event | {"id": "a2"})).status_code in (403, 404, 422)
