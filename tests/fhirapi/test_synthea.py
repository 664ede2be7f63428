"""The fourteen Synthea bundles load as transactions, and every entry is found again by read and by search."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fhirapi.clients import BASE, Api
from tests.offices import VENDOR

_NAMED = re.compile(r'"(urn:uuid:[0-9a-f-]{36})"')


@pytest.fixture
def bundles(shared: Path) -> list[Path]:
    return sorted((shared / "fhir" / "synthea-r4").glob("*.json"))


async def test_every_entry_of_every_bundle_is_found_again(
    api: Api, vendor: httpx.AsyncClient, bundles: list[Path]
) -> None:
    assert len(bundles) == 14
    loaded = [await _load(vendor, path.read_text("utf-8")) for path in bundles]
    sent = [pair for pairs in loaded for pair in pairs]
    assert len(sent) == 2554
    for address, resource in sent:
        got = await vendor.get(address)
        assert got.status_code == 200
        assert _without_ids(got.text) == _without_ids(resource), address
    found = await asyncio.gather(*(_found_by_search(vendor, pairs) for pairs in loaded))
    assert set().union(*found) == {address for address, _ in sent}


async def _load(vendor: httpx.AsyncClient, text: str) -> list[tuple[str, str]]:
    """Load one bundle; return the address each entry got, and the resource with references as they should be now."""
    answer = await vendor.post("", content=text)
    assert answer.status_code == 200, answer.text[:1000]
    asked = json.loads(text)["entry"]
    places = [entry["response"]["location"].partition("/_history")[0] for entry in answer.json()["entry"]]
    names = {one["fullUrl"]: place.removeprefix(f"{BASE}/fhir/") for one, place in zip(asked, places, strict=True)}
    made = _NAMED.sub(lambda name: f'"{names[name[1]]}"', text)
    raw = json.loads(made, parse_float=lambda number: f"number {number}")["entry"]
    return [(place, json.dumps(one["resource"])) for place, one in zip(places, raw, strict=True)]


def _without_ids(text: str) -> Any:
    """Return the resource as every number was written, without what the server gives it."""
    resource = json.loads(text, parse_float=lambda number: f"number {number}")
    meta = {name: value for name, value in resource.pop("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    del resource["id"]
    return resource | ({"meta": meta} if meta else {})


async def _found_by_search(vendor: httpx.AsyncClient, pairs: list[tuple[str, str]]) -> set[str]:
    """Return the addresses that searches find of one bundle: by patient what has one, by id the rest."""
    found: set[str] = set()
    kinds = {address.removeprefix(f"{BASE}/fhir/").partition("/")[0] for address, _ in pairs}
    person = next(address for address, _ in pairs if "/Patient/" in address).removeprefix(f"{BASE}/fhir/")
    for kind in sorted(kinds):
        ids = [address.rpartition("/")[2] for address, _ in pairs if f"/fhir/{kind}/" in address]
        own = kind in ("Patient", "Organization", "Practitioner")
        url: str | None = f"{kind}?_id={','.join(ids)}" if own else f"{kind}?patient={person}&_count=100"
        while url:
            page = (await vendor.get(url)).json()
            assert page["resourceType"] == "Bundle", page
            found |= {entry["fullUrl"] for entry in page.get("entry", [])}
            url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    return found


async def test_the_same_bundle_twice_is_two_people(api: Api, bundles: list[Path]) -> None:
    """Nothing in a Synthea bundle says that it is the same person: no identifier of a national register."""
    vendor = api.as_(VENDOR)
    text = bundles[0].read_text("utf-8")
    first, second = await _load(vendor, text), await _load(vendor, text)
    assert {address for address, _ in first}.isdisjoint({address for address, _ in second})
