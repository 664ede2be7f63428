"""The end of a record: who may decide that what is kept goes when its time is over, and about whom."""

from __future__ import annotations

from typing import Any

import pytest

from akson.access.facts import Block, Facts, Labels, Relation, Representation
from akson.access.roles import OWN_JOB
from akson.access.rules import Act
from akson.base.work import Actor, Purpose
from tests.access.asking import ask
from tests.access.people import (
    DAUGHTER,
    DOCTOR,
    HOUR,
    LEGEVAKT,
    MOTHER,
    MUNICIPALITY,
    NORTH,
    NOW,
    PATIENT,
    PRACTICE,
    citizen,
    nurse,
    opened,
    patient,
    program,
    staff,
)
from tests.access.shown import shows

OURS = Labels(type="Patient", id="p", keeper=MUNICIPALITY)
THEIRS = Labels(type="Patient", id="p", keeper=PRACTICE)
NOBODYS = Labels(type="Patient", id="p")
CHIEF, ON_CALL = staff("kommuneoverlege", MUNICIPALITY, DOCTOR), staff("legevaktlege", LEGEVAKT)
CARED = (Relation(kind="service", unit=NORTH),)
ENDED = (Relation(kind="service", unit=NORTH, end=NOW - HOUR),)


def related(**more: Any) -> Facts:
    return patient(representations=(Representation(kind="family", person=DAUGHTER),), **more)


@shows("ends_what_is_kept")
@pytest.mark.parametrize(("who", "about", "labels", "refusal"), [
    (CHIEF, patient(), OURS, ""), (ON_CALL, patient(), OURS, ""), (CHIEF, patient(deceased=True), OURS, ""),
    (CHIEF, patient(relations=ENDED), OURS, ""), (CHIEF, patient(protection="kode6"), OURS, ""),
    (CHIEF, patient(blocks=(Block(),)), OURS, ""),
    (CHIEF, patient(), THEIRS, "AK-A001"), (CHIEF, patient(), NOBODYS, "AK-A001"), (CHIEF, patient(), None, "AK-A001"),
    (nurse(), patient(), OURS, "AK-A001"), (staff("leder", LEGEVAKT), patient(), OURS, "AK-A001"),
    (staff("personvernombud", MUNICIPALITY), patient(), OURS, "AK-A001"),
    (citizen(PATIENT), patient(), OURS, "AK-A001"),
    (program("system/*.cruds"), patient(), OURS, "AK-A005"),
    (staff("kommuneoverlege", MUNICIPALITY, person=PATIENT), patient(), OURS, "AK-A020"),
    (staff("kommuneoverlege", MUNICIPALITY, person=DAUGHTER), related(), OURS, "AK-A021"),
    (staff("kommuneoverlege", MUNICIPALITY, person=MOTHER), related(), OURS, ""),
])  # fmt: skip
def test_who_answers_for_the_record_ends_what_their_own_data_controller_keeps(
    who: Actor, about: Facts, labels: Labels | None, refusal: str
) -> None:
    assert ask(who, about, labels, Act.END) == refusal


@shows("care_goes_on")
@pytest.mark.parametrize(("who", "about", "refusal"), [
    (CHIEF, patient(relations=CARED), "AK-A080"), (program(OWN_JOB), patient(relations=CARED), "AK-A080"),
    (CHIEF, patient(relations=(Relation(kind="gp", unit=PRACTICE),)), "AK-A080"),
    (CHIEF, patient(relations=(*ENDED, *CARED)), "AK-A080"),
    (CHIEF, patient(relations=CARED, deceased=True), ""), (program(OWN_JOB), patient(relations=ENDED), ""),
])  # fmt: skip
def test_a_record_does_not_end_while_somebody_who_lives_is_given_care(who: Actor, about: Facts, refusal: str) -> None:
    assert ask(who, about, OURS, Act.END) == refusal


@pytest.mark.parametrize(("labels", "act"), [
    (Labels(type="DocumentReference", id="n", keeper=MUNICIPALITY), Act.READ), (OURS, Act.READ), (OURS, Act.WRITE),
    (OURS, Act.ERASE), (None, Act.READ),
])  # fmt: skip
def test_whoever_may_end_a_record_gets_nothing_else_by_it(labels: Labels | None, act: Act) -> None:
    assert ask(CHIEF, patient(deceased=True), OURS, Act.END) == ""
    assert ask(CHIEF, patient(deceased=True), labels, act) == "AK-A001"


def test_an_emergency_does_not_let_anybody_end_the_record_of_their_family() -> None:
    who = staff("kommuneoverlege", MUNICIPALITY, DOCTOR, person=DAUGHTER)
    family = (Representation(kind="family", person=DAUGHTER),)
    about = opened(emergency=True, person=DOCTOR, unit=MUNICIPALITY, representations=family)
    assert ask(who, about, OURS, Act.READ, purpose=Purpose.EMERGENCY) == ""
    assert ask(who, about, OURS, Act.END, purpose=Purpose.EMERGENCY) == "AK-A021"
