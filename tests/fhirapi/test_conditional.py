"""Conditional create, update and delete, hl7.org/fhir/R4/http.html#ccreate"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from akson.registers.identifiers import synthetic_fnr
from tests.fhirapi.clients import ASTRID, Api, about, post, refused, transaction
from tests.offices import FNR, VENDOR, citizen, opened_office, patient, staff, unit

SYSTEM = "urn:example:lab"
HERS = synthetic_fnr(date(1941, 3, 14), 40, female=True).value


def marked(reference: str, value: str = "1", **more: Any) -> dict[str, Any]:
    """Return an observation that its sender knows by a number."""
    return about(reference) | {"identifier": [{"system": SYSTEM, "value": value}]} | more


def if_none(query: str = f"identifier={SYSTEM}|1") -> dict[str, str]:
    return {"if-none-exist": query}


async def count(vendor: httpx.AsyncClient, query: str = f"identifier={SYSTEM}|1", kind: str = "Observation") -> int:
    total: int = (await vendor.get(f"{kind}?{query}&_summary=count")).json()["total"]
    return total


async def test_of_a_thousand_at_once_one_creates_and_the_others_are_told_where(api: Api, database_url: str) -> None:
    """From two servers, which share nothing but the database."""
    reference = (await patient(api.office)).reference
    async with opened_office(database_url) as second:
        other = Api(second)
        clients = [api.as_(VENDOR), other.as_(VENDOR)]
        made = await asyncio.gather(
            *(clients[n % 2].post("Observation", json=marked(reference), headers=if_none()) for n in range(1000))
        )
        await other.close()
    assert Counter(answer.status_code for answer in made) == {201: 1, 200: 999}
    assert len({answer.headers["location"] for answer in made}) == 1
    assert len({answer.content for answer in made}) == 1
    assert await count(clients[0]) == 1


async def test_other_ways_to_ask_for_one_identifier_wait_for_each_other(api: Api, vendor: httpx.AsyncClient) -> None:
    person = await patient(api.office)
    ways = [f"identifier={SYSTEM}|1", "identifier=1", f"identifier={SYSTEM}|1&status=final",
            f"status=final&identifier={SYSTEM}%7C1", f"?identifier={SYSTEM}|1", f"Observation?identifier={SYSTEM}|1,x|2"]  # fmt: skip
    made = await asyncio.gather(
        *(vendor.post("Observation", json=marked(person.reference), headers=if_none(way)) for way in ways * 5)
    )
    assert Counter(answer.status_code for answer in made) == {201: 1, 200: 29}


async def test_what_was_deleted_is_made_anew(api: Api, vendor: httpx.AsyncClient) -> None:
    reference = (await patient(api.office)).reference
    first = await vendor.post("Observation", json=marked(reference), headers=if_none())
    await vendor.delete(f"Observation/{first.json()['id']}")
    second = await vendor.post("Observation", json=marked(reference), headers=if_none())
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]
    assert await count(vendor) == 1


async def test_several_are_too_many(api: Api, vendor: httpx.AsyncClient) -> None:
    reference = (await patient(api.office)).reference
    for _ in range(2):
        await vendor.post("Observation", json=marked(reference))
    at = f"Observation?identifier={SYSTEM}|1"
    for answer in (
        await vendor.post("Observation", json=marked(reference), headers=if_none()),
        await vendor.put(at, json=marked(reference)),
        await vendor.delete(at),
    ):
        assert refused(answer) == (412, "multiple-matches", "")
    assert await count(vendor) == 2


@pytest.mark.parametrize("text", ["", "?", "_count=1", "identifier=1&_sort=date", "nonsense=1", "Patient?name=x", "a"])
async def test_a_condition_that_says_nothing_is_refused(api: Api, vendor: httpx.AsyncClient, text: str) -> None:
    person = await patient(api.office)
    answer = await vendor.post("Observation", json=about(person.reference), headers=if_none(text))
    assert refused(answer)[0] == 400
    assert await count(vendor, "code=8310-5") == 0


async def test_who_may_not_see_the_match_makes_another_and_learns_nothing(api: Api) -> None:
    north, south = await unit(api.office, "Sone nord"), await unit(api.office, "Sone sør")
    astrid, kari = await patient(api.office, at=north), await patient(api.office, at=south)
    nurse, other = api.as_(await staff(api.office, north, "Yusuf")), api.as_(await staff(api.office, south, "Lie"))
    first = await nurse.post("Observation", json=marked(astrid.reference), headers=if_none())
    second = await other.post("Observation", json=marked(kari.reference), headers=if_none())
    assert (first.status_code, second.status_code) == (201, 201)
    for client, made in ((nurse, first), (other, second)):
        again = await client.post("Observation", json=made.json() | {"id": "x"}, headers=if_none())
        assert (again.status_code, again.json()) == (200, made.json())


async def test_a_person_is_never_made_twice_also_by_who_may_not_see_her(api: Api) -> None:
    south = await unit(api.office, "Sone sør")
    vendor = api.as_(VENDOR)
    made = await vendor.post("Patient", json=ASTRID | {"identifier": [{"system": FNR, "value": HERS}]})
    query = f"identifier={FNR}|{HERS}"
    stranger = api.as_(await staff(api.office, south, "Lie", "fastlege"))
    answer = await stranger.post("Patient", json=ASTRID, headers=if_none(query))
    assert refused(answer) == (412, "conflict", "")
    assert b"Nordli" not in answer.content and made.json()["id"].encode() not in answer.content
    for _ in range(2):
        assert (await vendor.post("Patient", json=ASTRID, headers=if_none(query))).status_code == 200
    assert refused(await stranger.put(f"Patient?{query}", json=ASTRID)) == (412, "conflict", "")
    assert (await stranger.delete(f"Patient?{query}")).json() == (await stranger.delete("Patient?identifier=x")).json()
    assert await count(vendor, query, "Patient") == 1


@pytest.mark.parametrize(
    "who", ["a citizen", "a citizen's app", "a case worker", "an administrator", "an app without a patient"]
)
async def test_who_could_make_no_person_learns_of_no_number(api: Api, who: str) -> None:
    """What a condition on a number would tell is told only to who meets people and registers them."""
    nurse = await staff(api.office, await unit(api.office, "Sone vest"), "Vik")
    person = citizen(await patient(api.office))
    asking = {
        "a citizen": person, "a citizen's app": replace(person, scopes=frozenset({"patient/*.cruds"})),
        "a case worker": replace(nurse, role="saksbehandler"), "an administrator": replace(nurse, role="administrator"),
        "an app without a patient": replace(nurse, scopes=frozenset({"patient/*.cruds"})),
    }[who]  # fmt: skip
    await patient(api.office, identifier=[{"system": FNR, "value": HERS}])
    nobodys = synthetic_fnr(date(1941, 3, 14), 42, female=True).value
    client, told = api.as_(asking), []
    for number in (HERS, nobodys):
        query = f"identifier={FNR}|{number}"
        sent = transaction(post(ASTRID) | {"request": {"method": "POST", "url": "Patient", "ifNoneExist": query}})
        answers = [await client.post("Patient", json=ASTRID, headers=if_none(query)),
                   await client.put(f"Patient?{query}", json=ASTRID), await client.post("", content=sent)]  # fmt: skip
        told.append([(one.status_code, one.content) for one in answers])
    assert told[0] == told[1]
    assert [status for status, _ in told[0]] == [403, 403, 403]


async def test_an_update_finds_what_its_condition_means(api: Api, vendor: httpx.AsyncClient) -> None:
    reference = (await patient(api.office)).reference
    at = f"Observation?identifier={SYSTEM}|1"
    made = await vendor.put(at, json=marked(reference))
    changed = await vendor.put(at, json=marked(reference, status="amended"))
    assert (made.status_code, changed.status_code, changed.headers["etag"]) == (201, 200, 'W/"2"')
    assert changed.json()["id"] == made.json()["id"]
    assert changed.json()["status"] == "amended"
    named = await vendor.put(at, json=marked(reference) | {"id": made.json()["id"]}, headers={"if-match": 'W/"2"'})
    assert named.headers["etag"] == 'W/"3"'
    assert refused(await vendor.put(at, json=marked(reference) | {"id": "x"})) == (400, "invalid", "Observation.id")
    assert refused(await vendor.put(at, json=marked(reference), headers={"if-match": 'W/"1"'}))[0] == 412
    assert await count(vendor) == 1


async def test_an_update_that_finds_nothing_may_choose_an_id_that_is_free(api: Api, vendor: httpx.AsyncClient) -> None:
    reference = (await patient(api.office)).reference
    made = await vendor.put(f"Observation?identifier={SYSTEM}|1", json=marked(reference) | {"id": "mine-1"})
    assert (made.status_code, made.json()["id"]) == (201, "mine-1")
    taken = await vendor.put(f"Observation?identifier={SYSTEM}|2", json=marked(reference, "2") | {"id": "mine-1"})
    assert refused(taken)[0] == 412
    late = await vendor.put(
        f"Observation?identifier={SYSTEM}|3", json=marked(reference, "3"), headers={"if-match": 'W/"1"'}
    )
    assert refused(late)[0] == 412


async def test_of_many_updates_at_once_one_creates_and_each_has_its_version(
    api: Api, vendor: httpx.AsyncClient
) -> None:
    reference = (await patient(api.office)).reference
    at = f"Observation?identifier={SYSTEM}|1"
    made = await asyncio.gather(*(vendor.put(at, json=marked(reference)) for _ in range(30)))
    assert Counter(answer.status_code for answer in made) == {201: 1, 200: 29}
    assert len({answer.headers["etag"] for answer in made}) == 30
    assert await count(vendor) == 1


async def test_a_delete_finds_one_or_none(api: Api, vendor: httpx.AsyncClient) -> None:
    reference = (await patient(api.office)).reference
    made = (await vendor.post("Observation", json=marked(reference))).json()["id"]
    for _ in range(2):
        assert (await vendor.delete(f"Observation?identifier={SYSTEM}|1")).status_code == 200
    assert (await vendor.get(f"Observation/{made}")).status_code == 410
    for query in ("", "?", "?_count=1", "?nonsense=1"):
        assert refused(await vendor.delete(f"Observation{query}"))[0] in (400, 405)
        assert refused(await vendor.put(f"Observation{query}", json=marked(reference)))[0] in (400, 405)


async def test_a_condition_needs_a_token_that_may_look(api: Api) -> None:
    blind = api.as_(replace(VENDOR, scopes=frozenset({"system/*.cud"})))
    reference = (await patient(api.office)).reference
    at = f"Observation?identifier={SYSTEM}|1"
    for answer in (
        await blind.post("Observation", json=marked(reference), headers=if_none()),
        await blind.put(at, json=marked(reference)),
        await blind.delete(at),
    ):
        assert refused(answer)[0] == 403


def _create(resource: dict[str, Any], url: str | None = None) -> dict[str, Any]:
    made = post(resource, url)
    made["request"]["ifNoneExist"] = f"identifier={SYSTEM}|{resource['identifier'][0]['value']}"
    return made


def _change(method: str, value: str, resource: dict[str, Any] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": f"Observation?identifier={SYSTEM}|{value}"}}
    return made | ({"resource": resource} if resource else {})


@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_conditions_hold_inside_a_bundle(api: Api, vendor: httpx.AsyncClient, kind: str) -> None:
    reference = (await patient(api.office)).reference
    kept = (await vendor.post("Observation", json=marked(reference, "1"))).json()["id"]
    gone = (await vendor.post("Observation", json=marked(reference, "2"))).json()["id"]
    told = await vendor.post("", content=transaction(
        _create(marked(reference, "1")), _create(marked(reference, "3")), _change("DELETE", "2"), _change("DELETE", "9"),
        _change("PUT", "4", marked(reference, "4")), kind=kind,
    ))  # fmt: skip
    assert told.status_code == 200, told.text
    responses = [entry["response"] for entry in told.json()["entry"]]
    assert [one["status"][:3] for one in responses][:2] == ["200", "201"]
    assert responses[4]["status"][:3] == "201"
    assert responses[0]["location"].endswith(f"Observation/{kept}/_history/1")
    assert (await vendor.get(f"Observation/{gone}")).status_code == 410
    changed = await vendor.post("", content=transaction(_change("PUT", "4", marked(reference, "4")), kind=kind))
    assert changed.json()["entry"][0]["response"]["etag"] == 'W/"2"'


async def test_what_is_there_already_is_what_the_others_refer_to(vendor: httpx.AsyncClient) -> None:
    doctor = {"resourceType": "Practitioner", "identifier": [{"system": SYSTEM, "value": "7"}]}

    def bundle(number: str) -> bytes:
        measured = about(f"urn:uuid:{number}") | {
            "performer": [{"reference": "urn:uuid:d1"}, {"reference": "urn:uuid:d2"}]
        }
        return transaction(
            post(ASTRID, f"urn:uuid:{number}"),
            _create(doctor, "urn:uuid:d1"),
            _create(doctor, "urn:uuid:d2"),
            post(measured),
        )

    first, second = [(await vendor.post("", content=bundle(number))).json() for number in ("1", "2")]
    statuses = [[entry["response"]["status"][:3] for entry in told["entry"]] for told in (first, second)]
    assert statuses == [["201", "201", "200", "201"], ["201", "200", "200", "201"]]
    found = [(await vendor.get(told["entry"][3]["response"]["location"])).json() for told in (first, second)]
    performers = {one["reference"] for each in found for one in each["performer"]}
    assert len(performers) == 1
    assert await count(vendor, f"identifier={SYSTEM}|7", "Practitioner") == 1


async def test_two_entries_never_change_what_one_condition_means(api: Api, vendor: httpx.AsyncClient) -> None:
    reference = (await patient(api.office)).reference
    made = (await vendor.post("Observation", json=marked(reference))).json()
    whole = {"resource": made, "request": {"method": "PUT", "url": f"Observation/{made['id']}"}}
    for entries in (
        (_change("PUT", "1", marked(reference)), _change("DELETE", "1")),
        (_change("PUT", "1", marked(reference)), whole),
        (_create(marked(reference)), _change("DELETE", "1")),
        (_change("PUT", "8", marked(reference, "8")), _change("PUT", "8", marked(reference, "8"))),
    ):
        answer = await vendor.post("", content=transaction(*entries))
        assert refused(answer)[:2] == (400, "duplicate")
    assert (await vendor.get(f"Observation/{made['id']}")).headers["etag"] == 'W/"1"'


async def test_many_transactions_at_once_create_one(api: Api, vendor: httpx.AsyncClient) -> None:
    reference = (await patient(api.office)).reference
    bundles = [transaction(_create(marked(reference, "1")), _create(marked(reference, "2"))),
               transaction(_create(marked(reference, "2")), _create(marked(reference, "1")))]  # fmt: skip
    told = await asyncio.gather(*(vendor.post("", content=bundles[n % 2]) for n in range(40)))
    assert Counter(answer.status_code for answer in told) == {200: 40}
    assert [await count(vendor, f"identifier={SYSTEM}|{value}") for value in "12"] == [1, 1]
