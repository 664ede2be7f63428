"""Makes what is known of persons by earlier rules anew, owner by owner, each in a transaction of its own.

It may be stopped at any moment and goes on where it was; several may work at once. A migration says whose it is.
"""

from __future__ import annotations

from akson.base.database import Database
from akson.base.queries import queries
from akson.record.facts import person
from akson.record.stored import stored

SQL = queries(__file__, "reprojecting.sql")


async def reproject(database: Database) -> int:
    """Make all anew that waits; return how many owners did.

    Leaves  the fact of each person as a write would make it of what stands, and their facts under a new revision
    """
    done = 0
    while await _next(database):
        done += 1
    return done


async def _next(database: Database) -> bool:
    """Make one person's anew; False when none is left."""
    async with database.transaction() as connection:
        if (taken := await connection.fetchrow(SQL.take)) is None:
            return False
        for row in await connection.fetch(SQL.person, taken["owner"]):
            key = row["owner"], row["type"], row["id"], row["n"]
            await connection.execute(SQL.put_away, *key)
            await connection.execute(SQL.put, *key, person(stored(row).resource).data.decode())
        await connection.execute(SQL.gather, taken["owner"])
    return True
