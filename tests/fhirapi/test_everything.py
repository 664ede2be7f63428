"""$everything: the whole record of one person, and nothing of anybody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from akson.record.office import Office
from tests.fhirapi.clients import ASTRID, Api, refused
from tests.offices import patient, staff, unit

UNIT = {"resourceType": "Organization", "name": "Laboratoriet"}


async def record(vendor: httpx.AsyncClient, measurements: int = 5) -> str:
    """Write a person, some of their measurements, and a laboratory that made them; return the id."""
    made = (await vendor.post("Patient", json=ASTRID)).json()["id"]
    lab = (await vendor.post("Organization", json=UNIT)).json()["id"]
    for day in range(1, measurements + 1):
        answer = await vendor.post("Observation", json=observation(made, lab, f"2026-03-{day:02d}"))
        assert answer.status_code == 201, answer.text
    return str(made)


def observation(patient: str, lab: str, day: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "status": "final", "code": {"text": "Puls"}, "effectiveDateTime": day,
        "subject": {"reference": f"Patient/{patient}"}, "performer": [{"reference": f"Organization/{lab}"}],
    }  # fmt: skip


async def everything(client: httpx.AsyncClient, address: str) -> list[dict[str, Any]]:
    """Follow every page; return the entries."""
    found: list[dict[str, Any]] = []
    while address:
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page.get("entry", [])
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 1000])
async def test_the_whole_record_comes_once_in_pages_and_then_what_it_points_at(
    vendor: httpx.AsyncClient, count: int
) -> None:
    mine, _ = await record(vendor), await record(vendor)
    found = await everything(vendor, f"Patient/{mine}/$everything?_count={count}")
    types = [entry["resource"]["resourceType"] for entry in found]
    assert types == ["Observation"] * 5 + ["Patient"] + ["Organization"]
    assert len({entry["fullUrl"] for entry in found}) == 7
    assert [entry["search"]["mode"] for entry in found] == ["match"] * 6 + ["include"]


@pytest.mark.parametrize(("asked", "wanted"), [
    ("_type=Patient", ["Patient"]),
    ("_type=Patient,Organization", ["Patient", "Organization"]),
    ("start=2026-03-04", ["Observation", "Observation", "Patient", "Organization"]),
    ("start=2026-03-02&end=2026-03-02", ["Observation", "Patient", "Organization"]),
    ("end=2026-02", ["Patient", "Organization"]),
    ("_since=2999-01-01T00:00:00Z", ["Organization"]),
])  # fmt: skip
async def test_only_what_is_asked_for_comes(vendor: httpx.AsyncClient, asked: str, wanted: list[str]) -> None:
    mine = await record(vendor)
    found = await everything(vendor, f"Patient/{mine}/$everything?{asked}")
    assert [entry["resource"]["resourceType"] for entry in found] == wanted


async def test_it_can_be_asked_for_by_a_parameters_resource(vendor: httpx.AsyncClient) -> None:
    mine = await record(vendor)
    body = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueCode": "Patient"}]}
    answer = await vendor.post(f"Patient/{mine}/$everything", json=body)
    assert [entry["resource"]["id"] for entry in answer.json()["entry"]] == [mine]


@pytest.mark.parametrize("asked", [
    "_count=0", "_count=x", "_type=Nothing", "start=never", "_since=", "unknown=1", "start=2026&start=2027", "_page=abc",
])  # fmt: skip
async def test_what_is_not_understood_is_refused(vendor: httpx.AsyncClient, asked: str) -> None:
    mine = await record(vendor, 1)
    assert refused(await vendor.get(f"Patient/{mine}/$everything?{asked}"))[0] == 400


@pytest.mark.parametrize(("address", "status"), [
    ("Patient/nobody/$everything", 404), ("Patient/$everything", 400), ("$everything", 404),
    ("Observation/x/$everything", 404), ("Patient/x/$nothing", 404), ("Patient/x/y/$everything", 404),
])  # fmt: skip
async def test_where_it_does_not_stand_there_is_nothing(vendor: httpx.AsyncClient, address: str, status: int) -> None:
    assert (await vendor.get(address)).status_code == status


async def test_those_without_a_basis_find_nobody(api: Api, vendor: httpx.AsyncClient, office: Office) -> None:
    mine = await record(vendor, 1)
    stranger = api.as_(await staff(office, await unit(office, "Sone sør"), "Hansen"))
    hidden, nobody = [await stranger.get(f"Patient/{id_}/$everything") for id_ in (mine, "nobody")]
    assert (hidden.status_code, hidden.content) == (404, nobody.content)


PRESCRIBED = {"resourceType": "MedicationRequest", "status": "active", "intent": "order"}


@pytest.mark.parametrize(("role", "scopes", "named"), [
    ("sykepleier", (), {"Medication", "Organization"}),
    ("saksbehandler", (), {"Organization"}),  # reads no prescriptions
    ("sykepleier", ("user/Patient.rs", "user/Medication.rs", "user/Organization.rs"), set()),
    ("sykepleier", ("user/Patient.rs", "user/Medication.rs", "user/MedicationRequest.rs"), {"Medication"}),
    ("sykepleier", ("user/Patient.rs", "user/Medication.rs", "user/MedicationRequest.rs?intent=order"), {"Medication"}),
    ("sykepleier", ("user/Patient.rs", "user/Medication.rs", "user/MedicationRequest.rs?intent=plan"), set()),
])  # fmt: skip
async def test_what_may_not_be_seen_of_the_record_points_at_nothing(
    api: Api, vendor: httpx.AsyncClient, office: Office, role: str, scopes: tuple[str, ...], named: set[str]
) -> None:
    nurse = await staff(office, await unit(office, "Nordre hjemmetjeneste"), "Strand", role=role)
    astrid = await patient(office, at=nurse)
    medicine = (await vendor.post("Medication", json={"resourceType": "Medication", "code": {"text": "x"}})).json()
    made = await vendor.post("MedicationRequest", json=PRESCRIBED | {
        "subject": {"reference": astrid.reference}, "medicationReference": {"reference": f"Medication/{medicine['id']}"},
    })  # fmt: skip
    assert made.status_code == 201, made.text
    reader = api.as_(replace(nurse, scopes=frozenset(scopes)))
    found = [entry["resource"]["resourceType"] for entry in await everything(reader, f"{astrid.reference}/$everything")]
    assert {type_ for type_ in found if type_ in ("Medication", "Organization")} == named


@pytest.mark.parametrize(("role", "scopes"), [
    ("saksbehandler", ()), ("sykepleier", ("user/Patient.rs",)),
    ("sykepleier", ("user/Patient.rs", "user/MedicationRequest.rs?intent=plan")),
])  # fmt: skip
async def test_no_empty_page_tells_how_much_is_hidden(
    api: Api, vendor: httpx.AsyncClient, office: Office, role: str, scopes: tuple[str, ...]
) -> None:
    nurse = await staff(office, await unit(office, "Nordre hjemmetjeneste"), "Strand", role=role)
    astrid = await patient(office, at=nurse)
    reader = api.as_(replace(nurse, scopes=frozenset(scopes)))
    told = []
    for _ in range(2):
        sizes, where = [], f"{astrid.reference}/$everything?_count=1"
        while where:
            page = (await reader.get(where)).json()
            sizes.append(len(page.get("entry", ())))
            where = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
        told.append(sizes)
        made = await vendor.post("MedicationRequest", json=PRESCRIBED | {
            "subject": {"reference": astrid.reference}, "medicationCodeableConcept": {"text": "x"},
        })  # fmt: skip
        assert made.status_code == 201, made.text
    assert told[0] == told[1]


async def test_a_part_of_it_costs_the_same_however_large_the_record_is(
    vendor: httpx.AsyncClient, office: Office
) -> None:
    costs = []
    for size in (2, 30):
        mine = await record(vendor, size)
        before = office.database.statements
        await vendor.get(f"Patient/{mine}/$everything")
        costs.append(office.database.statements - before)
    assert costs == [2, 2]


async def test_a_transaction_takes_no_operation(vendor: httpx.AsyncClient) -> None:
    mine = await record(vendor, 1)
    entry = {"request": {"method": "GET", "url": f"Patient/{mine}/$everything"}}
    answer = await vendor.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert refused(answer)[0] == 400
    answer = await vendor.post("", json={"resourceType": "Bundle", "type": "batch", "entry": [entry]})
    assert answer.json()["entry"][0]["response"]["status"] == "200 OK"
