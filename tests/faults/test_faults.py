"""Servers, workers and PostgreSQL are killed again and again under mixed load: nothing acknowledged is lost, nothing is
half there or there twice, and who subscribes hears of every version, in order.

AKSON_KILLS says how often servers and PostgreSQL are killed, each; the receiver is slow, so that workers are also
killed after they have told and before they have noted that: then another tells again.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import asyncpg
import httpx
import pytest

from akson.audit.verify import verify
from akson.doors.keys import Keys
from akson.record.packing import unpacked
from tests.faults.installation import BEGUN, SERVERS, WORKERS, Installation
from tests.faults.load import ENTRIES, Load
from tests.fhirapi.clients import ASTRID, FHIR_JSON
from tests.subscriptions.receiving import Receiver, listening
from tests.subscriptions.world import extra, topical

KILLS = int(os.environ.get("AKSON_KILLS", "1"))
CLIENTS = 4
_MARKED = re.compile(rb'"system":"urn:x-mark","value":"([^"]+)"')
Version = tuple[str, int]  # id, number


@pytest.fixture
def installation() -> Iterator[Installation]:
    folder = Path(mkdtemp(prefix="akson-faults-"))
    folder.chmod(0o755)  # the server's user must pass through
    made = Installation(folder)
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(folder)


async def kills(installation: Installation, chance: random.Random) -> None:
    """Kill a server and PostgreSQL in turns, a worker with every other of them, and at the end all at once."""
    for number in range(KILLS):
        await asyncio.sleep(0.5 + chance.random())
        await asyncio.to_thread(installation.kill_program, f"serve {number % SERVERS}")
        await asyncio.sleep(0.5 + chance.random())
        await asyncio.to_thread(installation.kill_postgres)
        if number % 2 == 0:
            await asyncio.to_thread(installation.kill_program, f"worker {number // 2 % WORKERS}")
    await asyncio.sleep(0.5 + chance.random())
    await asyncio.to_thread(installation.kill_all)


async def written(url: str) -> tuple[Counter[str], dict[Version, bytes], set[str], set[Version]]:
    """Return how often each mark stands in a first version; the texts, by id and version; requests in the log; and
    the versions of what is subscribed to."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT type, id, version, body FROM resource_version")
        texts = {(row["id"], row["version"]): unpacked(row["body"]) if row["body"] else b"" for row in rows}
        code = await connection.fetchval("SELECT type FROM subscription")
        followed = {(row["id"], row["version"]) for row in rows if row["type"] == code}
        requests = {row[0] for row in await connection.fetch("SELECT request FROM access_log")}
    finally:
        await connection.close()
    firsts = [text for (_, version), text in texts.items() if version == 1]
    return Counter(mark.decode() for text in firsts for mark in _MARKED.findall(text)), texts, requests, followed


async def news_are_told(url: str) -> bool:
    """Wait until the workers have carried everything that waited; say whether it did."""
    connection = await asyncpg.connect(url)
    try:
        for _ in range(600):
            if not await connection.fetchval("SELECT (SELECT count(*) FROM news) + (SELECT count(*) FROM job)"):
                return True
            await asyncio.sleep(0.1)
        return False
    finally:
        await connection.close()


def heard(receiver: Receiver) -> list[tuple[int, str, int]]:
    """Return (event number, id, version) of every event, in the order they came, those that came twice too."""
    found = []
    for one in receiver.got:
        if one.kind == "event-notification":
            for event, entry in zip(one.events, one.json["entry"][1:], strict=True):
                version = int(entry["response"]["etag"][3:-1])
                found.append((int(event["event-number"]), event["focus"]["reference"].rpartition("/")[2], version))
    return found


async def until_all_is_told(client: httpx.AsyncClient, at: str, receiver: Receiver, wanted: set[Version]) -> None:
    for _ in range(600):
        if {(id_, version) for _, id_, version in heard(receiver)} >= wanted:
            return
        await asyncio.sleep(0.2)
    raise AssertionError((await client.get(f"{at}/$status")).text)


def refuse_gaps(told: list[tuple[int, str, int]], followed: set[Version]) -> None:
    """Assert that no event number is missing, that each means one version, and that each resource's came in order."""
    meaning = defaultdict(set)
    order: dict[str, list[int]] = defaultdict(list)
    for number, id_, version in told:
        meaning[number].add((id_, version))
    for _, id_, version in dict.fromkeys(told):
        order[id_].append(version)
    assert sorted(meaning) == list(range(1, len(followed) + 1))  # none missed, none that is not there
    assert all(len(one) == 1 for one in meaning.values())  # a number means one version, however often it comes
    assert set().union(*meaning.values()) == followed
    first = list(dict.fromkeys(number for number, *_ in told))
    assert first == sorted(first)
    assert all(seen == sorted(seen) for seen in order.values())


async def refuse_losses(client: httpx.AsyncClient, load: Load, marks: Counter[str]) -> None:
    """Assert that what was acknowledged is there byte for byte and once, and nothing half."""
    assert marks == {one.mark: 1 for one in load.kept.values()} | dict.fromkeys(load.bundles, ENTRIES)
    assert all(len(set(ids)) == ENTRIES for ids in load.bundles.values())
    for id_, kept in load.kept.items():
        for version, body in kept.versions.items():
            assert (await client.get(f"Observation/{id_}/_history/{version}")).content == body, (id_, version)
        last = await client.get(f"Observation/{id_}")
        assert last.status_code == 410 if kept.deleted else last.content == kept.versions[max(kept.versions)]


async def test_nothing_is_lost_half_there_or_missed_however_often_all_is_killed(installation: Installation) -> None:
    await asyncio.to_thread(installation.start)
    headers = {"authorization": f"Bearer {installation.token}", "content-type": FHIR_JSON}
    async with (
        listening(Receiver(pause=0.05)) as receiver,
        httpx.AsyncClient(base_url=installation.base(0), headers=headers, timeout=30) as client,
    ):
        patient = (await client.post("Patient", json=ASTRID)).json()["id"]
        quick = [extra("timeout", valueUnsignedInt=1), extra("max-count", valuePositiveInt=50)]
        made = await client.post("Subscription", json=topical(receiver.url, content="id-only", extension=quick))
        assert made.status_code == 201, made.text
        load = Load([installation.base(n) for n in range(SERVERS)], installation.token, f"Patient/{patient}")
        running = asyncio.create_task(load.run(CLIENTS))
        await kills(installation, random.Random(7))
        load.over = True
        await running
        marks, texts, requests, followed = await written(installation.postgres.url)
        await refuse_losses(client, load, marks)
        assert requests >= set(load.requests)
        await until_all_is_told(client, f"Subscription/{made.json()['id']}", receiver, followed)
        told = heard(receiver)
    refuse_gaps(told, followed)
    assert await news_are_told(installation.postgres.url)
    assert any(BEGUN in installation.said(f"worker {number}") for number in range(WORKERS))
    report = await verify(installation.postgres.url, keys=Keys.open(installation.folder / "keys").seals)
    assert report.faults == () and report.rows["resource_version"] >= len(texts)
    assert load.away > 0 and len(load.bundles) > 0 and any(one.deleted for one in load.kept.values())
