"""Whatever is done to the trails by whoever owns the database, the verifier finds it and names it."""

from __future__ import annotations

from akson.audit.log import AccessLog
from akson.audit.verify import verify
from akson.base.database import Database
from akson.record.office import Office
from tests.audit.tamperings import KEY, trails, tried


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
