"""Loads the same invented population into Akson and into a rival, and tells what it cost and how large it became."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from akson.base.queries import queries
from bench import growth, population, samples
from bench.installation import Installation
from bench.load import Client, Turn, each
from bench.peers.hapi.server import Hapi
from bench.population import Carers

SQL = queries(__file__, "loading.sql")
BLOCK, TOGETHER = 50, 10  # people whose carers are one; people in one Bundle


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What one load came to: resources; us of CPU each, Akson's and HAPI's; bytes that each added to the databases."""

    resources: int
    cpu: tuple[float, float]
    bytes: tuple[float, float]


async def load(here: Installation, hapi: Hapi, folder: Path, people: tuple[int, int], known: Carers) -> Loaded:
    """Load the people from the first to before the second number into both, one server after the other."""
    urls = here.url, hapi.url
    before = [await _database(url, SQL.size) for url in urls]
    ours = await growth.load(here, folder, *people, known)
    theirs = await feed(hapi, *people, known)
    added = [await _database(url, SQL.size) - size for url, size in zip(urls, before, strict=True)]
    return Loaded(resources=ours.lines, cpu=(ours.cpu, theirs), bytes=(added[0] / ours.lines, added[1] / ours.lines))


async def feed(hapi: Hapi, first: int, after: int, carers: Carers) -> float:
    """Send the people to HAPI in transactions, four clients at a time; return us of CPU per resource."""
    known = _transaction([_stands_for(carers.gp), _stands_for(carers.unit)])
    blocks = [_block(range(n, n + BLOCK), carers) for n in range(first, after, BLOCK)]
    before = sum(hapi.cpu())
    made = 0
    for turns in ([post(known)], blocks):
        heard = await each(hapi.target, turns, growth.AT_ONCE)
        if heard.errors:
            raise RuntimeError(heard.first_error)
        made += heard.operations
    await _database(hapi.url, SQL.analyze)
    return 1e6 * (sum(hapi.cpu()) - before) / made


def _stands_for(reference: str) -> samples.Resource:
    """Return the least that can stand in the other server for one who is in Akson already."""
    kind, _, id_ = reference.partition("/")
    return {"resourceType": kind, "id": id_, "active": True}


def _block(people: Sequence[int], carers: Carers) -> Turn:
    async def turn(client: Client) -> int:
        made = 0
        for first in range(0, len(people), TOGETHER):
            resources = [one for n in people[first : first + TOGETHER] for one in population.person(n, carers)]
            made += await post(_transaction(resources))(client)
        print(f"\rHAPI has the people up to {people[-1]}", end="", file=sys.stderr, flush=True)
        return made

    return turn


def _transaction(resources: Sequence[samples.Resource]) -> tuple[bytes, int]:
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in resources
    ]
    whole = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode(), len(entries)


async def _database(url: str, statement: str) -> float:
    connection = await asyncpg.connect(url)
    try:
        return float(await connection.fetchval(statement) or 0)
    finally:
        await connection.close()


def post(text: tuple[bytes, int]) -> Turn:
    """Return the turn that sends a transaction Bundle. text: it, and how many entries it has."""
    body, entries = text

    async def turn(client: Client) -> int:
        await client.ask("POST", "/fhir", body, expect=200)
        return entries

    return turn
