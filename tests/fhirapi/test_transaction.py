"""transaction, hl7.org/fhir/R4/http.html#transaction"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from akson.record.office import Office
from tests.fhirapi.clients import ASTRID, BASE, Api, about, post, refused, transaction
from tests.offices import FNR, LOADING, VENDOR, patient, staff, temperature, unit

P = "urn:uuid:0b2f0c4e-6f6e-4a3c-9f39-6f1d5d1f0001"
E = "urn:uuid:0b2f0c4e-6f6e-4a3c-9f39-6f1d5d1f0002"
N = "urn:oid:1.2.3"
NPI = "http://hl7.org/fhir/sid/us-npi"


def encounter(subject: str) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": subject},
    }


def places(answer: httpx.Response) -> list[str]:
    """Return Type/id of each entry of a transaction-response."""
    told = answer.json()
    assert (answer.status_code, told.get("type")) == (200, "transaction-response"), told
    return [entry["response"]["location"].removeprefix(f"{BASE}/fhir/").partition("/_h")[0] for entry in told["entry"]]


async def everything(office: Office) -> int:
    """Return how many versions stand in the journal."""
    return int((await office.database.fetch("SELECT count(*) AS n FROM resource_version"))[0]["n"])


async def test_new_resources_refer_to_each_other_before_they_have_ids(vendor: httpx.AsyncClient) -> None:
    """In any order; a resource goes to the record its encounter is in; a name that is only text stays text."""
    seen = about(P) | {"encounter": {"reference": E}, "note": [{"text": P}], "identifier": [{"value": P}]}
    by_encounter = {
        "resourceType": "Condition",
        "subject": {"reference": P},
        "encounter": {"reference": E},
        "evidence": [{"detail": [{"reference": N}]}],
        "extension": [{"url": "https://akson.test/source", "valueUri": N}],
    }
    answer = await vendor.post(
        "", content=transaction(post(by_encounter), post(seen, N), post(encounter(P), E), post(ASTRID, P))
    )
    condition, observation, visit, person = places(answer)
    told = (await vendor.get(observation)).json()
    assert (told["subject"], told["encounter"]) == ({"reference": person}, {"reference": visit})
    assert (told["note"], told["identifier"]) == ([{"text": P}], [{"value": P}])
    told = (await vendor.get(condition)).json()
    assert told["evidence"] == [{"detail": [{"reference": observation}]}]
    assert told["extension"][0]["valueUri"] == observation
    found = (await vendor.get(f"Condition?patient={person}")).json()["entry"]
    assert [entry["resource"]["id"] for entry in found] == [condition.partition("/")[2]]


async def test_what_is_called_before_a_person_is_no_person(vendor: httpx.AsyncClient) -> None:
    """It was given an id of that one's, and stood in the person's record: nobody could read it."""
    nurse = {"resourceType": "Practitioner", "name": [{"family": "Lie"}]}
    known = {"resourceType": "Person", "name": [{"family": "Lie"}]}
    visit = {"resourceType": "Appointment", "status": "proposed", "participant": [
        {"actor": {"reference": name}, "status": "accepted"} for name in (N, P)]}  # fmt: skip
    both = known | {"link": [{"target": {"reference": name}} for name in (N, P)]}
    itself = known | {"link": [{"target": {"reference": E}}]}
    made = places(
        await vendor.post(
            "", content=transaction(post(visit), post(both), post(itself, E), post(nurse, N), post(ASTRID, P))
        )
    )
    assert [(await vendor.get(one)).status_code for one in made] == [200] * 5
    found = (await vendor.get(f"Appointment?patient={made[-1]}")).json()["entry"]
    assert [entry["resource"]["id"] for entry in found] == [made[0].partition("/")[2]]


OLD, NUMBER, OTHER = "Patient/old-77", {"system": FNR, "value": "14834142059"}, {"system": FNR, "value": "13916900362"}
HER = {"reference": N}  # the nurse of the set


def visit(*actors: dict[str, Any]) -> dict[str, Any]:
    participants = [{"actor": actor, "status": "accepted"} for actor in actors]
    return post({"resourceType": "Appointment", "status": "proposed", "participant": participants})


def numbered(**whom: Any) -> dict[str, Any]:
    return post(about("") | {"subject": whom})


FOUND = {
    "whom a number names": ([visit(HER, {"identifier": NUMBER})], VENDOR),
    "an id given elsewhere": ([visit(HER, {"reference": OLD})], VENDOR),
    "somebody who is not here": ([visit(HER, {"reference": "Patient/absent"})], LOADING),
    "one said to be no patient": ([visit({"reference": P, "type": "Practitioner"}), post(ASTRID, P)], VENDOR),
    "a number that comes along": ([numbered(identifier=OTHER), post(ASTRID | {"identifier": [OTHER]})], VENDOR),
    "an id that comes along": (
        [numbered(reference="Patient/new-1"),
         {"resource": ASTRID | {"id": "new-1"}, "request": {"method": "PUT", "url": "Patient/new-1"}}], VENDOR),
    "one by two names": ([post({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": about("") | {"subject": whom}} for whom in ({"identifier": NUMBER}, {"reference": OLD})]})], VENDOR),
}  # fmt: skip


@pytest.mark.parametrize("whose", FOUND)
async def test_what_is_made_stands_where_its_id_leads(api: Api, whose: str) -> None:
    """Each was given an id that led to nobody, and stood in the person's record: no read found it."""
    entries, actor = FOUND[whose]
    client = api.as_(actor)
    await client.put(OLD, json=ASTRID | {"id": "old-77", "identifier": [NUMBER]})
    made = places(await client.post("", content=transaction(*entries, post({"resourceType": "Practitioner"}, N))))
    assert [(await client.get(one)).status_code for one in made] == [200] * len(made)


async def test_whoever_the_set_and_its_text_do_not_name_alike_is_unknown(vendor: httpx.AsyncClient) -> None:
    """Two of one id: the text says the one who is here, and what the set calls so is another."""
    await vendor.put(OLD, json=ASTRID | {"id": "old-77"})
    other = post(ASTRID, f"https://elsewhere.example/{OLD}")
    answer = await vendor.post("", content=transaction(other, post(about(f"{OLD}/_history/1"))))
    assert refused(answer) == (422, "not-found", "Bundle.entry[1].resource.subject")


async def test_addresses_elsewhere_name_entries_too(vendor: httpx.AsyncClient) -> None:
    """A fullUrl like http://elsewhere/Patient/17 is also meant by Patient/17."""
    there = "http://elsewhere.example/fhir"
    answer = await vendor.post(
        "",
        content=transaction(
            post(about("Patient/17"), f"{there}/Observation/1"),
            post(about(f"{there}/Patient/17")),
            post(ASTRID, f"{there}/Patient/17"),
        ),
    )
    first, second, person = places(answer)
    assert (await vendor.get(first)).json()["subject"] == {"reference": person}
    assert (await vendor.get(second)).json()["subject"] == {"reference": person}


async def test_all_methods_go_together_and_the_gets_see_what_was_written(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office)
    old, kept = [(await vendor.post("Observation", content=temperature(astrid))).json() for _ in range(2)]
    answer = await vendor.post(
        "",
        content=transaction(
            {"request": {"method": "GET", "url": f"Observation?patient={astrid.reference}&_total=accurate"}},
            {"request": {"method": "GET", "url": f"Observation/{kept['id']}"}},
            {
                "resource": kept | {"status": "amended"},
                "request": {"method": "PUT", "url": f"Observation/{kept['id']}"},
            },
            {"resource": ASTRID | {"id": "new-1"}, "request": {"method": "PUT", "url": "Patient/new-1"}},
            post(about("Patient/new-1")),
            post(about(astrid.reference)),
            {"request": {"method": "DELETE", "url": f"Observation/{old['id']}"}},
        ),
    )
    told = answer.json()["entry"]
    assert [entry["response"]["status"][:3] for entry in told] == ["200", "200", "200", "201", "201", "201", "204"]
    assert told[0]["resource"]["total"] == 2
    assert told[1]["resource"]["status"] == "amended"
    assert (await vendor.get("Observation?patient=Patient/new-1")).json()["entry"]


async def test_a_condition_stands_for_the_one_it_matches(vendor: httpx.AsyncClient) -> None:
    doctor = {"resourceType": "Practitioner", "identifier": [{"system": NPI, "value": "17"}]}
    made = (await vendor.post("Practitioner", json=doctor)).json()["id"]
    condition = {"performer": [{"reference": f"Practitioner?identifier={NPI}|17"}]}
    answer = await vendor.post("", content=transaction(post(about(P) | condition), post(ASTRID, P)))
    told = (await vendor.get(places(answer)[0])).json()
    assert told["performer"] == [{"reference": f"Practitioner/{made}"}]
    for number, count in (("18", "none"), ("17", "several")):
        await vendor.post("Practitioner", json=doctor)
        condition["performer"][0]["reference"] = f"Practitioner?identifier={NPI}|{number}"
        answer = await vendor.post("", content=transaction(post(ASTRID, P), post(about(P) | condition)))
        path = "Bundle.entry[1].resource.performer[0].reference"
        assert refused(answer) == (412, "multiple-matches", path)
        assert count in answer.json()["issue"][0]["diagnostics"]


async def test_a_condition_matches_only_what_the_caller_may_see(api: Api) -> None:
    north, south = await unit(api.office, "Sone nord"), await unit(api.office, "Sone sør")
    fnr = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142059"}
    await patient(api.office, at=north, identifier=[fnr])
    bundle = transaction(post(about(f"Patient?identifier={fnr['value']}")))
    assert (await api.as_(await staff(api.office, north, "Yusuf")).post("", content=bundle)).status_code == 200
    hidden = await api.as_(await staff(api.office, south, "Lie")).post("", content=bundle)
    nobody = transaction(post(about("Patient?identifier=13886796346")))
    unknown = await api.as_(await staff(api.office, south, "Vik")).post("", content=nobody)
    assert (hidden.status_code, hidden.content) == (unknown.status_code, unknown.content)


BAD = {
    "an invalid resource": (post(ASTRID | {"gender": "x"}), 422, "Bundle.entry[2].resource.gender"),
    "an unknown member": (post(ASTRID | {"nonsense": 1}), 422, "Bundle.entry[2].resource.nonsense"),
    "a name of no entry": (post(about(E)), 422, "Bundle.entry[2].resource.subject.reference"),
    "a performer that is no entry": (
        post(about(P) | {"performer": [{"reference": E}]}), 422, "Bundle.entry[2].resource.performer[0].reference"),
    "an unknown patient": (post(about("Patient/nobody")), 422, "Bundle.entry[2].resource.subject"),
    "an unknown version": (
        {"resource": ASTRID | {"id": "x"}, "request": {"method": "PUT", "url": "Patient/x", "ifMatch": 'W/"3"'}},
        412, "Bundle.entry[2]"),
    "an unknown deletion": ({"request": {"method": "DELETE", "url": "Patient/nobody"}}, 404, "Bundle.entry[2]"),
    "a read of nothing": (
        {"request": {"method": "GET", "url": "Patient/nobody"}}, 404, "Bundle.entry[2].request.url"),
    "a question not understood": (
        {"request": {"method": "GET", "url": "Patient?x=1"}}, 400, "Bundle.entry[2].request.url"),
    "a history": ({"request": {"method": "GET", "url": "Patient/x/_history"}}, 404, "Bundle.entry[2].request.url"),
    "a wrong national number": (
        post(ASTRID | {"identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142058"}]}),
        422, "Bundle.entry[2].resource.identifier[0].value"),
    "a wrong id": (
        {"resource": ASTRID | {"id": "y"}, "request": {"method": "PUT", "url": "Patient/x"}}, 400, "Bundle.entry[2]"),
    "a wrong type": (
        {"resource": ASTRID, "request": {"method": "POST", "url": "Observation"}}, 400, "Bundle.entry[2].resource"),
    "a condition of nothing": (
        {"resource": ASTRID, "request": {"method": "POST", "url": "Patient", "ifNoneExist": "_count=1"}},
        400, "Bundle.entry[2].request.ifNoneExist"),
    "a condition nobody knows": (
        {"resource": ASTRID, "request": {"method": "PUT", "url": "Patient?nonsense=x"}},
        400, "Bundle.entry[2].request.url"),
    "an unknown type": (
        {"resource": ASTRID, "request": {"method": "POST", "url": "Person2"}}, 404, "Bundle.entry[2].request.url"),
    "no request": ({"resource": ASTRID}, 400, "Bundle.entry[2].request"),
    "no resource": ({"request": {"method": "POST", "url": "Patient"}}, 400, "Bundle.entry[2].resource"),
    "a method not known": ({"request": {"method": "HEAD", "url": "Patient/x"}}, 400, "Bundle.entry[2].request.method"),
    "the same name again": (post(ASTRID, P), 400, "Bundle.entry[2].fullUrl"),
    "a member of the entry not known": (post(ASTRID) | {"nonsense": 1}, 422, "Bundle.entry[2].nonsense"),
}  # fmt: skip


@pytest.mark.parametrize("why", BAD)
async def test_any_fault_refuses_the_whole_and_says_where(api: Api, vendor: httpx.AsyncClient, why: str) -> None:
    entry, status, path = BAD[why]
    answer = await vendor.post("", content=transaction(post(ASTRID, P), post(about(P)), entry))
    assert (answer.status_code, refused(answer)[2]) == (status, path), answer.text
    assert await everything(api.office) == 0


async def test_every_fault_of_every_entry_is_told(vendor: httpx.AsyncClient) -> None:
    bad = ASTRID | {"gender": "x", "birthDate": "1941-02-30"}
    answer = await vendor.post("", content=transaction(post(bad), post(ASTRID), post(bad)))
    paths = {path for issue in answer.json()["issue"] for path in issue["expression"]}
    assert paths == {f"Bundle.entry[{n}].resource.{part}" for n in (0, 2) for part in ("gender", "birthDate")}


async def test_two_entries_never_change_the_same_resource(vendor: httpx.AsyncClient) -> None:
    put = {"resource": ASTRID | {"id": "x"}, "request": {"method": "PUT", "url": "Patient/x"}}
    gone = {"request": {"method": "DELETE", "url": "Patient/x"}}
    for pair in ((put, put), (put, gone)):
        assert refused(await vendor.post("", content=transaction(*pair)))[:2] == (400, "duplicate")


async def test_a_read_that_fails_undoes_what_was_written_before_it(api: Api, vendor: httpx.AsyncClient) -> None:
    reads = [{"request": {"method": "GET", "url": url}} for url in ("Patient?_count=0", "Patient/nobody")]
    assert (await vendor.post("", content=transaction(post(ASTRID), *reads))).status_code == 404
    assert await everything(api.office) == 0


async def test_those_who_belong_to_each_other_belong_to_nobody(vendor: httpx.AsyncClient) -> None:
    circle = [post(encounter(E), N), post(encounter(N), E)]
    assert (await vendor.post("", content=transaction(*circle))).status_code == 422
    long = [
        post({"resourceType": "Provenance", "target": [{"reference": f"urn:uuid:{n + 1}"}], "recorded": "2026-11-23T08:00:00Z",
              "agent": [{"who": {"display": "x"}}]}, f"urn:uuid:{n}")
        for n in range(3000)
    ]  # fmt: skip
    answer = await vendor.post("", content=transaction(*long, post(ASTRID, "urn:uuid:3000")))
    assert len(places(answer)) == 3001


@pytest.mark.parametrize("count", [10, 500])
async def test_the_statements_of_a_transaction_are_as_many_for_500_entries_as_for_10(api: Api, count: int) -> None:
    office, vendor = api.office, api.as_(VENDOR)
    astrid = await patient(office)
    entries = [post(about(P)) for _ in range(count)] + [post(about(astrid.reference)) for _ in range(count)]
    await vendor.post("", content=transaction(post(ASTRID)))  # the first time it is introduced as an author
    before = office.database.statements, office.log.statements
    answer = await vendor.post("", content=transaction(post(ASTRID, P), *entries))
    assert len(places(answer)) == 2 * count + 1
    assert office.database.statements - before[0] == 2, "what it stands on, and the write with its commit"
    assert office.log.statements - before[1] == 1


async def test_two_who_write_overlapping_sets_at_once_both_succeed(api: Api, vendor: httpx.AsyncClient) -> None:
    people = [await patient(api.office) for _ in range(4)]
    sets = [transaction(*(post(about(one.reference)) for one in order)) for order in (people, people[::-1]) * 4]
    answers = await asyncio.gather(*(vendor.post("", content=one) for one in sets))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert (await vendor.get("Observation?_count=0")).json()["total"] == 32
