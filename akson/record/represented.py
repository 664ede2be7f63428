"""Whose records a citizen may open: their own, and those of the people they act for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from akson.access.areas import WHOLE, mandated
from akson.access.citizens import may_be_proxy
from akson.access.facts import Representation
from akson.access.rules import Act
from akson.base.database import Record
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.deciding import asked, facts_in
from akson.record.session import fetch, session

SQL = queries(__file__, "represented.sql")
_ACT: Final = {"parent", "proxy", "guardian"}


@dataclass(frozen=True, kw_only=True)
class Represented:
    """One person whose record may be opened now.

    id          of the Patient
    basis       why, as the rules say it: "egen journal", "forelder", "fullmakt", "verge"
    controller  name of who answers for the record; "" when no unit gives care
    """

    id: str
    owner: int
    name: str
    basis: str
    controller: str


async def circle(work: Work) -> list[Record]:
    """Return the citizen's own row, and those of everybody who has named them as somebody; one statement per work."""
    state = session(work)
    if state.circle is None:
        state.circle = await fetch(work, SQL.represented, work.actor.key)
    return state.circle


async def represented(work: Work) -> list[Represented]:
    """Return the citizen, then those the citizen may act for now, by name; one statement.

    Each is judged by the same rules as a read: a child that has turned 12 or a proxy that has ended is not among them.
    """
    found = []
    for row in await circle(work):
        facts = facts_in(row)
        decision = asked(work, facts, None, Act.READ)
        if decision.permit:
            session(work).facts.setdefault(facts.owner, facts)
            found.append(Represented(id=row["id"], owner=facts.owner, name=row["name"] or "", basis=decision.basis,
                                     controller=row["controller"] or ""))  # fmt: skip
    return sorted(found, key=lambda one: (one.owner != work.actor.key, one.name))


@dataclass(frozen=True, kw_only=True)
class Representative:
    """One who may act for a person: owner key of their own Patient, as what and for what, and when they were born.

    areas  what it is for, as akson/access/areas.py has it; none = everything
    """

    person: int
    kind: str
    born: date | None
    areas: tuple[str, ...]


async def representing(work: Work, owner: int) -> dict[str, Representative]:
    """Return who may act for a person now, by the RelatedPerson or the Consent that says so; one statement.

    They are the facts that access itself asks: known by their national identifier, within their period, a proxy of
    age, a guardian with a mandate for what is here.
    """
    said = [(row, one) for row, one in await _said(work, owner) if one.person and one.holds(work.now)]
    ended = {one.person for _, one in said if one.kind == "withdrawn"}
    found = {}
    for row, one in said:
        born = date.fromisoformat(row["born"]) if row["born"] else None
        stands = one.kind in _ACT and (one.kind != "proxy" or one.here or one.person not in ended)
        stands = stands and (one.kind != "proxy" or may_be_proxy(born, work.now))
        stands = stands and (one.kind != "guardian" or mandated(one.areas, "Patient") or WHOLE in one.areas)
        if stands:
            areas = () if WHOLE in one.areas else one.areas
            found[_name(row)] = Representative(person=one.person, kind=one.kind, born=born, areas=areas)
    return found


async def naming(work: Work, owner: int, person: int) -> list[str]:
    """Return all that makes somebody a proxy, now, later or before: "Consent/id", "RelatedPerson/id"; one statement."""
    said = await _said(work, owner)
    return [_name(row) for row, one in said if one.kind == "proxy" and one.person == person != 0]


async def _said(work: Work, owner: int) -> list[tuple[Record, Representation]]:
    rows = await fetch(work, SQL.representing, owner, [types.code_of(one) for one in ("Consent", "RelatedPerson")])
    return [(row, msgspec.json.decode(row["value"], type=Representation)) for row in rows]


def _name(row: Record) -> str:
    return f"{types.name_of(row['type'])}/{row['id']}"
