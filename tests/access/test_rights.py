"""Cases: what citizens ask for by right is between them, who decides for them, and the privacy officer who answers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from akson.access.facts import Block, Facts, Labels, Opening, Relation
from akson.access.rights import CASE
from akson.access.roles import LOAD, OWN_JOB
from akson.access.rules import Act
from akson.base.work import Actor
from tests.access.asking import ask
from tests.access.people import (
    DOCTOR,
    HOUR,
    MOTHER,
    MUNICIPALITY,
    NORTH,
    NOW,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    blocked,
    cared_for,
    child,
    citizen,
    nurse,
    opened,
    patient,
    program,
    staff,
)
from tests.access.shown import shows

MARKS = frozenset({CASE, "kommunen", str(NURSE)})  # answered by, about
SMALL, GROWN = date(2020, 1, 1), date(2013, 1, 1)  # 6 and 13 years
EVERYBODY, NAMED = Block(), Block(persons=(OTHER_NURSE,))


def case(letters: str = "", **more: Any) -> Labels:
    return Labels(type="Task", id="x1", security=MARKS, letters=letters, **more)


def officer(unit: str = "kommunen", key: int = OTHER_NURSE, **more: Any) -> Actor:
    return staff("personvernombud", MUNICIPALITY, key, unit_id=f"Organization/{unit}", **more)


@shows("case_of_others")
@pytest.mark.parametrize(("who", "about"), [
    (nurse(NORTH), cared_for(NORTH)),  # whom it is about
    (nurse(NORTH, OTHER_NURSE), cared_for(NORTH)),
    (staff("fastlege", NORTH, DOCTOR), patient(relations=(Relation(kind="gp", unit=NORTH),))),
    (nurse(NORTH), opened(emergency=True)),
    (citizen(MOTHER), child(date(1941, 3, 14), "proxy")),
    (program("system/*.cruds"), patient()),
])  # fmt: skip
def test_nobody_else_reads_a_case_whatever_opens_the_record_to_them(who: Actor, about: Facts) -> None:
    assert ask(who, about, case()) == "AK-A063"
    assert ask(who, about, Labels(type="Task", id="x1")) == ""


@shows("answers_the_case")
@pytest.mark.parametrize(("who", "about"), [
    (officer(), patient()),
    (officer(), patient(protection="kode6")),
    (officer(), blocked(EVERYBODY)),
])  # fmt: skip
def test_the_officer_of_the_organisation_that_answers_reads_the_case_and_answers(who: Actor, about: Facts) -> None:
    assert [ask(who, about, case(), Act.READ), ask(who, about, case("u"), Act.WRITE)] == ["", ""]


@pytest.mark.parametrize(("who", "about", "answer"), [
    (officer("nabokommunen"), patient(), "AK-A040"),
    (officer(key=NURSE), patient(), "AK-A040"),  # about the officer
    (officer(), blocked(NAMED), "AK-A030"),
    (officer(person=PATIENT), patient(), "AK-A020"),
    (officer(person=MOTHER), child(SMALL), "AK-A021"),
    (staff("administrator", MUNICIPALITY, unit_id="Organization/kommunen"), patient(), "AK-A040"),
    (staff("personvernombud", MUNICIPALITY), patient(), "AK-A040"),
    (officer("nabokommunen"), patient(protection="kode6"), "AK-A040"),
])  # fmt: skip
def test_other_officers_do_not(who: Actor, about: Facts, answer: str) -> None:
    assert ask(who, about, case()) == answer
    assert ask(who, about, case("u"), Act.WRITE) == answer


@pytest.mark.parametrize(("labels", "act"), [
    (None, Act.READ),
    (Labels(type="Task", id="x1"), Act.READ),
    (Labels(type="Task"), Act.READ),
    (Labels(type="Observation", id="x1", security=MARKS), Act.READ),
    (case("c"), Act.WRITE),
    (case("d"), Act.WRITE),
    (case(), Act.ERASE),
    (None, Act.SEARCH_IDENTITY),
    (None, Act.OPEN),
])  # fmt: skip
def test_an_officer_gets_nothing_else_of_the_record(labels: Labels | None, act: Act) -> None:
    assert ask(officer(), cared_for(MUNICIPALITY), labels, act) != ""


@pytest.mark.parametrize(("who", "about", "read", "begin"), [
    (citizen(PATIENT), patient(), "", ""),
    (citizen(MOTHER), child(SMALL), "", ""),
    (citizen(MOTHER), child(date(1950, 1, 1), "guardian"), "", ""),
    (citizen(MOTHER), child(GROWN), "AK-A063", "AK-A040"),
    (citizen(MOTHER), child(date(1941, 3, 14), "proxy"), "AK-A063", "AK-A040"),
    (citizen(MOTHER), patient(), "AK-A063", "AK-A040"),
])  # fmt: skip
def test_citizens_begin_and_read_cases_about_those_they_decide_for(
    who: Actor, about: Facts, read: str, begin: str
) -> None:
    assert ask(who, about, case(author=who.key)) == read
    assert ask(who, about, case("c", author=who.key), Act.WRITE) == begin


@pytest.mark.parametrize(("labels", "answer"), [
    (Labels(type="Task", letters="c", author=PATIENT), "AK-A040"),
    (Labels(type="Task", id="x1", letters="u", author=PATIENT), "AK-A040"),
    (case("u", author=PATIENT), "AK-A040"),
    (case("d", author=PATIENT), "AK-A040"),
])  # fmt: skip
def test_citizens_write_no_other_tasks_and_change_none(labels: Labels, answer: str) -> None:
    assert ask(citizen(PATIENT), patient(), labels, Act.WRITE) == answer


@pytest.mark.parametrize(("scopes", "answer"), [
    ({"patient/Task.c"}, ""), ({"patient/Task.rs"}, "AK-A005"), ({"patient/Observation.c"}, "AK-A005"),
])  # fmt: skip
def test_an_app_asks_only_when_it_was_let_write_tasks(scopes: set[str], answer: str) -> None:
    app = citizen(PATIENT, scopes=frozenset(scopes), context=PATIENT)
    assert ask(app, patient(), case("c", author=PATIENT), Act.WRITE) == answer


def test_our_own_jobs_keep_cases_and_loading_programs_do_not() -> None:
    assert ask(program(OWN_JOB), patient(), case("u"), Act.WRITE) == ""
    assert ask(program(LOAD, "system/*.cruds"), patient(), case("c"), Act.WRITE) == "AK-A063"


def test_an_emergency_opens_no_case() -> None:
    taken = (Opening(person=NURSE, unit=NORTH, emergency=True, start=NOW - HOUR / 2, end=NOW + HOUR / 2, reason="x"),)
    assert ask(nurse(NORTH), blocked(EVERYBODY, openings=taken), case()) == "AK-A063"
