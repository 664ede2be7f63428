"""$import: NDJSON through the one write path; a bad line is told of by its number, and takes no other along."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from akson.base.database import Database
from akson.fhir.profiles.library import Library
from akson.fhirapi import importing
from akson.registers.identifiers import synthetic_fnr
from tests.fhir.profiled import ALL, URL
from tests.fhirapi.clients import BASE, Api, issue
from tests.offices import FNR, VENDOR, citizen, patient, staff, temperature, unit

NDJSON = {"content-type": "application/fhir+ndjson"}


def observation(id_: str, subject: str = "Patient/p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": id_, "status": "final", "code": {"text": "puls"},
            "subject": {"reference": subject}, **more}  # fmt: skip


def ndjson(*resources: dict[str, Any] | str) -> bytes:
    return b"\n".join(one.encode() if isinstance(one, str) else json.dumps(one).encode() for one in resources)


async def sent(
    client: httpx.AsyncClient, body: Any, path: str = "$import", **headers: str
) -> tuple[int, str, list[str]]:
    """Return the status, the sum, and the places of the faults."""
    answer = await client.post(
        path, content=body, headers=NDJSON | {k.replace("_", "-"): v for k, v in headers.items()}
    )
    first, *rest = [json.loads(line) for line in answer.content.splitlines()]
    assert answer.headers["content-type"] == "application/fhir+ndjson", answer.text
    return answer.status_code, first["issue"][0]["diagnostics"], [one["issue"][0]["location"][0] for one in rest]


async def test_lines_are_written_under_their_own_ids_and_absent_persons_get_a_place(api: Api) -> None:
    client = api.as_(VENDOR)
    body = ndjson(observation("o1"), observation("o2"), {"resourceType": "Patient", "id": "p1", "gender": "female"},
                  {"resourceType": "Organization", "name": "Uten id"})  # fmt: skip
    assert await sent(client, body) == (200, "4 lines: 4 written, 0 refused", [])
    assert (await client.get("Observation/o1")).json()["subject"] == {"reference": "Patient/p1"}
    assert (await client.get("Patient/p1")).json()["gender"] == "female"
    assert await sent(client, ndjson(observation("o3", "Patient/absent"))) == (200, "1 lines: 1 written, 0 refused", [])
    assert (await client.get("Patient/absent")).status_code == 200
    assert len((await client.get("Observation?patient=Patient/absent")).json()["entry"]) == 1


async def test_references_by_the_address_of_this_server_are_references_here(api: Api) -> None:
    client, astrid = api.as_(VENDOR), await patient(api.office)
    body = ndjson(observation("o1", f"{BASE}/fhir/{astrid.reference}"))
    assert (await sent(client, body))[1] == "1 lines: 1 written, 0 refused"
    assert (await client.get("Observation/o1")).json()["subject"] == {"reference": astrid.reference}


async def test_a_bad_line_in_the_middle_is_told_by_its_number_and_the_rest_goes_on(api: Api) -> None:
    client = api.as_(VENDOR)
    await client.put(
        "Observation/taken", content=json.dumps(observation("taken", (await patient(api.office)).reference))
    )
    lines = [observation(f"o{n}") for n in range(20)]
    body = ndjson(*lines[:3], "{not json", "", observation("bad", status="nonsense"), *lines[3:], observation("taken"),
                  observation("noone", f"Patient/{api.office.ids.mint(5)}"))  # fmt: skip
    status, told, faults = await sent(client, body)
    assert (status, told) == (200, "24 lines: 20 written, 4 refused")
    assert faults == ["line 4", "line 6", "line 24", "line 25"]
    assert (await client.get("Observation/o19")).status_code == 200
    assert (await client.get("Observation/bad")).status_code == 404


@pytest.mark.parametrize("mode", ["", "?onFault=refuse"])
async def test_a_line_that_breaks_a_rule_of_r4_takes_no_other_along(api: Api, mode: str) -> None:
    client = api.as_(VENDOR)
    broken = observation("bad", effectivePeriod={"start": "2026-02-02", "end": "2026-02-01"})
    body = ndjson(observation("o1"), broken, observation("o2"), broken | {"id": "worse"})
    status, told, faults = await sent(client, body, f"$import{mode}")
    assert faults == ["line 2", "line 4"]
    assert (status, told) == (
        (422, "4 lines: 0 written, 2 refused") if mode else (200, "4 lines: 2 written, 2 refused")
    )
    for id_, found in (("o1", not mode), ("o2", not mode), ("bad", False)):
        assert (await client.get(f"Observation/{id_}")).status_code == (200 if found else 404)


async def test_the_whole_is_refused_when_asked(api: Api) -> None:
    client = api.as_(VENDOR)
    good = [observation(f"o{n}") for n in range(3)]
    status, told, faults = await sent(client, ndjson(*good, "{", *good[:1]), "$import?onFault=refuse")
    assert (status, faults) == (422, ["line 4"])
    assert told == "5 lines: 0 written, 1 refused"
    assert (await client.get("Observation/o0")).status_code == 404
    assert (await sent(client, ndjson(*good), "$import?onFault=refuse"))[0] == 200
    assert (await client.get("Observation/o0")).status_code == 200


async def test_a_resource_that_stands_twice_gets_both_versions(api: Api) -> None:
    client = api.as_(VENDOR)
    body = ndjson(observation("o1"), observation("o1", status="amended"))
    assert (await sent(client, body))[1] == "2 lines: 2 written, 0 refused"
    assert (await client.get("Observation/o1")).json()["meta"]["versionId"] == "2"


async def test_what_is_sent_again_under_its_own_ids_stands_once(api: Api) -> None:
    client = api.as_(VENDOR)
    body = ndjson({"resourceType": "Patient", "id": "p1"}, *(observation(f"o{n}") for n in range(5)))
    for _ in range(2):
        assert await sent(client, body) == (200, "6 lines: 6 written, 0 refused", [])
    assert (await client.get("Observation?_summary=count")).json()["total"] == 5
    refused = await client.post("$import", content=body, headers=NDJSON | {"idempotency-key": "k1"})
    assert refused.status_code == 400 and "egne id-er" in issue(refused)["details"]["text"]


async def test_a_cut_gzip_is_told_and_the_lines_before_it_are_written(api: Api) -> None:
    client = api.as_(VENDOR)
    body = gzip.compress(ndjson(*(observation(f"o{n}", note=[{"text": "x" * 200}]) for n in range(200))))
    whole = await sent(client, body, content_encoding="gzip")
    assert whole == (200, "200 lines: 200 written, 0 refused", [])
    _, told, faults = await sent(client, body[: len(body) // 2], content_encoding="gzip")
    assert len(faults) == 1 and told.endswith("1 refused")


async def test_a_line_of_two_hundred_megabytes_is_told_and_passed_over(api: Api) -> None:
    client = api.as_(VENDOR)

    async def body() -> AsyncIterator[bytes]:
        yield ndjson(observation("o1")) + b"\n"
        for _ in range(200):
            yield b"x" * (1024 * 1024)
        yield b"\n" + ndjson(observation("o2"))

    assert await sent(client, body()) == (200, "3 lines: 2 written, 1 refused", ["line 2"])
    assert (await client.get("Observation/o2")).status_code == 200


async def test_what_a_write_would_be_refused_an_import_is_refused(api: Api) -> None:
    reader = api.as_(replace(VENDOR, scopes=frozenset({"system/*.rs"})))
    refused = await reader.post("$import", content=ndjson(observation("o1")), headers=NDJSON)
    assert refused.status_code == 403
    narrow = api.as_(replace(VENDOR, scopes=frozenset({"system/Observation.cu"})))
    astrid = await patient(api.office)
    body = ndjson(temperature(astrid).decode(), {"resourceType": "Organization", "name": "x"})
    assert (await sent(narrow, body))[1:] == ("2 lines: 1 written, 1 refused", ["line 2"])


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("$import", {"content-type": "application/fhir+json"}, 415),
        ("$import?unknown=1", {}, 400),
        ("$import?onFault=maybe", {}, 400),
        ("$import", {"content-encoding": "br"}, 415),
        ("$import", {"idempotency-key": "k1"}, 400),
    ],
)
async def test_what_is_not_understood_is_refused(api: Api, path: str, headers: dict[str, str], status: int) -> None:
    answer = await api.as_(VENDOR).post(path, content=b"{}", headers=NDJSON | headers)
    assert answer.status_code == status, answer.text
    issue(answer)


async def test_all_or_nothing_has_a_limit(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_TOGETHER", 3)
    client = api.as_(VENDOR)
    body = ndjson(*(observation(f"o{n}") for n in range(4)))
    answer = await client.post("$import?onFault=refuse", content=body, headers=NDJSON)
    assert answer.status_code == 413
    assert (await client.get("Observation/o0")).status_code == 404


@pytest.mark.parametrize("who", ["a nurse elsewhere", "a citizen"])
async def test_a_refused_line_tells_no_more_than_a_refused_write(api: Api, who: str) -> None:
    """Whether somebody has a number or an id is told to nobody without a basis."""
    office = api.office
    nurse = await staff(office, await unit(office, "Sone sør"), "Lie")
    number = [synthetic_fnr(date(1941, 3, 14), n, female=True).value for n in (40, 42)]
    hidden = await patient(office, identifier=[{"system": FNR, "value": number[0]}])
    await api.as_(VENDOR).put("Patient/fra-gammelt", json={"resourceType": "Patient", "id": "fra-gammelt"})
    client = api.as_(nurse if who == "a nurse elsewhere" else citizen(await patient(office)))
    for there, nowhere in (
        ({"identifier": {"system": FNR, "value": number[0]}}, {"identifier": {"system": FNR, "value": number[1]}}),
        ({"reference": hidden.reference}, {"reference": f"Patient/{office.ids.mint(5)}"}),
        ({"reference": "Patient/fra-gammelt"}, {"reference": "Patient/fra-ingen"}),
    ):
        for mode in ("skip", "refuse"):
            told = [await client.post(f"$import?onFault={mode}", headers=NDJSON, content=ndjson(
                {"resourceType": "Observation", "status": "final", "code": {"text": "puls"}, "subject": one}
            )) for one in (there, nowhere)]  # fmt: skip
            assert told[0].content == told[1].content, there
            assert json.loads(told[0].content.splitlines()[1])["issue"][0]["expression"] == ["Observation.subject"]


async def test_a_line_that_breaks_a_profile_takes_no_other_along(api: Api) -> None:
    api.office.profiles = Library(ALL)
    client, claimed = api.as_(VENDOR), {"meta": {"profile": [f"{URL}/patient"]}}
    people = [
        {"resourceType": "Patient", "id": f"p{n}", "gender": "female"} | (claimed if n in (1, 3) else {})
        for n in range(5)
    ]
    for mode, written, status in (("refuse", 0, 422), ("skip", 3, 200)):
        answer = await sent(client, ndjson(*people), f"$import?onFault={mode}")
        assert answer[:2] == (status, f"5 lines: {written} written, 2 refused")
        assert answer[2] == ["line 2", "line 4"]
    assert [(await client.get(f"Patient/p{n}")).status_code for n in range(5)] == [200, 404, 200, 404, 200]


async def test_the_planner_knows_of_a_large_load_before_it_is_next_asked(api: Api, owner_db: Database) -> None:
    client = api.as_(VENDOR)
    lines = ndjson(*({"resourceType": "Organization", "id": f"big-{n}", "name": f"Avdeling {n}"} for n in range(1500)))
    assert (await sent(client, lines))[1] == "1500 lines: 1500 written, 0 refused"
    known = await owner_db.fetchval("SELECT reltuples FROM pg_class WHERE relname = 'resource'")
    assert known >= 1500
