"""A Bundle that is kept stands in the record of the one person it is about, and is as closed as that record."""

from __future__ import annotations

import json
from typing import Any

import httpx

from akson.base.work import Purpose
from akson.record import journal
from akson.record.stored import Stored
from tests.fhirapi.clients import Api, about, refused
from tests.fhirapi.test_export import BLOCK
from tests.offices import JOB, LOADING, VENDOR, citizen, patient, staff, unit

Json = dict[str, Any]


def document(*about_whom: str, **more: Any) -> Json:
    """Return a document with a measurement of each of those named; the first is its subject."""
    front = {"resourceType": "Composition", "status": "final", "type": {"text": "Epikrise"}, "title": "Epikrise",
             "subject": {"reference": about_whom[0]}, "date": "2026-11-22", "author": [{"display": "Lege"}]} | more  # fmt: skip
    inside = [front, *map(about, about_whom)]
    return {"resourceType": "Bundle", "type": "document", "timestamp": "2026-11-22T10:00:00Z",
            "identifier": {"system": "urn:oid:1.2", "value": "1"},
            "entry": [{"fullUrl": f"urn:uuid:0d4c4f4c-5b4b-4f0c-9c52-6f7a3e0f7d{n}", "resource": one}
                      for n, one in enumerate(inside, 10)]}  # fmt: skip


async def kept(client: httpx.AsyncClient, bundle: Json) -> str:
    answer = await client.post("Bundle", content=json.dumps(bundle))
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_


async def blocked(api: Api, person: Stored) -> None:
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, BLOCK | {"patient": {"reference": person.reference}})


async def seen(client: httpx.AsyncClient, id_: str) -> tuple[int, int]:
    """Return the status of a read, and how many a search finds."""
    found = await client.get("Bundle", params={"identifier": "urn:oid:1.2|1", "_total": "accurate"})
    return (await client.get(f"Bundle/{id_}")).status_code, found.json()["total"]


async def test_a_document_is_read_by_those_who_may_read_the_record_and_closed_with_it(api: Api) -> None:
    north, south = await unit(api.office, "Nord"), await unit(api.office, "Sør")
    person = await patient(api.office, at=north)
    near, far = api.as_(await staff(api.office, north, "Vik")), api.as_(await staff(api.office, south, "Berg"))
    vendor, self_ = api.as_(VENDOR), api.as_(citizen(person))
    id_ = await kept(vendor, document(person.reference))
    assert [await seen(who, id_) for who in (vendor, near, self_, far)] == [(200, 1), (200, 1), (200, 1), (404, 0)]
    inside = (await vendor.get(f"Patient/{person.id}/$everything?_count=200")).json()["entry"]
    assert id_ in {one["resource"]["id"] for one in inside}
    await blocked(api, person)
    assert [await seen(who, id_) for who in (vendor, near, self_)] == [(404, 0), (404, 0), (200, 1)]


async def test_one_who_is_named_by_number_only_owns_it_too(api: Api) -> None:
    number = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142059"}
    person = await patient(api.office, identifier=[number])
    bundle = document("urn:uuid:0d4c4f4c-5b4b-4f0c-9c52-6f7a3e0f7d99")
    bundle["entry"].append({"fullUrl": "urn:uuid:0d4c4f4c-5b4b-4f0c-9c52-6f7a3e0f7d99",
                            "resource": {"resourceType": "Patient", "identifier": [number]}})  # fmt: skip
    vendor = api.as_(VENDOR)
    id_ = await kept(vendor, bundle)
    assert await seen(api.as_(citizen(person)), id_) == (200, 1)
    bundle["entry"][-1]["resource"]["identifier"] = [number | {"value": "03839742153"}]
    assert refused(await vendor.post("Bundle", content=json.dumps(bundle)))[0] == 422  # nobody known here
    assert refused(await vendor.put(f"Bundle/{id_}", content=json.dumps(bundle | {"id": id_})))[0] == 422


async def test_what_is_withheld_inside_is_withheld_with_all_around_it(api: Api) -> None:
    person, mark = await patient(api.office), {"security": [{"code": "withheld"}]}
    vendor, self_ = api.as_(VENDOR), api.as_(citizen(person))
    id_ = await kept(vendor, document(person.reference, meta=mark))
    assert await seen(self_, id_) == (404, 0)
    open_ = document(person.reference) | {"id": id_}
    assert (await vendor.put(f"Bundle/{id_}", content=json.dumps(open_))).status_code == 200
    assert await seen(self_, id_) == (200, 1)
    assert (await self_.get(f"Bundle/{id_}/_history/1")).status_code == 404


async def test_one_about_several_persons_is_refused_and_what_was_loaded_so_is_for_who_loads(api: Api) -> None:
    one, other = await patient(api.office), await patient(api.office)
    both = document(one.reference, other.reference)
    vendor, loading = api.as_(VENDOR), api.as_(LOADING)
    assert refused(await vendor.post("Bundle", content=json.dumps(both))) == (422, "business-rule", "Bundle.entry")
    id_ = await kept(loading, both)
    nurse = await staff(api.office, await unit(api.office, "Nord"), "Vik")
    assert await seen(loading, id_) == (200, 1)
    for stranger in (VENDOR, citizen(one), nurse):
        status, total = await seen(api.as_(stranger), id_)
        assert (status in (403, 404), total) == (True, 0), stranger
    assert (await loading.delete(f"Bundle/{id_}")).status_code in (200, 204)
    assert (await vendor.get(f"Bundle/{id_}/_history/1")).status_code in (403, 404)


async def test_one_about_nobody_is_for_programs_as_before(api: Api) -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "identifier": {"system": "urn:oid:1.2", "value": "1"},
              "entry": [{"resource": {"resourceType": "Organization", "name": "Nord"}}]}  # fmt: skip
    vendor = api.as_(VENDOR)
    assert await seen(vendor, await kept(vendor, bundle)) == (200, 1)
