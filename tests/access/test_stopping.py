"""Citizens who have taken their own access away: closed to themselves and proxies, given back at a desk, by nobody else."""

from __future__ import annotations

from datetime import date

import pytest

from akson.access.facts import Facts, Labels, Relation, Representation
from akson.access.roles import LOAD, OWN_JOB
from akson.access.rules import Act
from akson.access.stopping import RESTORED, STOPPED
from akson.base.work import Actor
from tests.access.asking import ask_own as ask
from tests.access.people import (
    DOCTOR,
    MOTHER,
    NORTH,
    PATIENT,
    PRACTICE,
    child,
    citizen,
    item,
    nurse,
    patient,
    program,
    staff,
)
from tests.access.shown import shows

CARED = (Relation(kind="gp", unit=PRACTICE),)
DESK = staff("legesekretær", PRACTICE)


def stop(letters: str = "", *marks: str, type_: str = "Consent", author: int = PATIENT) -> Labels:
    return Labels(type=type_, id="s1", security=frozenset({STOPPED, *marks}), letters=letters, author=author)


def stopped(*marks: str, **more: object) -> Facts:
    return patient(labelled=(stop("", *marks),), **more)


PROXY = Representation(kind="proxy", person=MOTHER)


@shows("own_access_stopped")
@pytest.mark.parametrize(("who", "about"), [
    (citizen(PATIENT), stopped()),
    (citizen(MOTHER), stopped(representations=(PROXY,))),
    (citizen(PATIENT, scopes=frozenset({"patient/*.rs"}), context=PATIENT), stopped()),
])  # fmt: skip
def test_the_person_and_those_with_a_proxy_see_nothing_while_it_lasts(who: Actor, about: Facts) -> None:
    for labels in (None, item()):
        assert ask(who, about, labels) == "AK-A067"


def test_nor_do_they_write_or_take_it_back() -> None:
    assert ask(citizen(PATIENT), stopped(), item(author=PATIENT, letters="c"), Act.WRITE) == "AK-A067"
    assert ask(citizen(PATIENT), stopped(), stop("u"), Act.WRITE) == "AK-A067"
    assert ask(citizen(PATIENT), stopped(), None, Act.SEARCH_IDENTITY) == "AK-A067"


@pytest.mark.parametrize(("who", "about"), [
    (citizen(PATIENT), stopped(RESTORED)),
    (citizen(PATIENT), patient(labelled=(stop(type_="Observation"),))),
    (nurse(NORTH), stopped(relations=(Relation(kind="service", unit=NORTH),))),
    (citizen(MOTHER), child(date(2020, 1, 1), labelled=(stop(),))),
    (citizen(MOTHER), child(date(1950, 1, 1), "guardian", labelled=(stop(),))),
])  # fmt: skip
def test_it_holds_until_given_back_and_not_for_those_others_have_appointed(who: Actor, about: Facts) -> None:
    assert ask(who, about, item()) == ""


@shows("stop_is_ended_at_a_desk")
@pytest.mark.parametrize(("who", "about", "labels"), [
    (citizen(MOTHER), child(date(1950, 1, 1), "guardian"), stop("c", author=MOTHER)),
    (program("system/*.cruds"), patient(), stop("c")),
    (program("system/*.cruds"), stopped(), stop("u")),
    (program(LOAD, "system/*.cruds"), patient(), stop("c")),
    (program(OWN_JOB), stopped(), stop("u")),
])  # fmt: skip
def test_nobody_says_it_for_another_and_no_program_ends_it(who: Actor, about: Facts, labels: Labels) -> None:
    assert ask(who, about, labels, Act.WRITE) == "AK-A068"


@pytest.mark.parametrize(("who", "about", "labels", "permitted"), [
    (citizen(PATIENT), patient(), stop("c"), True),
    (citizen(PATIENT), patient(), stop("c", RESTORED), False),
    (DESK, stopped(relations=CARED), stop("u"), True),
    (DESK, stopped(relations=CARED), stop("u", RESTORED), True),
    (staff("kontormedarbeider", PRACTICE), stopped(relations=CARED), stop("u"), True),
    (DESK, stopped(relations=CARED), stop("d"), False),
    (DESK, stopped(relations=CARED), stop("c"), False),
    (DESK, stopped(), stop("u"), False),
    (staff("fastlege", PRACTICE, DOCTOR), stopped(relations=CARED), stop("u"), False),
    (staff("legesekretær", PRACTICE, person=PATIENT), stopped(relations=CARED), stop("u"), False),
    (staff("legesekretær", PRACTICE, person=MOTHER), stopped(relations=CARED, representations=(PROXY,)), stop("u"),
     False),
])  # fmt: skip
def test_the_person_begins_it_and_a_desk_that_knows_them_ends_it(
    who: Actor, about: Facts, labels: Labels, permitted: bool
) -> None:
    assert (ask(who, about, labels, Act.WRITE) == "") is permitted
