"""Rows for the tests of the trail: who looked at whom."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from akson.audit.log import Entry, entry
from akson.base.work import Actor, Kind, Purpose, Seen, Work

NOW = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
ASTRID, KARI = 4611, -4612
NURSE = Actor(kind=Kind.STAFF, id="Practitioner/m", key=77, name="Mariam Yusuf", role="sykepleier", unit=5,
              unit_name="Hjemmetjenesten sone nord", controller=9, controller_name="Fjordvik kommune")  # fmt: skip
DOCTOR = Actor(kind=Kind.STAFF, id="Practitioner/j", key=78, name="Jonas Eikeland", role="fastlege", unit=6,
               unit_name="Nordre legesenter", controller=9, controller_name="Fjordvik kommune")  # fmt: skip
DAUGHTER = Actor(kind=Kind.CITIZEN, id="Patient/k", key=KARI, name="Kari Vik", role="innbygger")
HERSELF = Actor(kind=Kind.CITIZEN, id="Patient/a", key=ASTRID, name="Astrid Marie Nordli", role="innbygger")


def look(*seen: Seen, actor: Actor = NURSE, at: datetime = NOW, outcome: str = "permit", **more: Any) -> Entry:
    work = Work(actor=actor, purpose=Purpose.TREATMENT, now=at, office=SimpleNamespace(), **more)
    work.seen.extend(seen or [saw()])
    return entry(work, outcome)


def saw(what: str = "Observation/x/_history/1", patient: int = ASTRID, **more: Any) -> Seen:
    given = {"outcome": "permit", "rule": "unit_cares_for_patient", "basis": "enheten gir hjelp"} | more
    return Seen(patient=patient, what=what, **given)
