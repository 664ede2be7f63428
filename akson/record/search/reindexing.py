"""Makes the search values of what was written by earlier rules anew, owner by owner, each in a transaction of its own.

It may be stopped at any moment and goes on where it was; several may work at once. Writes that come meanwhile wait for
one owner at most.
"""

from __future__ import annotations

from collections.abc import Callable

from akson.base.database import Database
from akson.base.ids import Ids
from akson.base.queries import queries
from akson.record import anew
from akson.record.values import Hasher

SQL = queries(__file__, "reindexing.sql")
_TELL_EVERY = 500  # owners


async def reindex(database: Database, hasher: Hasher, ids: Ids, told: Callable[[int, int], None]) -> int:
    """Index all that waits; return how many owners did.

    told   hears now and then how many of how many owners are done
    """
    waiting: int = await database.fetchval(SQL.waiting)
    done = 0
    while waiting and await _next(database, hasher, ids):
        done += 1
        if done % _TELL_EVERY == 0:
            told(done, max(done, waiting))
    return done


async def reindex_all(database: Database, hasher: Hasher, ids: Ids, told: Callable[[int, int], None]) -> int:
    """Index everything, as under another key of the hashes; see `reindex`."""
    await database.execute(SQL.all_wait)
    return await reindex(database, hasher, ids, told)


async def _next(database: Database, hasher: Hasher, ids: Ids) -> bool:
    """Index one owner; False when none is left."""
    async with database.transaction() as connection:
        row = await connection.fetchrow(SQL.take)
        if row is None:
            return False
        await anew.index(connection, row["owner"], hasher, ids)
    return True
