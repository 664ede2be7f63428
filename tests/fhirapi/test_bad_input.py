"""What is wrong is refused with its path; nothing is half-written, and nobody waits for ever."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from akson.fhirapi.calls import LARGEST_BUNDLE, LARGEST_RESOURCE
from tests.fhirapi.clients import ASTRID, Api, about, issue, post, refused, transaction
from tests.offices import patient

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
MB = 1024 * 1024


def observation(**more: Any) -> bytes:
    return msgspec.json.encode(about("Patient/p-1") | more)


def deep(levels: int) -> bytes:
    inside = '{"url":"u","valueString":"x"}'
    for _ in range(levels):
        inside = '{"url":"u","extension":[' + inside + "]}"
    return f'{{"resourceType":"Patient","extension":[{inside}]}}'.encode()


TABLE: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, ""),
    "no JSON": (b"Patient", 400, ""),
    "JSON cut off": (b'{"resourceType":"Patient","name":[', 400, ""),
    "JSON and more": (b'{"resourceType":"Patient"}{}', 400, ""),
    "not UTF-8": (b'{"resourceType":"Patient","name":[{"family":"\xff"}]}', 400, ""),
    "a list": (b"[]", 422, ""),
    "null": (b"null", 422, ""),
    "no type": (b'{"status":"final"}', 422, ""),
    "an unknown type": (b'{"resourceType":"Observasjon"}', 422, ""),
    "a wrong JSON type": (observation(status=1), 422, "Observation.status"),
    "text for a number": (observation(valueQuantity={"value": "38.4"}), 422, "Observation.valueQuantity.value"),
    "one for a list": (observation(category={"text": "x"}), 422, "Observation.category"),
    "an unknown member": (observation(pulse=60), 422, "Observation.pulse"),
    "an unknown code": (observation(status="finished"), 422, "Observation.status"),
    "something missing": (b'{"resourceType":"Observation","status":"final"}', 422, "Observation.code"),
    "two values": (observation(valueString="38"), 422, "Observation.value"),
    "an empty object": (observation(method={}), 422, "Observation.method"),
    "no such day": (observation(issued="2026-02-30T10:00:00Z"), 422, "Observation.issued"),
    "a duplicate key": (
        b'{"resourceType":"Observation","status":"final","status":"amended","code":{"text":"x"}}', 422, ""),
    "a duplicate key inside": (
        b'{"resourceType":"Observation","status":"final","code":{"text":"x","text":"y"}}', 422, "Observation.code"),
    "a script": (
        observation(text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script/></div>'}),
        422, "Observation.text.div"),
    "nested deep": (deep(200), 400, ""),
    "nested past all bounds": (b'{"resourceType":"Patient","extension":' + b"[" * 200_000, 400, ""),
    "a huge number": (b'{"resourceType":"Observation","valueInteger":' + b"9" * 100_000 + b"}", 400, ""),
    "NaN": (b'{"resourceType":"Observation","valueQuantity":{"value":NaN}}', 400, ""),
    "a NUL in the text": (observation(note=[{"text": "a\x00b"}]), 422, "Observation.note[0].text"),
}  # fmt: skip


@pytest.mark.parametrize("what", TABLE)
async def test_a_body_that_is_wrong_is_refused_with_its_path(api: Api, vendor: httpx.AsyncClient, what: str) -> None:
    body, status, path = TABLE[what]
    type_ = "Patient" if b'"Patient"' in body[:30] else "Observation"
    answer = await vendor.post(type_, content=body)
    paths = {path for one in answer.json()["issue"] for path in one.get("expression", [""])}
    assert answer.status_code == status, answer.text[:500]
    assert issue(answer)
    assert any(found.startswith(path) for found in paths), paths
    assert not await api.office.database.fetch("SELECT FROM resource")
    alone = json.dumps(answer.json())
    assert len(alone) < 50_000


async def test_every_fault_is_told_not_only_the_first(vendor: httpx.AsyncClient) -> None:
    body = {"resourceType": "Patient", "gender": "x", "birthDate": "1941-02-30", "nonsense": 1, "active": "yes"}
    answer = await vendor.post("Patient", json=body)
    paths = {one["expression"][0] for one in answer.json()["issue"]}
    assert paths == {"Patient.gender", "Patient.birthDate", "Patient.nonsense", "Patient.active"}


@pytest.mark.parametrize(
    ("number", "path"),
    [
        ("14834142058", "Patient.identifier[1].value"),
        ("1483414205", "Patient.identifier[1].value"),
        ("14834142059 ", "Patient.identifier[1].value"),
        ("99994142059", "Patient.identifier[1].value"),
        ("45819050183", "Patient.identifier[1].value"),  # a D-number, which has a system of its own
    ],
)
async def test_a_national_number_that_cannot_be_is_refused(vendor: httpx.AsyncClient, number: str, path: str) -> None:
    identifier = [{"system": "http://other", "value": "1"}, {"system": FNR, "value": number}]
    answer = await vendor.post("Patient", json=ASTRID | {"identifier": identifier})
    assert answer.status_code == 422
    assert issue(answer)["expression"] == [path]
    assert number.strip() not in issue(answer)["diagnostics"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/fhir+xml"}, 415),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "application/fhir+json; charset=iso-8859-1"}, 415),
        ({"content-type": "application/fhir+json; fhirVersion=3.0"}, 415),
        ({"content-encoding": "br"}, 415),
        ({"accept": "application/fhir+xml"}, 406),
        ({"accept": "text/html"}, 406),
        ({"content-type": "application/json"}, 201),
        ({"content-type": "Application/FHIR+JSON; charset=UTF-8; fhirVersion=4.0"}, 201),
        ({"accept": "text/html, application/fhir+json;q=0.8"}, 201),
        ({"accept": "*/*"}, 201),
    ],
)
async def test_only_json_is_spoken(vendor: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    answer = await vendor.post("Patient", json=ASTRID, headers=headers)
    assert answer.status_code == status
    if status != 201:
        assert refused(answer)[1] == "not-supported"


async def test_format_in_the_address_wins(vendor: httpx.AsyncClient) -> None:
    xml = {"accept": "application/fhir+xml"}
    assert (await vendor.get("Patient?_format=json", headers=xml)).status_code == 200
    assert (await vendor.get("Patient?_format=application/fhir%2Bjson", headers=xml)).status_code == 200
    assert refused(await vendor.get("Patient?_format=xml"))[0] == 406
    assert b'{\n  "resourceType"' in (await vendor.get("Patient?_pretty=true")).content


async def test_a_packed_body_is_unpacked(vendor: httpx.AsyncClient) -> None:
    packed = gzip.compress(msgspec.json.encode(ASTRID))
    headers = {"content-encoding": "gzip"}
    assert (await vendor.post("Patient", content=packed, headers=headers)).status_code == 201
    for broken in (packed[:-9], packed + b"x", b"\x1f\x8bnonsense", b""):
        assert refused(await vendor.post("Patient", content=broken, headers=headers))[0] == 400


async def test_what_is_too_large_is_refused_before_it_is_read(vendor: httpx.AsyncClient) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("nobody should read this")
        yield b""

    for address, most in (("Patient", LARGEST_RESOURCE), ("", LARGEST_BUNDLE)):
        answer = await vendor.post(address, content=never(), headers={"content-length": str(most + 1)})
        assert refused(answer)[:2] == (413, "too-costly")


async def test_what_grows_too_large_is_refused_as_soon_as_it_is(vendor: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += MB
            yield b" " * MB

    assert refused(await vendor.post("Patient", content=endless()))[:2] == (413, "too-costly")
    assert sent <= LARGEST_RESOURCE + 2 * MB
    bomb = gzip.compress(b" " * (100 * MB))
    answer = await vendor.post("Patient", content=bomb, headers={"content-encoding": "gzip"})
    assert refused(answer)[:2] == (413, "too-costly")


async def test_a_bundle_of_too_many_entries_is_refused(vendor: httpx.AsyncClient) -> None:
    entry = b'{"request":{"method":"GET","url":"Patient/1"}}'
    many = b'{"resourceType":"Bundle","type":"batch","entry":[' + b",".join([entry] * 20_001) + b"]}"
    assert refused(await vendor.post("", content=many)) == (413, "too-costly", "Bundle.entry")


@pytest.mark.parametrize("change", [
    (b'"type":"transaction"', b'"type":"transaction","nonsense":1'),
    (b'"type":"transaction"', b'"type":"transaction","type":"batch"'),
    (b'"entry":[', b'"entry":[],"entry":['),
    (b'"entry":[', b'"entry":[null,'),
    (b'"entry":[', b'"entry":{'),
    (b'"method":"POST"', b'"method":"POST","method":"PUT"'),
    (b'"method":"POST"', b'"method":1'),
    (b'"url":"Patient"', b'"url":"Patient","nonsense":2'),
])  # fmt: skip
async def test_the_envelope_of_a_bundle_is_checked_too(
    api: Api, vendor: httpx.AsyncClient, change: tuple[bytes, bytes]
) -> None:
    body = transaction(post(ASTRID))
    assert change[0] in body
    answer = await vendor.post("", content=body.replace(*change))
    assert 400 <= answer.status_code < 500
    assert issue(answer)
    assert not await api.office.database.fetch("SELECT FROM resource")


async def test_an_envelope_with_more_than_we_use_is_taken(vendor: httpx.AsyncClient) -> None:
    body = transaction(post(ASTRID)).replace(
        b'"type"', b'"id":"b-1","meta":{"lastUpdated":"2026-11-23T08:00:00Z"},"timestamp":"2026-11-23T08:00:00Z","type"'
    )
    assert (await vendor.post("", content=body)).status_code == 200


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "Nonsense/1", 404),
        ("GET", "Nonsense", 404),
        ("GET", "patient/1", 404),
        ("GET", "Patient/$everything", 400),
        ("GET", "Group/$export", 400),
        ("GET", "Patient/1/$export", 400),
        ("GET", "Patient/$nothing", 404),
        ("GET", "Patient/1/$everything", 404),
        ("GET", "Patient/1/_history/1/x", 404),
        ("GET", "$nothing", 404),
        ("GET", "_history/1", 404),
        ("POST", "_history", 405),
        ("GET", "Patient/" + "x" * 65, 404),
        ("GET", "Patient/1?x=1", 400),
        ("PUT", "Patient", 405),
        ("PATCH", "Patient", 405),
        ("POST", "Patient/1", 405),
        ("DELETE", "Patient", 405),
        ("PUT", "", 405),
        ("TRACE", "Patient/1", 405),
        ("POST", "Patient/1/_history", 405),
        ("PUT", "Patient/a_b", 404),
    ],
)
async def test_an_address_that_means_nothing_is_refused(
    vendor: httpx.AsyncClient, method: str, address: str, status: int
) -> None:
    answer = await vendor.request(method, address)
    assert refused(answer)[0] == status
    assert ("allow" in answer.headers) is (status == 405)


async def test_a_very_long_string_is_kept(api: Api, vendor: httpx.AsyncClient) -> None:
    """Within the limit size is no fault."""
    made = await patient(api.office)
    note = {"note": [{"text": "å" * 500_000}]}
    answer = await vendor.post("Observation", json=about(made.reference) | note)
    assert answer.status_code == 201
    assert (await vendor.get(answer.headers["location"])).json()["note"] == note["note"]
