"""Registering vital signs: one set of measurements is one write set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from akson.advice.vitals import kinds, news2
from akson.advice.vitals.kinds import KINDS, Value, believable
from akson.advice.vitals.news2 import Scale
from akson.base.errors import Refused
from akson.base.work import Work
from akson.patient.chart import local
from akson.record import journal
from akson.record.stored import Stored
from akson.registers import codes
from akson.registers.codes import UCUM

Resource = dict[str, Any]
_ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_CLOCKS_DIFFER: Final = timedelta(minutes=2)


async def register(
    work: Work, patient: str, values: Mapping[str, Value], measured_at: datetime, *, remark: str = "",
    scale: Scale | None = Scale.ONE,
) -> list[Stored]:  # fmt: skip
    """Register what was measured at one moment, and NEWS2 when all seven parts are there.

    patient      id of the Patient
    values       by name of kinds.py: Decimal in the kind's unit, or the chosen answer
    measured_at  with time zone
    scale        None: NEWS2 is not for this patient, who is a child
    Raises       Refused AK-V001 and AK-V002 unbelievable, AK-V003 nothing measured, AK-V004 in the future, or an
                 access refusal; then nothing is written
    Leaves       Observations in one write set; blood pressure is one, the NEWS2 sum is derived from its parts
    """
    if not values:
        raise Refused("AK-V003", path="resp")
    if measured_at > work.now + _CLOCKS_DIFFER:
        raise Refused("AK-V004", path="malt")
    believable(values)
    head = _head(work, patient, measured_at)
    owner = await _owner(work, patient)
    made = {name: (work.office.ids.mint(owner), head | body) for name, body in _bodies(values).items()}
    counted = news2.score(values, scale) if scale else None
    if counted and counted.total is not None:
        derived = [{"reference": f"Observation/{made[part][0]}"} for part in _sources(made)]
        body = {"code": codes.NEWS2.concept(), "valueInteger": counted.total, "derivedFrom": derived}
        made["news2"] = (work.office.ids.mint(owner), head | body)
    if remark:
        made[next(reversed(made))][1]["note"] = [{"text": remark}]
    return await journal.write_set(work, [journal.draft("POST", body, id_=id_) for id_, body in made.values()])


def _head(work: Work, patient: str, measured_at: datetime) -> Resource:
    """Return what every Observation of the set has in common."""
    at = local(measured_at).isoformat()
    return {
        "resourceType": "Observation", "status": "final",
        "category": [{"coding": [{"system": codes.OBSERVATION_CATEGORY, "code": "vital-signs"}]}],
        "subject": {"reference": f"Patient/{patient}"}, "effectiveDateTime": at, "issued": local(work.now).isoformat(),
        "performer": [{"reference": work.actor.id, "display": work.actor.name}],
    }  # fmt: skip


def _bodies(values: Mapping[str, Value]) -> dict[str, Resource]:
    """Return the content of one Observation for each thing measured."""
    bodies: dict[str, Resource] = {}
    for name, kind in KINDS.items():
        value = values.get(name)
        if isinstance(value, Decimal) and name not in ("sys", "dia"):
            bodies[name] = {"code": kind.vital.concept(), "valueQuantity": _amount(name, value)}
    if "sys" in values or "dia" in values:
        bodies["sys"] = {"code": codes.BLOOD_PRESSURE.concept(),
                         "component": [_pressure(name, values.get(name)) for name in ("sys", "dia")]}  # fmt: skip
    if letter := values.get(kinds.AWARE):
        finding = codes.ACVPU[str(letter)]
        bodies[kinds.AWARE] = {"code": codes.CONSCIOUSNESS.concept(), "valueCodeableConcept": finding.concept()}
    if breathed := values.get(kinds.OXYGEN):
        given = codes.OXYGEN if breathed == kinds.WITH_OXYGEN else codes.AIR
        bodies[kinds.OXYGEN] = {"code": codes.BREATHES.concept(), "valueCodeableConcept": given.concept()}
    return bodies


def _sources(made: Mapping[str, object]) -> list[str]:
    return [part for part in news2.PARTS if part in made]


def _pressure(name: str, value: Value | None) -> Resource:
    """Return one half of a blood pressure; the profile wants both halves, or why one is absent."""
    absent = {"dataAbsentReason": {"coding": [{"system": _ABSENT, "code": "not-performed"}]}}
    found = {"valueQuantity": _amount(name, value)} if isinstance(value, Decimal) else absent
    return {"code": KINDS[name].vital.concept(), **found}


def _amount(name: str, value: Decimal) -> Resource:
    vital = KINDS[name].vital
    return {"value": value, "unit": vital.shown, "system": UCUM, "code": vital.unit}


async def _owner(work: Work, patient: str) -> int:
    """Return the owner key of the record; one look-up when the patient's id was minted elsewhere."""
    owner: int | None = work.office.ids.open(patient)
    return owner if owner is not None else (await journal.read(work, "Patient", patient)).owner
