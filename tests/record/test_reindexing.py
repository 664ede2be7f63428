"""What was written by earlier rules is found again once its search values are made anew, and nothing else changes."""

from __future__ import annotations

import asyncpg

from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.search.reindexing import reindex
from akson.record.search.searching import search
from tests.offices import VENDOR, patient, temperature

VALUES = ("token", "group", "reference", "string", "date", "number", "text", "display")


async def found(office: Office) -> list[list[str]]:
    """Return what each of some questions finds."""
    questions = [("Patient", "family", "nordli"), ("Observation", "code", "8310-5"), ("Observation", "date", "2026-11"),
                 ("Observation", "code:text", "temp"),
                 ("Observation", "value-quantity", "38.4"), ("Observation", "patient.family", "Nordli")]  # fmt: skip
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        return [[hit.id for hit in (await search(work, kind, [(name, value)])).hits] for kind, name, value in questions]


async def rows(db: asyncpg.Connection) -> dict[str, list[str]]:
    """Return every search value there is."""
    kept = {name: await db.fetch(f"SELECT s::text AS row FROM search_{name} s ORDER BY 1") for name in VALUES}
    kept["tokens"] = await db.fetch(
        "SELECT id || array(SELECT unnest(tokens) ORDER BY 1)::text AS row FROM resource ORDER BY 1"
    )
    return {name: [row["row"] for row in found] for name, found in kept.items()}


async def test_values_that_were_lost_are_made_again_just_as_writing_makes_them(
    office: Office, owner_db: asyncpg.Connection
) -> None:
    astrid = await patient(office, name=[{"family": "Nordli"}])
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        await journal.create(work, temperature(astrid).replace(b'"8310-5"', b'"8310-5","display":"Temperatur"'))
    before, kept = await found(office), await rows(owner_db)
    assert all(before)
    for name in VALUES:
        await owner_db.execute(f"DELETE FROM search_{name}")
    await owner_db.execute("UPDATE resource SET tokens = '{17}'")
    assert not any(await found(office))
    await owner_db.execute("INSERT INTO reindex SELECT owner FROM owner")
    told: list[tuple[int, int]] = []
    assert await reindex(office.database, office.hasher, office.ids, lambda *n: told.append(n)) == 1
    assert (await found(office), await rows(owner_db)) == (before, kept)
    assert await reindex(office.database, office.hasher, office.ids, lambda *n: told.append(n)) == 0
