"""How an answer looks: format, extent, packing, validators; hl7.org/fhir/R4/http.html#general"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
import zstandard

from tests.fhirapi.clients import ASTRID, Api, refused, transaction
from tests.offices import NOW

LONG = ASTRID | {
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">' + "Astrid " * 400 + "</div>"},
    "active": True,
    "maritalStatus": {"text": "gift"},
    "contact": [{"name": {"family": "Nordli"}}],
}
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
ENVELOPE = {"resourceType", "id", "meta"}


@pytest.fixture
async def long(vendor: httpx.AsyncClient) -> str:
    """The address of a resource of some kilobytes."""
    return f"Patient/{(await vendor.post('Patient', json=LONG)).json()['id']}"


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("_summary=true", {"name", "birthDate", "active"}),
        ("_summary=text", {"text"}),
        ("_summary=data", {"name", "birthDate", "active", "maritalStatus", "contact"}),
        ("_elements=birthDate", {"birthDate", "active"}),  # active changes what the rest means: it stays
        ("_elements=Patient.birthDate,contact", {"birthDate", "contact", "active"}),
    ],
)
async def test_a_part_is_what_was_asked_for_and_says_that_it_is_one(
    vendor: httpx.AsyncClient, long: str, query: str, left: set[str]
) -> None:
    whole = (await vendor.get(long)).json()
    alone = await vendor.get(f"{long}?{query}")
    version = await vendor.get(f"{long}/_history/1?{query}")
    history = (await vendor.get(f"{long}/_history?{query}")).json()["entry"][0]["resource"]
    found = (await vendor.get(f"Patient?{query}")).json()["entry"][0]["resource"]
    posted = await vendor.post("Patient/_search", data=dict([query.split("=")]), headers=FORM)
    batch = (await vendor.post("", content=transaction(_get(f"{long}?{query}"), kind="batch"))).json()
    both = (await vendor.post("", content=transaction(_get(f"{long}?{query}")))).json()
    told = [alone.json(), version.json(), history, found, posted.json()["entry"][0]["resource"]]
    for part in (*told, *(answer["entry"][0]["resource"] for answer in (batch, both))):
        assert part.keys() == ENVELOPE | left
        assert part["meta"].pop("tag") == [SUBSETTED]
        assert part == {name: whole[name] for name in part}
    assert alone.headers["etag"] == 'W/"1"'


FORM = {"content-type": "application/x-www-form-urlencoded"}


def _get(url: str) -> dict[str, dict[str, str]]:
    return {"request": {"method": "GET", "url": url}}


async def test_the_whole_is_left_as_it_is(vendor: httpx.AsyncClient, long: str) -> None:
    assert (await vendor.get(f"{long}?_summary=false")).content == (await vendor.get(long)).content


async def test_a_count_is_only_a_count(vendor: httpx.AsyncClient, long: str) -> None:
    told = (await vendor.get("Patient?_summary=count&_sort=_id")).json()
    assert (told["total"], "entry" in told) == (1, False)


async def test_pages_are_cut_alike(vendor: httpx.AsyncClient) -> None:
    for _ in range(3):
        await vendor.post("Patient", json=LONG)
    url, seen = "Patient?_elements=birthDate&_count=1", []
    while url:
        page = (await vendor.get(url)).json()
        seen += [entry["resource"].keys() for entry in page["entry"]]
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    assert seen == [ENVELOPE | {"birthDate", "active"}] * 3


async def test_a_part_is_never_stored_as_the_whole(vendor: httpx.AsyncClient, long: str) -> None:
    part = (await vendor.get(f"{long}?_elements=birthDate")).json()
    assert refused(await vendor.put(long, json=part)) == (422, "business-rule", "Patient.meta.tag")
    assert (await vendor.get(long)).json()["maritalStatus"] == LONG["maritalStatus"]


@pytest.mark.parametrize(
    "query",
    ["_summary=some", "_summary=", "_elements=nothing", "_elements=", "_summary=true&_elements=name", "_summary=count"],
)
async def test_a_part_that_nobody_knows_is_refused(vendor: httpx.AsyncClient, long: str, query: str) -> None:
    assert refused(await vendor.get(f"{long}?{query}"))[0] == 400


async def test_a_write_cuts_nothing(vendor: httpx.AsyncClient) -> None:
    assert refused(await vendor.post("Patient?_elements=name", json=LONG))[0] == 400


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("*", "zstd"),
        ("zstd;q=0, *", "gzip"),
        ("identity, gzip;q=0.5", ""),
        ("gzip;q=0", ""),
        ("br", ""),
        ("", ""),
    ],
)
async def test_an_answer_is_packed_as_the_client_takes_it(
    vendor: httpx.AsyncClient, long: str, accepted: str, encoding: str
) -> None:
    plain = await vendor.get(long, headers={"accept-encoding": "identity"})
    async with vendor.stream("GET", long, headers={"accept-encoding": accepted}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding", "") == encoding
    assert (answer.headers["vary"], int(answer.headers["content-length"])) == ("accept-encoding", len(raw))
    unpacked = {"gzip": gzip.decompress, "zstd": _unzstd}.get(encoding, bytes)(raw)
    assert unpacked == plain.content
    assert len(raw) < len(plain.content) / 3 or not encoding


def _unzstd(raw: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(raw)


async def test_what_is_small_is_not_packed(vendor: httpx.AsyncClient) -> None:
    made = await vendor.post("Patient", json=ASTRID, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in made.headers


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
async def test_what_is_sent_packed_is_taken_whole_or_not_at_all(
    vendor: httpx.AsyncClient, pack: Callable[[bytes], bytes]
) -> None:
    name = "gzip" if pack is gzip.compress else "zstd"
    body = httpx.Request("POST", "http://x", json=LONG).content
    headers = {"content-encoding": name}
    made = await vendor.post("Patient", content=pack(body), headers=headers)
    assert made.json()["text"] == LONG["text"]
    for broken in (pack(body)[:-5], pack(body)[:10], b"", b"nonsense", pack(body) + b"x", pack(body) * 2):
        assert refused(await vendor.post("Patient", content=broken, headers=headers))[0] == 400
    bomb = pack(b" " * (64 * 1024 * 1024))
    assert refused(await vendor.post("Patient", content=bomb, headers=headers))[0] == 413
    assert (await vendor.get("Patient?_summary=count")).json()["total"] == 1


async def test_a_zstd_sender_cannot_make_us_remember_much(vendor: httpx.AsyncClient) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = stream.compress(b"{}") + stream.flush()
    assert refused(await vendor.post("Patient", content=body, headers={"content-encoding": "zstd"}))[0] == 400


async def test_head_is_get_without_the_body(vendor: httpx.AsyncClient, long: str) -> None:
    for address in (long, f"{long}/_history", "Patient", "metadata", "Patient/nobody"):
        got, head = await vendor.get(address), await vendor.head(address)
        assert (head.status_code, head.content) == (got.status_code, b"")
        kept = {name for name in got.headers if name != "x-request-id"}
        assert {name: head.headers[name] for name in kept} == {name: got.headers[name] for name in kept}


async def test_who_has_the_version_already_gets_it_not_again(vendor: httpx.AsyncClient, long: str) -> None:
    known: list[tuple[dict[str, str], int]] = [
        ({"if-none-match": 'W/"1"'}, 304),
        ({"if-none-match": '"1"'}, 304),
        ({"if-none-match": 'W/"7", W/"1"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": 'W/"2"'}, 200),
        ({"if-modified-since": format_datetime(NOW + timedelta(minutes=1), usegmt=True)}, 304),
        ({"if-modified-since": format_datetime(NOW - timedelta(minutes=1), usegmt=True)}, 200),
        ({"if-modified-since": "yesterday"}, 200),
        ({"if-none-match": 'W/"2"', "if-modified-since": format_datetime(NOW + timedelta(days=1), usegmt=True)}, 200),
    ]
    for headers, status in known:
        for address in (long, f"{long}/_history/1"):
            assert (await vendor.get(address, headers=headers)).status_code == status, headers


async def test_json_is_the_only_format_and_of_r4(vendor: httpx.AsyncClient, long: str) -> None:
    for accept, status in {
        "application/fhir+json; fhirVersion=4.0": 200,
        "application/json": 200,
        "application/*": 200,
        "text/html, */*;q=0.1": 200,
        "application/fhir+json; fhirVersion=3.0": 406,
        "application/fhir+json;q=0": 406,
        "application/fhir+json;q=0, */*": 406,
        "application/fhir+xml": 406,
    }.items():
        assert (await vendor.get(long, headers={"accept": accept})).status_code == status, accept
    for format_, status in {
        "json": 200,
        "application/fhir+json": 200,
        "application/fhir%2Bjson": 200,
        "application/fhir%2Bjson;fhirVersion=4.0": 200,
        "application/fhir%2Bjson;fhirVersion=5.0": 406,
        "xml": 406,
        "html": 406,
    }.items():
        assert (await vendor.get(f"{long}?_format={format_}")).status_code == status, format_


async def test_what_is_preferred_comes_back_from_a_write(api: Api, vendor: httpx.AsyncClient) -> None:
    for prefer, kind in {
        "return=minimal": None,
        "return=representation": "Patient",
        "return=OperationOutcome": "OperationOutcome",
        'respond-async, return="minimal"; x=y': None,
        "handling=lenient": "Patient",
    }.items():
        made = await vendor.post("Patient", json=ASTRID, headers={"prefer": prefer})
        assert made.status_code == 201
        assert made.headers["location"]
        assert (made.json()["resourceType"] if made.content else None) == kind, prefer
