"""Whose record a national number leads to: for the trail of what is read outside it. No content, no decision."""

from __future__ import annotations

from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.record.session import fetch
from akson.registers.identifiers import Fnr

SQL = queries(__file__, "reading.sql")


async def owner_of_number(work: Work, number: str) -> int:
    """Return the owner key of the person with this national number; 0 when we know nobody, or it is no number."""
    try:
        fnr = Fnr(number)
    except Refused:
        return 0
    rows = await fetch(work, SQL.identified, [fnr.system], [fnr.value])
    return int(rows[0]["owner"]) if rows else 0
