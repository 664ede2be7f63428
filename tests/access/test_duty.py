"""The duty to report a child to the barnevern: what it lets health personnel write, and what they read of it after."""

from __future__ import annotations

import pytest

from akson.access.consenting import DISCLOSURE
from akson.access.duty import CONCERN, page_by, untold
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS, Block, Facts, Labels, Representation
from akson.access.rules import Act
from akson.base.work import Actor
from tests.access.asking import ask
from tests.access.people import (
    DOCTOR,
    NORTH,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    SOUTH,
    blocked,
    cared_for,
    citizen,
    item,
    nurse,
    patient,
    staff,
)
from tests.access.shown import shows

HERS = frozenset({CONCERN, f"reported-by-{NURSE}"})
CLOSED = blocked(Block(persons=(NURSE,)), Block(), Block(roles=("sykepleier",), even_emergency=True))
FAMILY = patient(representations=(Representation(kind="family", person=555),))


def report(type_: str = "Communication", letters: str = "c", security: frozenset[str] = HERS) -> Labels:
    return item(type_, letters=letters, security=security, unit=NORTH, author=NURSE)


@shows("reports_to_the_barnevern", "follows_own_report")
@pytest.mark.parametrize(("who", "about", "labels", "act", "answer"), [
    (nurse(), patient(), report(), Act.WRITE, ""),
    (nurse(), CLOSED, report(), Act.WRITE, ""),
    (nurse(person=555), FAMILY, report(), Act.WRITE, ""),
    (staff("assistent", NORTH), patient(), report(), Act.WRITE, ""),
    (staff("avtalepart", SOUTH), patient(), report("Task"), Act.WRITE, ""),
    (nurse(key=OTHER_NURSE), patient(), report(), Act.WRITE, "AK-A001"),
    (nurse(), patient(), report("Observation"), Act.WRITE, "AK-A001"),
    (nurse(), patient(), report(security=frozenset({CONCERN})), Act.WRITE, "AK-A001"),
    (staff("saksbehandler", NORTH), patient(), report(), Act.WRITE, "AK-A001"),
    (nurse(), patient(protection="kode6"), report(), Act.WRITE, "AK-A010"),
    (nurse(person=PATIENT), patient(), report(), Act.WRITE, "AK-A020"),
    (nurse(), patient(), report(), Act.READ, ""),
    (nurse(), CLOSED, report("Task"), Act.READ, ""),
    (nurse(SOUTH), patient(), report("Task", "u"), Act.WRITE, ""),
    (nurse(), patient(), report("Communication", "u"), Act.WRITE, "AK-A001"),
    (nurse(), patient(), report("Task", "d"), Act.GOVERN, "AK-A001"),
    (nurse(key=DOCTOR), patient(), report(), Act.READ, "AK-A001"),
    (nurse(), patient(), None, Act.READ, "AK-A001"),
    (nurse(), CLOSED, item(), Act.READ, "AK-A030"),
    (nurse(person=555), FAMILY, report(), Act.READ, ""),
    (nurse(person=555), FAMILY, report(), Act.ERASE, "AK-A021"),
    (staff("assistent", NORTH), patient(), report("Communication", "d"), Act.GOVERN, "AK-A040"),
    (staff("assistent", NORTH), patient(), report("Communication", "u"), Act.WRITE, "AK-A040"),
])  # fmt: skip
def test_a_report_is_written_past_whatever_is_closed_and_opens_nothing_else(
    who: Actor, about: Facts, labels: Labels | None, act: Act, answer: str
) -> None:
    assert ask(who, about, labels, act) == answer


def test_the_log_tells_no_parent_of_a_report_and_the_child_of_one_it_knows_of() -> None:
    known, unknown = HERS | {WITHHELD_FROM_PARENTS}, HERS | {WITHHELD_FROM_PARENTS, WITHHELD}
    facts = patient(labelled=(Labels(type="Communication", id="a", security=known),
                              Labels(type="Task", id="b", security=unknown), Labels(type="Task", id="c")))  # fmt: skip
    rules, page = {"reports_to_the_barnevern", "follows_own_report"}, page_by(f"Practitioner/{NURSE}")
    assert untold(facts, own=False) == {page, "Communication/a", "Task/b", *rules}
    assert untold(facts, own=True) == {page, "Task/b", *rules}
    assert untold(patient(), own=True) == frozenset() and untold(patient(), own=False) == rules


@pytest.mark.parametrize(("who", "about", "mark", "act", "answer"), [
    (nurse(), cared_for(), DISCLOSURE, Act.WRITE, ""),
    (nurse(), cared_for(), "other", Act.WRITE, "AK-A040"),
    (nurse(), cared_for(), DISCLOSURE, Act.GOVERN, "AK-A040"),
    (nurse(SOUTH), cared_for(), DISCLOSURE, Act.WRITE, "AK-A040"),
    (staff("assistent", NORTH), cared_for(), DISCLOSURE, Act.WRITE, "AK-A040"),
    (citizen(OTHER_NURSE), cared_for(), DISCLOSURE, Act.WRITE, "AK-A061"),
])  # fmt: skip
def test_who_gives_care_writes_down_a_consent_to_tell_others_and_no_other_consent(
    who: Actor, about: Facts, mark: str, act: Act, answer: str
) -> None:
    assert ask(who, about, item("Consent", security=frozenset({mark}), letters="c"), act) == answer
