"""Roles as data, the ways to open a closed record, and the texts of the refusals."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from akson.access import override
from akson.access.asking import RULES
from akson.access.roles import ROLES, Permission, has, may_read, may_write
from akson.access.rules import Act, decide
from akson.base.errors import Refused, catalogue
from akson.base.work import Purpose
from tests.access.people import NOW, blocked, item, nurse, staff

P = Permission


@pytest.mark.parametrize(("role", "finds", "reads", "writes_notes", "prescribes", "opens", "emergency"), [
    ("fastlege", True, True, True, True, True, True),
    ("legevaktlege", True, True, True, True, True, True),
    ("legesekretær", True, True, True, False, True, False),
    ("sykepleier", True, True, True, True, True, True),
    ("helsefagarbeider", True, True, True, False, True, True),
    ("helsesykepleier", True, True, True, True, True, True),
    ("kommuneoverlege", True, True, True, True, True, True),
    ("sykehjemslege", True, True, True, True, True, True),
    ("lis1", True, True, True, True, True, True),
    ("jordmor", True, True, True, True, True, True),
    ("vernepleier", True, True, True, True, True, True),
    ("fysioterapeut", True, True, True, False, True, True),
    ("ergoterapeut", True, True, True, False, True, True),
    ("psykolog", True, True, True, False, True, True),
    ("farmasøyt", True, False, False, True, False, False),
    ("assistent", True, True, True, False, False, False),
    ("avtalepart", False, True, True, False, False, False),
    ("ekstern", False, False, False, False, False, False),
    ("koordinator", True, False, False, False, False, False),
    ("miljøterapeut", True, True, True, False, True, False),
    ("hjemmehjelp", False, False, False, False, False, False),
    ("kontormedarbeider", True, False, False, False, False, False),
    ("leder", False, False, False, False, False, False),
    ("saksbehandler", True, False, False, False, True, False),
    ("administrator", False, False, False, False, False, False),
    ("personvernombud", False, False, False, False, False, False),
    ("innbygger", False, False, False, False, False, False),
    ("system", False, False, False, False, False, False),
    ("ukjent", False, False, False, False, False, False),
])  # fmt: skip
def test_what_each_role_may(role, finds, reads, writes_notes, prescribes, opens, emergency) -> None:
    asked = (P.FIND_PEOPLE, P.READ_CLINICAL, P.WRITE_NOTES, P.WRITE_MEDICATION, P.OPEN_WITH_REASON, P.OPEN_EMERGENCY)
    assert [has(role, p) for p in asked] == [finds, reads, writes_notes, prescribes, opens, emergency]


@pytest.mark.parametrize(("role", "reads", "reads_not", "writes", "writes_not"), [
    ("farmasøyt", "MedicationRequest AllergyIntolerance", "Composition DocumentReference CarePlan", "MedicationRequest", "Condition"),
    ("assistent", "CarePlan Condition", "AuditEvent", "Observation Composition", "MedicationAdministration CarePlan"),
    ("avtalepart", "ServiceRequest Condition", "AuditEvent", "Composition", "Patient EpisodeOfCare CareTeam"),
    ("ekstern", "DocumentReference Observation CarePlan", "Task Consent Communication AuditEvent", "", "Observation Consent"),
    ("koordinator", "CarePlan Goal", "Condition MedicationRequest Composition", "CarePlan Goal", "Observation"),
    ("miljøterapeut", "CarePlan Condition", "AuditEvent", "Composition Goal", "MedicationRequest Condition"),
    ("hjemmehjelp", "Patient Appointment Task", "Observation CarePlan Condition", "Task", "Patient Observation"),
    ("kontormedarbeider", "Appointment Patient", "Observation Condition DocumentReference", "Appointment", "Observation"),
    ("leder", "Patient Task", "Observation Condition", "Task VerificationResult", "Patient PractitionerRole"),
])  # fmt: skip
def test_those_with_less_to_do_have_less(role, reads, reads_not, writes, writes_not) -> None:
    assert [may_read(role, one) for one in reads.split()] == [True] * len(reads.split())
    assert [may_read(role, one) for one in reads_not.split()] == [False] * len(reads_not.split())
    assert [may_write(role, one) for one in writes.split()] == [True] * len(writes.split())
    assert [may_write(role, one) for one in writes_not.split()] == [False] * len(writes_not.split())


def test_every_role_has_its_place_in_the_table() -> None:
    (table,) = test_what_each_role_may.pytestmark
    assert {row[0] for row in table.args[1]} == ROLES.keys() | {"ukjent"}


def test_nobody_reads_or_writes_the_trail_as_a_resource() -> None:
    assert not any(may_read(role, "AuditEvent") or may_write(role, "AuditEvent") for role in ROLES)


def test_an_opening_lasts_as_long_as_its_template() -> None:
    taken = override.opening(nurse(), "B2", "  Svarer på   telefon ", NOW)
    assert (taken.start, taken.end, taken.reason) == (NOW, NOW + timedelta(hours=4), "Svarer på telefon")
    assert override.in_force(taken, nurse(), NOW) and not override.in_force(taken, nurse(), NOW + timedelta(hours=4))
    assert all(t.lasts <= override.LONGEST for t in override.TEMPLATES.values())


def test_an_emergency_opening_lasts_sixty_minutes() -> None:
    taken = override.emergency(nurse(), "Bevisstløs på gulvet", NOW, danger=True)
    assert taken.emergency and taken.end == NOW + timedelta(minutes=60)


def test_an_opening_needs_a_reason_and_an_emergency_two_confirmations() -> None:
    def refusal(take, *given, **more) -> str:
        with pytest.raises(Refused) as refused:
            take(*given, **more)
        return refused.value.code

    assert refusal(override.opening, nurse(), "B9", "Fall hjemme i dag", NOW) == "AK-A070"
    assert refusal(override.opening, nurse(), "B1", "  fall    ", NOW) == "AK-A071"
    assert refusal(override.emergency, nurse(), "Fall hjemme", NOW, danger=False) == "AK-A072"
    assert refusal(override.emergency, nurse(), "", NOW, danger=True) == "AK-A071"


def test_every_rule_has_a_source_and_every_refusal_a_norwegian_text() -> None:
    assert [r.name for r in RULES if not r.source] == []
    assert [r.name for r in RULES if r.decision.refusal and not catalogue()[r.decision.refusal].nb] == []
    assert len({(r.order, r.persons) for r in RULES}) == len(RULES)


def test_a_decision_costs_few_microseconds() -> None:
    """A guard against a slip of magnitude on a busy machine; the figure itself is measured in bench/."""
    about, who, asked = blocked(), staff("fastlege", 11), item()
    best = min(_seconds(lambda: decide(who, Purpose.TREATMENT, about, asked, Act.READ, NOW)) for _ in range(5))
    assert best < 50e-6


def _seconds(run) -> float:
    begun = time.perf_counter()
    for _ in range(200):
        run()
    return (time.perf_counter() - begun) / 200
