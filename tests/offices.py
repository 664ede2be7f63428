"""Offices and people for tests: real ones, on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from akson.access.roles import LOAD, OUTSIDE, OWN_JOB
from akson.audit.log import AccessLog
from akson.base.database import Database
from akson.base.ids import Ids
from akson.base.outward import LOOPBACK, Outward
from akson.base.work import Actor, Attested, Kind, Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.staff import ELSEWHERE
from akson.record.stored import Stored
from akson.record.values import Hasher
from akson.subscriptions.keeping import Keeper

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
INSIDE = Outward.listing(LOOPBACK, secure=False)  # receivers of tests stand on this machine
FHIR = "http://akson.test/fhir"
FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
JOB = Actor(kind=Kind.SYSTEM, id="Device/job", key=0, name="Akson", role="system", scopes=frozenset({OWN_JOB}))
VENDOR = Actor(kind=Kind.SYSTEM, id="Device/vendor", key=0, name="Leverandør", role="system",
               scopes=frozenset({"system/*.cruds"}))  # fmt: skip
LOADING = replace(VENDOR, id="Device/loading", name="Innlasting", scopes=VENDOR.scopes | {LOAD})


@dataclass
class Clock:
    """A clock that moves when told."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> None:
        self.now += time


def stranger(number: str) -> Actor:
    """Return one of another organisation, by HPR number, of whom nothing is known here."""
    told = Attested(profession="LE", purpose=Purpose.TREATMENT, why="lege, behandling (beslutning 7)")
    return Actor(kind=Kind.STAFF, id=f"Practitioner/{ELSEWHERE}{number}", key=0, name="Ingunn Hauge", role=OUTSIDE,
                 unit_name="Fjellsiden sykehus", controller_name="Fjellsiden sykehus", attested=told)  # fmt: skip


def clock_of(office: Office) -> Clock:
    """Return the clock of an office that was opened here."""
    assert isinstance(office.clock, Clock)
    return office.clock


def let_pass(office: Office, time: timedelta) -> None:
    """Let time pass in an office that was opened here."""
    clock_of(office).pass_(time)


def set_clock(office: Office, now: datetime) -> None:
    """Let it be this moment in an office that was opened here."""
    clock_of(office).now = now


@asynccontextmanager
async def opened_office(url: str, *, size: int = 6) -> AsyncIterator[Office]:
    """Open an office on the database at `url` and close all of it afterwards."""
    database = await Database.open(url, size=size, role="akson_app")
    eraser = await Database.open(url, size=1, role="akson_eraser", ready=0)
    log = AccessLog(url)
    try:
        yield Office(
            database=database, eraser=eraser, ids=Ids({"a": b"k" * 16}, "a"), hasher=Hasher(b"secret"), log=log,
            clock=Clock(), drafts_keys=(b"d" * 32,), synthetic=True, following=Keeper(outward=INSIDE, base=FHIR),
        )  # fmt: skip
    finally:
        await log.close()
        await eraser.close()
        await database.close()


async def unit(office: Office, name: str) -> Actor:
    """Make an organisation and return a nurse's actor who works there; `key` is still nobody's."""
    async with office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, {"resourceType": "Organization", "name": name})
    return Actor(kind=Kind.STAFF, id="", key=0, name="", role="sykepleier", unit=made.owner, unit_id=made.reference,
                 unit_name=name, controller=made.owner, controller_name=name)  # fmt: skip


async def staff(office: Office, place: Actor, family: str, role: str = "sykepleier") -> Actor:
    """Make a practitioner and return them as an actor at the unit of `place`."""
    async with office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, {"resourceType": "Practitioner", "name": [{"family": family}]})
    return replace(place, id=made.reference, key=made.owner, name=family, role=role)


async def patient(office: Office, *, at: Actor | None = None, **more: Any) -> Stored:
    """Make a person; cared for by the unit of `at` when given."""
    person = {"resourceType": "Patient", "name": [{"family": "Nordli", "given": ["Astrid"]}], "birthDate": "1941-03-14"}
    async with office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, person | more)
        if at is not None:
            await journal.create(work, {
                "resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": made.reference},
                "managingOrganization": {"reference": at.unit_id},
            })  # fmt: skip
    return made


def citizen(person: Stored) -> Actor:
    """Return the person as an actor in their own right."""
    born = person.resource.get("birthDate")
    return Actor(kind=Kind.CITIZEN, id=person.reference, key=person.owner, name="Astrid Nordli", role="innbygger",
                 person=person.owner, born=date.fromisoformat(born) if born else None)  # fmt: skip


def temperature(person: Stored, value: str = "38.40", when: str = "2026-11-23T08:00:00+01:00") -> bytes:
    """Return the JSON of one measurement, its number as typed."""
    return (
        '{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":'
        '"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],'
        '"code":{"coding":[{"system":"http://loinc.org","code":"8310-5"}]},'
        f'"subject":{{"reference":"{person.reference}"}},"effectiveDateTime":"{when}",'
        f'"valueQuantity":{{"value":{value},"unit":"°C","system":"http://unitsofmeasure.org","code":"Cel"}}}}'
    ).encode()
