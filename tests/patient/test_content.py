"""What an entry of each kind should hold: told to who writes it, and stopping nobody."""

from __future__ import annotations

from typing import Any

import pytest

from akson.patient.content import lacking, told

DOSE = {"dosage": [{"text": "1 x 1"}]}
SURE = {"verificationStatus": {"coding": [{"code": "confirmed"}]}}


@pytest.mark.parametrize(("type_", "says", "missing"), [
    ("MedicationStatement", {}, "dose reason period"),
    ("MedicationStatement", {**DOSE, "effectiveDateTime": "2026-11-01"}, "reason"),
    ("MedicationStatement", {**DOSE, "effectivePeriod": {"start": "2026"}, "reasonReference": [{"reference": "Condition/a"}]}, ""),
    ("MedicationStatement", {"status": "entered-in-error"}, ""),  # what is taken back needs nothing more
    ("MedicationStatement", {"dosage": []}, "dose reason period"),
    ("MedicationRequest", {"dosageInstruction": [{"text": "v.b."}, {"timing": {"repeat": {"count": 3}}}]}, "reason"),
    ("AllergyIntolerance", {"code": {"text": "Penicillin"}}, "certainty reaction"),
    ("AllergyIntolerance", {**SURE, "reaction": [{"manifestation": [{"text": "Utslett"}], "substance": {"text": "X"}}]}, ""),
    ("AllergyIntolerance", {**SURE, "code": {"text": "X"}, "reaction": [{"description": "Utslett"}]}, "reaction"),
    ("Condition", {"code": {"text": "Vondt i hoften"}}, "code certainty onset"),
    ("Condition", {**SURE, "code": {"coding": [{"code": "L13"}]}, "onsetString": "i fjor"}, ""),
    ("Observation", {"effectiveDateTime": "2026", "valueInteger": 0}, ""),  # nothing is something
    ("Observation", {"valueBoolean": False}, "time"),
    ("Communication", {"topic": {"text": "Spørsmål"}}, "words"),
    ("Patient", {}, ""),  # no table: nothing is asked
])  # fmt: skip
def test_each_kind_of_entry_has_what_it_should_hold(type_: str, says: dict[str, Any], missing: str) -> None:
    entry = {"resourceType": type_, **says}
    assert lacking(entry) == tuple(missing.split())
    assert bool(told(entry)) is bool(missing)
