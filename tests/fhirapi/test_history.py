"""history of one resource, hl7.org/fhir/R4/http.html#history"""

from __future__ import annotations

import httpx
import pytest

from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from tests.fhirapi.clients import ASTRID, Api, about, refused
from tests.offices import JOB, VENDOR, citizen, patient, staff, unit

CONSENT = {
    "resourceType": "Consent", "status": "active", "category": [{"text": "x"}], "policyRule": {"text": "x"},
    "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
}  # fmt: skip


async def test_every_version_is_told_newest_first_with_what_was_done(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()
    address = f"Patient/{made['id']}"
    await vendor.put(address, json=made | {"gender": "female"})
    await vendor.delete(address)
    told = (await vendor.get(f"{address}/_history")).json()
    assert (told["type"], told["total"]) == ("history", 3)
    assert [entry["request"]["method"] for entry in told["entry"]] == ["DELETE", "PUT", "POST"]
    assert [entry["response"]["etag"] for entry in told["entry"]] == ['W/"3"', 'W/"2"', 'W/"1"']
    assert ["resource" in entry for entry in told["entry"]] == [False, True, True]
    assert told["entry"][2]["resource"] == made
    assert told["entry"][0]["fullUrl"].endswith(address)


async def test_pages_follow_each_other_without_gap_or_repetition(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()
    address = f"Patient/{made['id']}"
    for _ in range(6):
        await vendor.put(address, json=made)
    url, seen = f"{address}/_history?_count=3", []
    while url:
        page = (await vendor.get(url)).json()
        assert page["total"] == 7
        seen += [entry["resource"]["meta"]["versionId"] for entry in page["entry"]]
        await vendor.put(address, json=made)
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    assert seen == ["7", "6", "5", "4", "3", "2", "1"]


async def test_what_is_not_understood_is_refused(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()["id"]
    for query in ("_since=2020", "_count=x", "_count=-1", "_page=abc", "before=1", "_count=1&_page=abc"):
        answer = await vendor.get(f"Patient/{made}/_history?{query}")
        assert refused(answer)[0] == 400, query


async def test_history_of_nothing_is_unknown(vendor: httpx.AsyncClient) -> None:
    assert refused(await vendor.get("Patient/nobody/_history")) == (404, "not-found", "")


async def test_a_count_is_only_a_count(vendor: httpx.AsyncClient) -> None:
    made = (await vendor.post("Patient", json=ASTRID)).json()
    await vendor.put(f"Patient/{made['id']}", json=made)
    for query in ("_count=0", "_summary=count"):
        told = (await vendor.get(f"Patient/{made['id']}/_history?{query}")).json()
        assert (told["total"], "entry" in told) == (2, False)


@pytest.mark.parametrize(("mark", "who"), [("withheld", "the person"), ("presumed-objection", "a program")])
@pytest.mark.parametrize("after", ["deleted", "without the mark"])
async def test_what_was_closed_stays_so_when_it_is_deleted_or_its_mark_is_taken_off(
    api: Api, office: Office, mark: str, who: str, after: str
) -> None:
    nurse = await staff(office, await unit(office, "Nordre hjemmetjeneste"), "Strand")
    astrid = await patient(office, at=nurse)
    writer, reader = api.as_(nurse), api.as_(citizen(astrid) if who == "the person" else VENDOR)
    secret = about(astrid.reference) | {"meta": {"security": [{"code": mark}]}, "code": {"text": "det skjulte"}}
    id_ = (await writer.post("Observation", json=secret)).json()["id"]
    if after == "deleted":
        assert (await writer.delete(f"Observation/{id_}")).status_code == 200
    else:
        assert (await writer.put(f"Observation/{id_}", json=about(astrid.reference) | {"id": id_})).status_code == 200
    for address in (f"Observation/{id_}/_history/1", f"Observation/{id_}/_history", "Observation/_history", "_history"):
        told = await reader.get(address)
        assert "det skjulte" not in told.text, address
        assert (await writer.get(address)).text.count("det skjulte") == 1, address
    assert (await reader.get(f"Observation/{id_}/_history/1")).status_code == 404
    assert (await reader.get(f"Observation/{id_}")).status_code == (404 if after == "deleted" else 200)


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_pages_go_on_past_versions_that_are_withheld(api: Api, office: Office, count: int) -> None:
    nurse = await staff(office, await unit(office, "Nordre hjemmetjeneste"), "Strand")
    astrid = await patient(office, at=nurse)
    writer, reader, open_ = api.as_(nurse), api.as_(citizen(astrid)), about(astrid.reference)
    made = (await writer.post("Observation", json=open_)).json()
    for n in range(2, 8):  # versions 2, 3, 5 and 6 are withheld
        marks = {} if n in (4, 7) else {"meta": {"security": [{"code": "withheld"}]}}
        assert (
            await writer.put(f"Observation/{made['id']}", json=open_ | marks | {"id": made["id"]})
        ).status_code == 200
    url, seen = f"Observation/{made['id']}/_history?_count={count}", []
    while url:
        page = (await reader.get(url)).json()
        seen.append("".join(entry["resource"]["meta"]["versionId"] for entry in page["entry"]))
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    assert seen == {1: ["7", "4", "1"], 2: ["74", "1"], 3: ["741"]}[count]


async def test_what_a_program_changes_is_still_what_the_unit_wrote(api: Api, office: Office) -> None:
    """A block on what a unit has written holds, and the unit still sees what the patient would keep from others."""
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    astrid = await patient(office, at=north)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": astrid.reference},
            "managingOrganization": {"reference": south.unit_id},
        })  # fmt: skip
    writer, other = [api.as_(await staff(office, place, "Strand")) for place in (north, south)]
    mark = {"meta": {"security": [{"code": "presumed-objection"}]}}
    made = [(await writer.post("Observation", json=about(astrid.reference) | more)).json() for more in ({}, mark)]
    block = {"type": "deny", "actor": [{"role": {"text": "x"}, "reference": {"reference": south.unit_id}}],
             "data": [{"meaning": "authoredby", "reference": {"reference": north.unit_id}}]}  # fmt: skip
    blocked = await api.as_(citizen(astrid)).post("Consent", json=CONSENT | {
        "patient": {"reference": astrid.reference}, "provision": block})  # fmt: skip
    assert blocked.status_code == 201, blocked.text
    async with office.work(JOB, Purpose.SYSTEM) as work:
        for one in made:
            await journal.update(work, one | {"status": "amended"}, id_=one["id"])
    for one in made:
        assert (await writer.get(f"Observation/{one['id']}")).json()["status"] == "amended"
        assert (await other.get(f"Observation/{one['id']}")).status_code == 404
    everything = [(await client.get("Observation?_total=accurate")).json()["total"] for client in (writer, other)]
    assert everything == [2, 0]


async def test_a_block_on_what_a_unit_wrote_holds_when_another_writes_on_in_it_or_deletes_it(
    api: Api, office: Office
) -> None:
    units = [await unit(office, name) for name in ("Sone nord", "Sone sør", "Sone øst")]
    astrid = await patient(office, at=units[0])
    async with office.work(JOB, Purpose.SYSTEM) as work:
        for place in units[1:]:
            await journal.create(work, {
                "resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": astrid.reference},
                "managingOrganization": {"reference": place.unit_id},
            })  # fmt: skip
    north, south, east = [api.as_(await staff(office, place, "Strand")) for place in units]
    edited, gone, souths = [(await client.post("Observation", json=about(astrid.reference))).json()
                            for client in (north, north, south)]  # fmt: skip
    for client, status in ((south, "amended"), (south, "corrected")):
        changed = await client.put(f"Observation/{edited['id']}", json=edited | {"status": status})
        assert changed.status_code == 200, changed.text
    assert (await south.delete(f"Observation/{gone['id']}")).is_success
    paths = [
        f"Observation/{edited['id']}",
        f"Observation/{edited['id']}/_history/3",
        f"Observation/{gone['id']}/_history/1",
    ]
    assert [(await east.get(path)).status_code for path in paths] == [200, 200, 200]
    block = {"type": "deny", "actor": [{"role": {"text": "x"}, "reference": {"reference": units[2].unit_id}}],
             "data": [{"meaning": "authoredby", "reference": {"reference": units[0].unit_id}}]}  # fmt: skip
    blocked = await api.as_(citizen(astrid)).post("Consent", json=CONSENT | {
        "patient": {"reference": astrid.reference}, "provision": block})  # fmt: skip
    assert blocked.status_code == 201, blocked.text
    assert [(await east.get(path)).status_code for path in paths] == [404, 404, 404]
    assert [(await south.get(path)).status_code for path in paths] == [200, 200, 200]
    assert (await east.get(f"Observation/{souths['id']}")).status_code == 200
    found = (await east.get("Observation?_total=accurate")).json()
    assert (found["total"], [one["resource"]["id"] for one in found["entry"]]) == (1, [souths["id"]])
