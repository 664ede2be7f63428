"""What is done to the server, in the words of the speed budgets."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench import samples, searches, terminology
from bench.installation import ROOT, Installation
from bench.load import Client, Heard, Target, drive, gets

BUNDLES = 24  # different ones, sent in turn
SYNTHEA = ROOT.parent / "shared" / "fhir" / "synthea-r4"
Run = Callable[[float], Awaitable[Heard]]


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One line of the table. must, aim: operations per second on two cores, 0 where nothing is demanded."""

    name: str
    run: Run
    must: int = 0
    aim: int = 0
    null: bool = False


async def prepare(here: Installation, folder: Path) -> list[Workload]:
    """Write what the reads will find, and return the workloads in the order they take turns."""
    system, doctor, nurse = here.target(here.system), here.target(here.doctor), here.target(here.nurse)
    numbers = iter(range(1 << 62))
    bundles = [samples.bundle(n) for n in range(BUNDLES)]
    given = [as_sent(path.read_bytes()) for path in sorted(SYNTHEA.glob("*.json"))]
    client = Client(system, [])
    await client.open()
    written = [path for body in bundles[:12] for path in await _written(client, body)]
    client.close()
    mine = await _of_the_doctor(Client(doctor, []))
    Random(1).shuffle(written)

    def posting(texts: Sequence[tuple[bytes, int]]) -> Run:
        async def turn(client: Client) -> int:
            body, entries = texts[next(numbers) % len(texts)]
            await client.ask("POST", "/fhir", body, expect=200)
            return entries

        return lambda seconds: drive(system, turn, seconds)

    async def crud(client: Client) -> int:
        return await loop(client, next(numbers))

    nothing = type(system)(port=here.null_port)
    found = [
        Workload(name="null server", run=lambda s: gets(nothing, ["/"], s, folder), null=True),
        Workload(name="GET by id", run=lambda s: gets(system, written, s, folder), must=3000, aim=8000),
        Workload(name="GET by id, as a GP", run=lambda s: gets(doctor, mine, s, folder), must=3000, aim=8000),
        *_searching({"a program": system, "a GP": doctor, "a nurse": nurse}, folder),
        Workload(name="create/read/update/delete", run=lambda s: drive(system, crud, s), must=800, aim=2500),
        Workload(name="Bundles, per resource", run=posting([counted(b) for b in bundles]), must=800, aim=4000),
        *_about_codes(system, folder),
    ]
    if given:
        found.append(Workload(name="Synthea, per resource", run=posting(list(map(counted, given))), must=800, aim=4000))
    return found


def _searching(askers: dict[str, Target], folder: Path) -> list[Workload]:
    """Return a workload for each asker: searches of all families mixed, over the few people there are."""
    paths = [path for family in searches.FAMILIES for path in searches.paths(family, people=50, rounds=20, seed=1)]
    Random(2).shuffle(paths)
    return [
        Workload(name=f"search, as {who}", run=lambda s, to=target: gets(to, paths, s, folder), must=500, aim=1500)
        for who, target in askers.items()
    ]


def _about_codes(system: Target, folder: Path) -> list[Workload]:
    """Return the workloads of terminology."""
    return [
        Workload(name="$lookup", run=lambda s: gets(system, terminology.lookups(), s, folder), must=1500, aim=2500),
        Workload(
            name="$validate-code", run=lambda s: gets(system, terminology.validations(), s, folder), must=1500, aim=2500
        ),
        Workload(name="$expand, a page", run=lambda s: gets(system, terminology.expansions(), s, folder)),
    ]


def counted(body: bytes) -> tuple[bytes, int]:
    return body, len(json.loads(body)["entry"])


def as_sent(body: bytes) -> bytes:
    """Return a Bundle as one line, as programs send it."""
    return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()


async def _written(client: Client, body: bytes) -> list[str]:
    """Post a Bundle; return the path of each resource it made."""
    _, answer = await client.ask("POST", "/fhir", body, expect=200)
    places = (entry["response"]["location"] for entry in json.loads(answer)["entry"])
    return ["/fhir/" + place.partition("/fhir/")[2].partition("/_history")[0] for place in places]


async def _of_the_doctor(client: Client) -> list[str]:
    """Return the paths of some resources of the patients on the doctor's list."""
    await client.open()
    found = []
    for kind in ("Observation", "DocumentReference", "Condition", "MedicationStatement"):
        _, answer = await client.ask("GET", f"/fhir/{kind}?_count=100", expect=200)
        found += ["/fhir/" + entry["fullUrl"].partition("/fhir/")[2] for entry in json.loads(answer).get("entry", [])]
    client.close()
    return found


async def loop(client: Client, n: int) -> int:
    """Create nine resources that refer to each other, read, update and delete them: 36 operations."""
    of: dict[str, str] = {}
    made: list[tuple[str, str, samples.Resource]] = []
    for kind in samples.NINE:
        resource = samples.nine(kind, of, n)
        location, _ = await client.ask("POST", f"/fhir/{kind}", _text(resource), expect=201)
        path = location.partition("/_history")[0]
        of[kind] = path.removeprefix("/fhir/")
        made.append((kind, path, resource | {"id": path.rpartition("/")[2]}))
    for _, path, _ in made:
        await client.ask("GET", path, expect=200)
    for kind, path, resource in made:
        await client.ask("PUT", path, _text(resource | samples.CHANGES[kind]), expect=200)
    for _, path, _ in reversed(made):
        await client.ask("DELETE", path, expect=200)
    return 4 * len(made)


def _text(resource: samples.Resource) -> bytes:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()
