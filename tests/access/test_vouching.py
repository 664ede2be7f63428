"""Staff of other organisations, whom these vouch for: one record, to read, under everything the citizen has decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from akson.access.facts import OBJECTION, Block, Facts, Labels, Relation, Representation
from akson.access.roles import ATTESTED, OUTSIDE, ROLES
from akson.access.rules import Act
from akson.base.work import Actor, Attested, Purpose
from tests.access.asking import ask
from tests.access.people import LEGEVAKT, NORTH, NURSE, PATIENT, blocked, cared_for, item, nurse, patient, staff
from tests.access.shown import shows

YES = ""
_HERE = Attested(profession="LE", purpose=Purpose.TREATMENT, why="lege, behandling (beslutning 7)")


def outside(about: int = PATIENT, profession: str = "LE", unit: int = 0, **more: Any) -> Actor:
    """Return one of another organisation; its unit and person are known here only where the case says so."""
    known = {"key": 0, "controller": 0} | more
    return replace(staff(OUTSIDE, unit), context=about, attested=replace(_HERE, profession=profession), **known)


@shows("attested_by_own_organisation")
@pytest.mark.parametrize(("who", "about", "labels", "answer"), [
    (outside(), patient(), None, YES),
    (outside(), patient(), item(), YES),
    (outside(), cared_for(NORTH), item("DocumentReference"), YES),
    (nurse(NORTH), patient(), item(), "AK-A001"),
    (replace(nurse(NORTH), context=PATIENT), patient(), item(), "AK-A001"),
    # what the citizen, the author and the register say holds for them too
    (outside(), blocked(Block()), item(), "AK-A031"),
    (outside(), blocked(Block(roles=(OUTSIDE,))), item(), "AK-A031"),
    (outside(profession="FA1"), blocked(Block(roles=(OUTSIDE,))), item(), "AK-A031"),
    (outside(), blocked(Block(roles=("fastlege",))), item(), "AK-A031"),
    (outside(profession="SP"), blocked(Block(roles=("fastlege",))), item(), YES),
    (outside(controller=LEGEVAKT), blocked(Block(units=(LEGEVAKT,))), item(), "AK-A031"),
    (outside(key=NURSE), blocked(Block(persons=(NURSE,))), item(), "AK-A030"),
    # several have their number: what is closed to one of those is closed to them
    (outside(numbered=frozenset({NORTH, LEGEVAKT})), blocked(Block(units=(LEGEVAKT,))), item(), "AK-A031"),
    (outside(numbered=frozenset({7, NURSE})), blocked(Block(persons=(NURSE,))), item(), "AK-A030"),
    (outside(numbered=frozenset({NORTH, 7})), blocked(Block(units=(LEGEVAKT,), persons=(NURSE,))), item(), YES),
    (outside(), patient(), item(security=frozenset({OBJECTION})), "AK-A032"),
    (outside(), patient(protection="kode6"), item(), "AK-A010"),
    (outside(person=PATIENT), patient(), item(), "AK-A020"),
    (outside(person=7), patient(representations=(Representation(kind="family", person=7),)), item(), "AK-A021"),
    (outside(), patient(), item("Consent"), "AK-A040"),
    (outside(), patient(), item("Task"), "AK-A040"),
])  # fmt: skip
def test_who_is_vouched_for_reads_that_record_and_what_is_closed_stays_closed(
    who: Actor, about: Facts, labels: Labels | None, answer: str
) -> None:
    assert ask(who, about, labels) == answer


@shows("attested_for_something_else")
@pytest.mark.parametrize(("who", "about", "labels", "act", "answer"), [
    (outside(0), patient(), None, Act.READ, "AK-A055"),
    (outside(7), patient(), None, Act.READ, "AK-A055"),
    (outside(7, unit=NORTH), cared_for(NORTH), item(), Act.READ, "AK-A055"),
    (outside(unit=NORTH), cared_for(NORTH), item(), Act.WRITE, "AK-A055"),
    (outside(unit=NORTH), cared_for(NORTH), item(), Act.ERASE, "AK-A055"),
    (outside(unit=NORTH), patient(relations=(Relation(kind="gp", unit=NORTH),)), None, Act.GOVERN, "AK-A055"),
    (outside(), patient(), None, Act.OPEN, "AK-A055"),
    (outside(profession="FA1"), patient(), None, Act.SEARCH_IDENTITY, "AK-A055"),
    (outside(), Facts(owner=5, is_person=False), Labels(type="Practitioner"), Act.READ, YES),
    (outside(), Facts(owner=5, is_person=False), Labels(type="Practitioner"), Act.WRITE, "AK-A055"),
    (outside(unit=NORTH), Facts(owner=5, is_person=False), Labels(type="List", unit=NORTH), Act.READ, "AK-A055"),
    (outside(), Facts(owner=5, is_person=False, subscriber="Device/x"), Labels(type="Subscription"), Act.REGISTER, "AK-A055"),
])  # fmt: skip
def test_who_is_vouched_for_does_nothing_but_read_that_record(
    who: Actor, about: Facts, labels: Labels | None, act: Act, answer: str
) -> None:
    assert ask(who, about, labels, act) == answer


def test_what_is_attested_gives_a_role_that_writes_for_nobody_and_knows_the_profession() -> None:
    assert {ROLES[role].health for role in ATTESTED.values()} == {True}
    assert not ROLES[OUTSIDE].writes and not ROLES[OUTSIDE].professions
