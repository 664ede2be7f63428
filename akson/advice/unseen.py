"""Whether what a block hides would change the advice about medicines: yes or no, and nothing more leaves this file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from akson.access.facts import Facts
from akson.advice.medicines import Known, advised
from akson.base.work import Work
from akson.patient.reading import code, codes, words
from akson.record.journal import Mark
from akson.record.unseen import unseen
from akson.registers.codes import ATC

Resource = Mapping[str, Any]
Parts = Mapping[str, Iterable[Resource]]
KINDS: Final[Mapping[str, int]] = {
    "Condition": 60, "MedicationStatement": 200, "MedicationRequest": 60, "AllergyIntolerance": 30,
    "Observation:egfr": 1,
}  # fmt: skip
_OVER: Final = frozenset({"inactive", "resolved", "refuted", "entered-in-error"})


def gathered(parts: Parts) -> Known:
    """Return what advice about medicines is given from. parts: of KINDS, newest first."""
    egfr = next((value for one in parts["Observation:egfr"] if (value := _value(one)) is not None), None)
    statements = [one for kind in ("MedicationStatement", "MedicationRequest") for one in parts[kind]]
    concepts = [one.get("medicationCodeableConcept") or {} for one in statements]
    return Known(
        medicines={atc: words(one) for one in concepts if (atc := code(one, ATC))}, egfr=egfr,
        problems=frozenset(codes(one.get("code", {}) for one in parts["Condition"])),
        allergies={atc: words(one["code"]) for one in filter(_stands, parts["AllergyIntolerance"])
                   if (atc := code(one.get("code"), ATC))},
    )  # fmt: skip


async def matters(work: Work, facts: Facts, seen: Parts, marked: Mapping[str, Mark]) -> bool:
    """Say whether the advice would be another if everything that may be weighed were seen.

    seen    of KINDS, what the actor sees
    Leaves  that it was asked in the access log, when anything was weighed
    """
    hidden = await unseen(work, facts, KINDS, marked)
    if not any(hidden.values()):
        return False
    every = {kind: [*hidden[kind], *seen[kind]] for kind in KINDS}
    return advised(gathered(seen)) != advised(gathered(every))


def _stands(allergy: Resource) -> bool:
    return not codes([allergy.get("clinicalStatus", {}), allergy.get("verificationStatus", {})]) & _OVER


def _value(observation: Resource) -> Decimal | None:
    value = (observation.get("valueQuantity") or {}).get("value")
    return Decimal(str(value)) if value is not None else None
