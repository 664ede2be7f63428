"""Appeals: a citizen appeals a refusal once; who refused reads it, what it is about, and answers."""

from __future__ import annotations

import pytest

from akson.access.facts import WITHHELD, WITHHELD_AS, Facts, Labels
from akson.access.rights import ANSWERED, APPEAL_OF, CORRECTING
from akson.access.rules import Act
from akson.base.work import Actor
from tests.access.asking import ask
from tests.access.people import MOTHER, NORTH, PATIENT, citizen, nurse, patient, program
from tests.access.shown import shows
from tests.access.test_demands import AT_NORTH, GP, MARKS, OFFICER, THE_NOTE, case, chief

REFUSED = case(marks=MARKS | {ANSWERED})  # the case t1
OPEN = case()
OF = f"{APPEAL_OF}t1"
KEPT = Labels(type="DocumentReference", id="n1", security=frozenset({WITHHELD, f"{WITHHELD_AS}a1"}))
OF_KEPT = f"{APPEAL_OF}{WITHHELD_AS}a1"
GIVEN = Labels(type="Task", id="t3", security=MARKS | {ANSWERED, f"{WITHHELD_AS}a1"})


def appeal(letters: str = "", *marks: str, of: str = OF) -> Labels:
    return Labels(type="Task", id="t2", security=MARKS | {of, *marks}, letters=letters, author=PATIENT)


def about(*labelled: Labels) -> Facts:
    return patient(labelled=labelled)


@shows("role_does_not_cover")
@pytest.mark.parametrize(("who", "facts", "labels", "answer"), [
    (citizen(PATIENT), about(REFUSED), appeal("c"), ""),
    (citizen(PATIENT), about(REFUSED, appeal()), appeal("c"), "AK-A040"),  # a second time
    (citizen(PATIENT), about(REFUSED, appeal("", ANSWERED)), appeal("c"), "AK-A040"),
    (citizen(PATIENT), about(OPEN), appeal("c"), "AK-A040"),  # not answered yet
    (citizen(PATIENT), about(), appeal("c"), "AK-A040"),
    (citizen(PATIENT), about(REFUSED), appeal("c", of=f"{APPEAL_OF}t3"), "AK-A040"),
    (citizen(PATIENT), about(REFUSED), appeal("c", f"{APPEAL_OF}t3"), "AK-A040"),
    (citizen(PATIENT), about(Labels(type="Task", id="t1", security=frozenset({ANSWERED}))), appeal("c"), "AK-A040"),
    (citizen(MOTHER), about(REFUSED), appeal("c"), "AK-A040"),
    (program("system/*.cruds"), about(REFUSED), appeal("c"), "AK-A063"),
    (citizen(PATIENT), about(KEPT), appeal("c", of=OF_KEPT), ""),
    (citizen(PATIENT), about(KEPT, appeal("", ANSWERED, of=OF_KEPT)), appeal("c", of=OF_KEPT), "AK-A040"),
    (citizen(PATIENT), about(GIVEN), appeal("c", of=OF_KEPT), "AK-A040"),  # the name stands in an answered case alone
    (citizen(PATIENT), about(KEPT), appeal("c", of=f"{OF_KEPT}x"), "AK-A040"),
    (citizen(MOTHER), about(KEPT), appeal("c", of=OF_KEPT), "AK-A040"),
    (program("system/*.cruds"), about(KEPT), appeal("c", of=OF_KEPT), "AK-A063"),
])  # fmt: skip
def test_a_refusal_is_appealed_once_by_who_decides_for_the_person(
    who: Actor, facts: Facts, labels: Labels, answer: str
) -> None:
    assert ask(who, facts, labels, Act.WRITE) == answer


@shows("answers_the_case")
@pytest.mark.parametrize("who", [chief(), AT_NORTH])
def test_who_refused_reads_the_appeal_the_refusal_and_the_entry_and_answers(who: Actor) -> None:
    facts = about(REFUSED, appeal())
    assert [ask(who, facts, one) for one in (appeal(), REFUSED, THE_NOTE)] == ["", "", ""]
    assert [ask(who, facts, appeal("u"), Act.WRITE), ask(who, facts, THE_NOTE, Act.ERASE)] == ["", ""]


@pytest.mark.parametrize(("who", "facts", "labels", "act"), [
    (chief(), about(REFUSED, appeal("", ANSWERED)), THE_NOTE, Act.READ),
    (chief(), about(REFUSED, appeal("", ANSWERED)), THE_NOTE, Act.ERASE),
    (chief(), about(REFUSED, appeal()), REFUSED, Act.ERASE),
    (chief(), about(REFUSED, appeal()), appeal(), Act.ERASE),
    (chief(), about(REFUSED, appeal()), appeal("c"), Act.WRITE),
    (chief("nabokommunen"), about(REFUSED, appeal()), appeal(), Act.READ),
    (chief("nabokommunen"), about(REFUSED, appeal()), THE_NOTE, Act.READ),
    (GP, about(REFUSED, appeal()), appeal(), Act.READ),
    (OFFICER, about(REFUSED, appeal()), appeal(), Act.READ),
    (nurse(NORTH, unit_id="Organization/sone-nord"), about(REFUSED, appeal()), appeal(), Act.READ),
    (chief(person=PATIENT), about(REFUSED, appeal()), appeal(), Act.READ),
])  # fmt: skip
def test_nothing_more_is_open_by_an_appeal_and_to_nobody_else(
    who: Actor, facts: Facts, labels: Labels, act: Act
) -> None:
    assert ask(who, facts, labels, act) != ""


def test_a_citizen_changes_no_appeal() -> None:
    assert ask(citizen(PATIENT), about(REFUSED, appeal()), appeal("u"), Act.WRITE) != ""
    assert ask(citizen(PATIENT), about(REFUSED, appeal()), appeal()) == ""
    assert ask(citizen(PATIENT), about(REFUSED), appeal("c", CORRECTING), Act.WRITE) == ""
