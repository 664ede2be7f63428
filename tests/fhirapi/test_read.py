"""read and vread, hl7.org/fhir/R4/http.html#read"""

from __future__ import annotations

from dataclasses import replace

import httpx

from akson.base.work import Purpose
from akson.record import journal
from tests.fhirapi.clients import ASTRID, Api, refused
from tests.offices import VENDOR, citizen, patient, staff, temperature, unit


async def test_what_may_not_be_read_answers_as_what_does_not_exist(api: Api) -> None:
    """Byte for byte: resource, version and history, whether hidden, unknown, of another type or impossible."""
    north, south = await unit(api.office, "Sone nord"), await unit(api.office, "Sone sør")
    astrid = await patient(api.office, at=north)
    mariam, stranger = api.as_(await staff(api.office, north, "Yusuf")), api.as_(await staff(api.office, south, "Lie"))
    seen = (await mariam.post("Observation", content=temperature(astrid))).json()["id"]
    deleted = (await mariam.post("Observation", content=temperature(astrid))).json()["id"]
    await mariam.delete(f"Observation/{deleted}")
    assert (await mariam.get(f"Observation/{seen}")).status_code == 200
    unknown = api.office.ids.mint(astrid.owner)
    ids = [seen, deleted, unknown, "elsewhere-1", "not%20an%20id"]
    answers = [
        await stranger.get(f"Observation/{id_}{rest}") for id_ in ids for rest in ("", "/_history/1", "/_history")
    ]
    answers += [await stranger.get(astrid.reference), await stranger.get(f"Condition/{seen}")]
    answers += [await stranger.delete(f"Observation/{id_}") for id_ in ids]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert refused(answers[0]) == (404, "not-found", "")


async def test_a_deleted_resource_is_gone_for_those_who_might_read_it(api: Api, vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Observation", content=temperature(await patient(api.office)))).json()["id"]
    await vendor.delete(f"Observation/{made}")
    assert refused(await vendor.get(f"Observation/{made}")) == (410, "deleted", "")
    assert refused(await vendor.get(f"Observation/{made}/_history/2")) == (410, "deleted", "")
    assert (await vendor.get(f"Observation/{made}/_history/1")).status_code == 200


async def test_a_version_is_read_as_it_was(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()
    await vendor.put(f"Patient/{made['id']}", json=made | {"gender": "female"})
    first, second = [await vendor.get(f"Patient/{made['id']}/_history/{n}") for n in (1, 2)]
    assert (first.json(), first.headers["etag"]) == (made, 'W/"1"')
    assert (second.json()["gender"], second.headers["etag"]) == ("female", 'W/"2"')
    for version in ("3", "0", "-1", "01", "x", "99999999999"):
        assert (await vendor.get(f"Patient/{made['id']}/_history/{version}")).status_code == 404


async def test_a_client_that_has_the_version_already_is_told_so(vendor: httpx.AsyncClient) -> None:
    made = await vendor.post("Patient", json=ASTRID)
    address = f"Patient/{made.json()['id']}"
    same = await vendor.get(address, headers={"if-none-match": made.headers["etag"]})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", 'W/"1"')
    assert (await vendor.get(address, headers={"if-none-match": 'W/"7"'})).status_code == 200


async def test_every_answer_has_its_row_in_the_access_log_before_it_leaves(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office)
    answer = await vendor.get(astrid.reference, headers={"x-request-id": "request-17"})
    assert answer.headers["x-request-id"] == "request-17"
    await vendor.get("Patient/nobody", headers={"x-request-id": "request-18"})
    rows = await api.office.database.fetch(
        "SELECT request, outcome, screen, patients FROM access_log WHERE actor_id = 'Device/vendor' ORDER BY request"
    )
    assert [tuple(row) for row in rows] == [
        ("request-17", "permit", "FHIR read", [astrid.owner]),
        ("request-18", "refuse", "FHIR read", []),
    ]


async def test_a_read_costs_one_statement_and_one_row_in_the_log(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office)
    await vendor.get(astrid.reference)
    before = api.office.database.statements, api.office.log.statements
    await vendor.get(astrid.reference)
    assert (api.office.database.statements - before[0], api.office.log.statements - before[1]) == (1, 1)


async def test_a_token_gives_only_what_it_was_given_for(api: Api) -> None:
    """Said openly, and the same whatever the record holds."""
    astrid = await patient(api.office)
    narrow = api.as_(replace(VENDOR, scopes=frozenset({"system/Observation.rs"})))
    for answer in (
        await narrow.get(astrid.reference),
        await narrow.get("Patient/nobody"),
        await narrow.post("Observation", content=temperature(astrid)),
        await narrow.get("Condition"),
    ):
        assert refused(answer) == (403, "forbidden", "")
    assert (await narrow.get("Observation")).status_code == 200


async def test_a_citizen_reads_the_own_record_and_no_other(api: Api) -> None:
    astrid, kari = await patient(api.office), await patient(api.office)
    async with api.office.work(VENDOR, Purpose.SYSTEM) as work:
        hers = await journal.create(work, temperature(astrid))
        others = await journal.create(work, temperature(kari))
    client = api.as_(citizen(astrid))
    assert (await client.get(hers.reference)).status_code == 200
    assert (await client.get(others.reference)).status_code == 404


async def test_nobody_reads_without_signing_in(api: Api) -> None:
    for method, address in (("GET", "Patient/1"), ("POST", ""), ("GET", "Nonsense"), ("DELETE", "Patient/1")):
        answer = await api.as_(None).request(method, address)
        assert refused(answer) == (401, "login", "")
        assert answer.headers["www-authenticate"]
    assert (await api.as_(None).get("metadata")).status_code == 200
