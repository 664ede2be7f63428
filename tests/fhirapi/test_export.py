"""$export: kick-off, status, files and giving up, as bulk clients use it; what is not shown in a read is not in a file."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.record import exports, journal
from akson.record.office import Office
from tests.fhirapi.clients import Api, issue, transaction
from tests.offices import JOB, VENDOR, citizen, let_pass, patient, staff, temperature, unit

ASYNC = {"prefer": "respond-async"}
BLOCK = {
    "resourceType": "Consent", "status": "active",
    "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
    "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
    "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTOUT"}]},
    "provision": {"type": "deny"},
}  # fmt: skip


def later(office: Office, seconds: float = 1) -> None:
    let_pass(office, timedelta(seconds=seconds))


async def begun(client: httpx.AsyncClient, path: str = "$export", **more: Any) -> str:
    answer = await client.request(more.pop("method", "GET"), path, headers=ASYNC | more.pop("headers", {}), **more)
    assert answer.status_code == 202, answer.text
    return answer.headers["content-location"]


async def manifest(client: httpx.AsyncClient, place: str) -> dict[str, Any]:
    for _ in range(50):
        answer = await client.get(place)
        if answer.status_code == 200:
            assert answer.headers["content-type"] == "application/json"
            told: dict[str, Any] = answer.json()
            assert told["requiresAccessToken"] is True
            assert told["request"].startswith("http://akson.test/fhir/")
            return told
        assert answer.status_code == 202
        assert int(answer.headers["retry-after"]) >= 1
        await asyncio.sleep(0.02)
    raise AssertionError("never ready")


async def fetched(client: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    answer = await client.get(url, headers={"accept": "application/fhir+ndjson"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/fhir+ndjson"
    return [json.loads(line) for line in answer.content.splitlines()]


async def exported(client: httpx.AsyncClient, path: str = "$export", **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Return what an export gives by type, the deleted under "deleted"."""
    told = await manifest(client, await begun(client, path, **more))
    found = {one["type"]: await fetched(client, one["url"]) for one in told["output"]}
    gone = [line for one in told["deleted"] for line in await fetched(client, one["url"])]
    return found | ({"deleted": gone} if gone else {})


def ids(found: dict[str, list[dict[str, Any]]], type_: str) -> set[str]:
    return {one["id"] for one in found.get(type_, [])}


async def test_an_export_holds_the_newest_version_of_everything_as_a_read_gives_it(api: Api) -> None:
    client = api.as_(VENDOR)
    astrid = await patient(api.office)
    made = await client.post("Observation", content=temperature(astrid, "38.40"))
    changed = json.loads(temperature(astrid, "39.10")) | {"id": made.json()["id"]}
    await client.put(f"Observation/{made.json()['id']}", content=json.dumps(changed).replace("39.1", "39.10"))
    organisation = await client.post("Organization", content=b'{"resourceType":"Organization",\n "name": "Fjordvik"}')
    later(api.office)
    found = await exported(client)
    assert set(found) == {"Patient", "Observation", "Organization"}
    told = await manifest(client, await begun(client, "$export?_type=Observation"))
    text = (await client.get(told["output"][0]["url"])).content
    assert text == (await client.get(f"Observation/{made.json()['id']}")).content + b"\n"
    assert b"39.10" in text
    assert ids(found, "Organization") == {organisation.json()["id"]}
    assert found["Organization"][0]["name"] == "Fjordvik"


async def test_what_is_written_after_the_kick_off_is_not_in_it_and_is_in_the_next(api: Api) -> None:
    client = api.as_(VENDOR)
    astrid = await patient(api.office)
    made = (await client.post("Observation", content=temperature(astrid, "38"))).json()
    later(api.office)
    place = await begun(client)
    at = (await manifest(client, place))["transactionTime"]
    new = await client.post("Observation", content=temperature(astrid, "37"))  # the clock stands still: stamped later
    await client.put(f"Observation/{made['id']}", content=json.dumps(made | {"status": "amended"}))
    url = f"{place}/Observation.ndjson"
    before = await fetched(client, url)
    assert [(one["id"], one["meta"]["versionId"]) for one in before] == [(made["id"], "1")]
    later(api.office)
    after = await exported(client, f"$export?_since={at.replace('+', '%2B')}")
    assert set(after) == {"Observation"}
    assert ids(after, "Observation") == {made["id"], new.json()["id"]}


async def test_it_is_not_ready_while_somebody_may_still_write_up_to_its_watermark(api: Api, owner_db: Database) -> None:
    client = api.as_(VENDOR)
    async with owner_db.transaction() as slow:
        await slow.execute("SELECT pg_current_xact_id()")
        place = await begun(client)
        waiting = await client.get(place)
        assert (waiting.status_code, waiting.headers["x-progress"]) == (202, "waiting for writes under way")
        assert (await client.get(f"{place}/Patient.ndjson")).status_code == 404
    assert (await manifest(client, place))["output"] == []


async def test_deletions_since_come_as_a_bundle(api: Api) -> None:
    client = api.as_(VENDOR)
    astrid = await patient(api.office)
    made = (await client.post("Observation", content=temperature(astrid))).json()
    later(api.office)
    at = (await manifest(client, await begun(client)))["transactionTime"]
    later(api.office)
    await client.delete(f"Observation/{made['id']}")
    later(api.office)
    found = await exported(client, f"$export?_since={at}")
    assert set(found) == {"deleted"}
    [bundle] = found["deleted"]
    assert (bundle["type"], bundle["entry"]) == (
        "transaction", [{"request": {"method": "DELETE", "url": f"Observation/{made['id']}"}}]
    )  # fmt: skip
    assert "Observation" not in await exported(client)


async def test_a_nurse_exports_those_her_unit_cares_for_and_nobody_else(api: Api) -> None:
    place = await unit(api.office, "Hjemmesykepleien")
    nurse = await staff(api.office, place, "Dahl")
    hers = await patient(api.office, at=place)
    other = await patient(api.office)
    vendor = api.as_(VENDOR)
    for person in (hers, other):
        await vendor.post("Observation", content=temperature(person))
    later(api.office)
    found = await exported(api.as_(nurse))
    assert ids(found, "Patient") == {hers.id}
    assert len(found["Observation"]) == 1
    own = await exported(api.as_(citizen(other)), "Patient/$export")
    assert ids(own, "Patient") == {other.id}
    assert "Organization" not in own


async def test_a_block_withdraws_what_is_being_exported_at_once_and_leaves_no_trace_of_its_own(api: Api) -> None:
    client = api.as_(VENDOR)
    astrid = await patient(api.office)
    bjarne = await patient(api.office)
    await client.post("Observation", content=temperature(astrid))
    later(api.office)
    place = await begun(client, "$export?_type=Patient,Observation")
    assert {one["type"] for one in (await manifest(client, place))["output"]} == {"Patient", "Observation"}
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, BLOCK | {"patient": {"reference": astrid.reference}})
    assert [one["id"] for one in await fetched(client, f"{place}/Patient.ndjson")] == [bjarne.id]
    assert await fetched(client, f"{place}/Observation.ndjson") == []
    later(api.office)
    assert set(await exported(client, "$export?_type=Patient,Observation,Consent")) == {"Patient"}


async def test_a_group_exports_its_members_as_they_were_at_the_kick_off(api: Api) -> None:
    client = api.as_(VENDOR)
    people = [await patient(api.office) for _ in range(4)]
    group = {
        "resourceType": "Group", "type": "person", "actual": True,
        "member": [{"entity": {"reference": one.reference}, "inactive": n == 2} for n, one in enumerate(people[:3])],
    }  # fmt: skip
    made = (await client.post("Group", content=json.dumps(group))).json()
    later(api.office)
    place = await begun(client, f"Group/{made['id']}/$export")
    await client.put(
        f"Group/{made['id']}", content=json.dumps(made | {"member": [{"entity": {"reference": people[3].reference}}]})
    )
    await manifest(client, place)
    assert {one["id"] for one in await fetched(client, f"{place}/Patient.ndjson")} == {people[0].id, people[1].id}
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "patient", "valueReference": {"reference": people[3].reference}}],
    }
    later(api.office)
    found = await exported(client, "Patient/$export", method="POST", content=json.dumps(body))
    assert ids(found, "Patient") == {people[3].id}
    assert (await client.get("Group/none/$export", headers=ASYNC)).status_code == 404


async def test_only_who_asked_may_follow_fetch_or_give_up_an_export(api: Api) -> None:
    client = api.as_(VENDOR)
    await patient(api.office)
    later(api.office)
    place = await begun(client)
    stranger = api.as_(replace(VENDOR, id="Device/other"))
    for method, url in (("GET", place), ("GET", f"{place}/Patient.ndjson"), ("DELETE", place)):
        assert (await stranger.request(method, url)).status_code == 404
    await manifest(client, place)
    assert (await client.delete(place)).status_code == 202
    for method, url in (("GET", place), ("GET", f"{place}/Patient.ndjson"), ("DELETE", place)):
        assert (await client.request(method, url)).status_code == 404


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("$export", {"prefer": ""}, 400),
        ("$export?_type=Nothing", {}, 400),
        ("$export?_typeFilter=Patient%3Factive%3Dtrue", {}, 400),
        ("$export?includeAssociatedData=LatestProvenanceResources", {}, 400),
        ("$export?_outputFormat=text/csv", {}, 400),
        ("$export?_since=2020", {}, 400),
        ("$export?_elements=Patient.nothing", {}, 400),
        ("$export?patient=Patient/x", {}, 400),
        ("$export?unknown=1", {}, 400),
        ("Patient/$export?_type=Organization", {}, 400),
        ("Observation/$export", {}, 404),
        ("$export", {"accept": "application/fhir+xml"}, 406),
        ("$export/none", {}, 404),
        ("$export/none/Patient.ndjson", {}, 404),
        ("$export/a/b/c", {}, 404),
    ],
)
async def test_what_is_not_understood_is_refused(api: Api, path: str, headers: dict[str, str], status: int) -> None:
    answer = await api.as_(VENDOR).get(path, headers=ASYNC | headers)
    assert answer.status_code == status, answer.text
    issue(answer)


async def test_a_lenient_client_is_told_what_was_left_out(api: Api) -> None:
    client = api.as_(VENDOR)
    await patient(api.office)
    later(api.office)
    asked = "$export?_type=Patient,Nothing&_typeFilter=Patient%3Factive%3Dtrue&_outputFormat=ndjson"
    told = await manifest(client, await begun(client, asked, headers={"prefer": "respond-async, handling=lenient"}))
    assert [one["type"] for one in told["output"]] == ["Patient"]
    [error] = told["error"]
    assert [one["issue"][0]["diagnostics"] for one in await fetched(client, error["url"])] == [
        "parameter _typeFilter was not followed", "parameter _type=Nothing was not followed",
    ]  # fmt: skip


async def test_no_bundle_carries_an_export(api: Api) -> None:
    client = api.as_(VENDOR)
    place = (await begun(client)).removeprefix("http://akson.test/fhir/")
    for url in ("$export", place, f"{place}/Patient.ndjson"):
        asked = {"request": {"method": "GET", "url": url}}
        told = await client.post("", content=transaction(asked, kind="batch"))
        assert told.json()["entry"][0]["response"]["status"][:3] == "400"
        assert (await client.post("", content=transaction(asked))).status_code == 400


async def test_elements_cut_and_gzip_packs_and_head_sends_nothing(api: Api) -> None:
    client = api.as_(VENDOR)
    made = await patient(api.office, gender="female")
    later(api.office)
    place = await begun(client, "$export?_type=Patient&_elements=Patient.gender")
    await manifest(client, place)
    [one] = await fetched(client, f"{place}/Patient.ndjson")
    assert (one["id"], one["gender"], "name" in one) == (made.id, "female", False)
    assert one["meta"]["tag"][0]["code"] == "SUBSETTED"
    async with client.stream("GET", f"{place}/Patient.ndjson", headers={"accept-encoding": "gzip"}) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    assert json.loads(gzip.decompress(raw)) == one
    head = await client.head(f"{place}/Patient.ndjson")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_token_that_covers_one_type_gets_no_other(api: Api) -> None:
    astrid = await patient(api.office)
    await api.as_(VENDOR).post("Observation", content=temperature(astrid))
    later(api.office)
    narrow = api.as_(replace(VENDOR, scopes=frozenset({"system/Observation.rs"})))
    assert set(await exported(narrow)) == {"Observation"}
    refused = await narrow.get("$export?_type=Patient", headers=ASYNC)
    assert refused.status_code == 403


async def test_one_client_cannot_fill_the_server_with_exports(api: Api) -> None:
    client = api.as_(VENDOR)
    places = [await begun(client, "$export?_type=Patient") for _ in range(exports.MOST_RUNNING)]
    refused = await client.get("$export", headers=ASYNC)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    await client.delete(places[0])
    later(api.office, 90_000)
    await begun(client)
    await exports.clean(api.office.database, api.office.clock() + 3 * exports.LASTS)
    assert await api.office.database.fetchval("SELECT count(*) FROM export") == 0


async def test_a_file_in_many_parts_is_whole_and_the_same_again_and_each_part_is_in_the_log(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PART", 7)
    client = api.as_(VENDOR)
    people = [await patient(api.office) for _ in range(3)]
    made = set()
    for n in range(40):
        made.add((await client.post("Observation", content=temperature(people[n % 3], f"3{n % 10}.5"))).json()["id"])
    later(api.office, 60)
    place = await begun(client, "$export?_type=Observation")
    await manifest(client, place)
    first, again = [(await client.get(f"{place}/Observation.ndjson")).content for _ in range(2)]
    assert first == again
    assert {json.loads(line)["id"] for line in first.splitlines()} == made
    assert len(first.splitlines()) == 40
    await api.office.log.close()
    seen = await api.office.database.fetchval(
        "SELECT count(*) FROM access_log l, json_array_elements(l.seen::json) s"
        " WHERE l.screen = 'FHIR export Observation' AND s->>'what' LIKE 'Observation/%'"
    )
    assert seen == 80
    body = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueString": "Observation"}] + [
        {"name": "patient", "valueReference": {"reference": one.reference}} for one in people]}  # fmt: skip
    by_record = await exported(client, "Patient/$export", method="POST", content=json.dumps(body))
    assert ids(by_record, "Observation") == made
    assert len(by_record["Observation"]) == 40


@pytest.mark.parametrize("scopes", [None, frozenset({"system/Observation.rs"})])
async def test_a_file_ends_where_it_is_when_the_app_behind_it_is_revoked_or_loses_the_right(
    api: Api, monkeypatch: pytest.MonkeyPatch, scopes: frozenset[str] | None
) -> None:
    monkeypatch.setattr(exports, "PART", 1)
    client = api.as_(VENDOR)
    for _ in range(6):
        await patient(api.office)
    later(api.office)
    place = await begun(client, "$export?_type=Patient")
    await manifest(client, place)
    asked: list[Actor] = []

    async def acting(actor: Actor) -> Actor | None:
        asked.append(actor)
        if len(asked) <= 3:
            return actor
        return replace(actor, scopes=scopes) if scopes else None

    api.acting = acting
    with pytest.raises(Refused) as refused:  # in the middle of an answer: the connection breaks
        await client.get(f"{place}/Patient.ndjson")
    assert refused.value.code == ("AK-A005" if scopes else "AK-L002")
    assert len(asked) == 4
    await api.office.log.close()
    told = await api.office.database.fetchval(
        "SELECT count(*) FROM access_log l, json_array_elements(l.seen::json) s"
        " WHERE l.screen = 'FHIR export Patient' AND s->>'what' LIKE 'Patient/%/_history/%'"
    )
    assert told == 3


async def test_one_who_hangs_up_stops_the_work(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PART", 1)
    client = api.as_(VENDOR)
    for _ in range(30):
        await patient(api.office)
    later(api.office)
    place = await begun(client, "$export?_type=Patient")
    await manifest(client, place)
    sent: list[Any] = []
    told = iter([{"type": "http.request", "body": b""}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(told)

    async def send(message: Any) -> None:
        sent.append(message)
        await asyncio.sleep(0)

    path = place.removeprefix("http://akson.test") + "/Patient.ndjson"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"",
             "headers": [(b"authorization", client.headers["authorization"].encode())]}  # fmt: skip
    await api.app(scope, receive, send)
    assert sum(bool(one.get("body")) for one in sent) < 5
