"""Whose eyes a person may look at the own record with: those who act for them, and who works where help is given now.

It answers "what does that one see?" by the rules themselves: a work is narrowed to what both its actor and the other
may read. So nobody sees more through another than without, and a mistake here shows less, never more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from akson.access.facts import Facts
from akson.access.roles import ROLES
from akson.base.queries import queries
from akson.base.work import Actor, Kind, Work
from akson.fhir import types
from akson.record.represented import Representative, representing
from akson.record.session import fetch
from akson.record.staff import as_staff
from akson.record.whereabouts import places_hidden_from
from akson.registers.identifiers import PERSON_SYSTEMS

SQL = queries(__file__, "viewing.sql")
_PATIENT = types.code_of("Patient")
_SYSTEMS = sorted(PERSON_SYSTEMS)
_PRACTITIONERS = [f"Practitioner|{one}" for one in _SYSTEMS]


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """One whom the record can be looked at as.

    id      as pages name it: "RelatedPerson/<id>", "Consent/<id>", "role/<role>/<unit>",
            "Practitioner/<id>/<role>/<unit>"
    kind    parent, proxy, guardian; role: whoever has it at the unit; worker: one by name
    actor   as the rules know them; of a role nobody by name, so what is closed to one of them by name is not
    """

    id: str
    kind: str
    actor: Actor


async def viewers(work: Work, facts: Facts) -> list[Viewer]:
    """Return those who act for the person, then roles, then staff by name, where help is given; three statements.

    No staff where it is hidden from the actor where the person is to be: they would tell.
    """
    acting = await _acting(work, facts)
    return acting if places_hidden_from(work.actor, facts) else [*acting, *await _working(work, facts)]


def through(work: Work, viewer: Viewer) -> Work:
    """Return the work as it looks with the eyes of another too: same log and connection, for reading only."""
    return replace(work, through=viewer.actor)


async def _acting(work: Work, facts: Facts) -> list[Viewer]:
    acting = await representing(work, facts.owner)
    keys = sorted({one.person for one in acting.values()})
    found = {row["owner"]: row["id"] for row in await fetch(work, SQL.persons, keys, _PATIENT)} if keys else {}
    return [
        Viewer(id=name, kind=one.kind, actor=_citizen(one, found[one.person]))
        for name, one in acting.items() if one.person in found
    ]  # fmt: skip


def _citizen(one: Representative, id_: str) -> Actor:
    return Actor(kind=Kind.CITIZEN, id=f"Patient/{id_}", key=one.person, name="", role="innbygger", person=one.person,
                 born=one.born)  # fmt: skip


async def _working(work: Work, facts: Facts) -> list[Viewer]:
    tied = [one for one in facts.relations if one.holds(work.now)]
    units, persons = sorted({one.unit for one in tied} - {0}), sorted({one.person for one in tied} - {0})
    rows = await fetch(work, SQL.employed_at, units, persons, _SYSTEMS, _PRACTITIONERS)
    jobs = (as_staff(tuple(row), "") for row in rows)
    actors = [actor for job, actor in jobs if job.holds(work.now) and job.role in ROLES and ROLES[job.role].reads]
    actors.sort(key=lambda one: (one.unit_name, one.name, one.role))
    return [*{one.id: one for one in _roles(actors)}.values(), *{one.id: one for one in map(_by_name, actors)}.values()]


def _by_name(actor: Actor) -> Viewer:
    return Viewer(id=f"{actor.id}/{actor.role}/{_unit(actor)}", kind="worker", actor=actor)


def _roles(actors: list[Actor]) -> Iterator[Viewer]:
    for one in sorted(actors, key=lambda each: (each.unit_name, each.role)):
        anybody = replace(one, id="Practitioner/", key=0, person=0, name="")
        yield Viewer(id=f"role/{one.role}/{_unit(one)}", kind="role", actor=anybody)


def _unit(actor: Actor) -> str:
    return actor.unit_id.partition("/")[2]
