"""Server, worker and PostgreSQL are killed again and again under load, and the receiver hears of every version in order.

The receiver is slow, so that the worker is also killed after it has told and before it has noted that: then it tells again.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import defaultdict
from typing import Any

import asyncpg
import httpx

from tests.fhirapi.clients import ASTRID, FHIR_JSON, about
from tests.record.test_crash import Installation, installation
from tests.subscriptions.receiving import Receiver, listening
from tests.subscriptions.world import extra, topical

__all__ = ["installation"]

KILLS = int(os.environ.get("AKSON_KILLS", "3"))
CLIENTS = 3


class Load:
    """Clients that create and change Observations; what was acknowledged: id -> last version."""

    def __init__(self, installation: Installation, patient: str) -> None:
        self.headers = {"authorization": f"Bearer {installation.token}", "content-type": FHIR_JSON}
        self.base = f"http://127.0.0.1:{installation.port}/fhir/"
        self.patient = patient
        self.acknowledged: dict[str, int] = {}

    async def run(self) -> None:
        """Go on until the server is gone."""
        async with httpx.AsyncClient(base_url=self.base, headers=self.headers, timeout=20) as client:
            await asyncio.gather(*(self._client(client) for _ in range(CLIENTS)))

    async def _client(self, client: httpx.AsyncClient) -> None:
        try:
            while True:
                made = await client.post("Observation", json=about(self.patient))
                assert made.status_code == 201, made.text
                one = made.json()
                self.acknowledged[one["id"]] = 1
                for status in ("amended", "corrected"):
                    changed = await client.put(f"Observation/{one['id']}", json=one | {"status": status})
                    assert changed.status_code == 200, changed.text
                    self.acknowledged[one["id"]] += 1
        except httpx.HTTPError:
            return  # nobody knows what became of it


def heard(receiver: Receiver) -> list[tuple[int, str, int]]:
    """Return (event number, id, version) of every event, in the order they came, those that came twice too."""
    found = []
    for one in receiver.got:
        if one.kind == "event-notification":
            for event, entry in zip(one.events, one.json["entry"][1:], strict=True):
                version = int(entry["response"]["etag"][3:-1])
                found.append((int(event["event-number"]), event["focus"]["reference"].rpartition("/")[2], version))
    return found


async def written(url: str) -> set[tuple[str, int]]:
    """Return every version of every Observation that was written."""
    connection = await asyncpg.connect(url)
    try:
        code = await connection.fetchval("SELECT type FROM subscription")
        rows = await connection.fetch("SELECT id, version FROM resource_version WHERE type = $1", code)
        return {(row["id"], row["version"]) for row in rows}
    finally:
        await connection.close()


async def until_all_is_told(
    client: httpx.AsyncClient, subscription: str, receiver: Receiver, wanted: set[tuple[str, int]]
) -> None:
    for _ in range(600):
        if {(id_, version) for _, id_, version in heard(receiver)} >= wanted:
            return
        await asyncio.sleep(0.2)
    raise AssertionError((await client.get(f"Subscription/{subscription}/$status")).text)


async def test_nothing_is_missed_and_nothing_out_of_order_however_often_all_is_killed(
    installation: Installation,
) -> None:
    chance = random.Random(7)
    await asyncio.to_thread(installation.start)
    load: Any = None
    async with listening(Receiver(pause=0.05)) as receiver:
        headers = {"authorization": f"Bearer {installation.token}", "content-type": FHIR_JSON}
        base = f"http://127.0.0.1:{installation.port}/fhir/"
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=20) as client:
            patient = (await client.post("Patient", json=ASTRID)).json()["id"]
            quick = [extra("timeout", valueUnsignedInt=1), extra("max-count", valuePositiveInt=20)]
            made = await client.post("Subscription", json=topical(receiver.url, content="id-only", extension=quick))
            assert made.status_code == 201, made.text
            load = Load(installation, f"Patient/{patient}")
            for _ in range(KILLS):
                running = asyncio.create_task(load.run())
                await asyncio.sleep(1 + chance.random())
                await asyncio.to_thread(installation.kill)
                await running
                await asyncio.to_thread(installation.start)
            versions = await written(installation.postgres.url)
            assert versions >= {(id_, n) for id_, last in load.acknowledged.items() for n in range(1, last + 1)}
            await until_all_is_told(client, made.json()["id"], receiver, versions)
    told = heard(receiver)
    meaning = defaultdict(set)
    for number, id_, version in told:
        meaning[number].add((id_, version))
    assert sorted(meaning) == list(range(1, len(versions) + 1))  # none missed, none that is not there
    assert all(len(one) == 1 for one in meaning.values())  # a number means one version, however often it comes
    first = list(dict.fromkeys(number for number, *_ in told))
    assert first == sorted(first)
    order: dict[str, list[int]] = defaultdict(list)
    for _, id_, version in dict.fromkeys(told):
        order[id_].append(version)
    assert all(seen == sorted(seen) for seen in order.values())
