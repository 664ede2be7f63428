"""Transactions too large to be held as trees: they mean the same, and take little more memory than their text."""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from akson.fhirapi import planning
from akson.record import sets
from akson.record.sets import WriteSet
from akson.record.values import Hasher
from tests.fhirapi.clients import ASTRID, about, post, transaction

P, O = "urn:uuid:0b2f0c4e-6f6e-4a3c-9f39-6f1d5d1f0011", "urn:uuid:0b2f0c4e-6f6e-4a3c-9f39-6f1d5d1f0012"  # noqa: E741
MANY = 40


def told(seen: httpx.Response) -> Any:
    """Return the resource without what differs from one writing to the next."""
    resource = {name: value for name, value in seen.json().items() if name not in ("id", "meta", "subject")}
    return json.dumps(resource)


async def test_a_set_that_is_held_as_text_is_written_as_one_that_is_held_as_trees(
    vendor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """References between its entries, what is found by searching, an update and a delete among them."""
    written = []
    for most in (planning.HELD_AS_TREES, 0):
        monkeypatch.setattr(planning, "HELD_AS_TREES", most)
        first = await vendor.post("", content=transaction(post(ASTRID, P), post(about(P), O)))
        person, seen = (entry["response"]["location"].partition("/_h")[0] for entry in first.json()["entry"])
        changed = (await vendor.get(seen)).json() | {"status": "amended"}
        place = seen.partition("/fhir/")[2]
        again = await vendor.post(
            "",
            content=transaction(
                {"resource": changed, "request": {"method": "PUT", "url": place}},
                post(about(f"Patient/{person.rpartition('/')[2]}")),
            ),
        )
        assert again.status_code == 200, again.text
        found = await vendor.get("Observation", params={"patient": person.rpartition("/")[2], "status": "amended"})
        gone = await vendor.post("", content=transaction({"request": {"method": "DELETE", "url": place}}))
        assert gone.status_code == 200, gone.text
        written.append((told(await vendor.get(f"{place}/_history/2")), len(found.json()["entry"])))
        assert (await vendor.get(place)).status_code == 410
    assert written[0] == written[1]


async def test_a_fault_in_a_set_that_is_held_as_text_is_told_with_its_path(
    vendor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the structure, one against R4's invariants, and a reference to nothing."""
    monkeypatch.setattr(planning, "HELD_AS_TREES", 0)
    cases = [
        (about(P) | {"status": "sikkert"}, "Bundle.entry[1].resource.status"),
        (about(P) | {"dataAbsentReason": {"text": "borte"}}, "Bundle.entry[1].resource"),
        (about(P) | {"encounter": {"reference": "urn:uuid:ingen"}}, "Bundle.entry[1].resource.encounter.reference"),
    ]
    for wrong, path in cases:
        answer = await vendor.post("", content=transaction(post(ASTRID, P), post(wrong)))
        assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (422, [path])


@pytest.mark.parametrize(("most", "held"), [(planning.HELD_AS_TREES, MANY), (0, 0)])
async def test_only_a_set_of_ordinary_size_is_held_as_trees_when_it_is_written(
    vendor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, most: int, held: int
) -> None:
    """Counted at the moment of writing: trees that say they are one of these."""
    monkeypatch.setattr(planning, "HELD_AS_TREES", most)
    trees = []

    def arguments(written: Sequence[WriteSet], hasher: Hasher) -> list[Any]:
        gc.collect()
        trees.append(sum(type(one) is dict and one.get("valueString") == "tree" for one in gc.get_objects()))
        return real(written, hasher)

    real = sets._arguments
    monkeypatch.setattr(sets, "_arguments", arguments)
    seen = {name: value for name, value in about(P).items() if not name.startswith("value")} | {"valueString": "tree"}
    answer = await vendor.post("", content=transaction(post(ASTRID, P), *[post(seen) for _ in range(MANY)]))
    assert answer.status_code == 200, answer.text
    own = sum(type(one) is dict and one.get("valueString") == "tree" for one in gc.get_objects())
    assert trees[-1] - min(own, 1) == held
