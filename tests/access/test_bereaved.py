"""The dead: what they let others see has ended, a relative asks, and reads what was given and nothing else."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from akson.access.areas import WHOLE
from akson.access.bereaved import kinship
from akson.access.facts import BEREAVED, WITHHELD, Block, Facts, Insight, Labels, Period, Representation
from akson.access.rights import AFTER_DEATH, ANSWERED, ANSWERED_WITHIN, CASE, GRACE, RECORD
from akson.access.rules import Act
from akson.base.work import Actor
from tests.access.asking import ask_own as ask
from tests.access.people import (
    DAUGHTER,
    DOCTOR,
    HOUR,
    MOTHER,
    MUNICIPALITY,
    NORTH,
    NOW,
    PATIENT,
    child,
    citizen,
    nurse,
    patient,
    staff,
)
from tests.access.shown import shows

NOTE = Labels(type="DocumentReference", id="n1", unit=NORTH)
OTHER = Labels(type="DocumentReference", id="n2", unit=NORTH)
GIVEN = (Insight(person=DAUGHTER, items=("DocumentReference/n1",), start=NOW - HOUR, end=NOW + HOUR),)
OVER = (Insight(person=DAUGHTER, items=("DocumentReference/n1",), start=NOW - 2 * HOUR, end=NOW),)
MARKS = frozenset({CASE, RECORD, AFTER_DEATH, "kommunen", str(DAUGHTER)})
HERS, HIS = citizen(DAUGHTER), citizen(MOTHER)
KIN = (Representation(kind="family", person=DAUGHTER), Representation(kind="family", person=MOTHER))
CHIEF = staff("kommuneoverlege", MUNICIPALITY, DOCTOR, unit_id="Organization/kommunen")


def dead(**more: Any) -> Facts:
    return patient(**{"deceased": True, "representations": KIN, **more})


def case(letters: str = "", *marks: str) -> Labels:
    return Labels(type="Task", id="t1", security=MARKS | set(marks), letters=letters, author=DAUGHTER, dates=(NOW,))


def kept(type_: str, keeper: int = MUNICIPALITY) -> Labels:
    """Return an entry as it stands among those that a data controller keeps."""
    return Labels(type=type_, id="n1", unit=NORTH, keeper=keeper)


KEPT = kept("DocumentReference")


@pytest.mark.parametrize("labels", [None, NOTE, Labels(type="Patient", id="p")])
@pytest.mark.parametrize(("who", "living"), [
    (citizen(PATIENT), {}),  # an app or a sign-in that goes on
    (HIS, {"birth_date": date(2020, 1, 1), "representations": (Representation(kind="parent", person=MOTHER),)}),
    (HIS, {"birth_date": date(2013, 1, 1), "representations": (Representation(kind="parent", person=MOTHER),)}),
    (HIS, {"representations": (Representation(kind="guardian", person=MOTHER, areas=(WHOLE,)),)}),
    (HIS, {"representations": (Representation(kind="proxy", person=MOTHER),)}),
    (citizen(PATIENT), {"birth_date": date(2012, 1, 1), "youth": (Period(),)}),
])  # fmt: skip
def test_what_a_citizen_let_others_see_ends_at_death(who: Actor, living: dict[str, Any], labels: Labels | None) -> None:
    before = [one for one in (NOTE, Labels(type="Patient", id="p")) if ask(who, patient(**living), one) == ""]
    assert before and ask(who, patient(**living, deceased=True), labels) != ""


@shows("given_after_death")
@pytest.mark.parametrize(("who", "about", "labels", "act", "permitted"), [
    (HERS, dead(insights=GIVEN), NOTE, Act.READ, True),
    (HERS, dead(insights=GIVEN), OTHER, Act.READ, False),
    (HERS, dead(insights=GIVEN), Labels(type="Condition", id="n1"), Act.READ, False),
    (HERS, dead(insights=GIVEN), Labels(type="DocumentReference"), Act.READ, False),
    (HERS, dead(insights=GIVEN), Labels(type="DocumentReference", id="n1", unit=NORTH, past=True), Act.READ, False),
    (HERS, dead(insights=GIVEN), None, Act.READ, False),
    (HERS, dead(insights=GIVEN), Labels(type="Patient", id="p"), Act.READ, False),
    (HERS, dead(insights=GIVEN), NOTE, Act.WRITE, False),
    (HERS, dead(insights=GIVEN), None, Act.SEARCH_IDENTITY, False),
    (HIS, dead(insights=GIVEN), NOTE, Act.READ, False),
    (HERS, dead(insights=OVER), NOTE, Act.READ, False),
    (HERS, dead(insights=GIVEN, deceased=False), NOTE, Act.READ, False),
    (HERS, dead(), NOTE, Act.READ, False),
    (citizen(0), dead(insights=(Insight(person=0, items=("DocumentReference/n1",)),)), NOTE, Act.READ, False),
])  # fmt: skip
def test_a_relative_reads_what_was_given_while_it_lasts(
    who: Actor, about: Facts, labels: Labels, act: Act, permitted: bool
) -> None:
    assert (ask(who, about, labels, act) == "") is permitted


@shows("kept_after_death")
@pytest.mark.parametrize(("block", "refusal"), [
    (Block(roles=(BEREAVED,)), "AK-A069"),
    (Block(roles=(BEREAVED,), documents=("DocumentReference/n1",)), "AK-A069"),
    (Block(roles=(BEREAVED,), written_by=(NORTH,)), "AK-A069"),
    (Block(roles=(BEREAVED,), documents=("DocumentReference/n2",)), ""),
    (Block(roles=(BEREAVED,), end=NOW), ""),
])  # fmt: skip
def test_what_the_dead_closed_to_relatives_stays_closed_whatever_is_decided(block: Block, refusal: str) -> None:
    assert ask(HERS, dead(insights=GIVEN, blocks=(block,)), NOTE) == refusal


@pytest.mark.parametrize(("block", "refusal"), [
    (Block(persons=(DAUGHTER,)), "AK-A030"),
    (Block(documents=("DocumentReference/n1",)), "AK-A031"),
])  # fmt: skip
def test_other_blocks_hold_after_death_as_before(block: Block, refusal: str) -> None:
    assert ask(HERS, dead(insights=GIVEN, blocks=(block,)), NOTE) == refusal


def test_what_is_withheld_is_not_given() -> None:
    kept = Labels(type="DocumentReference", id="n1", unit=NORTH, security=frozenset({WITHHELD}))
    assert ask(HERS, dead(insights=GIVEN), kept) == "AK-A060"


def test_what_is_closed_to_relatives_is_open_to_those_who_give_care_and_to_the_living_person() -> None:
    shut = (Block(roles=(BEREAVED,)),)
    assert ask(citizen(PATIENT), patient(blocks=shut), NOTE) == ""
    assert ask(HIS, child(date(1950, 1, 1), "proxy", blocks=shut), NOTE) == ""


@shows("asks_after_death")
@pytest.mark.parametrize(("who", "about", "labels", "act", "permitted"), [
    (HERS, dead(), case("c"), Act.WRITE, True),
    (HERS, dead(), case(), Act.READ, True),
    (HERS, dead(), case("", ANSWERED), Act.READ, True),
    (HERS, dead(blocks=(Block(roles=(BEREAVED,)),)), case(), Act.READ, True),
    (HERS, dead(), case("u"), Act.WRITE, False),
    (HERS, dead(), case("d"), Act.WRITE, False),
    (HERS, dead(deceased=False), case("c"), Act.WRITE, False),
    (HERS, dead(deceased=False), case(), Act.READ, False),
    (HERS, dead(representations=()), case("c"), Act.WRITE, False),
    (HERS, dead(representations=()), case(), Act.READ, False),
    (HERS, dead(representations=(Representation(kind="proxy", person=DAUGHTER),)), case("c"), Act.WRITE, False),
    (HIS, dead(), case(), Act.READ, False),  # a relative too, but another's case
    (HERS, dead(), Labels(type="Task", id="t1", security=frozenset({CASE})), Act.READ, False),
    (HERS, dead(), Labels(type="Task", id="t1", security=frozenset({CASE}), letters="c"), Act.WRITE, False),
])  # fmt: skip
def test_a_relative_asks_and_reads_what_came_of_it(
    who: Actor, about: Facts, labels: Labels, act: Act, permitted: bool
) -> None:
    assert (ask(who, about, labels, act) == "") is permitted


@pytest.mark.parametrize(("who", "about", "labels", "act", "permitted"), [
    (CHIEF, dead(labelled=(case(),)), KEPT, Act.READ, True),
    (CHIEF, dead(labelled=(case(),)), NOTE, Act.READ, False),  # nobody has said who keeps it
    (CHIEF, dead(labelled=(case(),)), kept("DocumentReference", NORTH), Act.READ, False),  # another organisation does
    (CHIEF, dead(labelled=(case(),)), kept("Communication"), Act.READ, False),  # no relative is given messages
    (CHIEF, dead(labelled=(case(),)), kept("Patient"), Act.READ, False),
    (CHIEF, dead(labelled=(Labels(type="Task", id="t1", security=MARKS),)), KEPT, Act.READ, False),  # of no known age
    (CHIEF, dead(labelled=(case(),)), case("u"), Act.WRITE, True),
    (CHIEF, dead(labelled=(case("", ANSWERED),)), KEPT, Act.READ, False),
    (CHIEF, dead(labelled=(case(),), deceased=False), KEPT, Act.READ, False),
    (CHIEF, dead(labelled=(case(),)), KEPT, Act.WRITE, False),
    (CHIEF, dead(labelled=(case(),)), KEPT, Act.ERASE, False),
    (CHIEF, dead(labelled=(case(),)), kept("Consent"), Act.READ, False),
    (CHIEF, dead(labelled=(case(),)), None, Act.READ, False),
    (CHIEF, dead(labelled=(case(),), blocks=(Block(),)), KEPT, Act.READ, False),
    (staff("kommuneoverlege", 91, DOCTOR, unit_id="Organization/nabo"), dead(labelled=(case(),)), KEPT, Act.READ, False),
    (staff("kommuneoverlege", MUNICIPALITY, DOCTOR, unit_id="Organization/kommunen", person=DAUGHTER),
     dead(labelled=(case(),)), case("u"), Act.WRITE, False),  # the relative herself
    (nurse(MUNICIPALITY, unit_id="Organization/kommunen"), dead(labelled=(case(),)), KEPT, Act.READ, False),
])  # fmt: skip
def test_who_answers_reads_the_record_until_the_case_is_answered(
    who: Actor, about: Facts, labels: Labels, act: Act, permitted: bool
) -> None:
    assert (ask(who, about, labels, act) == "") is permitted


@pytest.mark.parametrize(("since", "permitted"), [
    (timedelta(0), True),
    (ANSWERED_WITHIN, True),
    (ANSWERED_WITHIN + GRACE - HOUR, True),
    (ANSWERED_WITHIN + GRACE, False),
])  # fmt: skip
def test_a_case_that_nobody_answers_opens_the_record_no_longer_than_some_days_after_the_deadline(
    since: timedelta, permitted: bool
) -> None:
    assert (ask(CHIEF, dead(labelled=(case(),)), KEPT, now=NOW + since) == "") is permitted
    assert ask(CHIEF, dead(labelled=(case(),)), case("u"), Act.WRITE, NOW + since) == ""


@pytest.mark.parametrize(("died", "start", "end", "related"), [
    (NOW, None, None, True),
    (NOW, NOW - HOUR, None, True),
    (NOW, None, NOW + HOUR, True),  # ended by death, on that day
    (NOW, None, NOW, False),
    (NOW, None, NOW - 1000 * HOUR, False),  # divorced
    (NOW, NOW + 25 * HOUR, None, False),
    (None, None, None, True),
    (None, None, NOW, False),
])  # fmt: skip
def test_a_relative_is_who_was_one_on_the_day_of_death(
    died: datetime | None, start: datetime | None, end: datetime | None, related: bool
) -> None:
    tie = Representation(kind="family", person=DAUGHTER, start=start, end=end)
    about = patient(deceased=True, died=died, representations=(tie,), insights=GIVEN)
    assert (kinship(about, DAUGHTER) != "") is related
    assert (ask(HERS, about, case("c"), Act.WRITE) == "") is related
    assert (ask(HERS, about, case()) == "") is related
