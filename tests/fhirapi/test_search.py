"""search, hl7.org/fhir/R4/search.html"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.fhirapi.clients import ASTRID, Api, about, post, refused, transaction
from tests.offices import citizen, patient, staff, temperature, unit

FNR = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142059"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def found(answer: httpx.Response) -> list[str]:
    """Return Type/id of every entry of a searchset."""
    bundle = answer.json()
    assert (answer.status_code, bundle.get("type")) == (200, "searchset"), bundle
    return ["/".join(entry["fullUrl"].rsplit("/", 2)[1:]) for entry in bundle.get("entry", [])]


def links(answer: httpx.Response) -> dict[str, str]:
    return {link["relation"]: link["url"] for link in answer.json()["link"]}


async def test_the_answer_is_a_searchset_of_matches(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office)
    made = (await vendor.post("Observation", content=temperature(astrid, "38.40"))).json()
    answer = await vendor.get(f"Observation?patient={astrid.reference}&code=http://loinc.org|8310-5&date=ge2026-11")
    entry = answer.json()["entry"][0]
    assert found(answer) == [f"Observation/{made['id']}"]
    assert (entry["resource"], entry["search"]) == (made, {"mode": "match"})
    assert b'"value":38.40,' in answer.content
    assert "total" not in answer.json()
    told = f"Observation?patient={astrid.reference}&code=http://loinc.org|8310-5&date=ge2026-11"
    assert links(answer) == {"self": f"http://akson.test/fhir/{told}"}
    assert found(await vendor.get(links(answer)["self"])) == found(answer)


async def test_nothing_found_is_an_empty_searchset(vendor: httpx.AsyncClient) -> None:
    answer = await vendor.get("Observation?code=none")
    assert found(answer) == []
    assert "entry" not in answer.json()


async def test_a_person_is_found_by_number_without_the_number_in_any_link(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office, identifier=[FNR])
    await patient(api.office)
    asked = f"identifier={FNR['system']}|{FNR['value']}"
    answer = await vendor.post("Patient/_search", content=asked, headers=FORM)
    assert found(answer) == [astrid.reference]
    assert FNR["value"] not in str(links(answer))
    assert found(await vendor.get(links(answer)["self"])) == [astrid.reference]
    assert FNR["value"] not in str(links(await vendor.get(f"Patient?identifier={FNR['value']}")))


@pytest.mark.parametrize("by", ["GET", "POST"])
async def test_pages_of_any_question_follow_each_other_by_links_that_tell_nothing(
    api: Api, vendor: Any, by: str
) -> None:
    names = ["Bergersen", "Dahlberg", "Eidesvik", "Fossheim", "Haugland", "Liennes", "Moengaard"]  # no chance strings
    await vendor.post("", content=transaction(*(post(ASTRID | {"name": [{"family": name}]}) for name in names)))
    question = "birthdate=1941-03-14&_sort=-family&_count=3&_total=accurate"
    asked = (
        vendor.get(f"Patient?{question}")
        if by == "GET"
        else vendor.post("Patient/_search", content=question, headers=FORM)
    )
    answer, seen, pages = await asked, [], 0
    while True:
        assert answer.json()["total"] == 7
        seen += [entry["resource"]["name"][0]["family"] for entry in answer.json()["entry"]]
        pages += 1
        if "next" not in links(answer):
            break
        assert all(told not in links(answer)["next"].lower() for told in ("1941", "family", *map(str.lower, names)))
        await vendor.post("Patient", json=ASTRID | {"name": [{"family": "Aas"}], "birthDate": "1990-01-01"})
        answer = await vendor.get(links(answer)["next"])
    assert (pages, seen) == (3, sorted(names, reverse=True))


@pytest.mark.parametrize("sort", ["effective", "-effective"])
async def test_pages_by_what_has_no_end_end(vendor: httpx.AsyncClient, sort: str) -> None:
    made = []
    for period in ({"start": "2019"}, {"end": "2020"}, {"start": "2018"}, None):
        plan = {"resourceType": "PlanDefinition", "status": "active"}
        more = {"effectivePeriod": period} if period else {}
        made.append(f"PlanDefinition/{(await vendor.post('PlanDefinition', json=plan | more)).json()['id']}")
    answer, seen = await vendor.get(f"PlanDefinition?_count=1&_sort={sort}"), []
    for _ in made:
        seen += found(answer)
        answer = await vendor.get(links(answer)["next"]) if "next" in links(answer) else answer
    assert sorted(seen) == sorted(made) and "next" not in links(answer)


async def test_included_resources_are_marked(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office)
    made = (await vendor.post("Observation", content=temperature(astrid))).json()["id"]
    answer = (await vendor.get("Observation?code=8310-5&_include=Observation:subject")).json()
    modes = {entry["resource"]["resourceType"]: entry["search"]["mode"] for entry in answer["entry"]}
    assert modes == {"Observation": "match", "Patient": "include"}
    back = (await vendor.get(f"Patient?_id={astrid.id}&_revinclude=Observation:subject")).json()
    assert [entry["resource"]["id"] for entry in back["entry"]] == [astrid.id, made]


async def test_a_count_of_nought_tells_the_total_only(api: Api, vendor: httpx.AsyncClient) -> None:
    await patient(api.office)
    answer = (await vendor.get("Patient?_count=0")).json()
    assert (answer["total"], answer.get("entry")) == (1, None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("nonsense=1", "not-supported"),
        ("code:missing=yes", "invalid"),
        ("code:nonsense=1", "not-supported"),
        ("code:exact=1", "not-supported"),
        ("date:contains=2026", "not-supported"),
        ("subject.nonsense=Nordli", "not-supported"),
        ("code.name=Nordli", "not-supported"),
        ("subject:Practitioner.name=Nordli", "not-supported"),
        ("_has:Observation:nonsense:code=1", "not-supported"),
        ("_has:Observation:patient=1", "not-supported"),
        ("_has:Patient:link:" * 6 + "name=1", "too-costly"),
        ("subject:Patient.link:Patient.link:Patient.link:Patient.link:Patient.link:Patient.name=x", "too-costly"),
        ("_has:Task:focus:based-on.based-on.based-on.based-on.code=1", "too-costly"),
        ("near=1|2", "not-supported"),
        ("code-value-quantity=1", "invalid"),
        ("value-quantity=1|http://unitsofmeasure.org", "invalid"),
        ("identifier:of-type=1|2", "invalid"),
        ("code:in=http://nowhere.example/vs", "not-found"),
        ("code:below=1", "invalid"),
        ("_filter=code eq 1", "not-supported"),
        ("_after=WyJ4Il0", "not-supported"),
        ("code=", "invalid"),
        ("date=tomorrow", "invalid"),
        ("value-quantity=gtx", "invalid"),
        ("_count=-1", "invalid"),
        ("_count=many", "invalid"),
        ("_total=maybe", "invalid"),
        ("_sort=nonsense", "invalid"),
        ("_include=Observation:nonsense", "invalid"),
        ("_include=nonsense:*", "invalid"),
        ("patient=Practitioner/1", "invalid"),
        ("_lastUpdated=x", "invalid"),
        ("_page=aaaa", "invalid"),
        ("_page=aaaa&code=1", "invalid"),
        ("code=a%00b", "invalid"),
        ("code=%ff", "invalid"),
        ("code", "invalid"),
        ("code=" + ",".join(map(str, range(1000))), "too-costly"),
        ("&".join(f"code={n}" for n in range(1500)), "invalid"),
    ],
)
async def test_what_is_not_understood_is_refused_never_ignored(
    vendor: httpx.AsyncClient, query: str, code: str
) -> None:
    assert refused(await vendor.get(f"Observation?{query}"))[:2] == (400, code)


async def test_a_page_link_is_good_for_its_own_question_only(api: Api, vendor: httpx.AsyncClient) -> None:
    answer = await vendor.post("Patient/_search", content="family=Nordli", headers=FORM)
    token = links(answer)["self"].partition("_page=")[2]
    for other in (f"Observation?_page={token}", f"Patient?_page={token[:-2]}AA", f"Patient?_page={token}&family=Vik"):
        assert refused(await vendor.get(other))[0] == 400


async def test_a_form_must_be_a_form(vendor: httpx.AsyncClient) -> None:
    assert refused(await vendor.post("Patient/_search", json={"family": "Nordli"}))[0] == 415
    assert refused(await vendor.post("Patient/_search", content="_page=x", headers=FORM))[0] == 400
    assert refused(await vendor.post("Patient/_search", content="a=" + "x" * 2_000_000, headers=FORM))[0] == 413
    assert refused(await vendor.get("Patient/_search"))[0] == 405


async def test_a_search_shows_and_counts_what_a_read_would_and_no_more(api: Api) -> None:
    north, south = await unit(api.office, "Sone nord"), await unit(api.office, "Sone sør")
    astrid, kari = await patient(api.office, at=north), await patient(api.office, at=south)
    mariam = api.as_(await staff(api.office, north, "Yusuf"))
    made = (await mariam.post("Observation", content=temperature(astrid))).json()["id"]
    await api.as_(await staff(api.office, south, "Lie")).post("Observation", json=about(kari.reference))
    answer = await mariam.get("Observation?code=8310-5&_total=accurate&_include=Observation:subject")
    assert found(answer) == [f"Observation/{made}", astrid.reference]
    assert answer.json()["total"] == 1
    assert found(await api.as_(citizen(kari)).get("Patient")) == [kari.reference]
    hidden, nobody = [await mariam.get(f"Observation?patient={who}") for who in (kari.reference, "Patient/nobody")]
    assert found(hidden) == found(nobody) == []


async def test_the_values_asked_for_do_not_reach_the_log(api: Api, vendor: httpx.AsyncClient) -> None:
    await vendor.post("Patient/_search", content=f"identifier={FNR['value']}", headers=FORM)
    rows = await api.office.database.fetch("SELECT a::text AS text FROM access_log a WHERE screen = 'FHIR search'")
    assert len(rows) == 1
    assert FNR["value"] not in rows[0]["text"]


async def test_a_reference_is_asked_for_by_its_address_here_as_well(api: Api, vendor: httpx.AsyncClient) -> None:
    astrid = await patient(api.office)
    made = (await vendor.post("Observation", content=temperature(astrid))).json()["id"]
    for asked in (f"http://akson.test/fhir/{astrid.reference}", f"Patient/x,http://akson.test/fhir/{astrid.reference}"):
        assert found(await vendor.get(f"Observation?subject={asked}")) == [f"Observation/{made}"]
    assert found(await vendor.get(f"Observation?subject=http://akson.example/fhir/{astrid.reference}")) == []
    letter = {"resourceType": "DocumentReference", "status": "current", "subject": {"reference": astrid.reference},
              "content": [{"attachment": {"title": "Epikrise"}}]}  # fmt: skip
    old = f"DocumentReference/{(await vendor.post('DocumentReference', json=letter)).json()['id']}"
    new = letter | {"relatesTo": [{"code": "replaces", "target": {"reference": old}}]}
    new_id = (await vendor.post("DocumentReference", json=new)).json()["id"]
    for asked in (f"replaces${old}", f"signs$x,replaces$http://akson.test/fhir/{old}"):  # as a part of a composite, too
        assert found(await vendor.get(f"DocumentReference?relationship={asked}")) == [f"DocumentReference/{new_id}"]


async def test_the_norwegian_letters_come_last(api: Api, vendor: httpx.AsyncClient) -> None:
    names = ["Zahl", "Ærlie", "Østby", "Ås"]
    await vendor.post("", content=transaction(*(post(ASTRID | {"name": [{"family": name}]}) for name in names[::-1])))
    for sort, wanted in (("family", names), ("-family", names[::-1]), ("gender,family", names)):
        answer = (await vendor.get(f"Patient?birthdate=1941-03-14&_sort={sort}")).json()
        assert [entry["resource"]["name"][0]["family"] for entry in answer["entry"]] == wanted
