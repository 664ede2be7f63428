"""A token gives no more than its scopes: which types, which letters, whose record, which part; on every hop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from akson.base.work import Actor, Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.stored import Stored
from tests.fhirapi.clients import Api, about, post, transaction
from tests.offices import JOB, VENDOR, citizen, patient, staff, temperature, unit

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
VITALS = f"Observation.rs?category={CATEGORY}|vital-signs"


@pytest.fixture
async def nurse(office: Office) -> Actor:
    return await staff(office, await unit(office, "Nordre hjemmetjeneste"), "Strand")


@pytest.fixture
async def astrid(office: Office, nurse: Actor) -> Stored:
    return await patient(office, at=nurse)


@pytest.fixture
async def seen(office: Office, astrid: Stored) -> dict[str, Stored]:
    """A measurement that is a vital sign and one that is not, and what points at both."""
    laboratory = temperature(astrid).replace(b"vital-signs", b"laboratory")
    async with office.work(JOB, Purpose.SYSTEM) as work:
        vital = await journal.create(work, temperature(astrid))
        lab = await journal.create(work, laboratory)
        both = [{"reference": vital.reference}, {"reference": lab.reference}]
        await journal.create(work, {
            "resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Samlet"}, "result": both,
            "subject": {"reference": astrid.reference},
        })  # fmt: skip
    return {"vital": vital, "lab": lab}


def holding(who: Actor, *scopes: str, context: Stored | None = None) -> Actor:
    return replace(who, scopes=frozenset(scopes), context=context.owner if context else 0)


async def ids(client: httpx.AsyncClient, url: str) -> list[str]:
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["id"] for entry in answer.json().get("entry", [])]


SCOPES = [(f"user/{VITALS}",), (f"patient/{VITALS}",), ("user/Patient.rs", f"patient/{VITALS}")]


@pytest.mark.parametrize("scopes", SCOPES)
async def test_a_narrowed_scope_gives_only_its_part_by_every_way(
    api: Api, nurse: Actor, astrid: Stored, seen: dict[str, Stored], scopes: tuple[str, ...]
) -> None:
    client, vital, lab = api.as_(holding(nurse, *scopes, context=astrid)), seen["vital"], seen["lab"]
    assert (await client.get(vital.reference)).status_code == 200
    for hidden in (lab.reference, f"{lab.reference}/_history", f"{lab.reference}/_history/1"):
        assert (await client.get(hidden)).status_code == 404, hidden
    for url in ("Observation", "Observation?_sort=-date", "Observation?code=8310-5", f"Observation?_id={lab.id},{vital.id}",
                f"Observation?patient={astrid.id}", "Observation?category=vital-signs,laboratory"):  # fmt: skip
        assert await ids(client, url) == [vital.id], url
    assert (await client.get("Observation?_total=accurate")).json()["total"] == 1
    assert (await client.get("Observation?_summary=count")).json()["total"] == 1
    assert await ids(client, "Observation?category=laboratory") == []
    body = transaction({"request": {"method": "GET", "url": lab.reference}},
                       {"request": {"method": "GET", "url": "Observation?_count=50"}}, kind="batch")  # fmt: skip
    told = (await client.post("", content=body)).json()["entry"]
    assert told[0]["response"]["status"].startswith("404") and len(told[1]["resource"]["entry"]) == 1


async def test_the_trail_says_on_what_basis_a_narrowed_search_showed_something(
    api: Api, office: Office, nurse: Actor, astrid: Stored, seen: dict[str, Stored]
) -> None:
    assert await ids(api.as_(holding(nurse, f"user/{VITALS}")), "Observation") == [seen["vital"].id]
    rows = await office.database.fetch("SELECT seen::text AS seen FROM access_log WHERE screen = 'FHIR search'")
    told = [one for row in rows for one in msgspec.json.decode(row["seen"]) if one["patient"] == astrid.owner]
    assert [(one["outcome"], one["rule"], one["basis"]) for one in told] == [
        ("permit", "unit_cares_for_patient", "enheten gir hjelp")
    ]


async def test_a_narrowed_scope_narrows_what_comes_along_and_what_chains_pass(
    api: Api, nurse: Actor, astrid: Stored, seen: dict[str, Stored]
) -> None:
    scopes = "user/DiagnosticReport.rs", "user/Patient.rs", f"user/{VITALS}"
    client, vital, lab = api.as_(holding(nurse, *scopes)), seen["vital"], seen["lab"]
    found = await ids(client, "DiagnosticReport?_include=DiagnosticReport:result")
    assert vital.id in found and lab.id not in found
    assert await ids(client, "Patient?_revinclude=Observation:subject") == [astrid.id, vital.id]
    assert await ids(client, "Patient?_has:Observation:subject:category=laboratory") == []
    assert await ids(client, "Patient?_has:Observation:subject:category=vital-signs") == [astrid.id]
    assert await ids(client, "DiagnosticReport?result.category=laboratory") == []
    whole = await ids(client, f"{astrid.reference}/$everything")
    assert vital.id in whole and lab.id not in whole


async def test_a_history_shows_only_the_versions_within_the_scope(
    api: Api, nurse: Actor, office: Office, astrid: Stored, seen: dict[str, Stored]
) -> None:
    lab = msgspec.json.decode(temperature(astrid)) | {"id": seen["lab"].id}
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, lab, id_=seen["lab"].id)
    client = api.as_(holding(nurse, f"user/{VITALS}"))
    told = (await client.get(f"{seen['lab'].reference}/_history")).json()["entry"]
    assert [one["resource"]["meta"]["versionId"] for one in told] == ["2"]
    assert (await client.get(f"{seen['lab'].reference}/_history/1")).status_code == 404
    across = (await client.get("Observation/_history")).json()["entry"]
    assert sorted(one["fullUrl"].rpartition("/")[2] for one in across) == sorted([seen["vital"].id, seen["lab"].id])


async def test_writes_stay_within_the_part_that_a_narrowed_scope_gives(
    api: Api, nurse: Actor, astrid: Stored, seen: dict[str, Stored]
) -> None:
    client = api.as_(holding(nurse, f"user/Observation.cud?category={CATEGORY}|vital-signs"))
    vital = temperature(astrid)
    assert (await client.post("Observation", content=vital)).status_code == 201
    other = vital.replace(b"vital-signs", b"laboratory")
    assert (await client.post("Observation", content=other)).status_code == 403
    lab, mine = seen["lab"], seen["vital"]

    def named(body: bytes, id_: str) -> bytes:
        return msgspec.json.encode(msgspec.json.decode(body) | {"id": id_})

    assert (await client.put(lab.reference, content=named(vital, lab.id))).status_code == 404
    assert (await client.put(mine.reference, content=named(other, mine.id))).status_code == 403
    assert (await client.put(mine.reference, content=named(vital, mine.id))).status_code == 200
    assert (await client.delete(lab.reference)).status_code == 404
    assert (await client.delete(mine.reference)).status_code == 200


async def test_a_token_for_one_patient_gives_that_record_and_no_other(
    api: Api, nurse: Actor, office: Office, astrid: Stored, seen: dict[str, Stored]
) -> None:
    other = await patient(office, at=nurse, name=[{"family": "Berg"}])
    async with office.work(JOB, Purpose.SYSTEM) as work:
        theirs = await journal.create(work, temperature(other))
    client = api.as_(holding(nurse, "patient/*.cruds", context=astrid))
    assert (await client.get(astrid.reference)).status_code == 200
    for hidden in (other.reference, theirs.reference, f"{theirs.reference}/_history", f"{other.reference}/$everything"):
        assert (await client.get(hidden)).status_code == 404, hidden
    assert await ids(client, "Patient") == [astrid.id]
    assert theirs.id not in await ids(client, "Observation") and theirs.id not in await ids(
        client, "Observation/_history"
    )
    assert (await client.post("Observation", content=temperature(other))).status_code in (403, 404, 422)
    body = transaction(post(temperature(astrid)), post(temperature(other)))
    assert (await client.post("", content=body)).status_code in (403, 404, 422)
    assert (await client.post("Observation", content=temperature(astrid))).status_code == 201
    assert (await client.get(f"{nurse.id}")).status_code == 200  # who works there may be looked up
    assert (
        await client.post("Organization", content=b'{"resourceType":"Organization","name":"Ny"}')
    ).status_code == 403


async def test_patient_scopes_without_a_patient_give_staff_nothing(
    api: Api, nurse: Actor, astrid: Stored, seen: dict[str, Stored]
) -> None:
    client = api.as_(holding(nurse, "patient/*.cruds"))
    assert (await client.get(astrid.reference)).status_code == 404
    assert await ids(client, "Observation") == []
    mine = api.as_(holding(citizen(astrid), "patient/*.rs"))
    assert (await mine.get(astrid.reference)).status_code == 200


LETTERS = [("c", "POST", 201), ("rus", "POST", 403), ("cuds", "GET", 403), ("r", "GET", 200), ("r", "SEARCH", 403),
           ("rs", "SEARCH", 200), ("cru", "DELETE", 403), ("d", "DELETE", 200), ("u", "PUT", 200), ("crds", "PUT", 403),
           ("sr", "GET", 403), ("rx", "GET", 403), ("rs?date=ge2026", "GET", 403), ("rs?category:not=x", "GET", 403),
           ("rs?unknown=x", "GET", 403), ("rs?", "GET", 403)]  # fmt: skip


@pytest.mark.parametrize(("letters", "method", "status"), LETTERS)
async def test_each_letter_gives_its_interaction_and_what_is_not_understood_nothing(
    api: Api, astrid: Stored, seen: dict[str, Stored], letters: str, method: str, status: int
) -> None:
    client, one = api.as_(holding(VENDOR, f"system/Observation.{letters}")), seen["vital"]
    body = msgspec.json.encode(about(astrid.reference) | ({"id": one.id} if method == "PUT" else {}))
    url = "Observation" if method in ("POST", "SEARCH") else one.reference
    sent: dict[str, Any] = {"content": body} if method in ("POST", "PUT") else {}
    answer = await client.request("GET" if method == "SEARCH" else method, url, **sent)
    assert answer.status_code == status, answer.text
