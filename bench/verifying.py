"""python -m bench.verifying [ROWS]: what `akson audit verify` costs over so many rows.

Half of them are looks in the access log; the others are measurements, five in a set of one person, and the links of
their chains. Akson itself writes and seals all of them. Time counts only where nothing else runs; CPU always.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akson.audit.report import Report
from akson.audit.seal import Signer, seal
from akson.audit.verify import verify
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.work import Kind, Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.sealing import seal_chains
from akson.record.stored import Stored
from bench.installation import ROOT, binaries
from bench.processes import cpu
from tests.offices import LOADING, opened_office, patient, temperature

KEY = Ed25519PrivateKey.generate()
SET, AT_ONCE = 5, 40
NURSE = replace(LOADING, kind=Kind.STAFF, id="Practitioner/m", key=77, name="Mariam Yusuf", role="sykepleier",
                unit_name="Hjemmetjenesten sone nord", controller_name="Fjordvik kommune")  # fmt: skip


async def written(office: Office, rows: int) -> None:
    """Write about so many rows of log, versions and links, and seal them."""
    people = [await patient(office) for _ in range(200)]
    turns = iter(range(rows // 2 // (SET + 2)))  # a set is its versions, a link, and a look of its own
    await asyncio.gather(*(_measuring(office, people, turns) for _ in range(AT_ONCE)))
    looks = iter(range(rows // 2 - rows // 2 // (SET + 2)))
    await asyncio.gather(*(_looking(office, people, looks) for _ in range(400)))
    now = datetime.now(UTC) + timedelta(minutes=1)
    await seal(office.database, Signer(KEY), now)
    await seal_chains(office.database, Signer(KEY), now)


async def _measuring(office: Office, people: list[Stored], turns: Iterator[int]) -> None:
    for n in turns:
        async with office.work(LOADING, Purpose.SYSTEM) as work:
            for m in range(SET):
                await journal.create(work, temperature(people[n % len(people)], f"{36 + (n + m) % 40 / 10:.1f}"))


async def _looking(office: Office, people: list[Stored], looks: Iterator[int]) -> None:
    for n in looks:
        async with office.work(NURSE, Purpose.TREATMENT, request=f"r{n}") as work:
            owner = people[n % len(people)].owner
            work.saw(owner, "page oversikt", rule="unit_cares_for_patient", basis="enheten gir hjelp")


async def measured(folder: Path, rows: int) -> None:
    """Write, verify twice (the second time from memory), and tell."""
    with Postgres(folder, binaries=binaries()) as server:
        await migrate(server.url, ROOT / "migrations", datetime.now(UTC))
        begun = time.monotonic()
        async with opened_office(server.url) as office:
            await written(office, rows)
        await _analysed(server.url)
        print(f"written in {time.monotonic() - begun:.0f} s")
        for _ in range(2):
            before = time.monotonic(), _own(), cpu(server.pid or 0)
            report = await verify(server.url, keys=[KEY.public_key()])
            clock, ours, base = (
                now - was for now, was in zip((time.monotonic(), _own(), cpu(server.pid or 0)), before, strict=True)
            )
            _tell(report, clock, ours, base)


def _tell(report: Report, clock: float, ours: float, base: float) -> None:
    many = sum(report.rows.values())
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(report.rows.items()))
    print(
        f"{many:,} rows ({told}), {len(report.faults)} faults:"
        f" {clock:.1f} s; CPU {ours:.1f} s here, {base:.1f} s PostgreSQL"
    )


async def _analysed(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the whole."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    folder = Path(mkdtemp(prefix="akson-verify-"))
    folder.chmod(0o755)  # the database server's user must pass through
    try:
        asyncio.run(measured(folder, rows))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
