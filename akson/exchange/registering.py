"""The worker asks Adresseregisteret about every party outside that we write to: each day, and a new one at once.

Its name, organisation and certificates are kept as the register has them. Nothing more goes to one that is there no
more; a register that knows nobody is not believed. One that comes back is reached as before. While the register
does not answer, what it said stands.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from akson.base.queries import queries
from akson.record.office import Office
from akson.registers.parties import Parties, Party
from akson.registers.professionals import Away, Unclear

SQL = queries(__file__, "registering.sql")
LOG: Final = logging.getLogger("akson.worker")
AGAIN, ONCE_MORE = timedelta(days=1), timedelta(hours=1)
WHEN_AWAY, LEASE = timedelta(minutes=10), timedelta(minutes=5)
MOST: Final = 20  # parties of one turn


async def turn(office: Office, register: Parties) -> int:
    """Ask about some who are due; return how many."""
    now = office.clock()
    await office.database.execute(SQL.met, now)
    rows = await office.database.fetch(SQL.claim, now, now + LEASE, MOST)
    for row in rows:
        try:
            told = await register.ask(row["her_id"])
        except Unclear as unclear:
            LOG.warning("the address register tells nothing of a party", extra={"failure": str(unclear)})
            await office.database.execute(SQL.unclear, row["her_id"], now + ONCE_MORE, str(unclear)[:200])
            continue
        except Away as away:
            LOG.error("the address register does not answer: what it said before stands", extra={"failure": str(away)})
            await office.database.execute(SQL.away, now + WHEN_AWAY, str(away)[:200])
            return 0
        await _keep(office, row["her_id"], told)
    return len(rows)


async def _keep(office: Office, her_id: int, told: Party | None) -> None:
    now = office.clock()
    if told is None or not told.holds(now):
        if await office.database.fetchval(SQL.missed, her_id, now, now + ONCE_MORE, told is not None):
            LOG.error("a party is in the address register no more: nothing goes to it")
        return
    await office.database.execute(
        SQL.told, her_id, told.name, told.parent, told.number, told.signing, told.encryption, now, now + AGAIN
    )


async def again(office: Office) -> None:
    """Let the worker ask about every party now, whenever it asked last."""
    await office.database.execute(SQL.again, office.clock())


async def gone(office: Office) -> list[Mapping[str, Any]]:
    """Return the parties that nothing goes to any more, as `closed` in registering.sql."""
    return [dict(row) for row in await office.database.fetch(SQL.closed)]


async def standing(office: Office) -> Mapping[str, Any]:
    """Return how it stands with the register: what the operator is told, named as `state` in registering.sql."""
    (state,) = await office.database.fetch(SQL.state)
    return dict(state)
