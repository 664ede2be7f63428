"""The terminology operations, hl7.org/fhir/R4/terminology-service.html"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from akson.registers.terminology.store import put_map, put_system, put_value_set
from tests.fhirapi.clients import Api, refused, transaction
from tests.offices import VENDOR
from tests.registers.terminology.samples import ANIMALS, USES, Json, animals, only, value_set

DOGS = value_set("dogs", only(("concept", "is-a", "hund")))
MAP = {
    "resourceType": "ConceptMap", "url": "https://akson.no/test/ConceptMap/use", "status": "active",
    "group": [{"source": ANIMALS, "target": USES, "element": [
        {"code": "hund", "target": [{"code": "vakt", "equivalence": "wider", "comment": "eller selskap"}]},
        {"code": "stein", "target": [{"equivalence": "unmatched"}]},
    ]}],
}  # fmt: skip


@pytest.fixture
async def loaded(api: Api, vendor: httpx.AsyncClient) -> httpx.AsyncClient:
    async with api.office.database.transaction() as connection:
        await put_system(connection, animals())
        await put_value_set(connection, DOGS)
        await put_value_set(connection, value_set("all", {"system": ANIMALS}))
        await put_map(connection, MAP)
    return vendor


def asked(*given: tuple[str, str, Any]) -> Json:
    return {"resourceType": "Parameters", "parameter": [{"name": n, k: v} for n, k, v in given]}


def told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = {}
    for one in answer.json()["parameter"]:
        value = next((v for k, v in one.items() if k != "name"), None)
        found.setdefault(one["name"], value)
    return found


def codes(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["code"] for one in answer.json()["expansion"].get("contains", [])]


async def test_a_value_set_is_expanded_and_searched_a_page_at_a_time(loaded: httpx.AsyncClient) -> None:
    assert codes(await loaded.get(f"ValueSet/$expand?url={DOGS['url']}&excludeNested=true")) == [
        "hund", "puddel", "settar",
    ]  # fmt: skip
    everything = "ValueSet/$expand?url=https://akson.no/test/ValueSet/all&excludeNested=true"
    first = await loaded.get(f"{everything}&count=3")
    assert codes(first) == ["dyr", "hund", "puddel"]
    assert first.json()["expansion"]["total"] == 8
    assert codes(await loaded.get(f"{everything}&count=3&offset=6")) == ["dodo", "stein"]
    assert codes(await loaded.get(f"{everything}&filter=h%C3%B8n")) == ["hone"]
    assert codes(await loaded.get(f"{everything}&filter=dog")) == ["hund"]
    assert codes(await loaded.get(f"{everything}&filter='%7C%26!")) == []
    assert "dodo" not in codes(await loaded.get(f"{everything}&activeOnly=true"))


async def test_displays_are_in_the_language_asked_for(loaded: httpx.AsyncClient) -> None:
    for language, display in (("nn", "Settar"), ("nb", "Setter"), ("no", "Setter"), ("en", "Setter")):
        answer = await loaded.get(f"ValueSet/$expand?url={DOGS['url']}&displayLanguage={language}&excludeNested=true")
        shown = {one["code"]: one["display"] for one in answer.json()["expansion"]["contains"]}
        assert shown["settar"] == display, language


@pytest.mark.parametrize(("code", "display", "right"), [
    ("hund", None, True), ("settar", "Setter", True), ("settar", "Settar", True), ("settar", "Puddel", False),
    ("hone", None, False), ("HUND", None, False), ("ukjent", None, False),
])  # fmt: skip
async def test_codes_are_validated_with_their_display(
    loaded: httpx.AsyncClient, code: str, display: str | None, right: bool
) -> None:
    coding = {"system": ANIMALS, "code": code} | ({"display": display} if display else {})
    question = asked(("url", "valueUri", DOGS["url"]), ("coding", "valueCoding", coding))
    answer = told(await loaded.post("ValueSet/$validate-code", json=question))
    assert answer["result"] is right
    assert bool(answer.get("message")) is not right


async def test_what_only_groups_may_be_refused(loaded: httpx.AsyncClient) -> None:
    address = f"ValueSet/$validate-code?url=https://akson.no/test/ValueSet/all&system={ANIMALS}&code=dyr"
    assert told(await loaded.get(address))["result"] is True
    assert told(await loaded.get(f"{address}&abstract=false"))["result"] is False


async def test_a_value_set_by_its_id_is_read_like_any_resource(api: Api, vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("ValueSet", json=DOGS)).json()["id"]
    narrow = api.as_(replace(VENDOR, scopes=frozenset({"system/Observation.rs"})))
    assert refused(await narrow.get(f"ValueSet/{made}/$expand")) == (403, "forbidden", "")
    assert (await vendor.get(f"ValueSet/{made[:-1]}x/$expand")).status_code == 404
    assert (await vendor.get(f"ValueSet/{made}/$expand")).json()["issue"][0]["code"] == "not-found"  # the code system


async def test_a_code_is_looked_up_with_its_relatives(loaded: httpx.AsyncClient) -> None:
    answer = await loaded.get(f"CodeSystem/$lookup?system={ANIMALS}&code=hund&displayLanguage=en")
    found = told(answer)
    assert (found["display"], found["definition"], found["version"]) == ("Dog", "Menneskets beste venn", "1")
    properties = [one["part"] for one in answer.json()["parameter"] if one["name"] == "property"]
    by_code = [(part[0]["valueCode"], next(v for k, v in part[1].items() if k != "name")) for part in properties]
    assert by_code == [("legs", 4), ("kept", "selskap"), ("parent", "dyr"), ("child", "puddel"), ("child", "settar")]
    assert (await loaded.get(f"CodeSystem/$lookup?system={ANIMALS}&code=ukjent")).status_code == 404


@pytest.mark.parametrize(("a", "b", "outcome"), [
    ("hund", "puddel", "subsumes"), ("puddel", "dyr", "subsumed-by"), ("hund", "hund", "equivalent"),
    ("hund", "fugl", "not-subsumed"),
])  # fmt: skip
async def test_codes_are_compared(loaded: httpx.AsyncClient, a: str, b: str, outcome: str) -> None:
    answer = await loaded.get(f"CodeSystem/$subsumes?system={ANIMALS}&codeA={a}&codeB={b}")
    assert told(answer) == {"outcome": outcome}


async def test_codes_are_translated_both_ways(loaded: httpx.AsyncClient) -> None:
    there = await loaded.get(f"ConceptMap/$translate?system={ANIMALS}&code=hund&targetsystem={USES}")
    assert told(there)["result"] is True
    parts = {one["name"]: one for one in there.json()["parameter"][1]["part"]}
    assert parts["equivalence"]["valueCode"] == "wider"
    assert parts["concept"]["valueCoding"] == {"system": USES, "code": "vakt"}
    back = await loaded.get(f"ConceptMap/$translate?system={USES}&code=vakt&reverse=true")
    parts = {one["name"]: one for one in back.json()["parameter"][1]["part"]}
    assert (parts["equivalence"]["valueCode"], parts["concept"]["valueCoding"]["code"]) == ("narrower", "hund")
    for code in ("stein", "ukjent"):
        assert told(await loaded.get(f"ConceptMap/$translate?system={ANIMALS}&code={code}"))["result"] is False


async def test_what_comes_with_a_request_is_used_and_forgotten(api: Api, vendor: httpx.AsyncClient) -> None:
    question = asked(("tx-resource", "resource", animals()), ("tx-resource", "resource", DOGS),
                     ("url", "valueUri", DOGS["url"]), ("code", "valueCode", "puddel"), ("system", "valueUri", ANIMALS))  # fmt: skip
    assert told(await vendor.post("ValueSet/$validate-code", json=question))["result"] is True
    assert (await vendor.get(f"CodeSystem/$lookup?system={ANIMALS}&code=hund")).status_code == 404
    assert await api.office.database.fetchval("SELECT count(*) FROM terminology_concept") == 0


async def test_what_a_client_writes_is_usable_at_once_and_gone_when_deleted(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("CodeSystem", json=animals())).json()
    assert (await vendor.post("ValueSet", json=DOGS)).status_code == 201
    address = f"ValueSet/$expand?url={DOGS['url']}&excludeNested=true"
    assert codes(await vendor.get(address)) == ["hund", "puddel", "settar"]
    assert codes(await vendor.get(f"ValueSet/{(await _only(vendor, 'ValueSet'))['id']}/$expand")) == ["hund"]
    fewer = made | {"concept": [{"code": "hund", "display": "Bikkje"}]}
    assert (await vendor.put(f"CodeSystem/{made['id']}", json=fewer)).status_code == 200
    assert codes(await vendor.get(address)) == ["hund"]
    assert (await vendor.delete(f"CodeSystem/{made['id']}")).status_code == 200
    assert (await vendor.get(address)).status_code == 404


async def _only(client: httpx.AsyncClient, kind: str) -> Json:
    found = (await client.get(kind)).json()["entry"]
    assert len(found) == 1
    resource: Json = found[0]["resource"]
    return resource


async def test_what_is_loaded_is_not_replaced_by_a_client(loaded: httpx.AsyncClient) -> None:
    other = animals() | {"concept": [{"code": "katt", "display": "Katt"}]}
    assert (await loaded.post("CodeSystem", json=other)).status_code == 201
    assert (await loaded.get(f"CodeSystem/$lookup?system={ANIMALS}&code=katt")).status_code == 404
    assert (await loaded.get(f"CodeSystem/$lookup?system={ANIMALS}&code=hund")).status_code == 200


async def test_a_hierarchy_that_runs_in_a_circle_is_refused_and_nothing_kept(vendor: httpx.AsyncClient) -> None:
    parent = {"code": "parent", "uri": "http://hl7.org/fhir/concept-properties#parent", "type": "code"}
    concepts = [{"code": a, "property": [{"code": "parent", "valueCode": b}]} for a, b in ("ab", "bc", "ca")]
    answer = await vendor.post("CodeSystem", json=animals() | {"property": [parent], "concept": concepts})
    assert refused(answer) == (422, "business-rule", "CodeSystem.concept")
    assert "entry" not in (await vendor.get("CodeSystem")).json()


async def test_questions_are_asked_in_batches_but_not_in_transactions(loaded: httpx.AsyncClient) -> None:
    entry = {"request": {"method": "GET", "url": f"CodeSystem/$subsumes?system={ANIMALS}&codeA=dyr&codeB=hund"}}
    both = await loaded.post("", content=transaction(entry, entry, kind="batch"))
    assert [one["resource"]["parameter"][0]["valueCode"] for one in both.json()["entry"]] == ["subsumes"] * 2
    assert refused(await loaded.post("", content=transaction(entry)))[0] >= 400


async def test_terminology_needs_somebody_signed_in_and_leaves_no_row(api: Api, loaded: httpx.AsyncClient) -> None:
    address = f"CodeSystem/$lookup?system={ANIMALS}&code=hund"
    assert (await api.as_(None).get(address)).status_code == 401
    before = await api.office.database.fetchval("SELECT count(*) FROM access_log")
    assert (await loaded.get(address)).status_code == 200
    assert await api.office.database.fetchval("SELECT count(*) FROM access_log") == before


async def test_a_lookup_and_a_validation_cost_few_statements(api: Api, loaded: httpx.AsyncClient) -> None:
    for address, most in (
        (f"CodeSystem/$lookup?system={ANIMALS}&code=hund&property=legs", 2),
        (f"ValueSet/$validate-code?url={DOGS['url']}&system={ANIMALS}&code=hund", 3),
    ):
        await loaded.get(address)
        before = api.office.database.statements
        assert (await loaded.get(address)).status_code == 200
        assert api.office.database.statements - before <= most


@pytest.mark.parametrize("address", [
    "ValueSet/$expand", "ValueSet/$expand?url=urn:x&nonsense=1", "ValueSet/$expand?url=urn:x&count=-1",
    "ValueSet/$expand?url=urn:x&count=100000", "ValueSet/$expand?url=urn:x&activeOnly=kanskje",
    "CodeSystem/$lookup?code=x", "CodeSystem/$subsumes?system=urn:x&codeA=1", "ConceptMap/$translate?system=urn:x",
    "ValueSet/$validate-code?url=urn:x", "ValueSet/$expand?url=urn:a&url=urn:b",
    "ValueSet/$expand?url=urn:x&system-version=1",
])  # fmt: skip
async def test_questions_that_make_no_sense_are_refused(loaded: httpx.AsyncClient, address: str) -> None:
    answer = await loaded.get(address)
    assert answer.status_code in (400, 404)
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_other_operations_and_levels_do_not_exist(loaded: httpx.AsyncClient) -> None:
    for address in ("Patient/$expand", "ValueSet/$lookup", "CodeSystem/x/$expand", "ValueSet/$nothing"):
        assert refused(await loaded.get(address)) == (404, "not-found", "")


async def test_an_expansion_without_a_page_is_bounded(api: Api, loaded: httpx.AsyncClient) -> None:
    many = animals() | {"url": "urn:many", "concept": [{"code": f"c{n}", "display": f"{n}"} for n in range(1001)]}
    async with api.office.database.transaction() as connection:
        await put_system(connection, many)
        await put_value_set(connection, value_set("many", {"system": "urn:many"}))
    address = "ValueSet/$expand?url=https://akson.no/test/ValueSet/many"
    refusal = await loaded.get(address)
    assert (refusal.status_code, refusal.json()["issue"][0]["code"]) == (422, "too-costly")
    assert len(codes(await loaded.get(f"{address}&count=1001"))) == 1001
