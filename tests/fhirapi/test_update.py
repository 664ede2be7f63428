"""update, hl7.org/fhir/R4/http.html#update"""

from __future__ import annotations

import asyncio

import httpx

from tests.fhirapi.clients import ASTRID, Api, about, refused
from tests.offices import patient, staff, temperature, unit


async def test_a_new_version_is_stored_and_the_old_one_stays(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()
    changed = await vendor.put(f"Patient/{made['id']}", json=made | {"gender": "female"}, headers={"if-match": 'W/"1"'})
    assert (changed.status_code, changed.headers["etag"], changed.json()["gender"]) == (200, 'W/"2"', "female")
    assert changed.headers["location"].endswith("/_history/2")


async def test_who_has_not_seen_the_current_version_is_refused(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()
    address = f"Patient/{made['id']}"
    await vendor.put(address, json=made | {"gender": "female"})
    late = await vendor.put(address, json=made | {"gender": "male"}, headers={"if-match": 'W/"1"'})
    assert refused(late) == (412, "conflict", "")
    assert (await vendor.get(address)).json()["gender"] == "female"


async def test_of_two_who_write_at_once_one_is_told(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()
    answers = await asyncio.gather(
        *(
            vendor.put(f"Patient/{made['id']}", json=made | {"gender": gender}, headers={"if-match": 'W/"1"'})
            for gender in ("female", "male", "other", "unknown")
        )
    )
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert {answer.status_code for answer in answers} <= {200, 409, 412}
    assert [answer.status_code for answer in answers].count(200) == 1


async def test_a_client_may_choose_the_id_of_something_new(vendor: httpx.AsyncClient) -> None:
    made = await vendor.put("Patient/astrid-1", json=ASTRID | {"id": "astrid-1"})
    assert (made.status_code, made.json()["id"], made.headers["etag"]) == (201, "astrid-1", 'W/"1"')
    again = await vendor.put("Patient/astrid-1", json=ASTRID | {"id": "astrid-1", "gender": "female"})
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"2"')
    assert (await vendor.get("Patient/astrid-1")).json()["gender"] == "female"
    taken = await vendor.put("Observation/measured-1", json=about("Patient/astrid-1") | {"id": "measured-1"})
    assert taken.status_code == 201


async def test_a_version_of_what_does_not_exist_cannot_have_been_seen(vendor: httpx.AsyncClient) -> None:
    answer = await vendor.put("Patient/new-1", json=ASTRID | {"id": "new-1"}, headers={"if-match": 'W/"1"'})
    assert refused(answer) == (412, "conflict", "")
    assert (await vendor.get("Patient/new-1")).status_code == 404


async def test_the_id_must_be_that_of_the_address(vendor: httpx.AsyncClient) -> None:
    for given in ({}, {"id": "other"}):
        answer = await vendor.put("Patient/astrid-1", json=ASTRID | given)
        assert refused(answer) == (400, "invalid", "Patient.id")


async def test_if_match_that_is_no_version_is_refused_not_ignored(vendor: httpx.AsyncClient) -> None:
    for given in ("*", "1", 'W/"x"', 'W/"1", W/"2"', ""):
        answer = await vendor.put("Patient/a-1", json=ASTRID | {"id": "a-1"}, headers={"if-match": given})
        assert refused(answer) == (400, "invalid", ""), given


async def test_an_entry_never_moves_to_another_person(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid, kari = await patient(api.office), await patient(api.office)
    made = (await vendor.post("Observation", content=temperature(astrid))).json()
    moved = await vendor.put(f"Observation/{made['id']}", json=made | {"subject": {"reference": kari.reference}})
    assert refused(moved) == (422, "business-rule", "Observation.subject")


async def test_a_deleted_resource_comes_back_as_its_next_version(api: Api, vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Observation", content=temperature(await patient(api.office)))).json()
    address = f"Observation/{made['id']}"
    await vendor.delete(address)
    back = await vendor.put(address, json=made)
    assert (back.status_code, back.headers["etag"]) == (201, 'W/"3"')
    assert (await vendor.get(address)).status_code == 200


async def test_a_stranger_learns_no_version_of_what_is_hidden(api: Api) -> None:
    north, south = await unit(api.office, "Sone nord"), await unit(api.office, "Sone sør")
    astrid = await patient(api.office, at=north)
    mariam, stranger = api.as_(await staff(api.office, north, "Yusuf")), api.as_(await staff(api.office, south, "Lie"))
    made = (await mariam.post("Observation", content=temperature(astrid))).json()
    for headers in ({}, {"if-match": 'W/"1"'}, {"if-match": 'W/"9"'}):
        answer = await stranger.put(f"Observation/{made['id']}", json=made, headers=headers)
        assert refused(answer) == (404, "not-found", "")
