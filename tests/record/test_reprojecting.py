"""Who died before the day of death was known to access is known by it once their facts are made anew."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg

from akson.access.bereaved import kinship
from akson.access.facts import Facts
from akson.base.work import Purpose
from akson.record import journal
from akson.record.deciding import facts_for
from akson.record.office import Office
from akson.record.reprojecting import reproject
from akson.record.stored import Stored
from akson.registers.identifiers import synthetic_fnr
from tests.offices import FNR, JOB, patient

ROOT = Path(__file__).parents[2]
DIED = "2026-03-02"
SPOUSE = {"system": FNR, "value": synthetic_fnr(date(1951, 2, 3), 40, female=True).value}
EARLIER = r"""
    UPDATE {table} SET {column} = regexp_replace({column}, ',"died":(null|"[^"]*")', '', 'g') WHERE {column} LIKE '%"deceased":true%'
"""


def migration() -> str:
    """Return what finds those whose facts were made by earlier rules."""
    (file,) = (ROOT / "migrations").glob("*_reproject.sql")
    return next(part for part in file.read_text("utf-8").split(";") if "INSERT" in part)


async def widow(office: Office) -> Stored:
    return await patient(office, identifier=[SPOUSE])


async def dead(office: Office, **how: Any) -> Stored:
    """Return one who has died, with a spouse whom death parted them from."""
    died = await patient(office, name=[{"family": "Vik", "given": ["Odd"]}], **how)
    tie = {"resourceType": "RelatedPerson", "patient": {"reference": died.reference}, "period": {"end": DIED},
           "relationship": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "SPS"}]}],
           "identifier": [SPOUSE]}  # fmt: skip
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, tie)
    return died


async def facts(office: Office, whose: Stored) -> Facts:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        return (await facts_for(work, [whose.owner]))[whose.owner]


async def every(db: asyncpg.Connection) -> list[Any]:
    """Return all facts there are, row by row and gathered."""
    rows = await db.fetch("SELECT owner, type, id, n, kind, unit, person, data FROM fact ORDER BY 1, 2, 3, 4")
    return [*map(tuple, rows), *map(tuple, await db.fetch("SELECT owner, facts, restricted FROM owner ORDER BY 1"))]


async def test_a_spouse_of_one_who_died_before_is_known_as_one_again_and_nothing_else_changes(
    office: Office, owner_db: asyncpg.Connection
) -> None:
    spouse = await widow(office)
    died, sooner = await dead(office, deceasedDateTime=DIED), await dead(office, deceasedBoolean=True)
    kept = await every(owner_db)
    for table, column in (("fact", "data"), ("owner", "facts")):
        await owner_db.execute(EARLIER.format(table=table, column=column))
    await owner_db.execute("UPDATE owner SET facts_rev = facts_rev + 1")
    assert kinship(await facts(office, died), spouse.owner) == ""
    await owner_db.execute(migration())
    waiting = [row["owner"] for row in await owner_db.fetch("SELECT owner FROM reproject")]
    assert sorted(waiting) == sorted([died.owner, sooner.owner])
    assert sum(await asyncio.gather(reproject(office.database), reproject(office.database))) == 2
    assert await every(owner_db) == kept and kinship(await facts(office, died), spouse.owner) == "family"
    await owner_db.execute(migration())
    assert await reproject(office.database) == 0


async def test_who_was_deleted_meanwhile_is_passed_by(office: Office, owner_db: asyncpg.Connection) -> None:
    died = await dead(office, deceasedDateTime=DIED)
    await owner_db.execute("INSERT INTO reproject VALUES ($1), (17)", died.owner)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.delete(work, "Patient", died.id)
    kept = await every(owner_db)
    assert (await reproject(office.database), await every(owner_db)) == (2, kept)
