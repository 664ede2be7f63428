"""$validate tells everything about a resource and writes nothing; claimed profiles are held to on every write."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from akson.fhir.profiles.library import Library
from tests.fhir.profiled import ALL, URL, kari, pressure
from tests.fhirapi.clients import ASTRID, Api, post, refused, transaction

FAULTY = {"resourceType": "Patient", "gender": "kvinne", "birthDate": "1941-13-01"}


@pytest.fixture
def profiled(api: Api, vendor: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a server that has profiles."""
    api.office.profiles = Library(ALL)
    return vendor


def told(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    return [(i["severity"], i.get("expression", [""])[0]) for i in answer.json()["issue"]]


async def test_all_is_told_and_nothing_is_written(api: Api, vendor: httpx.AsyncClient) -> None:
    count = "SELECT (SELECT count(*) FROM resource_version), (SELECT count(*) FROM access_log)"
    before = await api.office.database.fetchrow(count)
    faulty = await vendor.post("Patient/$validate", json=FAULTY)
    assert told(faulty) == [("error", "Patient.gender"), ("error", "Patient.birthDate")]
    fine = await vendor.post("Patient/$validate", json=ASTRID | {"text": {
        "status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}})  # fmt: skip
    assert told(fine) == [("information", "")]
    after = await api.office.database.fetchrow(count)
    assert (after[0] - before[0], after[1] - before[1]) == (0, 2)


async def test_invariants_and_good_practice_are_told_too(vendor: httpx.AsyncClient) -> None:
    found = await vendor.post("Patient/$validate", json=ASTRID | {"contact": [{"gender": "female"}]})
    assert told(found) == [("warning", "Patient"), ("error", "Patient.contact[0]")]


async def test_what_breaks_a_rule_of_r4_is_not_written(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()
    wrong = ASTRID | {
        "contact": [{"gender": "female"}]
    }  # pat-1: a contact without name, telecom, address, organization
    answers = [
        await vendor.post("Patient", json=wrong),
        await vendor.put(f"Patient/{made['id']}", json=wrong | {"id": made["id"]}),
        await vendor.patch(f"Patient/{made['id']}", json=[{"op": "add", "path": "/contact", "value": wrong["contact"]}],
                           headers={"content-type": "application/json-patch+json"}),
    ]  # fmt: skip
    assert [refused(answer) for answer in answers] == [(422, "invariant", "Patient.contact[0]")] * 3
    entries = transaction(post(ASTRID), post(wrong))
    assert refused(await vendor.post("", content=entries)) == (
        422, "invariant", "Bundle.entry[1].resource.contact[0]")  # fmt: skip
    assert (await vendor.get(f"Patient/{made['id']}")).json()["meta"]["versionId"] == "1"


async def test_a_resource_may_come_in_parameters_with_mode_and_profile(profiled: httpx.AsyncClient) -> None:
    def asked(resource: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
        return {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": resource}, *more]}

    against = {"name": "profile", "valueUri": f"{URL}/child"}
    found = await profiled.post("Patient/$validate", json=asked(kari(), against))
    assert ("error", "Patient.contact") in told(found)
    assert told(await profiled.post("Patient/$validate", json=asked(FAULTY)))[0] == ("error", "Patient.gender")
    update = {"name": "mode", "valueCode": "update"}
    assert ("error", "Patient.id") in told(await profiled.post("Patient/$validate", json=asked(kari(), update)))


async def test_what_is_stored_can_be_held_against_a_profile(profiled: httpx.AsyncClient) -> None:
    id_ = (await profiled.post("Patient", json=ASTRID)).json()["id"]
    found = await profiled.post(f"Patient/{id_}/$validate?profile={URL}/patient")
    assert ("error", "Patient.identifier") in told(found)
    unknown = await profiled.post(f"Patient/{id_}/$validate?profile=http://example.org/unknown")
    assert ("warning", "Patient.meta.profile") in told(unknown)
    other = await profiled.post(f"Patient/{id_}/$validate?mode=update", json=ASTRID | {"id": "other"})
    assert ("error", "Patient.id") in told(other)
    assert (await profiled.post("Patient/unknown-1/$validate")).status_code == 404


@pytest.mark.parametrize(("address", "body", "status"), [
    ("Patient/$validate?mode=guess", ASTRID, 400),
    ("Patient/$validate?shoe=44", ASTRID, 400),
    ("Patient/$validate", {"resourceType": "Parameters", "parameter": [{"name": "shoe", "valueString": "x"}]}, 400),
    ("Patient/$validate", {"resourceType": "Parameters"}, 400),
])  # fmt: skip
async def test_questions_that_make_no_sense_are_refused(
    vendor: httpx.AsyncClient, address: str, body: dict[str, Any], status: int
) -> None:
    assert (await vendor.post(address, json=body)).status_code == status


async def test_a_resource_of_another_type_or_no_json_is_told(vendor: httpx.AsyncClient) -> None:
    assert ("error", "Patient.resourceType") in told(await vendor.post("Observation/$validate", json=ASTRID))
    assert (await vendor.post("Patient/$validate", content=b"{")).status_code in {400, 422}
    assert (await vendor.get("Patient/$validate")).status_code == 405


async def test_a_claimed_profile_is_held_to_on_every_write(profiled: httpx.AsyncClient) -> None:
    refused = await profiled.post("Patient", json=kari(birthDate=None))
    assert (refused.status_code, refused.json()["issue"][0]["expression"]) == (422, ["Patient.birthDate"])
    made = await profiled.post("Patient", json=kari(identifier=None, meta=None))
    assert made.status_code == 201, made.text
    whole = await profiled.post("", content=transaction(post(ASTRID), post(pressure(component=None))))
    assert (whole.status_code, whole.json()["issue"][0]["expression"]) == (
        422, ["Bundle.entry[1].resource.component"])  # fmt: skip


async def test_it_is_among_the_capabilities(vendor: httpx.AsyncClient) -> None:
    rest = (await vendor.get("metadata")).json()["rest"][0]
    assert all("validate" in {o["name"] for o in one["operation"]} for one in rest["resource"])


async def test_a_profile_that_is_claimed_in_escapes_is_held_to_as_well(profiled: httpx.AsyncClient) -> None:
    body = f'{{"resourceType":"Patient","meta":{{"pro\\u0066ile":["{URL}/patient"]}},"gender":"female"}}'
    plain = await profiled.post("Patient", content=body.replace("\\u0066", "f"))
    escaped = await profiled.post("Patient", content=body)
    assert plain.status_code == escaped.status_code == 422 and plain.json()["issue"] == escaped.json()["issue"]


async def test_a_client_is_told_what_an_entry_does_not_say(vendor: httpx.AsyncClient) -> None:
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    allergy = {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/a"},
               "clinicalStatus": {"coding": [{"system": system, "code": "active"}]}}  # fmt: skip
    answer = await vendor.post("AllergyIntolerance/$validate", json=allergy)
    told_ = [one["diagnostics"] for one in answer.json()["issue"] if one["severity"] == "information"]
    assert told_ == [
        "says nothing of its substance: code or reaction.substance",
        "says nothing of its certainty: verificationStatus",
        "says nothing of its reaction: reaction.manifestation",
    ]
    wrong = await vendor.post("AllergyIntolerance/$validate", json=allergy | {"criticality": "svært"})
    assert "error" in wrong.text and "says nothing" not in wrong.text  # first things first
