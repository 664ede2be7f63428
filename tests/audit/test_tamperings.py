"""Whatever is done to the trails by whoever owns the database, the verifier finds it and names it."""

from __future__ import annotations

import pytest

from akson.audit.log import AccessLog
from akson.audit.verify import verify
from akson.base.database import Database
from akson.record.office import Office
from tests.audit.tamperings import KEY, trails, tried


@pytest.mark.parametrize("change", ["method = 'PUT'", "author = (SELECT max(author) FROM author WHERE author <> v.author)",
                                    "last_updated = v.last_updated + interval '1 us'"])  # fmt: skip
async def test_what_an_erased_version_still_says_of_itself_is_proven(
    office: Office, database_url: str, owner_db: Database, change: str
) -> None:
    log = AccessLog(database_url)
    await trails(office, log)
    await log.close()
    owner, id_ = await owner_db.fetchrow("SELECT owner, id FROM erasure ORDER BY owner LIMIT 1") or (0, "")
    await owner_db.execute(f"UPDATE resource_version v SET {change} WHERE id = $1 AND version = 1", id_)
    found = [str(fault) for fault in (await verify(database_url, keys=[KEY.public_key()])).faults]
    assert f"resource_version {owner}/Observation/{id_}/1: was changed after it was written" in found


async def test_the_link_of_an_erasure_is_named_by_its_seal_when_its_time_is_another(
    office: Office, database_url: str, owner_db: Database
) -> None:
    log = AccessLog(database_url)
    await trails(office, log)
    await log.close()
    owner, seq = await owner_db.fetchrow("SELECT owner, seq FROM erasure ORDER BY owner LIMIT 1") or (0, 0)
    await owner_db.execute("UPDATE chain SET at = at + interval '1 us' WHERE owner = $1 AND seq = $2", owner, seq)
    found = [str(fault) for fault in (await verify(database_url, keys=[KEY.public_key()])).faults]
    assert f"chain {owner}/{seq}: may have another time than was sealed under 4" in found


async def test_sixty_tamperings_by_chance_are_found_and_named(
    office: Office, database_url: str, owner_db: Database
) -> None:
    """`make conformance ARGS=tampering` tries a thousand."""
    log = AccessLog(database_url)
    witnessed = await trails(office, log)
    await log.close()
    assert (await verify(database_url, keys=[KEY.public_key()], witnessed=witnessed)).faults == ()
    async with owner_db.connection() as connection:
        missed = {seed: await tried(connection, seed, witnessed) for seed in range(60)}
    assert {seed: what for seed, what in missed.items() if what} == {}
    assert (await verify(database_url, keys=[KEY.public_key()], witnessed=witnessed)).faults == ()
