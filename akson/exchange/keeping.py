"""What the citizen has closed to those whom a message goes to: it is not proposed to go along, and does not."""

from __future__ import annotations

from collections.abc import Iterable

from akson.access.facts import Facts
from akson.access.roles import OUTSIDE
from akson.base.work import Actor, Kind, Work
from akson.exchange.addresses import Address
from akson.record.passing import closed_to
from akson.record.search.searching import search
from akson.record.working import working
from akson.registers.identifiers import ORG_SYSTEM


async def kept_back(work: Work, facts: Facts, references: Iterable[str], to: Address | None) -> frozenset[str]:
    """Return those of "Type/id" that may not go to `to`; to None, nobody yet: those that may go to nobody outside.

    Costs nothing where nothing in the record is closed
    """
    if not (facts.blocks or facts.labelled):
        return frozenset()
    return await closed_to(work, facts, references, await _readers(work, facts, to))


async def _readers(work: Work, facts: Facts, to: Address | None) -> Actor:
    """Return who reads what comes to an address, as access asks of it: anybody there, and all that they are here."""
    units = {to.unit, to.controller} - {0} if to else set[int]()
    named = any(block.units or block.persons for block in facts.blocks)
    if to and to.org_number and named:
        asked = [("identifier", f"{ORG_SYSTEM}|{to.org_number}")]
        units |= {hit.owner for hit in (await search(work, "Organization", asked)).hits}
    persons = any(block.persons for block in facts.blocks)
    there = {one.owner for one in await working(work, units)} if units and persons else set[int]()
    return Actor(kind=Kind.STAFF, id="", key=0, name="", role=OUTSIDE, unit=to.unit if to else 0,
                 controller=to.controller if to else 0, numbered=frozenset(units | there))  # fmt: skip
