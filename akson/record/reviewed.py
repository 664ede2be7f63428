"""What was said of who works at a unit: by its manager, and by those who keep the list."""

from __future__ import annotations

from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record import journal
from akson.record.session import fetch
from akson.record.stored import Stored
from akson.record.writing import flush

SQL = queries(__file__, "reviewed.sql")
MOST = 200
_ORGANIZATION, _SAID = types.code_of("Organization"), types.code_of("VerificationResult")


async def said_of_unit(work: Work, unit: str) -> list[Stored]:
    """Return the newest VerificationResults about a unit that the actor may read, the newest first.

    Costs two statements; more only where many are not for the actor.

    unit  id of its Organization
    """
    await flush(work)
    hidden: list[str] = []
    while True:
        rows = await fetch(work, SQL.about, unit, _ORGANIZATION, _SAID, hidden, MOST)
        found = await journal.read_many(work, [f"VerificationResult/{row['id']}" for row in rows])
        if len(rows) < MOST or len(found) == len(rows):
            return sorted(found.values(), key=lambda one: one.last_updated, reverse=True)
        shown = {one.id for one in found.values()}
        hidden += [row["id"] for row in rows if row["id"] not in shown]
