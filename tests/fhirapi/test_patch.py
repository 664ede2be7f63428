"""patch, hl7.org/fhir/R4/http.html#patch"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx
import msgspec
import pytest

from tests.fhirapi.clients import ASTRID, FHIR_JSON, Api, about, post, refused, transaction
from tests.offices import citizen, patient, staff, temperature, unit

JSON_PATCH = {"content-type": "application/json-patch+json"}


def step(kind: str, path: str, **parts: Any) -> dict[str, Any]:
    """Return one operation of a FHIRPath Patch; parts: name, index ... as (value[x], value)."""
    given: list[dict[str, Any]] = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    given += [{"name": name, value[0]: value[1]} for name, value in parts.items()]
    return {"name": "operation", "part": given}


def parameters(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(steps)}


def replace_status(value: str) -> dict[str, Any]:
    return parameters(step("replace", "Observation.status", value=("valueCode", value)))


def by_json(*operations: dict[str, Any]) -> bytes:
    return msgspec.json.encode(list(operations))


STATUS = {"op": "replace", "path": "/status", "value": "amended"}


@pytest.fixture
async def measured(api: Api, vendor: httpx.AsyncClient) -> str:
    """The address of a temperature of 38.40."""
    made = await vendor.post("Observation", content=temperature(await patient(api.office)))
    return f"Observation/{made.json()['id']}"


async def test_both_kinds_change_what_they_name_and_nothing_else(vendor: httpx.AsyncClient, measured: str) -> None:
    before = (await vendor.get(measured)).content
    for n, (content, headers) in enumerate(
        ((by_json(STATUS), JSON_PATCH), (msgspec.json.encode(replace_status("corrected")), {"content-type": FHIR_JSON}))
    ):
        answer = await vendor.patch(measured, content=content, headers=headers)
        assert (answer.status_code, answer.headers["etag"]) == (200, f'W/"{n + 2}"'), answer.text
        assert answer.json()["status"] == ("amended", "corrected")[n]
        assert b'"value":38.40,' in answer.content
        assert len(answer.json()) == len(msgspec.json.decode(before))
    assert (await vendor.get(f"{measured}/_history/1")).json()["status"] == "final"


async def test_what_comes_of_it_is_held_against_all_that_an_update_is(
    api: Api, vendor: httpx.AsyncClient, measured: str
) -> None:
    other = await patient(api.office)
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"op": "replace", "path": "/status", "value": "nonsense"}, 422, "Observation.status"),
        ({"op": "remove", "path": "/code"}, 422, "Observation.code"),
        ({"op": "add", "path": "/nonsense", "value": 1}, 422, "Observation.nonsense"),
        ({"op": "replace", "path": "/subject", "value": {"reference": other.reference}}, 422, "Observation.subject"),
        ({"op": "replace", "path": "/id", "value": "other"}, 400, "Observation.id"),
        ({"op": "replace", "path": "/resourceType", "value": "Condition"}, 422, ""),
        ({"op": "replace", "path": "", "value": {}}, 422, ""),
        ({"op": "test", "path": "/status", "value": "amended"}, 422, ""),
        ({"op": "remove", "path": "/nothing"}, 422, ""),
    ]
    for operation, status, path in wrong:
        answer = await vendor.patch(measured, content=by_json(operation), headers=JSON_PATCH)
        assert answer.status_code in (status, 400 if not path else status), (operation, answer.text)
        assert refused(answer)[2] == path or not path, (operation, answer.text)
    assert (await vendor.get(measured)).headers["etag"] == 'W/"1"'


@pytest.mark.parametrize(
    ("content", "type_", "status"),
    [
        (b"{}", JSON_PATCH["content-type"], 400),
        (b"[", JSON_PATCH["content-type"], 400),
        (b'[{"op":"nonsense","path":"/status"}]', JSON_PATCH["content-type"], 400),
        (b'[{"op":"add","path":"/status"}]', JSON_PATCH["content-type"], 400),
        (b'[{"op":"remove","path":"status"}]', JSON_PATCH["content-type"], 400),
        (by_json(*[STATUS] * 1001), JSON_PATCH["content-type"], 400),
        (b"[]", FHIR_JSON, 422),
        (b'{"resourceType":"Patient"}', FHIR_JSON, 422),
        (msgspec.json.encode(parameters({"name": "operation", "part": []})), FHIR_JSON, 422),
        (msgspec.json.encode(parameters(step("nonsense", "Observation"))), FHIR_JSON, 400),
        (msgspec.json.encode(parameters(step("delete", "Observation.status ="))), FHIR_JSON, 400),
        (msgspec.json.encode(parameters(step("delete", "'x'.replace('x', 'y')"))), FHIR_JSON, 400),
        (msgspec.json.encode(parameters(step("delete", "Observation.nonsense"))), FHIR_JSON, 422),
        (msgspec.json.encode(parameters(step("delete", "Observation"))), FHIR_JSON, 422),
        (b"<Parameters/>", "application/fhir+xml", 415),
        (b"[]", "text/plain", 415),
    ],
)
async def test_a_patch_that_is_none_is_refused(
    vendor: httpx.AsyncClient, measured: str, content: bytes, type_: str, status: int
) -> None:
    answer = await vendor.patch(measured, content=content, headers={"content-type": type_})
    assert refused(answer)[0] == status, answer.text
    assert (await vendor.get(measured)).headers["etag"] == 'W/"1"'


async def test_copies_of_copies_end(vendor: httpx.AsyncClient, measured: str) -> None:
    growing = [{"op": "add", "path": "/note", "value": [{"text": "x" * 1000}]}]
    growing += [{"op": "copy", "from": "/note", "path": "/note/-"}] * 40
    assert refused(await vendor.patch(measured, content=by_json(*growing), headers=JSON_PATCH))[0] == 422


async def test_of_many_at_once_none_is_lost(vendor: httpx.AsyncClient, measured: str) -> None:
    notes = [by_json({"op": "test", "path": "/status", "value": "final"},
                     {"op": "add", "path": "/issued", "value": f"2026-11-23T08:00:0{n}Z"}) for n in range(3)]  # fmt: skip
    told = await asyncio.gather(*(vendor.patch(measured, content=note, headers=JSON_PATCH) for note in notes))
    assert sorted(one.status_code for one in told) == [200, 200, 200]
    assert {one.headers["etag"] for one in told} == {'W/"2"', 'W/"3"', 'W/"4"'}


async def test_who_has_not_seen_the_current_version_is_refused(vendor: httpx.AsyncClient, measured: str) -> None:
    for seen, status in (('W/"7"', 412), ('W/"1"', 200), ('W/"1"', 412)):
        answer = await vendor.patch(measured, content=by_json(STATUS), headers=JSON_PATCH | {"if-match": seen})
        assert answer.status_code == status


async def test_a_condition_finds_what_is_patched(api: Api, vendor: httpx.AsyncClient) -> None:
    reference = (await patient(api.office)).reference
    marked = about(reference) | {"identifier": [{"system": "urn:x", "value": "1"}]}
    at = "Observation?identifier=urn:x|1"
    assert refused(await vendor.patch(at, content=by_json(STATUS), headers=JSON_PATCH))[0] == 404
    await vendor.post("Observation", json=marked)
    assert (await vendor.patch(at, content=by_json(STATUS), headers=JSON_PATCH)).json()["status"] == "amended"
    await vendor.post("Observation", json=marked)
    assert refused(await vendor.patch(at, content=by_json(STATUS), headers=JSON_PATCH))[0] == 412
    assert refused(await vendor.patch("Observation", content=by_json(STATUS), headers=JSON_PATCH))[0] == 405


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_a_bundle_patches(api: Api, vendor: httpx.AsyncClient, measured: str, kind: str) -> None:
    binary = {"resourceType": "Binary", "contentType": JSON_PATCH["content-type"],
              "data": base64.b64encode(by_json(STATUS)).decode()}  # fmt: skip
    other = (await vendor.post("Observation", content=temperature(await patient(api.office)))).json()["id"]
    told = await vendor.post("", content=transaction(
        {"resource": binary, "request": {"method": "PATCH", "url": measured}},
        {"resource": replace_status("amended"), "request": {"method": "PATCH", "url": f"Observation?_id={other}"}},
        post(ASTRID), kind=kind,
    ))  # fmt: skip
    assert [entry["response"]["status"][:3] for entry in told.json()["entry"]] == ["200", "200", "201"], told.text
    for address in (measured, f"Observation/{other}"):
        assert (await vendor.get(address)).json()["status"] == "amended"
    for resource, status in ((replace_status("nonsense"), "422"), ({"resourceType": "Patient"}, "422"),
                             (binary | {"contentType": "text/plain"}, "415")):  # fmt: skip
        entry = {"resource": resource, "request": {"method": "PATCH", "url": measured}}
        answer = await vendor.post("", content=transaction(entry, kind=kind))
        if kind == "batch":
            assert answer.json()["entry"][0]["response"]["status"][:3] == status
        else:
            assert refused(answer)[0] == int(status)
            assert refused(answer)[2].startswith("Bundle.entry[0]")


async def test_who_may_not_read_it_learns_nothing(api: Api) -> None:
    north, south = await unit(api.office, "Sone nord"), await unit(api.office, "Sone sør")
    astrid = await patient(api.office, at=north)
    nurse, stranger = api.as_(await staff(api.office, north, "Yusuf")), api.as_(await staff(api.office, south, "Lie"))
    made = (await nurse.post("Observation", content=temperature(astrid))).json()["id"]
    told = {
        (answer.status_code, answer.content)
        for id_ in (made, api.office.ids.mint(astrid.owner), "elsewhere-1")
        for operation in (STATUS, {"op": "test", "path": "/status", "value": "x"})
        for answer in [await stranger.patch(f"Observation/{id_}", content=by_json(operation), headers=JSON_PATCH)]
    }
    assert [status for status, _ in told] == [404]
    own = await api.as_(citizen(astrid)).patch(f"Observation/{made}", content=by_json(STATUS), headers=JSON_PATCH)
    assert own.status_code in (403, 404)


async def test_what_names_somebody_hidden_is_patched_only_by_who_sees_it_whole(
    api: Api, vendor: httpx.AsyncClient
) -> None:
    """Else a test would tell her name, and taking the reference away would show it."""
    north, south = await unit(api.office, "Sone nord"), await unit(api.office, "Sone sør")
    astrid, kari = await patient(api.office, at=north), await patient(api.office, at=south)
    nurse = api.as_(await staff(api.office, north, "Yusuf"))
    measured = about(astrid.reference) | {"performer": [{"reference": kari.reference, "display": "Kari Hansen"}]}
    made = (await vendor.post("Observation", json=measured)).json()["id"]
    assert "display" not in (await nurse.get(f"Observation/{made}")).json()["performer"][0]
    for operation in (STATUS, {"op": "remove", "path": "/performer/0/reference"}):
        answer = await nurse.patch(f"Observation/{made}", content=by_json(operation), headers=JSON_PATCH)
        assert refused(answer) == (403, "forbidden", "")
    assert (await vendor.patch(f"Observation/{made}", content=by_json(STATUS), headers=JSON_PATCH)).status_code == 200
