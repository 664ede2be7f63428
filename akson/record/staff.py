"""Who someone is to us: staff by their employments, citizens by their own record.

Asked by sign-in, before there is a Work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import msgspec

from akson.access.roles import ROLES
from akson.base.database import Database, Record
from akson.base.queries import queries
from akson.base.rides import Rides
from akson.base.work import Actor, Kind
from akson.fhir import types
from akson.registers.identifiers import PERSON_SYSTEMS

SQL = queries(__file__, "staff.sql")
_PATIENT = types.code_of("Patient")
_SYSTEMS = sorted(PERSON_SYSTEMS)
_PRACTITIONERS = [f"Practitioner|{one}" for one in _SYSTEMS]


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


class Employments(Rides[str, list[Record]]):
    """The shared query for what holders of national identifiers are employed as: programs ask at each request."""

    def __init__(self, database: Database) -> None:
        async def ask(numbers: Sequence[str]) -> Mapping[str, list[Record]]:
            found: dict[str, list[Record]] = defaultdict(list)
            for row in await database.fetch(SQL.employments, _PRACTITIONERS, _SYSTEMS, list(numbers)):
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
        actors = []
        for row in await self._employments.fetch(pid) or ():
            job = employment(row["data"])
            if job.holds(now) and job.role in ROLES:
                actors.append(
                    Actor(
                        kind=Kind.STAFF,
                        id=job.practitioner,
                        key=row["person"],
                        name=row["name"] or "",
                        role=job.role,
                        unit=row["unit"],
                        unit_id=f"Organization/{row['unit_id']}",
                        unit_name=row["unit_name"] or "",
                        controller=row["controller"] or row["unit"],
                        controller_name=row["controller_name"] or row["unit_name"] or "",
                        person=row["own"] or 0,
                        signed_in=signed_in,
                    )
                )
        return sorted(actors, key=lambda actor: (actor.unit_name, actor.role))

    async def still_employed(self, actor: Actor, now: datetime) -> bool:
        """Tell whether one of staff still has the role at the unit they act for; one statement."""
        jobs = [employment(row["data"]) for row in await self._database.fetch(SQL.employed, actor.key, actor.unit)]
        return any(job.role == actor.role and job.holds(now) for job in jobs)

    async def citizen(self, pid: str, signed_in: str) -> Actor | None:
        """Return the citizen whose record the number is, or None when there is no record."""
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
            signed_in=signed_in,
        )
