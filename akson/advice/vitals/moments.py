"""Moments: Observations gathered by when they were made. Pure: resources in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from akson.advice.vitals import kinds
from akson.advice.vitals.kinds import KINDS, Value
from akson.patient.reading import Resource, code, display, moment
from akson.registers import codes
from akson.registers.codes import LOINC, SNOMED

_BY_LOINC: Final = {kind.vital.loinc: name for name, kind in KINDS.items()}
_LETTERS: Final = {finding.code: letter for letter, finding in codes.ACVPU.items()}
_AIRS: Final = {codes.AIR.code: kinds.AIR, codes.OXYGEN.code: kinds.WITH_OXYGEN}
_WRONG: Final = frozenset({"entered-in-error", "cancelled"})
_LATELY: Final = timedelta(hours=48)


@dataclass(kw_only=True)
class Moment:
    """What was measured at one time."""

    at: datetime
    values: dict[str, Value] = field(default_factory=dict)  # by name of kinds.py
    total: int | None = None  # the NEWS2 sum as it was registered
    by: str = ""  # as people read it

    def figure(self, name: str) -> Decimal | None:
        """Return the figure of one kind."""
        value = self.values.get(name)
        return value if isinstance(value, Decimal) else None


def gathered(observations: Iterable[Resource]) -> list[Moment]:
    """Return the moments of some Observations, oldest first; what is no vital sign or was wrong is left out."""
    found: dict[datetime, Moment] = {}
    for observation in observations:
        at = moment(observation.get("effectiveDateTime"))
        if at is None or observation.get("status") in _WRONG:
            continue
        at = at.replace(second=0, microsecond=0)
        here = found.get(at) or Moment(at=at)
        read = dict(_values(observation))
        total = observation.get("valueInteger") if code(observation.get("code"), SNOMED) == codes.NEWS2.code else None
        if read or total is not None:
            here.values |= read
            here.total = here.total if total is None else total
            here.by = here.by or next(map(display, observation.get("performer", ())), "")
            found[at] = here
    return sorted(found.values(), key=lambda one: one.at)


def _values(observation: Resource) -> Iterator[tuple[str, Value]]:
    """Yield every kind in one Observation with its value."""
    concept = observation.get("code")
    for part in (observation, *observation.get("component", ())):
        name = _BY_LOINC.get(code(part.get("code"), LOINC))
        amount: Mapping[str, object] = part.get("valueQuantity") or {}
        if name and amount.get("code") == KINDS[name].vital.unit and amount.get("value") is not None:
            yield name, Decimal(str(amount["value"]))
    answer = code(observation.get("valueCodeableConcept"), SNOMED)
    if code(concept, LOINC) == codes.CONSCIOUSNESS.code and answer in _LETTERS:
        yield kinds.AWARE, _LETTERS[answer]
    if code(concept, SNOMED) == codes.BREATHES.code and answer in _AIRS:
        yield kinds.OXYGEN, _AIRS[answer]


def scored(moments: Iterable[Moment]) -> list[Moment]:
    """Return those with a NEWS2 sum."""
    return [one for one in moments if one.total is not None]


def compared(before: Iterable[Moment], at: datetime) -> int | None:
    """Return the sum to compare one taken `at` with: the lowest of the last 48 hours, else the last one before."""
    earlier = [one for one in scored(before) if one.at < at]
    lately = [one.total for one in earlier if one.total is not None and at - one.at <= _LATELY]
    return min(lately) if lately else earlier[-1].total if earlier else None
