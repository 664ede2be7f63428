"""What decision support may weigh past a block, for whom: and what no approval lets it weigh."""

from __future__ import annotations

from datetime import timedelta

import pytest

from akson.access.facts import OBJECTION, Block, Facts, Labels
from akson.access.roles import ROLES, Permission, has
from akson.access.rules import Act, decide
from akson.base.work import Actor, Kind, Purpose
from tests.access.people import (
    DAUGHTER,
    HOUR,
    MOTHER,
    MUNICIPALITY,
    NORTH,
    NOW,
    NURSE,
    PATIENT,
    PRACTICE,
    SOUTH,
    blocked,
    cared_for,
    child,
    citizen,
    item,
    nurse,
    opened,
    patient,
    program,
    staff,
)
from tests.access.shown import shows

PART = Block(documents=("AllergyIntolerance/x1",))  # for everybody at work
ALLERGY = item("AllergyIntolerance")


def weighed(who: Actor, about: Facts, labels: Labels | None = ALLERGY) -> str:
    """Return which rule lets decision support weigh an entry for somebody, or the refusal."""
    answer = decide(who, Purpose.TREATMENT, about, labels, Act.ADVISE, NOW)
    return answer.rule if answer.permit else answer.refusal


@shows("advised_past_a_block")
@pytest.mark.parametrize(("who", "about", "labels", "answer"), [
    (nurse(), blocked(PART), ALLERGY, "advised_past_a_block"),
    (staff("fastlege", NORTH), blocked(PART), item("MedicationStatement", security=frozenset({"x"})), "advised_past_a_block"),
    (nurse(), cared_for(), item("Condition", security=frozenset({OBJECTION}), unit=SOUTH), "advised_past_a_block"),
    (nurse(), opened(blocks=(PART,)), ALLERGY, "advised_past_a_block"),
    (nurse(), blocked(Block(written_by=(SOUTH,))), item("MedicationRequest", unit=SOUTH), "advised_past_a_block"),
    # No basis of their own, or one to learn only.
    (nurse(SOUTH), blocked(PART), ALLERGY, "AK-A001"),
    (nurse(), patient(blocks=(PART,)), ALLERGY, "AK-A001"),
    (nurse(), opened(learning=True, blocks=(PART,)), ALLERGY, "AK-A001"),
    (nurse(), opened(start=NOW - 2 * HOUR, blocks=(PART,)), ALLERGY, "AK-A001"),
    # Nothing that advice about medicines is not given from, and never the record as such.
    (nurse(), blocked(PART), item("DocumentReference"), "AK-A001"),
    (nurse(), blocked(PART), item("Composition"), "AK-A001"),
    (nurse(), blocked(PART), item("Consent"), "AK-A001"),
    (nurse(), blocked(PART), None, "AK-A001"),
    # Those who do not decide on medicines, programs, and citizens.
    (staff("helsefagarbeider", NORTH), blocked(PART), ALLERGY, "AK-A001"),
    (staff("fysioterapeut", NORTH), blocked(PART), ALLERGY, "AK-A001"),
    (nurse(scopes=frozenset({"user/*.cruds"})), blocked(PART), ALLERGY, "AK-A005"),
    (program("system/*.cruds"), blocked(PART), ALLERGY, "AK-A005"),
    (citizen(), blocked(PART), ALLERGY, "AK-A001"),
    (citizen(MOTHER), child(NOW.date() - timedelta(days=400), blocks=(PART,)), ALLERGY, "AK-A001"),
])  # fmt: skip
def test_decision_support_weighs_what_is_blocked_for_who_decides_on_medicines_and_nobody_else(
    who: Actor, about: Facts, labels: Labels | None, answer: str
) -> None:
    assert weighed(who, about, labels) == answer


@shows("advice_stops_at_a_closed_record")
@pytest.mark.parametrize(("block", "answer"), [
    (PART, "advised_past_a_block"),
    (Block(), "AK-A031"),
    (Block(units=(NORTH,)), "AK-A031"),
    (Block(units=(MUNICIPALITY,)), "AK-A031"),
    (Block(roles=("sykepleier",)), "AK-A031"),
    (Block(units=(SOUTH,)), "advised_past_a_block"),
    (Block(end=NOW), "advised_past_a_block"),
    # By name, or in emergencies too: the person has said more than that.
    (Block(persons=(NURSE,)), "AK-A030"),
    (Block(documents=("AllergyIntolerance/x1",), even_emergency=True), "AK-A030"),
    (Block(documents=("AllergyIntolerance/x1",), persons=(NURSE,)), "AK-A030"),
    (Block(documents=("AllergyIntolerance/other",), even_emergency=True), "advised_past_a_block"),
])  # fmt: skip
def test_what_is_closed_as_a_whole_by_name_or_in_emergencies_too_is_not_weighed(block: Block, answer: str) -> None:
    assert weighed(nurse(), blocked(block)) == answer


@pytest.mark.parametrize(("who", "about", "answer"), [
    (nurse(person=PATIENT), blocked(PART), "AK-A020"),
    (nurse(person=DAUGHTER), blocked(PART), "advised_past_a_block"),
    (nurse(person=MOTHER), Facts(owner=PATIENT, is_person=True, blocks=(PART,), relations=cared_for().relations,
                                 representations=child(None, "family").representations), "AK-A021"),
    (staff("fastlege", PRACTICE), cared_for(protection="kode6", blocks=(PART,)), "AK-A010"),
    (staff("administrator", NORTH), blocked(PART), "AK-A040"),
])  # fmt: skip
def test_the_bars_on_the_record_itself_hold_for_decision_support_too(who: Actor, about: Facts, answer: str) -> None:
    assert weighed(who, about) == answer


@pytest.mark.parametrize("role", sorted(ROLES))
def test_only_roles_that_write_medicines_are_advised(role: str) -> None:
    kind = Kind.CITIZEN if role == "innbygger" else Kind.SYSTEM if role == "system" else Kind.STAFF
    who = Actor(kind=kind, id="x", key=NURSE, name="", role=role, unit=NORTH)
    assert (weighed(who, blocked(PART)) == "advised_past_a_block") is has(role, Permission.WRITE_MEDICATION)
