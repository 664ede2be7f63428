"""A protected address is told to nobody but the person, found by nobody, and lost by nobody who cannot see it.

Source: domain rules R29 and R30
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from akson.base.work import Purpose
from akson.record import journal
from akson.record.facts import PROTECTION
from akson.record.stored import Stored
from tests.fhirapi.clients import Api, transaction
from tests.fhirapi.test_export import exported
from tests.offices import JOB, VENDOR, citizen, patient, staff, unit

STREET = "Kirkegata 21"
MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}
HOME: dict[str, Any] = {
    "meta": {"security": [{"system": PROTECTION, "code": "kode7"}]},
    "address": [{"line": [STREET], "city": "Fjordvik", "postalCode": "9999"}],
    "contact": [{"name": {"family": "Tveitan"}, "address": {"line": [STREET]}}],
    "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{STREET}</div>'},
}


@pytest.fixture
async def clients(api: Api) -> dict[str, Any]:
    """A person with a protected address, and who asks about them."""
    north = await unit(api.office, "Sone nord")
    person = await patient(api.office, at=north, **HOME)
    return {
        "person": person, "nurse": api.as_(await staff(api.office, north, "Yusuf")), "vendor": api.as_(VENDOR),
        "self": api.as_(citizen(person)),
    }  # fmt: skip


async def kept(api: Api, person: Stored) -> dict[str, Any]:
    """Return what the journal holds, as one of our own jobs reads it."""
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        return (await journal.read(work, "Patient", person.id)).resource


@pytest.mark.parametrize("who", ["nurse", "vendor"])
@pytest.mark.parametrize("way", [
    "Patient/{id}", "Patient/{id}/_history/1", "Patient/{id}/_history", "Patient/_history", "Patient?_id={id}",
    "Patient?family=Nordli&_elements=address", "Patient/{id}/$everything", "EpisodeOfCare?_include=EpisodeOfCare:patient",
])  # fmt: skip
async def test_no_way_of_reading_tells_the_address(clients: dict[str, Any], who: str, way: str) -> None:
    told = await clients[who].get(way.format(id=clients["person"].id))
    assert told.status_code == 200 and clients["person"].id in told.text
    assert STREET not in told.text and "9999" not in told.text
    assert '"masked"' in told.text


async def test_no_export_tells_it_and_no_batch_does(clients: dict[str, Any]) -> None:
    files = json.dumps(await exported(clients["vendor"]))
    assert clients["person"].id in files and STREET not in files
    read = {"request": {"method": "GET", "url": clients["person"].reference}}
    told = await clients["nurse"].post("", content=transaction(read, kind="batch"))
    assert clients["person"].id in told.text and STREET not in told.text


@pytest.mark.parametrize("who", ["nurse", "vendor"])
@pytest.mark.parametrize("question", [
    "address=Kirkegata", "address-city=Fjordvik", "address:contains=gata", "address-postalcode=9999", "_content=Kirkegata",
    "_text=Kirkegata",
])  # fmt: skip
async def test_nobody_is_found_by_it(clients: dict[str, Any], who: str, question: str) -> None:
    assert (await clients[who].get(f"Patient?{question}&_total=accurate")).json()["total"] == 0


NEAR: dict[str, Any] = {
    "resourceType": "RelatedPerson", "name": [{"family": "Tveitan"}], "address": [{"line": [STREET], "city": "Fjordvik"}],
    "telecom": [{"system": "phone", "value": "22225555"}],
    "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{STREET}</div>'},
}  # fmt: skip
QUESTIONS = ["address=Kirkegata", "address-city=Fjordvik", "phone=22225555", "telecom=22225555", "_content=Kirkegata",
             "_text=Kirkegata"]  # fmt: skip


async def found(client: httpx.AsyncClient, type_: str = "RelatedPerson") -> list[int]:
    asked = [await client.get(f"{type_}?{question}&_total=accurate") for question in QUESTIONS]
    chained = await client.get(f"Patient?_has:RelatedPerson:patient:{QUESTIONS[0]}&_total=accurate")
    return [one.json()["total"] for one in [*asked, chained]]


@pytest.mark.parametrize("first", ["person", "next of kin", "both at once"])
async def test_nobody_is_found_by_where_their_next_of_kin_lives_whatever_came_first(api: Api, first: str) -> None:
    place = await unit(api.office, "Sone nord")
    nurse, vendor = api.as_(await staff(api.office, place, "Yusuf")), api.as_(VENDOR)
    hidden = {"telecom": NEAR["telecom"]} | HOME
    person = await patient(api.office, at=place, **(hidden if first == "person" else {}))
    near = NEAR | {"patient": {"reference": person.reference}}
    shut = {"resourceType": "Patient", "name": [{"family": "Nordli"}], **hidden}
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        if first != "both at once":
            await journal.create(work, near)
        else:
            kin = journal.draft("POST", near)
            await journal.write_set(work, [kin, journal.draft("PUT", shut, id_=person.id)])
    if first == "next of kin":
        assert [await found(who) for who in (nurse, vendor)] == [[1] * 7] * 2
        async with api.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.update(work, shut, id_=person.id)
    assert [await found(who) for who in (nurse, vendor)] == [[0] * 7] * 2
    assert [await found(who, "Patient") for who in (nurse, vendor)] == [[0] * 7] * 2
    assert (await vendor.get("RelatedPerson?name=Tveitan&_total=accurate")).json()["total"] == 1
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, {name: shut[name] for name in shut if name != "meta"}, id_=person.id)
    assert [await found(who) for who in (nurse, vendor)] == [[1] * 7] * 2


async def test_no_order_tells_it(api: Api) -> None:
    place = await unit(api.office, "Sone nord")
    hidden = await patient(api.office, at=place, **HOME, telecom=[{"system": "phone", "value": "99998888"}])
    open_ = await patient(api.office, at=place, address=[{"postalCode": "5003"}], telecom=NEAR["telecom"])
    for who in (api.as_(await staff(api.office, place, "Yusuf")), api.as_(VENDOR)):
        for order in ("-address-postalcode", "-address-postalcode,phone", "-phone", "-telecom,-address-city"):
            told = (await who.get("Patient", params={"_sort": order})).json()["entry"]
            assert [one["resource"]["id"] for one in told] == [open_.id, hidden.id], order  # as one who has none


async def test_the_person_sees_it(clients: dict[str, Any]) -> None:
    told = (await clients["self"].get(clients["person"].reference)).json()
    assert told["address"] == HOME["address"] and told["text"]["div"] == HOME["text"]["div"]


async def test_who_sends_back_what_was_read_takes_nothing_away(api: Api, clients: dict[str, Any]) -> None:
    place, vendor = clients["person"].reference, clients["vendor"]
    seen = (await vendor.get(place)).json()
    assert seen["address"] == [MASKED] and seen["contact"][0]["address"] == MASKED and "text" not in seen
    for sent in (seen | {"gender": "male"}, {name: seen[name] for name in seen if name != "address"}):
        told = await _put(vendor, sent)
        assert told.status_code == 200 and STREET not in told.text
        now = await kept(api, clients["person"])
        assert now["address"] == HOME["address"] and now["contact"] == HOME["contact"]


async def test_each_of_those_who_stand_in_a_list_keeps_their_own_address(api: Api, clients: dict[str, Any]) -> None:
    both = [{"name": {"family": name}, "address": {"line": [f"{name}veien 1"]}} for name in ("Lien", "Moe")]
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, await kept(api, clients["person"]) | {"contact": both}, id_=clients["person"].id)
    seen = (await clients["nurse"].get(clients["person"].reference)).json()
    bare = [{"name": one["name"]} for one in both]
    new = {"name": {"family": "Moe", "given": ["Ny"]}}
    for sent, stands in ((seen["contact"][::-1], both[::-1]), (bare, both), ([seen["contact"][0], bare[1], new], [*both, new]),
                         ([*bare[1:], new], [*both[1:], new]), (seen["contact"][1:], both[1:])):  # fmt: skip
        assert (await _put(clients["nurse"], seen | {"contact": sent})).status_code == 200
        assert (await kept(api, clients["person"]))["contact"] == stands


async def test_a_new_address_is_taken_and_not_told(api: Api, clients: dict[str, Any]) -> None:
    seen = (await clients["vendor"].get(clients["person"].reference)).json()
    moved = [{"line": ["Elveveien 40"]}]
    told = await _put(clients["vendor"], seen | {"address": moved})
    assert told.status_code == 200 and "Elveveien" not in told.text
    assert (await kept(api, clients["person"]))["address"] == moved


async def test_a_new_address_beside_the_mark_is_one_more(api: Api, clients: dict[str, Any]) -> None:
    seen = (await clients["vendor"].get(clients["person"].reference)).json()
    more = {"use": "temp", "line": ["Elveveien 40"]}
    assert (await _put(clients["vendor"], seen | {"address": [MASKED, more]})).status_code == 200
    assert (await kept(api, clients["person"]))["address"] == [*HOME["address"], more]


async def test_a_member_with_an_escaped_name_is_hidden_too(api: Api, clients: dict[str, Any]) -> None:
    person = {name: value for name, value in (await kept(api, clients["person"])).items() if name != "address"}
    body = json.dumps(person).replace('"address"', '"addre\\u0073s"')  # of the contact
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, body.encode(), id_=clients["person"].id)
    told = await clients["nurse"].get(clients["person"].reference)
    assert told.status_code == 200 and STREET not in told.text and '"masked"' in told.text


async def test_what_cannot_be_seen_whole_is_not_patched(clients: dict[str, Any]) -> None:
    step = [{"op": "test", "path": "/address/0/city", "value": "Fjordvik"}]
    sent = await clients["vendor"].patch(
        clients["person"].reference, content=json.dumps(step), headers={"content-type": "application/json-patch+json"}
    )
    assert sent.status_code == 403 and "AK-F036" in sent.text


async def test_it_is_told_again_when_the_protection_is_over(api: Api, clients: dict[str, Any]) -> None:
    async with api.office.work(JOB, Purpose.SYSTEM) as work:
        free = {name: value for name, value in (await kept(api, clients["person"])).items() if name != "meta"}
        await journal.update(work, free, id_=clients["person"].id)
    assert STREET in (await clients["nurse"].get(clients["person"].reference)).text
    assert (await clients["nurse"].get("Patient?address=Kirkegata&_total=accurate")).json()["total"] == 1


async def _put(client: httpx.AsyncClient, resource: dict[str, Any]) -> httpx.Response:
    return await client.put(f"Patient/{resource['id']}", json=resource, headers={"prefer": "return=representation"})
