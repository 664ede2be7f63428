"""history of a type and of everything, hl7.org/fhir/R4/http.html#history"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from akson.record.office import Office
from tests.fhirapi.clients import ASTRID, Api, about, post, refused, transaction
from tests.offices import VENDOR, Clock, citizen, patient, staff, unit

Told = list[tuple[str, str]]  # Type/id, version


async def walk(client: httpx.AsyncClient, url: str, between: Any = None) -> Told:
    """Return all versions that the pages from `url` on tell, in their order."""
    seen: Told = []
    while url:
        page = (await client.get(url)).json()
        assert page["type"] == "history" and "total" not in page
        for entry in page.get("entry", []):
            reference = entry["fullUrl"].partition("/fhir/")[2]
            seen.append((reference, entry["response"]["etag"].strip('W/"')))
        if between is not None:
            await between()
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    return seen


async def test_every_version_of_a_type_is_told_newest_first(vendor: httpx.AsyncClient) -> None:
    first = (await vendor.post("Patient", json=ASTRID)).json()
    second = (await vendor.post("Patient", json=ASTRID)).json()
    await vendor.put(f"Patient/{first['id']}", json=first | {"gender": "female"})
    await vendor.delete(f"Patient/{second['id']}")
    one, two = f"Patient/{first['id']}", f"Patient/{second['id']}"
    told = (await vendor.get("Patient/_history")).json()["entry"]
    times = [entry["response"]["lastModified"] for entry in told]
    assert times == sorted(times, reverse=True)
    assert {(e["request"]["method"], e["request"]["url"]) for e in told} == {
        ("DELETE", two), ("PUT", one), ("POST", "Patient")
    }  # fmt: skip
    assert sorted(await walk(vendor, "Patient/_history")) == sorted([(two, "2"), (one, "2"), (two, "1"), (one, "1")])
    assert [entry.get("resource", {}).get("gender") for entry in told].count("female") == 1
    assert sum("resource" in entry for entry in told) == 3


async def test_pages_neither_repeat_nor_skip_while_others_write(api: Api, vendor: httpx.AsyncClient) -> None:
    """Also where many versions have one time: a transaction of forty, one resource with ten versions."""
    person = await patient(api.office)
    await vendor.post("", content=transaction(*(post(about(person.reference)) for _ in range(40))))
    made = (await vendor.post("Observation", json=about(person.reference))).json()
    for _ in range(9):
        await vendor.put(f"Observation/{made['id']}", json=made)
    for place in ("Observation/_history", "_history"):
        whole = await walk(vendor, f"{place}?_count=500")

        async def write() -> None:
            await vendor.post("Observation", json=about(person.reference))
            await vendor.put(f"Observation/{made['id']}", json=made)

        paged = await walk(vendor, f"{place}?_count=7", write)
        assert paged == whole
        assert len(set(whole)) == len(whole) >= 50


async def test_a_period_narrows_what_is_told(api: Api, vendor: httpx.AsyncClient, office: Office) -> None:
    clock = office.clock
    assert isinstance(clock, Clock)
    made = (await vendor.post("Patient", json=ASTRID)).json()
    other = (await vendor.post("Patient", json=ASTRID)).json()
    for gender in ("female", "male"):
        clock.pass_(timedelta(hours=1))
        await vendor.put(f"Patient/{made['id']}", json=made | {"gender": gender})
    clock.pass_(timedelta(hours=1))
    await vendor.delete(f"Patient/{other['id']}")
    a, b = f"Patient/{made['id']}", f"Patient/{other['id']}"
    expected: dict[str, Told] = {
        "_since=2026-11-23T10:00:00Z": [(b, "2"), (a, "3"), (a, "2")],
        "_since=2026-11-23T12:00:00%2B01:00": [(b, "2"), (a, "3")],
        "_since=2026-11-23T12:00:00+01:00": [(b, "2"), (a, "3")],
        "_since=2026-11-23T13:00:00Z": [],
        "_at=2026-11-23T09:30:00Z": [(b, "1"), (a, "1")],
        "_at=2026-11-23T10:30:00Z": [(a, "2"), (b, "1")],
        "_at=2026-11-23T12:30:00Z": [(b, "2"), (a, "3")],
        "_at=2026-11-22": [],
    }
    for query, told in expected.items():
        for place in ("Patient/_history", "_history"):
            found = await walk(vendor, f"{place}?_count=1&{query}")
            assert sorted(found) == sorted(told), (place, query)
            assert [v for r, v in found if r == a] == [v for r, v in told if r == a]
        alone = (await vendor.get(f"{a}/_history?{query}")).json()
        assert "total" not in alone
        assert [e["response"]["etag"] for e in alone.get("entry", [])] == [f'W/"{v}"' for r, v in told if r == a]


async def test_each_sees_what_a_read_would_show_and_nothing_tells_of_the_rest(api: Api) -> None:
    north, south = await unit(api.office, "Sone nord"), await unit(api.office, "Sone sør")
    astrid, kari = await patient(api.office, at=north), await patient(api.office, at=south)
    mariam, lie = await staff(api.office, north, "Yusuf"), await staff(api.office, south, "Lie")
    nurse, other = api.as_(mariam), api.as_(lie)
    hers = (await nurse.post("Observation", json=about(astrid.reference))).json()["id"]
    for _ in range(30):
        await other.post("Observation", json=about(kari.reference))
    assert await walk(nurse, "Observation/_history?_count=1") == [(f"Observation/{hers}", "1")]
    assert await walk(api.as_(citizen(astrid)), "Observation/_history") == [(f"Observation/{hers}", "1")]
    everything = await walk(nurse, "_history?_count=2")
    assert (astrid.reference, "1") in everything and (f"Observation/{hers}", "1") in everything
    assert not [told for told in everything if told[0] == kari.reference]
    for reference, version in everything:
        assert (await nurse.get(f"{reference}/_history/{version}")).status_code in (200, 410)
    unknown = api.as_(await staff(api.office, await unit(api.office, "Sone vest"), "Vik"))
    page = (await unknown.get("Observation/_history?_count=1")).json()
    assert "entry" not in page and [link["relation"] for link in page["link"]] == ["self"]


async def test_a_program_sees_the_types_its_token_was_given_for(api: Api) -> None:
    vendor = api.as_(VENDOR)
    made = (await vendor.post("Patient", json=ASTRID)).json()["id"]
    await vendor.post("Observation", json=about(f"Patient/{made}"))
    narrow = api.as_(replace(VENDOR, scopes=frozenset({"system/Patient.rs"})))
    assert await walk(narrow, "_history") == [(f"Patient/{made}", "1")]
    assert refused(await narrow.get("Observation/_history"))[0] == 403


async def test_it_is_told_in_a_batch_and_in_a_transaction(vendor: httpx.AsyncClient) -> None:
    entries = [{"request": {"method": "GET", "url": url}} for url in ("Patient/_history", "_history?_count=1")]
    for kind in ("batch", "transaction"):
        made = await vendor.post("", content=transaction(post(ASTRID), *entries, kind=kind))
        told = [entry["resource"]["entry"] for entry in made.json()["entry"][1:]]
        assert told[0][0] == told[1][0]


@pytest.mark.parametrize(
    "query",
    ["_since=2020", "_since=x", "_at=x", "_count=0", "_total=accurate", "_sort=_id", "_list=1", "_page=x", "before=1",
     "_since=2026-11-23T10:00:00Z&_since=2026-11-23T10:00:00Z"],
)  # fmt: skip
async def test_what_is_not_understood_across_is_refused(vendor: httpx.AsyncClient, query: str) -> None:
    assert refused(await vendor.get(f"Patient/_history?{query}"))[0] == 400
    assert refused(await vendor.get(f"_history?{query}"))[0] == 400
