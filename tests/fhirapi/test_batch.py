"""batch, hl7.org/fhir/R4/http.html#transaction"""

from __future__ import annotations

import httpx
import msgspec

from tests.fhirapi.clients import ASTRID, Api, about, post, refused, transaction
from tests.offices import patient, temperature


async def test_each_entry_has_its_own_fate_and_its_answer_in_its_place(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office)
    made = (await vendor.post("Observation", content=temperature(astrid))).json()
    doomed = (await vendor.post("Observation", content=temperature(astrid))).json()["id"]
    answer = await vendor.post(
        "",
        content=transaction(
            post(about(astrid.reference)),
            post(about("Patient/nobody")),
            post(ASTRID | {"nonsense": 1}),
            {"request": {"method": "GET", "url": f"Observation/{made['id']}"}},
            {"request": {"method": "GET", "url": "Observation?code=8310-5&_count=0"}},
            {"request": {"method": "GET", "url": "Observation/nothing"}},
            {"request": {"method": "GET", "url": "Nonsense/1"}},
            {"request": {"method": "DELETE", "url": f"Observation/{doomed}", "ifMatch": 'W/"1"'}},
            {"resource": made, "request": {"method": "PUT", "url": f"Observation/{made['id']}", "ifMatch": 'W/"9"'}},
            {"request": {"method": "PATCH", "url": f"Observation/{made['id']}"}},
            {"resource": made},
            kind="batch",
        ),
    )
    told = answer.json()
    assert (answer.status_code, told["type"]) == (200, "batch-response")
    statuses = [int(entry["response"]["status"][:3]) for entry in told["entry"]]
    assert statuses == [201, 422, 422, 200, 200, 404, 404, 204, 412, 400, 400]
    assert told["entry"][3]["resource"] == made
    assert told["entry"][4]["resource"]["total"] == 3
    assert told["entry"][0]["response"]["location"].endswith("/_history/1")
    assert told["entry"][0]["response"]["lastModified"].endswith("Z")
    assert all("outcome" in entry["response"] for entry, n in zip(told["entry"], statuses, strict=True) if n >= 400)


async def test_a_refused_entry_takes_no_other_with_it(api: Api, vendor: httpx.AsyncClient) -> None:
    bad = transaction(post(ASTRID), post(about("Patient/nobody")), post(ASTRID), kind="batch")
    await vendor.post("", content=bad)
    assert (await vendor.get("Patient?_count=0")).json()["total"] == 2


async def test_content_comes_back_when_it_is_preferred(vendor: httpx.AsyncClient) -> None:
    wanted = await vendor.post(
        "", content=transaction(post(ASTRID), kind="batch"), headers={"prefer": "return=representation"}
    )
    assert wanted.json()["entry"][0]["resource"]["name"] == ASTRID["name"]
    usual = await vendor.post("", content=transaction(post(ASTRID), kind="batch"))
    assert "resource" not in usual.json()["entry"][0]


async def test_an_empty_batch_has_an_empty_answer(vendor: httpx.AsyncClient) -> None:
    assert (await vendor.post("", content=b'{"resourceType":"Bundle","type":"batch"}')).json() == {
        "resourceType": "Bundle",
        "type": "batch-response",
    }


async def test_other_bundles_are_not_carried_out(vendor: httpx.AsyncClient) -> None:
    for kind in ("collection", "message", "searchset", ""):
        answer = await vendor.post("", content=transaction(post(ASTRID), kind=kind))
        assert answer.status_code in (400, 422), kind
    assert refused(await vendor.post("", json=ASTRID))[0] == 422


async def test_a_search_of_the_whole_server_may_stand_in_a_bundle(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", content=msgspec.json.encode(ASTRID))).json()["id"]
    asked = {"request": {"method": "GET", "url": f"?_type=Patient&_id={made}"}}
    for kind in ("batch", "transaction"):
        told = (await vendor.post("", content=transaction(asked, kind=kind))).json()["entry"][0]
        assert [one["resource"]["id"] for one in told["resource"]["entry"]] == [made]
    changing = {"request": {"method": "DELETE", "url": "?_type=Patient"}}
    told = (await vendor.post("", content=transaction(changing, kind="batch"))).json()["entry"][0]
    assert told["response"]["status"].startswith("405")
