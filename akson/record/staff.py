"""Who someone is to us: staff by their employments, citizens by their own record.

Asked by sign-in, before there is a Work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from akson.access.roles import ROLES
from akson.base.arrays import literal
from akson.base.database import Database, Record
from akson.base.queries import queries
from akson.base.rides import Rides
from akson.base.work import Actor, Kind
from akson.fhir import types
from akson.registers.identifiers import PERSON_SYSTEMS

SQL = queries(__file__, "staff.sql")
_PATIENT = types.code_of("Patient")
_SYSTEMS = sorted(PERSON_SYSTEMS)
_PRACTITIONERS, _PERSONS = literal([f"Practitioner|{one}" for one in _SYSTEMS]), literal(_SYSTEMS)


class Employment(msgspec.Struct, frozen=True):
    """What somebody works as, and from when to when."""

    role: str
    practitioner: str
    start: datetime | None = None
    end: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether it has begun and has not ended."""
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


@lru_cache(maxsize=10_000)
def employment(data: str) -> Employment:
    """Return what the data of a fact row says; the text is the key, so what is kept can never be stale."""
    return msgspec.convert(msgspec.json.decode(data)["value"], Employment, strict=False)


@lru_cache(maxsize=10_000)
def as_staff(row: tuple[Any, ...], signed_in: str) -> tuple[Employment, Actor]:
    """Return what a row like those of `employments` says; what is kept is found by all of it, so it is never stale."""
    _, person, unit, data, own, name, unit_name, unit_id, controller, controller_name = row
    job = employment(data)
    return job, Actor(
        kind=Kind.STAFF, id=job.practitioner, key=person, name=name or "", role=job.role, unit=unit,
        unit_id=f"Organization/{unit_id}", unit_name=unit_name or "", controller=controller or unit,
        controller_name=controller_name or unit_name or "", person=own or 0, signed_in=signed_in,
    )  # fmt: skip


class Employments(Rides[str, list[Record]]):
    """The shared query for what holders of national identifiers are employed as: programs ask at each request."""

    def __init__(self, database: Database) -> None:
        async def ask(numbers: Sequence[str]) -> Mapping[str, list[Record]]:
            found: dict[str, list[Record]] = defaultdict(list)
            for row in await database.keyed.fetch(SQL.employments, _PRACTITIONERS, _PERSONS, literal(numbers)):
                found[row["number"]].append(row)
            return found

        super().__init__(ask)


class Register:
    """Looks people up by national identifier, in the journal's own projections."""

    def __init__(self, database: Database) -> None:
        self._database, self._employments = database, Employments(database)

    async def staff(self, pid: str, now: datetime, signed_in: str) -> list[Actor]:
        """Return one actor for each employment that holds now: person, role and organisation, to choose between.

        An ended employment is gone the moment it ends; sessions ask `still_employed` at each request.
        """
        jobs = [as_staff(tuple(row), signed_in) for row in await self._employments.fetch(pid) or ()]
        actors = [actor for job, actor in jobs if job.holds(now) and job.role in ROLES]
        return sorted(actors, key=lambda actor: (actor.unit_name, actor.role))

    async def still_employed(self, actor: Actor, now: datetime) -> bool:
        """Tell whether one of staff still has the role at the unit they act for; one statement."""
        jobs = [employment(row["data"]) for row in await self._database.fetch(SQL.employed, actor.key, actor.unit)]
        return any(job.role == actor.role and job.holds(now) for job in jobs)

    async def citizen(self, pid: str, signed_in: str) -> Actor | None:
        """Return the citizen whose record the number is, or None when there is none, or nobody may sign in as them."""
        rows = await self._database.fetch(SQL.citizen, _SYSTEMS, pid)
        if len(rows) != 1 or rows[0]["type"] != _PATIENT:  # two who claim one number: neither is believed
            return None
        row = rows[0]
        return Actor(
            kind=Kind.CITIZEN,
            id=f"Patient/{row['id']}",
            key=row["owner"],
            name=row["name"] or "Innbygger",
            role="innbygger",
            person=row["owner"],
            born=date.fromisoformat(row["born"]) if row["born"] else None,
            signed_in=signed_in,
        )
