"""Who someone is to us: staff by their employments, citizens by their own record.

Asked by sign-in, before there is a Work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from akson.access.roles import ROLES
from akson.base.arrays import literal
from akson.base.database import Database, Record
from akson.base.queries import queries
from akson.base.rides import Rides
from akson.base.work import Actor, Kind
from akson.fhir import search as extraction
from akson.fhir import types
from akson.record.values import Hasher
from akson.registers.identifiers import HPR_SYSTEM, ORG_SYSTEM, PERSON_SYSTEMS

SQL = queries(__file__, "staff.sql")
ELSEWHERE: Final = "hpr:"  # before the HPR number of one who has no id here: no id looks like that
_PATIENT = types.code_of("Patient")
_SYSTEMS = sorted(PERSON_SYSTEMS)
_AS_PRACTITIONERS: Final = [f"Practitioner|{one}" for one in _SYSTEMS]
_NUMBERED: Final = extraction.parameters("Organization")["identifier"].slots[0].id
_AUTHORISED: Final = extraction.parameters("Practitioner")["identifier"].slots[0].id
_PRACTITIONERS, _PERSONS = literal(_AS_PRACTITIONERS), literal(_SYSTEMS)


class Employment(msgspec.Struct, frozen=True):
    """What somebody works as, and from when to when.

    rests  owner key of the PractitionerRole that a shift on call rests on; 0: it is no shift
    base   that one, when the same person has it
    """

    role: str
    practitioner: str
    start: datetime | None = None
    end: datetime | None = None
    rests: int = 0
    base: Employment | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether it has begun and has not ended; a shift ends with the employment it rests on."""
        within = (self.start is None or self.start <= now) and (self.end is None or now < self.end)
        return within and (not self.rests or (self.base is not None and not self.base.rests and self.base.holds(now)))


@lru_cache(maxsize=10_000)
def employment(data: str, base: str | None) -> Employment:
    """Return what the data of a fact row says; the texts are the key, so what is kept can never be stale.

    base  the data of the employment that a shift rests on
    """
    told = msgspec.convert(msgspec.json.decode(data)["value"], Employment, strict=False)
    return msgspec.structs.replace(told, base=employment(base, None)) if base else told


@lru_cache(maxsize=10_000)
def as_staff(row: tuple[Any, ...], signed_in: str) -> tuple[Employment, Actor]:
    """Return what a row like those of `employments` says; what is kept is found by all of it, so it is never stale."""
    _, person, unit, data, base, own, name, unit_name, unit_id, controller, controller_name = row
    job = employment(data, base)
    return job, Actor(
        kind=Kind.STAFF, id=job.practitioner, key=person, name=name or "", role=job.role, unit=unit,
        unit_id=f"Organization/{unit_id}", unit_name=unit_name or "", controller=controller or unit,
        controller_name=controller_name or unit_name or "", person=own or 0, signed_in=signed_in,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known here of whom another organisation vouches for, and of whom it is about; 0 for what is not.

    practitioner_id  "Practitioner/<id>"
    person           the own record of who asks
    numbered         every key that has one of the numbers of who asks or of where they ask from, one or several
    """

    patient: int
    practitioner: int
    practitioner_id: str
    person: int
    legal_entity: int
    point_of_care: int
    numbered: frozenset[int]


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
        jobs = [
            employment(row["data"], row["base"])
            for row in await self._database.fetch(SQL.employed, actor.key, actor.unit)
        ]
        return any(job.role == actor.role and job.holds(now) for job in jobs)

    async def known(
        self, hasher: Hasher, *, patient: str, person: str, hpr: str, legal_entity: str, point_of_care: str
    ) -> Known:
        """Return what is known of persons by national and HPR number, of organisations by theirs; one statement.

        Who stands here twice under one number is not believed to be either, but what is closed to either is closed.
        """
        asked = {
            "legal_entity": hasher.hot(_NUMBERED, ORG_SYSTEM, legal_entity),
            "point_of_care": hasher.hot(_NUMBERED, ORG_SYSTEM, point_of_care),
            "practitioner": hasher.hot(_AUTHORISED, HPR_SYSTEM, hpr),
        }
        columns = list(asked), [way.token for way in asked.values()], [way.whole for way in asked.values()]
        rows = await self._database.fetch(SQL.known, _SYSTEMS, _AS_PRACTITIONERS, patient, person, *columns)
        found = {row["what"]: row["owners"] for row in rows}
        only = {row["what"]: row for row in rows if len(row["owners"]) == 1}
        keys = {what: row["owners"][0] for what, row in only.items()}
        id_ = only["practitioner"]["id"] if "practitioner" in only else None
        return Known(
            patient=keys.get("patient", 0), practitioner=keys.get("practitioner", 0),
            practitioner_id=f"Practitioner/{id_}" if id_ else "", person=keys.get("person", 0),
            legal_entity=keys.get("legal_entity", 0), point_of_care=keys.get("point_of_care", 0),
            numbered=frozenset(key for what, owners in found.items() if what != "patient" for key in owners),
        )  # fmt: skip

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
