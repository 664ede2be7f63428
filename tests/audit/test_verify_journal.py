"""The verifier walks every chain and names what was changed, removed or put in behind the journal's back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from akson.audit.verify import verify
from akson.base.database import Database
from akson.base.work import Purpose
from akson.fhir import types
from akson.record import journal
from akson.record.office import Office
from tests.offices import JOB, NOW, patient, staff, temperature, unit

OBSERVATION = types.code_of("Observation")
CHANGED = "was changed after it was written"
HIDDEN = "deleted is not what its newest version or an erasure says"
UNIT = "its unit is not the one its newest version was written at"


@pytest.fixture
async def written(office: Office) -> str:
    """A person with three observations: one alone in version 1 and 2, two written as one set; return the first's id."""
    astrid = await patient(office)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        first = await journal.create(work, temperature(astrid))
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, temperature(astrid, "38.5"), id_=first.id)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, temperature(astrid, "38.6"))
        await journal.create(work, temperature(astrid, "38.7"))
    return first.id


async def faults(url: str) -> list[str]:
    """Return what the verifier finds in the journal; keys begin with the owner's, which is random."""
    report = await verify(url, keys=[])
    assert report.rows["resource_version"] >= 4
    return [f"{f.table} {f.key.partition('/')[2]}: {f.what}" for f in report.faults if "access" not in f.table]


async def test_an_untouched_journal_is_proven(database_url: str, written: str) -> None:
    report = await verify(database_url, keys=[])
    assert report.faults == () and report.rows["chain"] == 4 and report.rows["resource_version"] == 5


TAMPERINGS = [
    ("UPDATE resource_version SET body = body || 'x' WHERE id = $id AND version = 1", [
        "resource_version Observation/$id/1: " + CHANGED]),
    ("UPDATE resource_version SET author = 1 WHERE id = $id AND version = 2", [
        "author : is missing, but has versions",
        "resource_version Observation/$id/2: " + CHANGED, "resource Observation/$id: " + UNIT]),
    ("INSERT INTO author VALUES (1, '{}')", ["author : was changed after it was written"]),
    ("UPDATE resource_version SET salt = 'x' WHERE id = $id AND version = 2", [
        "resource_version Observation/$id/2: " + CHANGED]),
    ("UPDATE resource_version SET method = 'DELETE' WHERE id = $id AND version = 2", [
        "resource_version Observation/$id/2: " + CHANGED, "resource Observation/$id: " + HIDDEN]),
    ("UPDATE resource_version SET last_updated = last_updated + interval '1 s' WHERE id = $id AND version = 1", [
        "chain 2: its time is not that of its versions", "resource_version Observation/$id/1: " + CHANGED]),
    ("DELETE FROM resource_version WHERE id = $id AND version = 1", [
        "chain 2: covers 1 rows, but 0 are there",
        "resource Observation/$id: stands at version 2, but its versions end at 2 or have a gap"]),
    ("UPDATE resource_version SET body = NULL, salt = NULL WHERE id = $id AND version = 1", [
        "resource_version Observation/$id/1: has no content, and no decision says why"]),
    ("UPDATE resource_version SET chain_seq = 9 WHERE id = $id AND version = 1", [
        "chain 2: covers 1 rows, but 0 are there", "resource_version Observation/$id/1: its write 9 is not in the chain"]),
    ("INSERT INTO resource_version SELECT owner, type, id, 3, last_updated, chain_seq, 2, method, author, body, salt "
     "FROM resource_version WHERE id = $id AND version = 2", [
        "chain 3: covers 1 rows, but 2 are there", "resource_version Observation/$id/3: " + CHANGED,
        "resource Observation/$id: stands at version 2, but its versions end at 3 or have a gap"]),
    ("UPDATE resource_version SET version = 5 - version WHERE id = $id AND version IN (7, 8); UPDATE chain SET head = 'x' "
     "WHERE seq = 2", ["chain 2: does not follow the link before"]),
    ("UPDATE chain SET digest = 'x' WHERE seq = 2", [
        "chain 2: does not follow the link before", "chain 2: its digest is not that of its rows"]),
    ("UPDATE chain SET prints = 'x' WHERE seq = 2", ["chain 2: its prints are not those of its rows"]),
    ("UPDATE chain SET at = at + interval '1 s' WHERE seq = 2", ["chain 2: its time is not that of its versions"]),
    ("DELETE FROM chain WHERE seq = 2", [
        "chain 2: is missing", "chain 3: does not follow the link before",
        "resource_version Observation/$id/1: its write 2 is not in the chain"]),
    ("UPDATE owner SET chain_seq = 3", [": says 3 writes, its chain ends at 4 or elsewhere"]),
    ("UPDATE owner SET head = 'x'", [": says 4 writes, its chain ends at 4 or elsewhere"]),
    ("DELETE FROM owner", [": is missing, but has a chain"]),
    ("INSERT INTO owner (owner, type, chain_seq, last_updated) VALUES (1, 1, 2, now())", [
        ": says 2 writes, but has no chain"]),
    ("INSERT INTO erasure SELECT owner, 2, type, id, '[]', '{}' FROM resource WHERE id = $id", [
        "chain 2: covers 1 rows, but 2 are there", "erasure 2/Observation/$id: " + CHANGED,
        "resource Observation/$id: " + HIDDEN]),
    ("UPDATE resource SET version = 1 WHERE id = $id", [
        "resource Observation/$id: stands at version 1, but its versions end at 2 or have a gap"]),
    ("UPDATE resource SET deleted = true WHERE id = $id", ["resource Observation/$id: " + HIDDEN]),
    ("UPDATE resource SET last_updated = last_updated - interval '1 s' WHERE id = $id", [
        "resource Observation/$id: its time is not that of its newest version"]),
    ("UPDATE resource SET unit = 5 WHERE id = $id", ["resource Observation/$id: " + UNIT]),
    ("DELETE FROM resource WHERE id = $id", ["resource Observation/$id: is missing, but has versions"]),
    ("INSERT INTO resource SELECT owner, type, 'x', 1, last_updated, sort_date, controller, unit, author, person "
     "FROM resource WHERE id = $id", ["resource Observation/x: stands at version 1, but has no versions"]),
    ("UPDATE owner SET facts = '[]'", [": its facts are not the rows of fact"]),
    ("UPDATE owner SET restricted = NOT restricted", [": restricted is not what the rows of fact say"]),
    ("DELETE FROM fact", [": its facts are not the rows of fact"]),
]  # fmt: skip


@pytest.mark.parametrize(("tampering", "found"), TAMPERINGS)
async def test_what_is_done_behind_the_journals_back_is_found_and_named(
    database_url: str, owner_db: Database, written: str, tampering: str, found: list[str]
) -> None:
    await owner_db.execute(tampering.replace("$id", f"'{written}'"))
    told = [fault.replace("owner :", ":") for fault in await faults(database_url)]
    assert sorted(told) == sorted(fault.replace("$id", written) for fault in found)


@pytest.mark.parametrize(("tampering", "found"), [
    ("UPDATE author SET told = replace(told, 'Yusuf', 'Jusuf')", ["author : was changed after it was written"]),
    ("DELETE FROM author WHERE told LIKE '%Yusuf%'", [
        "author : is missing, but has versions", f"resource Observation/$id: {UNIT}"]),
])  # fmt: skip
async def test_a_change_of_who_wrote_is_found_and_all_they_wrote_is_named(
    database_url: str, owner_db: Database, office: Office, tampering: str, found: list[str]
) -> None:
    home = await unit(office, "Sone nord")
    mariam, astrid = await staff(office, home, "Yusuf"), await patient(office, at=home)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        made = await journal.create(work, temperature(astrid))
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, temperature(astrid))
    await owner_db.execute(tampering)
    expected = [*(one.replace("$id", made.id) for one in found), f"resource_version Observation/{made.id}/1: {CHANGED}"]
    assert sorted(await faults(database_url)) == sorted(expected)


async def test_in_a_large_set_the_one_row_that_was_changed_is_named(
    database_url: str, owner_db: Database, office: Office
) -> None:
    astrid = await patient(office)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        made = [await journal.create(work, temperature(astrid, f"{n}.5")) for n in range(100, 400)]
    changed, nulled = made[77].id, made[211].id
    await owner_db.execute("UPDATE resource_version SET author = 1 WHERE id = $1", changed)
    await owner_db.execute("UPDATE resource_version SET body = NULL, salt = NULL WHERE id = $1", nulled)
    assert sorted(await faults(database_url)) == sorted([
        "author : is missing, but has versions",
        f"resource Observation/{changed}: {UNIT}",
        f"resource_version Observation/{changed}/1: {CHANGED}",
        f"resource_version Observation/{nulled}/1: has no content, and no decision says why",
    ])  # fmt: skip


async def test_a_current_row_that_names_another_author_is_told(
    database_url: str, owner_db: Database, office: Office
) -> None:
    nurse = await staff(office, await unit(office, "Hjemmetjenesten"), "Yusuf")
    astrid = await patient(office, at=nurse)
    async with office.work(nurse, Purpose.TREATMENT) as work:
        for value in ("37.5", "37.6", "37.7"):
            made = await journal.create(work, temperature(astrid, value))
    assert await faults(database_url) == []
    await owner_db.execute("UPDATE resource SET author = 5 WHERE id = $1", made.id)
    told = "its author is not the one who wrote its newest version"
    assert await faults(database_url) == [f"resource Observation/{made.id}: {told}"]


async def test_two_versions_swapped_in_a_set_are_named(database_url: str, owner_db: Database, written: str) -> None:
    await owner_db.execute("UPDATE resource_version SET n = 3 - n WHERE chain_seq = 4")
    told = await faults(database_url)
    assert len(told) == 2 and all(fault.startswith("resource_version Observation/") for fault in told)


async def test_a_decided_erasure_is_proven_and_its_decision_cannot_be_rewritten(
    database_url: str, owner_db: Database, written: str
) -> None:
    row = await owner_db.fetchrow(
        "SELECT owner, facts_rev FROM owner JOIN resource USING (owner) WHERE id = $1", written
    )
    assert row is not None
    before = await owner_db.fetchrow("SELECT body, salt FROM resource_version WHERE id = $1 AND version = 1", written)
    await owner_db.execute("SELECT journal_erase_v2($1, $2, $3, ARRAY[$4::smallint], ARRAY[$5], $6)",
                           NOW + timedelta(days=1), *row, OBSERVATION, written, '{"law": "hpl § 43"}')  # fmt: skip
    assert await faults(database_url) == []
    await owner_db.execute("UPDATE erasure SET decision = '{}'")
    assert await faults(database_url) == [f"erasure 5/Observation/{written}: {CHANGED}"]
    await owner_db.execute('UPDATE erasure SET decision = \'{"law": "hpl § 43"}\'')
    await owner_db.execute(
        "UPDATE resource_version SET body = $2, salt = $3 WHERE id = $1 AND version = 1", written, *before
    )
    assert await faults(database_url) == [
        f"resource_version Observation/{written}/1: was erased by a decision, but its content is here"
    ]
    await owner_db.execute("DELETE FROM erasure")
    assert "chain 5: covers 1 rows, but 0 are there" in await faults(database_url)
