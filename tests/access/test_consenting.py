"""Consents that staff write down: the one kind of Consent that a role writes, and the mark on it opens nothing else."""

from __future__ import annotations

import pytest

from akson.access.asking import Ask
from akson.access.consenting import DISCLOSURE, WRITTEN_DOWN, tells_who_looked
from akson.access.facts import OBJECTION, Block, Facts, Labels, Relation
from akson.access.rules import Act
from akson.access.stopping import STOPPED
from akson.base.work import Actor, Purpose
from tests.access.asking import ask
from tests.access.people import (
    NORTH,
    NOW,
    PATIENT,
    PRACTICE,
    SOUTH,
    blocked,
    cared_for,
    citizen,
    item,
    nurse,
    opened,
    patient,
    staff,
)


def written(letters: str = "c", *marks: str, type_: str = "Consent", block: bool = False) -> Labels:
    return Labels(type=type_, id="c1", security=frozenset({WRITTEN_DOWN, *marks}), letters=letters, block=block)


def told(letters: str, *, block: bool = False) -> Labels:
    return Labels(type="Consent", id="c1", security=frozenset({DISCLOSURE}), letters=letters, block=block)


@pytest.mark.parametrize(("who", "about", "labels", "act", "answer"), [
    (nurse(), cared_for(), written(), Act.WRITE, ""),
    (nurse(), cared_for(), written("u"), Act.WRITE, ""),
    (staff("assistent", NORTH), cared_for(), written(), Act.WRITE, ""),
    (nurse(), opened(), written(), Act.WRITE, ""),
    (nurse(), cared_for(), written("d"), Act.WRITE, "AK-A040"),
    (nurse(), cared_for(), item("Consent", letters="c"), Act.WRITE, "AK-A040"),
    (nurse(), cared_for(), item("Consent", letters="u", block=True), Act.WRITE, "AK-A040"),
    (nurse(), cared_for(), written(block=True), Act.WRITE, "AK-A040"),
    (nurse(), cared_for(), written("c", STOPPED), Act.WRITE, "AK-A040"),
    (nurse(), cared_for(), written(), Act.GOVERN, "AK-A040"),
    (nurse(), cared_for(), written(), Act.ATTEST, "AK-A040"),
    (nurse(), cared_for(), written(type_="Immunization"), Act.WRITE, ""),
    (nurse(), cared_for(), written(type_="VerificationResult"), Act.WRITE, "AK-A040"),
    (nurse(SOUTH), cared_for(), written(), Act.WRITE, "AK-A001"),
    (staff("saksbehandler", NORTH), cared_for(), written(), Act.WRITE, "AK-A040"),
    (staff("kontormedarbeider", NORTH), cared_for(), written(), Act.WRITE, "AK-A040"),
    (nurse(), cared_for(), told("c"), Act.WRITE, ""),
    (nurse(), cared_for(), told("c", block=True), Act.WRITE, "AK-A040"),
    (nurse(), cared_for(), told("d"), Act.WRITE, "AK-A040"),
    (nurse(), opened(), told("c"), Act.WRITE, "AK-A040"),
    (nurse(), blocked(Block()), written(), Act.WRITE, "AK-A031"),
])  # fmt: skip
def test_who_gives_care_writes_down_a_consent_and_nothing_that_rules(
    who: Actor, about: Facts, labels: Labels, act: Act, answer: str
) -> None:
    assert ask(who, about, labels, act) == answer


GP = (Relation(kind="gp", unit=PRACTICE),)


@pytest.mark.parametrize(("who", "about", "told"), [
    (staff("fastlege", PRACTICE), patient(relations=GP), True),
    (staff("fastlege", SOUTH), patient(relations=GP), False),
    (nurse(), cared_for(), False),
    (staff("leder", NORTH), cared_for(), False),
    (staff("fastlege", PRACTICE), opened(unit=PRACTICE), False),
    (staff("fastlege", PRACTICE), patient(relations=GP, blocks=(Block(documents=("Observation/1",)),)), False),
    (staff("fastlege", PRACTICE), patient(relations=GP, labelled=(item(security=frozenset({OBJECTION})),)), False),
    (citizen(PATIENT), patient(relations=GP), False),
])  # fmt: skip
def test_the_log_is_told_to_who_answers_for_the_record_where_nothing_is_closed(
    who: Actor, about: Facts, told: bool
) -> None:
    assert tells_who_looked(Ask(who, Purpose.TREATMENT, about, None, Act.READ, NOW)) is told
