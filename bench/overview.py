"""python -m bench.overview [--observations N] [--rounds N]: a GP opens the overview of one large record, many times.

One client at a time, as somebody who looks at a screen; the first pages, which plan the statements, are not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import httpx

from akson.base.database import Database
from akson.doors.people import demo_personas
from akson.record.staff import Register
from akson.signin.sessions import Sessions, SessionSettings
from akson.signin.tokens import called
from bench import growth, population
from bench.installation import Installation, installed
from bench.population import Carers
from bench.samples import Resource

MUST, AIM = 300, 80  # milliseconds that 95 of a hundred pages take at most
WARM = 5
PATIENT = "bench-0"


def record(observations: int, carers: Carers) -> Iterator[Resource]:
    """Yield one person on the GP's list, and so many measurements more than others have."""
    yield from population.person(0, carers)
    of = {"Patient": f"Patient/{PATIENT}", "Encounter": "Encounter/bv-0-0", "Practitioner": "Practitioner/bp-0"}
    drawn = Random(7)
    for n in range(observations):
        yield population.observation(of, drawn, f"many-{n}")


async def signed_in(here: Installation) -> httpx.AsyncClient:
    """Return the GP's browser."""
    now, settings = datetime.now(UTC), SessionSettings(secure=False)
    database = await Database.open(here.url, size=1, role="akson_app")
    try:
        person = called(growth.GP, demo_personas())
        actors = await Register(database).staff(person.pid, now, "bench")
        cookie = await Sessions(database, settings).start(actors, provider="demo", now=now, chosen=actors[0])
    finally:
        await database.close()
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{here.port}", cookies={settings.cookie: cookie}, timeout=60)


async def measured(folder: Path, observations: int, rounds: int) -> str:
    """Load the record, open the page, and tell how long it took."""
    with installed(folder) as here:
        file = folder / "record.ndjson"
        known = await growth.carers(here.target(here.system))
        file.write_text("".join(json.dumps(one) + "\n" for one in record(observations, known)), "utf-8")
        await growth.imported(here, file)
        taken: list[float] = []
        async with await signed_in(here) as browser:
            for n in range(rounds + WARM):
                if n == WARM:
                    before = here.cpu()
                begun = time.perf_counter()
                answer = await browser.get(f"/p/{PATIENT}")
                taken.append(1000 * (time.perf_counter() - begun))
                if answer.status_code != 200:
                    raise RuntimeError(f"the page answered {answer.status_code}: {answer.text[:500]}")
        used = [1000 * (now - then) / rounds for now, then in zip(here.cpu(), before, strict=True)]
    taken = sorted(taken[WARM:])
    p50, p95 = taken[len(taken) // 2], taken[len(taken) * 95 // 100]
    verdict = "aim" if p95 <= AIM else "must" if p95 <= MUST else "TOO SLOW"
    return (
        f"overview of a record with {observations} observations: p50 {p50:.0f} ms, p95 {p95:.0f} ms ({verdict}); "
        f"CPU of the server {used[0]:.1f} ms, of PostgreSQL {used[1]:.1f} ms a page"
    )


def main() -> None:
    """Run the whole."""
    asked = argparse.ArgumentParser(prog="python -m bench.overview", description=__doc__)
    asked.add_argument("--observations", type=int, default=10_000)
    asked.add_argument("--rounds", type=int, default=60)
    given = asked.parse_args()
    folder = Path(mkdtemp(prefix="akson-bench-"))
    folder.chmod(0o755)  # the database server's user must pass through
    try:
        print(asyncio.run(measured(folder, given.observations, given.rounds)))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
