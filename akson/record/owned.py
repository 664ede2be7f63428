"""Whose record a national number leads to, and what access asks of what stands there. No content, no decision."""

from __future__ import annotations

from akson.access.facts import Labels
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.deciding import facts_in, labels_in
from akson.record.session import fetch
from akson.registers.identifiers import Fnr
from akson.registers.written import numbers_in

SQL = queries(__file__, "reading.sql")


async def owner_of_number(work: Work, number: str) -> int:
    """Return the owner key of the person with this national number; 0 when we know nobody, or it is no number."""
    fnr = _number(number)
    rows = await fetch(work, SQL.identified, [fnr.system], [fnr.value]) if fnr else []
    return int(rows[0]["owner"]) if rows else 0


def _number(written: str) -> Fnr | None:
    try:
        return Fnr(written)
    except Refused:
        return None


async def owners_named(work: Work, text: str) -> list[int]:
    """Return the owner keys of those whose national numbers stand in a text that nobody could read; one statement."""
    numbers = numbers_in(text)
    rows = await fetch(work, SQL.identified, [one.system for one in numbers], [one.value for one in numbers])
    return list(dict.fromkeys(int(row["owner"]) for row in rows))


async def labels_of(work: Work, owner: int, reference: str) -> Labels | None:
    """Return what access asks of a resource, "Communication/x", in a record; None when it is not there."""
    type_, _, id_ = reference.partition("/")
    rows = await fetch(work, SQL.current, [owner], [types.code_of(type_)], [id_]) if id_ else ()
    return next((labels_in(work, row, facts_in(row)) for row in rows), None)
