"""delete, hl7.org/fhir/R4/http.html#delete"""

from __future__ import annotations

import httpx

from tests.fhirapi.clients import Api, refused
from tests.offices import patient, temperature


async def test_what_is_deleted_is_found_no_more_but_stays_in_its_history(api: Api, vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Observation", content=temperature(await patient(api.office)))).json()["id"]
    gone = await vendor.delete(f"Observation/{made}")
    assert (gone.status_code, gone.headers["etag"]) == (200, 'W/"2"')
    assert (await vendor.get(f"Observation/{made}")).status_code == 410
    assert "entry" not in (await vendor.get("Observation?code=8310-5")).json()
    assert (await vendor.get(f"Observation/{made}/_history")).json()["total"] == 2


async def test_deleting_twice_is_no_fault(api: Api, vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Observation", content=temperature(await patient(api.office)))).json()["id"]
    await vendor.delete(f"Observation/{made}")
    assert (await vendor.delete(f"Observation/{made}")).status_code == 200
    assert (await vendor.get(f"Observation/{made}/_history")).json()["total"] == 2


async def test_nothing_comes_back_when_nothing_is_wanted(api: Api, vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Observation", content=temperature(await patient(api.office)))).json()["id"]
    gone = await vendor.delete(f"Observation/{made}", headers={"prefer": "return=minimal"})
    assert (gone.status_code, gone.content) == (204, b"")


async def test_who_has_not_seen_the_current_version_deletes_nothing(api: Api, vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Observation", content=temperature(await patient(api.office)))).json()["id"]
    late = await vendor.delete(f"Observation/{made}", headers={"if-match": 'W/"2"'})
    assert refused(late) == (412, "conflict", "")
    assert (await vendor.get(f"Observation/{made}")).status_code == 200
    assert (await vendor.delete(f"Observation/{made}", headers={"if-match": 'W/"1"'})).status_code == 200


async def test_what_never_was_is_unknown(vendor: httpx.AsyncClient) -> None:
    assert refused(await vendor.delete("Observation/nothing")) == (404, "not-found", "")


async def test_a_delete_of_a_whole_type_is_refused(vendor: httpx.AsyncClient) -> None:
    answer = await vendor.delete("Observation")
    assert refused(answer) == (405, "not-supported", "")
    assert answer.headers["allow"] == "GET, POST"
