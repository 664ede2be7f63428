"""Persons by their national numbers, whose records are held while something is filed in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from akson.base.database import Record
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.fhir.parameters import parameters
from akson.record.deciding import facts_in, note, permitted
from akson.record.session import execute, fetch, session

SQL = queries(__file__, "persons.sql")
PATIENT = types.code_of("Patient")
Number = tuple[str, str]  # system, value


async def alone(work: Work, numbers: Iterable[Number]) -> Mapping[Number, Record]:
    """Return the persons who have these numbers, and let nobody else write to their records until the work ends.

    What is found from here on is what there is. Nothing is decided yet: see `opened`. Two statements.
    given   among what is returned: their first names, as they are searched
    """
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    systems, values = ([number[n] for number in wanted] for n in (0, 1))
    await execute(work, SQL.hold, systems, values)
    (slot,) = parameters("Patient")["given"].slots
    found = await fetch(work, SQL.persons, systems, values, PATIENT, slot.id)
    return {(row["system"], row["value"]): row for row in found}


async def hold(work: Work, owner: int) -> None:
    """Let nobody else write to a record until the work ends: what is found from here on is what there is."""
    await execute(work, SQL.hold_one, owner)


def opened(work: Work, row: Record | None) -> Record | None:
    """Return who somebody is, where the actor may know it; from then on the work knows the record.

    row      of `alone`; None: nobody is here by that number
    Leaves   what was looked for and, where it is shown, the person in the access log
    """
    work.saw(0, "search Patient identifier")
    for known, decision in permitted(work, [row] if row is not None else []):
        note(work, known, decision)
        state = session(work)
        state.facts.setdefault(known["owner"], facts_in(known))
        state.known.add((known["owner"], "Patient", known["id"]))
        return known
    return None
