"""Idempotency-Key: a write that is sent again is carried out once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from akson.base.database import Database
from akson.base.work import Purpose
from akson.record import conditions, erasure
from akson.record.erasure import Decision, Ground
from tests.fhirapi.clients import ASTRID, Api, about, post, refused, transaction
from tests.offices import NOW, VENDOR, opened_office, patient, staff, temperature, unit

KEY = {"idempotency-key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
JSON_PATCH = {"content-type": "application/json-patch+json"}
STATUS = b'[{"op":"replace","path":"/status","value":"amended"}]'


def told(answer: httpx.Response) -> tuple[Any, ...]:
    """Return what must be the same again."""
    kept = ("location", "etag", "last-modified", "content-type")
    return answer.status_code, answer.content, *(answer.headers.get(name) for name in kept)


async def test_every_write_sent_again_gives_the_same_answer_and_nothing_is_written(
    api: Api, vendor: httpx.AsyncClient
) -> None:
    reference = (await patient(api.office)).reference
    made = (await vendor.post("Observation", json=about(reference))).json()
    address = f"Observation/{made['id']}"
    marked = about(reference) | {"identifier": [{"system": "urn:x", "value": "1"}]}
    content, json = {"content": STATUS}, {"json": marked}
    writes: list[tuple[str, str, dict[str, Any], dict[str, str]]] = [
        ("POST", "Observation", json, {}),
        ("POST", "Observation", json, {"if-none-exist": "identifier=urn:x|2"}),
        ("POST", "Observation", json, {"prefer": "return=minimal"}),
        ("PUT", address, {"json": made}, {}),
        ("PUT", "Observation?identifier=urn:x|9", json, {}),
        ("PATCH", address, content, JSON_PATCH),
        ("DELETE", address, {}, {}),
        ("DELETE", "Observation?identifier=urn:x|7", {}, {}),
    ]
    for n, (method, url, body, headers) in enumerate(writes):
        first, second = [
            await vendor.request(method, url, headers={"idempotency-key": f"key-{n}"} | headers, **body)
            for _ in range(2)
        ]
        assert first.status_code in (200, 201), (method, url, first.text)
        assert told(first) == told(second), (method, url)
        assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
    assert (await vendor.get("Observation?_summary=count")).json()["total"] == 4
    versions = (await vendor.get(f"{address}/_history")).json()["total"]
    assert versions == 4


async def test_many_at_once_are_one_from_two_servers(api: Api, database_url: str) -> None:
    async with opened_office(database_url) as second:
        other = Api(second)
        clients = [api.as_(VENDOR), other.as_(VENDOR)]
        answers = await asyncio.gather(*(clients[n % 2].post("Patient", json=ASTRID, headers=KEY) for n in range(60)))
        await other.close()
    assert {told(answer) for answer in answers} == {told(answers[0])}
    assert answers[0].status_code == 201
    assert Counter(answer.headers.get("idempotency-replayed") for answer in answers) == {None: 1, "true": 59}
    assert (await clients[0].get("Patient?_summary=count")).json()["total"] == 1


async def test_another_request_under_the_key_is_refused(api: Api, vendor: httpx.AsyncClient) -> None:
    await vendor.post("Patient", json=ASTRID, headers=KEY)
    others = [
        vendor.post("Patient", json=ASTRID | {"gender": "female"}, headers=KEY),
        vendor.post("Patient", json=ASTRID, headers=KEY | {"if-none-exist": "family=x"}),
        vendor.put("Patient/x-1", json=ASTRID | {"id": "x-1"}, headers=KEY),
        vendor.delete("Patient/x-1", headers=KEY),
        vendor.post("", content=transaction(post(ASTRID)), headers=KEY),
        vendor.post("", content=transaction(post(ASTRID), kind="batch"), headers=KEY),
    ]
    for other in others:
        assert refused(await other) == (422, "conflict", "")
    assert (await vendor.get("Patient?_summary=count")).json()["total"] == 1


async def test_a_key_is_its_senders_own(api: Api, vendor: httpx.AsyncClient) -> None:
    nurse = await staff(api.office, await unit(api.office, "Sone nord"), "Yusuf", "fastlege")
    made = [await client.post("Patient", json=ASTRID, headers=KEY) for client in (vendor, api.as_(nurse))]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]


async def test_what_was_refused_may_be_tried_again(api: Api, vendor: httpx.AsyncClient) -> None:
    wrong = await vendor.post("Patient", json=ASTRID | {"gender": "x"}, headers=KEY)
    assert wrong.status_code == 422
    assert (await vendor.post("Patient", json=ASTRID, headers=KEY)).status_code == 201


async def test_an_answer_that_is_given_again_leaves_its_own_trace(api: Api, vendor: httpx.AsyncClient) -> None:
    reference = (await patient(api.office)).reference
    sent = transaction(post(about(reference)))
    for path, body, headers in (("", sent, KEY), ("Observation", msgspec.json.encode(about(reference)),
                                                  {"idempotency-key": "another-key-1", "prefer": "return=minimal"})):  # fmt: skip
        first, second = [await vendor.post(path, content=body, headers=headers) for _ in range(2)]
        assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
        requests = [one.headers["x-request-id"] for one in (first, second)]
        found = await api.office.database.fetch(
            "SELECT DISTINCT request FROM access_log WHERE request = ANY ($1)", requests
        )
        assert len(found) == 2, path


async def test_a_transaction_is_carried_out_once(api: Api, vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()["id"]
    create = post(about("urn:uuid:1")) | {}
    create["request"]["ifNoneExist"] = "identifier=urn:x|1"
    bundle = transaction(
        {"request": {"method": "GET", "url": f"Patient/{made}"}}, post(ASTRID, "urn:uuid:1"), create,
        {"request": {"method": "DELETE", "url": "Observation?identifier=urn:x|8"}},
    )  # fmt: skip
    for prefer in ("return=minimal", "return=representation"):
        headers = {"idempotency-key": prefer, "prefer": prefer}
        first, second = [(await vendor.post("", content=bundle, headers=headers)).json() for _ in range(2)]
        assert first == second
        assert [entry["response"]["status"][:3] for entry in first["entry"]] == ["200", "201", "201", "204"]
    assert (await vendor.get("Observation?_summary=count")).json()["total"] == 2


async def test_a_batch_goes_on_where_it_was_cut_off(api: Api, vendor: httpx.AsyncClient, owner_db: Database) -> None:
    bundle = transaction(post(ASTRID), post(ASTRID | {"gender": "x"}), post(ASTRID), kind="batch")
    first = (await vendor.post("", content=bundle, headers=KEY)).json()
    assert (await vendor.post("", content=bundle, headers=KEY)).json() == first
    assert (await vendor.get("Patient?_summary=count")).json()["total"] == 2
    assert [entry["response"]["status"][:3] for entry in first["entry"]] == ["201", "422", "201"]
    other = transaction(post(ASTRID), kind="batch")
    assert refused(await vendor.post("", content=other, headers=KEY))[0] == 422


async def test_what_is_kept_holds_nothing_of_the_content_and_what_was_erased_comes_not_back(
    api: Api, vendor: httpx.AsyncClient, owner_db: Database
) -> None:
    north = await unit(api.office, "Sone nord")
    person, doctor = await patient(api.office, at=north), await staff(api.office, north, "Berg", "fastlege")
    made = await vendor.post("Observation", content=temperature(person), headers=KEY)
    kept = [dict(row) for row in await owner_db.fetch("SELECT * FROM idempotency")]
    assert len(kept) == 1
    assert msgspec.json.decode(kept[0]["results"])[0][:4] == [201, "Observation", made.json()["id"], 1]
    assert KEY["idempotency-key"].encode() not in repr(kept).encode()
    decided = Decision(ground=Ground.WRONG_PATIENT, reason="Ført på feil person")
    async with api.office.work(doctor, Purpose.ADMINISTRATION) as work:
        await erasure.erase(work, [f"Observation/{made.json()['id']}"], decided)
    again = await vendor.post("Observation", content=temperature(person), headers=KEY)
    assert (again.status_code, again.content, again.headers["location"]) == (201, b"", made.headers["location"])


async def test_keys_are_forgotten_after_thirty_days(vendor: httpx.AsyncClient, owner_db: Database) -> None:
    await vendor.post("Patient", json=ASTRID, headers=KEY)
    await conditions.clean(owner_db, NOW + timedelta(days=29))
    assert (await vendor.post("Patient", json=ASTRID, headers=KEY)).headers["idempotency-replayed"] == "true"
    await conditions.clean(owner_db, NOW + timedelta(days=31))
    assert "idempotency-replayed" not in (await vendor.post("Patient", json=ASTRID, headers=KEY)).headers


async def test_a_key_that_is_none_is_refused_and_a_read_needs_none(vendor: httpx.AsyncClient) -> None:
    for key in ("", "a b", "x" * 256):
        answer = await vendor.post("Patient", json=ASTRID, headers={"idempotency-key": key})
        assert refused(answer) == (400, "invalid", "")
    assert (await vendor.get("Patient", headers=KEY)).status_code == 200
