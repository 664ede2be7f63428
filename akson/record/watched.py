"""What the journal knows beside looks at records, for the surveillance of the log: of persons, and traces of work.

Read by our own job, which shows nobody what it reads: a few statements for a page of looks, however many they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from akson.base.database import Database, Reads
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.fhir.folding import normalise
from akson.fhir.parameters import parameters
from akson.record.session import fetch
from akson.record.stored import stored
from akson.registers.identifiers import PERSON_SYSTEMS, Fnr

SQL = queries(__file__, "watched.sql")
READING = queries(__file__, "reading.sql")
_PERSONS: Final = sorted(PERSON_SYSTEMS)
_PRACTITIONERS: Final = [f"Practitioner|{one}" for one in _PERSONS]
_PATIENT: Final = types.code_of("Patient")
_HUMAN: Final = [_PATIENT, types.code_of("Practitioner")]
_SAYS_NOTHING: Final = [types.code_of("Consent"), types.code_of("Provenance")]  # an opening is no work for the person


@dataclass(frozen=True, kw_only=True)
class Known:
    """One person or practitioner. names: family names, normalised; addresses: as FHIR has them."""

    person: bool
    names: frozenset[str]
    addresses: tuple[Mapping[str, Any], ...]
    close: frozenset[int]
    hidden: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One look: whose record, by whom, at which unit, and the time around it in which work leaves a trace."""

    patient: int
    actor: int
    unit: int
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Trace:
    """own: who looked wrote in the record; units: others of the unit did, or the unit was asked to do something."""

    own: bool
    units: bool


async def residents(database: Database, practitioners: Iterable[int]) -> dict[int, int]:
    """Return the record each practitioner has as a resident; who has none is not in it."""
    rows = await database.fetch(SQL.persons, sorted(set(practitioners)), _PRACTITIONERS, _PERSONS)
    return {row["practitioner"]: row["owner"] for row in rows}


async def humans(database: Database, owners: Iterable[int]) -> dict[int, Known]:
    """Return what is known of persons and practitioners."""
    rows = await database.fetch(SQL.humans, sorted(set(owners)), _HUMAN)
    return {row["owner"]: _known(row) for row in rows}


async def workplaces(database: Database, persons: Iterable[int], now: datetime) -> dict[int, set[int]]:
    """Return the units where persons work."""
    found: dict[int, set[int]] = defaultdict(set)
    for row in await database.fetch(SQL.places, sorted(set(persons)), _PERSONS, _PRACTITIONERS, now):
        found[row["person"]].add(row["unit"])
    return found


async def keepers(database: Database, owners: Sequence[int]) -> dict[int, int]:
    """Return the data controller that keeps most of each record, of those that anybody keeps."""
    rows = await database.fetch(SQL.kept_most, sorted(owners)) if owners else []
    return {row["owner"]: row["keeper"] for row in rows if row["keeper"]}


async def bearers(database: Database, names: Iterable[str], most: int) -> dict[str, int]:
    """Return how many residents bear each family name, `most` and one when they are more."""
    (slot,) = parameters("Patient")["family"].slots
    rows = await database.fetch(SQL.bearers, sorted(set(names)), slot.id, most + 1)
    return {row["name"]: row["bearers"] for row in rows}


async def patient_of(work: Work, owner: int) -> dict[str, str] | None:
    """Return a reference to a person with their name, for those who may know that there is a case about them."""
    rows = await fetch(work, SQL.named, owner, _PATIENT)
    return {"reference": f"Patient/{rows[0]['id']}", "display": rows[0]["name"] or ""} if rows else None


async def numbered(work: Work, number: Fnr) -> int:
    """Return the owner key of the person who has a national number; 0 when nobody has."""
    told = number.identifier()
    rows = await fetch(work, READING.identified, [told["system"]], [told["value"]])
    return next((row["owner"] for row in rows if row["type"] == _PATIENT), 0)


async def numbers(reads: Reads, owners: Iterable[int]) -> dict[int, list[str]]:
    """Return the national numbers that persons have now."""
    found: dict[int, list[str]] = defaultdict(list)
    for row in await reads.fetch(SQL.numbers, sorted(set(owners))):
        found[row["owner"]].append(row["value"])
    return found


async def traces(database: Database, looks: Sequence[Asked]) -> list[Trace]:
    """Return for each look whether there is a trace of work for the person."""
    columns = [[getattr(one, name) for one in looks] for name in ("patient", "unit", "actor", "since", "until")]
    rows = sorted(await database.fetch(SQL.traces, *columns, _SAYS_NOTHING), key=lambda row: int(row["n"]))
    return [Trace(own=row["own"], units=row["units"]) for row in rows]


def _known(row: Mapping[str, Any]) -> Known:
    resource = stored(row).resource
    families = [normalise(one.get("family") or "").replace("-", " ") for one in resource.get("name") or ()]
    return Known(
        person=row["type"] == _PATIENT, names=frozenset(part for family in families for part in family.split()),
        close=frozenset(row["close"]),
        addresses=tuple(resource.get("address") or ()), hidden=row["hidden"],
    )  # fmt: skip
