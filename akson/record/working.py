"""Who works where: names and roles of staff, which citizens may know (a common register, no health information)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from akson.access.roles import ROLES, called
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.session import fetch
from akson.record.staff import employment

SQL = queries(__file__, "working.sql")
_PRACTITIONER = types.code_of("Practitioner")
_ORGANIZATION = types.code_of("Organization")


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One member of staff. id, owner: of the Practitioner."""

    id: str
    owner: int
    name: str
    role: str  # as people read it: "sykepleier"
    unit: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """One unit, or what units are part of. id, owner: of the Organization; parent: owner key, 0 for none."""

    id: str
    owner: int
    name: str
    parent: int


@dataclass(frozen=True, kw_only=True)
class Post:
    """One role that one member of staff has at a unit. id: of the Practitioner; home: what the unit is part of."""

    person: int
    id: str
    name: str
    role: str  # a key of akson.access.roles.ROLES
    unit: int
    home: int
    home_id: str
    home_name: str


async def posts(work: Work, units: Iterable[int], persons: Iterable[int]) -> list[Post]:
    """Return who works at `units`, or at what those are part of, and what `persons` work as; by name, shifts left out.

    One statement.
    """
    rows = await fetch(work, SQL.posts, sorted(units), sorted(persons), _PRACTITIONER)
    jobs = ((row, employment(row["data"], row["base"])) for row in rows)
    found = [
        Post(person=row["person"], id=row["id"], name=row["name"] or "", role=job.role, unit=row["unit"],
             home=row["home"], home_id=row["home_id"], home_name=row["home_name"] or "")
        for row, job in jobs if job.holds(work.now) and not job.rests and job.role in ROLES
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.name, one.role, one.unit))


async def places(work: Work, units: Iterable[int]) -> list[Place]:
    """Return units and the organisations they are part of, each once, by name; one statement."""
    rows = await fetch(work, SQL.places, sorted(set(units)), _ORGANIZATION)
    found = [Place(id=r["id"], owner=r["owner"], name=r["name"] or "", parent=r["parent"]) for r in rows]
    return sorted(found, key=lambda one: one.name)


async def working(work: Work, units: Iterable[int], persons: Iterable[int] = ()) -> list[Worker]:
    """Return those who work at `units` now, and those of `persons` who work anywhere, each once, by name."""
    found: dict[int, Worker] = {}
    for row in await fetch(work, SQL.working, list(units), list(persons), _PRACTITIONER):
        job = employment(row["data"], row["base"])
        if job.holds(work.now) and job.role in ROLES:
            worker = Worker(id=row["id"], owner=row["owner"], name=row["name"] or "", unit=row["unit_name"] or "",
                            role=called(job.role))  # fmt: skip
            found.setdefault(worker.owner, worker)
    return sorted(found.values(), key=lambda one: one.name)
