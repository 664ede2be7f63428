"""create, hl7.org/fhir/R4/http.html#create"""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx

from akson.base.work import Purpose
from akson.record import journal
from akson.registers.identifiers import HPR_SYSTEM, synthetic_fnr
from tests.fhirapi.clients import ASTRID, BASE, Api, about, issue, post, refused, transaction
from tests.offices import JOB, citizen, patient, staff, temperature, unit


async def test_a_vendor_creates_a_resource_and_gets_back_every_token_of_it(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office)
    sent = temperature(astrid, "38.40")
    made = await vendor.post("Observation", content=sent)
    id_ = made.json()["id"]
    assert made.status_code == 201
    assert made.headers["location"] == f"{BASE}/fhir/Observation/{id_}/_history/1"
    assert made.headers["etag"] == 'W/"1"'
    assert made.headers["last-modified"] == "Mon, 23 Nov 2026 09:00:00 GMT"
    assert made.headers["cache-control"] == "no-store"
    head = (
        f'{{"resourceType":"Observation","id":"{id_}",'
        f'"meta":{{"versionId":"1","lastUpdated":"{made.json()["meta"]["lastUpdated"]}"}},'
    )
    assert made.text == head + sent.decode().removeprefix('{"resourceType":"Observation",')
    assert (await vendor.get(f"Observation/{id_}")).text == made.text


async def test_an_id_and_a_version_in_the_body_are_not_taken(vendor: httpx.AsyncClient) -> None:
    sent = ASTRID | {"id": "mine", "meta": {"versionId": "7", "lastUpdated": "2020-01-01T00:00:00Z"}}
    made = (await vendor.post("Patient", json=sent)).json()
    assert made["id"] != "mine"
    assert made["meta"]["versionId"] == "1"
    assert made["meta"]["lastUpdated"].startswith("2026-11-23")


async def test_the_client_chooses_how_much_comes_back(vendor: httpx.AsyncClient) -> None:
    async def answer(prefer: str) -> httpx.Response:
        return await vendor.post("Patient", json=ASTRID, headers={"prefer": prefer})

    minimal = await answer("return=minimal")
    assert (minimal.status_code, minimal.content) == (201, b"")
    assert (await vendor.get(minimal.headers["location"])).json()["name"] == ASTRID["name"]
    assert (await answer("respond-async, return=OperationOutcome")).json()["resourceType"] == "OperationOutcome"
    assert (await answer("return=representation")).json()["resourceType"] == "Patient"


async def test_the_address_of_this_server_is_taken_away_from_references(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office)
    made = await vendor.post("Observation", json=about(f"{BASE}/fhir/{astrid.reference}"))
    assert made.json()["subject"] == {"reference": astrid.reference}


async def test_a_person_may_be_named_by_national_number_alone(api: Api, vendor: httpx.AsyncClient) -> None:
    fnr = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142059"}
    astrid = await patient(api.office, identifier=[fnr])
    named = about("") | {"subject": {"identifier": fnr}}
    assert (await vendor.post("Observation", json=named)).status_code == 201
    found = (await vendor.get(f"Observation?patient={astrid.reference}")).json()
    assert found.get("entry") is None, "the reference is logical: R4 does not index it as a literal one"


async def test_a_second_person_with_the_same_number_is_refused(api: Api, vendor: httpx.AsyncClient) -> None:
    fnr = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142059"}
    assert (await vendor.post("Patient", json=ASTRID | {"identifier": [fnr]})).status_code == 201
    again = await vendor.post("Patient", json=ASTRID | {"identifier": [fnr]})
    assert refused(again)[:2] == (409, "conflict")


async def test_the_type_in_the_address_must_be_the_type_of_the_body(vendor: httpx.AsyncClient) -> None:
    assert refused(await vendor.post("Observation", json=ASTRID)) == (400, "invalid", "Patient.resourceType")


async def test_a_reference_to_an_unknown_patient_is_refused(vendor: httpx.AsyncClient) -> None:
    for nobody in ("Patient/nobody", "Patient/aaaaaaaaaaaaaaaaaaaaaaaaaaa", "Unknown/1", "Patient?family=Nordli", "x"):
        answer = await vendor.post("Observation", json=about(nobody))
        assert answer.status_code == 422, nobody


async def test_a_nurse_writes_for_her_patients_and_for_nobody_elses(api: Api) -> None:
    """Whose record it would go into is unknown to her, in the same words as for a patient that does not exist."""
    north, south = await unit(api.office, "Sone nord"), await unit(api.office, "Sone sør")
    astrid = await patient(api.office, at=north)
    mariam, stranger = await staff(api.office, north, "Yusuf"), await staff(api.office, south, "Lie")
    assert (await api.as_(mariam).post("Observation", content=temperature(astrid))).status_code == 201
    hidden = await api.as_(stranger).post("Observation", content=temperature(astrid))
    nothing = await api.as_(stranger).post("Observation", json=about("Patient/nobody"))
    assert (hidden.status_code, hidden.content) == (nothing.status_code, nothing.content)
    assert refused(hidden) == (422, "not-found", "Observation.subject")


async def test_what_a_role_may_never_make_is_refused_openly(api: Api) -> None:
    astrid = citizen(await patient(api.office))
    answer = await api.as_(astrid).post("Organization", json={"resourceType": "Organization", "name": "Eget sykehus"})
    assert answer.status_code == 403
    assert issue(answer)["code"] == "forbidden"


async def test_an_administrator_employs_in_the_own_organisation_and_takes_no_unit_of_another(api: Api) -> None:
    homes = [await unit(api.office, name) for name in ("Fjordvik", "Havnes")]

    def place(name: str, of: str) -> dict[str, Any]:
        return {"resourceType": "Organization", "name": name, "partOf": {"reference": of}}

    def job(at: str, more: str = "sykepleier") -> dict[str, Any]:
        return {"resourceType": "PractitionerRole", "practitioner": {"reference": doctor.id},
                "organization": {"reference": at}, "code": [{"coding": [{"code": more}]}]}  # fmt: skip

    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        first = [await journal.create(work, place("Sone", home.unit_id)) for home in homes]
        zones = [await journal.create(work, place("Team", one.reference)) for one in first]
    manager, doctor = (
        await staff(api.office, homes[0], "Rud", "administrator"),
        await staff(api.office, homes[1], "Lie"),
    )
    client, theirs = api.as_(manager), api.as_(await staff(api.office, homes[1], "Moe", "administrator"))
    for at in (homes[0].unit_id, first[0].reference, zones[0].reference):
        assert (await client.post("PractitionerRole", json=job(at))).status_code == 201, at
    for at in (homes[1].unit_id, first[1].reference, zones[1].reference):
        assert refused(await client.post("PractitionerRole", json=job(at)))[:2] == (403, "forbidden"), at
    kept = (await theirs.post("PractitionerRole", json=job(zones[1].reference))).json()
    at = f"PractitionerRole/{kept['id']}"
    assert (await client.put(at, json=kept | {"active": False})).status_code == 403
    assert (await client.put(at, json=job(zones[0].reference) | {"id": kept["id"]})).status_code == 403  # taken over
    assert (await client.delete(at)).status_code in (403, 404)
    assert (await client.get(at)).json()["meta"]["versionId"] == "1"
    taken = place("Team", homes[0].unit_id) | {"id": zones[1].id}
    assert (await client.put(f"Organization/{zones[1].id}", json=taken)).status_code == 403
    renamed = place("Team 2", first[1].reference) | {"id": zones[1].id}
    assert (await client.put(f"Organization/{zones[1].id}", json=renamed)).status_code == 200  # lets nobody in
    for at, status in ((homes[0].unit_id, 200), (homes[1].unit_id, 403)):
        new = [post(place("Ny", at), "urn:uuid:1"), post(job("urn:uuid:1"))]
        assert (await client.post("", content=transaction(*new))).status_code == status, at


async def test_nobody_employs_themselves_or_signs_in_as_a_colleague(api: Api, vendor: httpx.AsyncClient) -> None:
    """Who manages access would else let themselves into every record of every municipality."""
    place = await unit(api.office, "Sone nord")
    manager, doctor = await staff(api.office, place, "Rud", "administrator"), await staff(api.office, place, "Lie")
    client, kind = api.as_(manager), {"resourceType": "Practitioner", "id": doctor.id.partition("/")[2]}
    mine, hers = [synthetic_fnr(date(1980, 1, 1), n, female=True).identifier() for n in (1, 3)]

    def job(of: str) -> dict[str, Any]:
        return {"resourceType": "PractitionerRole", "practitioner": {"reference": of},
                "organization": {"reference": place.unit_id}, "code": [{"coding": [{"code": "fastlege"}]}]}  # fmt: skip

    assert refused(await client.post("PractitionerRole", json=job(manager.id)))[:2] == (403, "forbidden")
    sent = transaction(post(job(manager.id)))
    assert refused(await client.post("", content=sent))[:2] == (403, "forbidden")
    made = await client.post("PractitionerRole", json=job(doctor.id))
    assert made.status_code == 201
    turned = job(manager.id) | {"id": made.json()["id"]}
    assert (await client.put(f"PractitionerRole/{turned['id']}", json=turned)).status_code == 403
    at = f"Practitioner/{kind['id']}"
    assert (await client.put(at, json=kind | {"identifier": [hers]})).status_code == 200  # had none
    for changed in ([mine], [hers, mine], [{"value": "ansatt 7"}]):
        assert (await client.put(at, json=kind | {"identifier": changed})).status_code == 403, changed
    licensed = [hers, {"system": HPR_SYSTEM, "value": "565501872"}]
    assert (await client.put(at, json=kind | {"identifier": licensed})).status_code == 200
    assert (await client.delete(at)).status_code in (403, 404)  # her number would be free for a new self
    assert (await client.put(at, json=kind | {"identifier": [mine]})).status_code == 403
    assert (await vendor.put(at, json=kind | {"identifier": [hers]})).status_code == 200
