"""Short words for the tables of cases: who asks, about whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from akson.access.areas import WHOLE
from akson.access.facts import Block, Facts, Labels, Opening, Relation, Representation
from akson.base.work import Actor, Kind

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NORTH, SOUTH, LEGEVAKT, PRACTICE = 11, 12, 13, 14  # units
MUNICIPALITY = 90
NURSE, OTHER_NURSE, DOCTOR = 101, 102, 103  # practitioners
PATIENT, MOTHER, DAUGHTER = 201, 202, 203  # patients


def staff(role: str, unit: int, key: int = NURSE, **more: Any) -> Actor:
    return Actor(kind=Kind.STAFF, id=f"Practitioner/{key}", key=key, name="Ansatt", role=role, unit=unit,
                 controller=MUNICIPALITY, **more)  # fmt: skip


def nurse(unit: int = NORTH, key: int = NURSE, **more: Any) -> Actor:
    return staff("sykepleier", unit, key, **more)


def citizen(key: int = PATIENT, **more: Any) -> Actor:
    born = {"born": date(1970, 5, 17)} | more
    return Actor(kind=Kind.CITIZEN, id=f"Patient/{key}", key=key, name="Innbygger", role="innbygger", **born)


def program(*scopes: str) -> Actor:
    return Actor(kind=Kind.SYSTEM, id="Device/x", key=0, name="Fagsystem", role="system", scopes=frozenset(scopes))


def patient(**more: Any) -> Facts:
    return Facts(owner=PATIENT, is_person=True, rev=1, **more)


def cared_for(unit: int = NORTH, **more: Any) -> Facts:
    return patient(relations=(Relation(kind="service", unit=unit),), **more)


def blocked(*blocks: Block, **more: Any) -> Facts:
    return cared_for(blocks=blocks, **more)


def child(birth_date: Any, kind: Any = "parent", **more: Any) -> Facts:
    areas = (WHOLE,) if kind == "guardian" else ()
    return patient(
        birth_date=birth_date, representations=(Representation(kind=kind, person=MOTHER, areas=areas),), **more
    )


def opened(*, emergency: bool = False, learning: bool = False, person: int = NURSE, unit: int = NORTH, start: datetime = NOW - HOUR / 2,
           lasts: timedelta = HOUR, **more: Any) -> Facts:  # fmt: skip
    taken = Opening(person=person, unit=unit, emergency=emergency, learning=learning, start=start, end=start + lasts,
                    reason="Fall hjemme")  # fmt: skip
    return patient(openings=(taken,), **more)


def item(type_: str = "Observation", **more: Any) -> Labels:
    return Labels(type=type_, id="x1", **more)
