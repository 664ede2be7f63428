"""Search parameters of the installation's own: written as SearchParameter, effective at once, never half answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from akson.access.rules import Act
from akson.base.work import Purpose
from akson.fhir import checks, types
from akson.record.search import indexing
from akson.record.search.searching import search
from tests.fhirapi.clients import ASTRID, Api, issue, post, refused, transaction
from tests.offices import JOB, VENDOR, opened_office, staff, unit

SHOE, URL = "http://fjordvik.example/skostørrelse", "http://fjordvik.example/SearchParameter/"


def parameter(code: str = "shoe-size", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "SearchParameter", "id": code, "url": f"{URL}{code}", "name": code, "status": "active",
        "description": "Egen", "code": code, "base": ["Patient"], "type": "quantity",
        "expression": f"Patient.extension('{SHOE}').value.ofType(Quantity)",
    } | more  # fmt: skip


def person(id_: str, size: float | None, **more: Any) -> dict[str, Any]:
    worn = {"url": SHOE, "valueQuantity": {"value": size, "unit": "EU"}}
    return ASTRID | {"id": id_} | ({"extension": [worn]} if size else {}) | more


async def work(api: Api, **more: int) -> None:
    """Let the worker work until nothing is left to do."""
    while await indexing.turn(api.office.database, api.office.hasher, api.office.ids, **more):
        pass


async def put(client: httpx.AsyncClient, resource: dict[str, Any]) -> httpx.Response:
    return await client.put(f"{resource['resourceType']}/{resource['id']}", json=resource)


async def found(client: httpx.AsyncClient, query: str) -> list[str]:
    answer = await client.get(query)
    assert answer.status_code == 200, answer.text
    return sorted(entry["resource"]["id"] for entry in answer.json().get("entry", []))


async def status(client: httpx.AsyncClient, id_: str = "shoe-size") -> dict[str, Any]:
    answer = await client.get(f"SearchParameter/{id_}/$status")
    assert answer.status_code == 200, answer.text
    checks.check(answer.content, expected="Parameters")
    parts = answer.json()["parameter"][0]["part"]
    return {part["name"]: next(value for name, value in part.items() if name.startswith("value")) for part in parts}


async def test_what_was_there_before_is_found_once_its_values_are_made_and_not_before(
    api: Api, vendor: httpx.AsyncClient
) -> None:
    for n in range(5):
        assert (await put(vendor, person(f"p{n}", 40.0 + n))).status_code == 201
    assert refused(await vendor.get("Patient?shoe-size=gt41"))[:2] == (400, "not-supported")
    assert (await put(vendor, parameter())).status_code == 201
    told = await vendor.get("Patient?shoe-size=gt41")
    assert refused(told)[:2] == (503, "incomplete")
    assert "0 % done" in issue(told)["diagnostics"]
    assert (await status(vendor))["status"] == "indexing"
    for query in ("Patient?_sort=shoe-size", "Observation?subject:Patient.shoe-size=1", "?_type=Patient&shoe-size=1"):
        assert refused(await vendor.get(query))[0] == 503, query
    for _ in range(2):
        assert await indexing.turn(api.office.database, api.office.hasher, api.office.ids, at_once=2)
    seen = await status(vendor)
    assert (seen["done"], seen["total"], seen["percent"]) == (2, 5, 40)
    await put(vendor, person("new", 47))
    seen = await status(vendor)  # the new one lies before the place the work has come to, or behind it
    assert (seen["done"], seen["total"]) in ((2, 6), (3, 6))
    assert f"{seen['percent']} % done" in issue(await vendor.get("Patient?shoe-size=gt41"))["diagnostics"]
    await work(api, at_once=2)
    assert await status(vendor) | {"url": "", "reference": {}} == {
        "reference": {}, "url": "", "status": "searchable", "done": 6, "total": 6, "percent": 100, "failed": 0,
    }  # fmt: skip
    assert await found(vendor, "Patient?shoe-size=gt41") == ["new", "p2", "p3", "p4"]
    assert await found(vendor, "Patient?shoe-size:missing=true") == []
    await put(vendor, person("p4", None))
    await put(vendor, person("p0", 50))
    assert await found(vendor, "Patient?shoe-size=gt41") == ["new", "p0", "p2", "p3"]
    assert await found(vendor, "Patient?shoe-size:missing=true") == ["p4"]


async def test_every_kind_of_expression_finds_what_it_says(api: Api, vendor: httpx.AsyncClient) -> None:
    await put(vendor, {"resourceType": "Organization", "id": "nord", "name": "Sone nord"})
    await put(vendor, person("a", 40, maritalStatus={"coding": [{"system": "urn:s", "code": "M", "display": "Gift"}]},
                             name=[{"use": "official", "family": "Nordli"}, {"use": "nickname", "given": ["Atti"]}],
                             contact=[{"organization": {"reference": "Organization/nord"}, "gender": "female",
                                       "period": {"start": "2020-05-01"}},
                                      {"name": {"text": "Far"}, "gender": "male", "period": {"start": "2010-05-01"}}]))  # fmt: skip
    await put(vendor, person("b", 41, multipleBirthInteger=2, photo=[{"url": "http://x.example/a/b.png"}],
                             contact=[{"name": {"text": "Mor"}, "gender": "female", "period": {"start": "2010-05-01"}}]))  # fmt: skip
    await put(
        vendor, {"resourceType": "Basic", "id": "o", "code": {"text": "x"}, "subject": {"reference": "Patient/a"}}
    )
    own = [
        parameter("marital", type="token", expression="Patient.maritalStatus"),
        parameter("contact-org", type="reference", expression="Patient.contact.organization"),
        parameter("nick", type="string", expression="Patient.name.where(use = 'nickname').given.first()"),
        parameter("since", type="date", expression="Patient.contact.period"),
        parameter("birth-order", type="number", expression="(Patient.multipleBirth as integer)"),
        parameter("photo-url", type="uri", expression="Patient.photo.url"),
        parameter("named-twice", type="token", expression="Patient.name.count() > 1"),
        parameter(
            "about-person", type="reference", base=["Basic"], expression="Basic.subject.where(resolve() is Patient)"
        ),
        parameter("contact-gender", type="token", expression="Patient.contact.gender"),
    ]
    both = [
        {"definition": f"{URL}contact-gender", "expression": "gender"},
        {"definition": f"{URL}since", "expression": "period"},
    ]
    own.append(parameter("contact-since", type="composite", expression="Patient.contact", component=both))
    for one in own:
        assert (made := await put(vendor, one)).status_code == 201, made.text
    await work(api)
    for query, wanted in (
        ("Patient?marital=urn:s|M", "a"), ("Patient?marital:text=gif", "a"), ("Patient?marital:missing=true", "b"),
        ("Patient?marital:not=M", "b"), ("Patient?contact-org=Organization/nord", "a"),
        ("Patient?contact-org.name=sone", "a"), ("Organization?_has:Patient:contact-org:marital=M", "nord"),
        ("Patient?nick=att", "a"), ("Patient?nick:contains=TT", "a"), ("Patient?since=ge2019", "a b"),
        ("Patient?since=2021", ""), ("Patient?birth-order=2", "b"), ("Patient?birth-order=gt2", ""),
        ("Patient?photo-url:below=http://x.example/a", "b"), ("Patient?named-twice=true", "a"),
        ("Patient?named-twice=false", "b"), ("Basic?about-person=a", "o"), ("Basic?about-person.nick=atti", "o"),
        ("Patient?contact-since=female$eb2015", ""), ("Patient?contact-since=female$ge2020", "a b"),
        ("Patient?contact-since=male$ge2010", "a"), ("Patient?contact-since=female$lt2015", "b"),
        ("Patient?contact-since:missing=false", "a b"),
    ):  # fmt: skip
        assert await found(vendor, query) == wanted.split(), query
    along = (await vendor.get("Patient?_id=a&_include=Patient:contact-org")).json()["entry"]
    assert [one["resource"]["id"] for one in along] == ["a", "nord"]
    assert [e["resource"]["id"] for e in (await vendor.get("Patient?_sort=-nick,marital")).json()["entry"]] == [
        "a",
        "b",
    ]


async def test_a_change_or_an_end_takes_effect_at_once_and_takes_the_old_values_away(
    api: Api, vendor: httpx.AsyncClient
) -> None:
    await put(vendor, person("a", 40, language="nb"))
    await put(vendor, parameter("x", type="token", expression="Patient.language"))
    await work(api)
    rows = f"SELECT count(*) FROM search_string WHERE type = {types.code_of('Patient')}"
    before = await api.office.database.fetchval(rows)
    assert await found(vendor, "Patient?x=nb") == ["a"]
    await put(vendor, parameter("x", type="string", expression="Patient.name.family"))
    assert refused(await vendor.get("Patient?x=nb"))[0] == 503
    await work(api)
    assert await found(vendor, "Patient?x=nordli") == ["a"]
    assert await found(vendor, "Patient?x=nb") == []
    assert await api.office.database.fetchval(rows) == before + 1
    await put(vendor, parameter("x", status="retired", type="string", expression="Patient.name.family"))
    assert refused(await vendor.get("Patient?x=nordli"))[0] == 400
    assert (await status(vendor, "x"))["status"] == "retiring"
    await work(api)
    assert await api.office.database.fetchval(rows) == before
    assert (await status(vendor, "x"))["status"] == "disabled"
    await put(vendor, parameter("x", type="string", expression="Patient.name.family"))
    await work(api)
    assert await found(vendor, "Patient?x=nordli") == ["a"]
    assert (await vendor.delete("SearchParameter/x")).status_code == 200
    assert refused(await vendor.get("Patient?x=nordli"))[0] == 400
    await work(api)
    assert await api.office.database.fetchval(rows) == before
    assert await api.office.database.fetchval("SELECT count(*) FROM own_parameter") == 0


async def test_the_capability_statement_tells_of_it_once_it_is_ready(api: Api, vendor: httpx.AsyncClient) -> None:
    async def named() -> dict[str, Any]:
        resources = (await vendor.get("metadata")).json()["rest"][0]["resource"]
        return next(one for one in resources if one["type"] == "Patient")

    await put(vendor, parameter("contact-org", type="reference", expression="Patient.contact.organization"))
    assert "contact-org" not in [one["name"] for one in (await named())["searchParam"]]
    await work(api)
    told = await named()
    own = next(one for one in told["searchParam"] if one["name"] == "contact-org")
    assert (own["definition"], own["type"]) == (f"{URL}contact-org", "reference")
    assert "Patient:contact-org" in told["searchInclude"]
    await put(
        vendor, parameter("contact-org", status="draft", type="reference", expression="Patient.contact.organization")
    )
    assert "contact-org" not in [one["name"] for one in (await named())["searchParam"]]


async def test_what_references_say_of_patients_is_not_searched_for(api: Api, vendor: httpx.AsyncClient) -> None:
    named = {"reference": "Patient/a", "display": "Astrid", "identifier": {"system": "urn:nr", "value": "7"}}
    await put(vendor, person("a", None))
    await put(vendor, {"resourceType": "Basic", "id": "b", "code": {"text": "x"}, "subject": named})
    for code, expression in (("shown", "Basic.subject.display"), ("numbered", "Basic.subject.identifier.value"),
                             ("all", "Basic.descendants().ofType(string)")):  # fmt: skip
        await put(vendor, parameter(code, base=["Basic"], type="string", expression=expression))
    await work(api)
    assert await found(vendor, "Basic?shown:missing=false") == []
    assert await found(vendor, "Basic?numbered:missing=false") == []
    assert (await found(vendor, "Basic?all=astrid"), await found(vendor, "Basic?all=x")) == ([], ["b"])


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"expression": "Patient.shoe"}, "expression", "no element 'shoe'"),
    ({"expression": "Patient.name.where(use ="}, "expression", "at "),
    ({"expression": "Patient.nonsense()"}, "expression", "no function"),
    ({"expression": None}, "expression", "without an expression"),
    ({"expression": "Practitioner.name", "type": "string"}, "expression", "finds nothing"),
    ({"expression": "Patient.birthDate"}, "expression", "date cannot be searched"),
    ({"expression": "today()", "type": "date"}, "expression", "today()"),
    ({"expression": "Patient.managingOrganization.resolve().name", "type": "string"}, "expression", "resolve()"),
    ({"expression": "Patient.name.where($this = %other).family", "type": "string"}, "expression", "%other"),
    ({"expression": "(" * 400 + "Patient.name" + ")" * 400, "type": "string"}, "expression", "at most 120 levels"),
    ({"type": "special"}, "type", "not searched"),
    ({"code": "family", "type": "string", "expression": "Patient.name.family"}, "code", "R4 has a parameter"),
    ({"code": "_own"}, "code", "begins with a letter"),
    ({"code": "a.b"}, "code", "begins with a letter"),
    ({"xpathUsage": "phonetic"}, "xpathUsage", "only normal"),
    ({"component": [{"definition": f"{URL}x", "expression": "x"}]}, "component", "only composites"),
    ({"type": "composite", "expression": "Patient.contact"}, "component", "two components"),
    ({"type": "composite", "expression": "Patient.contact", "component": [
        {"definition": f"{URL}unknown", "expression": "gender"},
        {"definition": "http://hl7.org/fhir/SearchParameter/individual-gender", "expression": "gender"}]},
     "component[0].definition", "not known here"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "path", "told"), WRONG)
async def test_what_cannot_be_searched_rightly_is_refused_with_its_place(
    vendor: httpx.AsyncClient, more: dict[str, Any], path: str, told: str
) -> None:
    wrong = {name: value for name, value in parameter(**more).items() if value is not None}
    answer = await put(vendor, wrong | {"id": "wrong"})
    assert refused(answer)[::2] == (422, f"SearchParameter.{path}"), answer.text
    assert told in issue(answer)["diagnostics"]
    assert (await vendor.get("SearchParameter/wrong")).status_code == 404
    looked_at = await vendor.post("SearchParameter/$validate", json=wrong | {"id": "wrong"})
    assert f"SearchParameter.{path}" in [one.get("expression", [""])[0] for one in looked_at.json()["issue"]]
    inside = await vendor.post("", content=transaction(post(wrong | {"id": "wrong"})))
    assert refused(inside)[2] == f"Bundle.entry[0].resource.{path}"


async def test_one_that_shall_not_take_effect_is_kept_like_any_resource(vendor: httpx.AsyncClient) -> None:
    draft = parameter(status="draft", expression="whatever")
    assert (await put(vendor, draft)).status_code == 201
    assert (await status(vendor))["status"] == "disabled"
    assert refused(await vendor.get("Patient?shoe-size=1"))[0] == 400


async def test_a_code_or_a_url_is_taken_by_one_alone(api: Api, vendor: httpx.AsyncClient) -> None:
    await put(vendor, parameter())
    second = parameter() | {"id": "second"}
    assert refused(await put(vendor, second | {"url": "urn:other"}))[:2] == (422, "duplicate")
    assert refused(await put(vendor, second | {"code": "other"}))[:2] == (422, "duplicate")
    assert (await vendor.get("SearchParameter/second")).status_code == 404
    fine = second | {"url": "urn:other", "base": ["Basic"], "expression": "Basic.extension.value.ofType(Quantity)"}
    assert (await put(vendor, fine)).status_code == 201
    again = await put(vendor, parameter(description="Bedre forklart"))
    assert again.status_code == 200
    await work(api)
    assert (await put(vendor, parameter(description="Enda bedre"))).status_code == 200
    assert (await status(vendor))["status"] == "searchable"


async def test_only_programs_with_the_right_to_write_them_may_change_how_all_search(api: Api) -> None:
    place = await unit(api.office, "Sone nord")
    for who in (await staff(api.office, place, "Adm", "administrator"), await staff(api.office, place, "Berg", "fastlege"),
                replace(VENDOR, scopes=frozenset({"system/Patient.cruds"}))):  # fmt: skip
        assert refused(await put(api.as_(who), parameter()))[0] == 403, who
    assert (await put(api.as_(JOB), parameter())).status_code == 201
    nurse = api.as_(await staff(api.office, place, "Yusuf"))
    assert (await status(nurse))["status"] == "indexing"
    assert refused(await api.as_(None).get("SearchParameter/shoe-size/$status"))[0] == 401
    stranger = api.as_(replace(VENDOR, scopes=frozenset({"system/Patient.rs"})))
    assert refused(await stranger.get("SearchParameter/$status"))[0] == 403
    listed = (await api.as_(VENDOR).get("SearchParameter/$status")).json()["parameter"]
    assert [one["name"] for one in listed] == ["searchParameterStatus"]


@pytest.fixture
async def second(api: Api, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another server on the same database."""
    async with opened_office(database_url) as office:
        other = Api(office)
        yield other.as_(VENDOR)
        await other.close()


async def test_a_search_that_is_asked_anew_since_they_changed_meanwhile_is_counted_once(
    api: Api, vendor: httpx.AsyncClient
) -> None:
    await put(vendor, parameter())
    await work(api)
    counted: list[str] = []

    class Changing:
        async def take(self, who: str) -> None:
            counted.append(who)
            assert (await put(vendor, parameter("hat-size"))).status_code == 201

    api.office.searches = Changing()
    nurse = await staff(api.office, await unit(api.office, "Nord"), "Yusuf")
    async with api.office.work(nurse, Purpose.TREATMENT) as asking:
        await search(asking, "Patient", [("shoe-size", "40")], act=Act.SEARCH_IDENTITY)
    assert counted == [nurse.id]


async def test_another_server_indexes_and_searches_by_it_at_once(
    api: Api, vendor: httpx.AsyncClient, second: httpx.AsyncClient
) -> None:
    await put(second, person("before", 40))
    await put(vendor, parameter())
    made = await second.post("", content=transaction(post(person("x", 41) | {"id": ""} | {"id": "ny"})))
    assert made.status_code == 200, made.text
    assert refused(await second.get("Patient?shoe-size=40"))[0] == 503
    await work(api)
    assert await found(second, "Patient?shoe-size=40") == ["before"]
    assert len(await found(second, "Patient?shoe-size=41")) == 1
    await vendor.delete("SearchParameter/shoe-size")
    assert refused(await second.get("Patient?shoe-size=40"))[0] == 400
    await put(second, person("after", 40))
    await work(api)
    held = await api.office.database.fetchval("SELECT count(*) FROM search_number")
    assert held == 0
