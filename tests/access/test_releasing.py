"""What the citizen sees from an instant on: as unknown until then, by nobody else's clock, and by itself afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.access.facts import Facts, Insight, Labels, Representation
from akson.access.releasing import NEVER, mark, release_in, released_at, unreleased
from akson.access.rules import Act, decide
from akson.base.work import Actor, Purpose
from tests.access.people import (
    HOUR,
    MOTHER,
    NOW,
    PATIENT,
    cared_for,
    child,
    citizen,
    nurse,
    patient,
    program,
)
from tests.access.shown import shows

LATER, SOONER = mark(NOW + HOUR, "tell"), mark(NOW - HOUR, "tell")
RELATIVE = patient(deceased=True, insights=(Insight(person=MOTHER, items=("Observation/x",), end=NOW + HOUR),),
                   representations=(Representation(kind="family", person=MOTHER),))  # fmt: skip


def ask(who: Actor, about: Facts, labels: Labels, act: Act = Act.READ) -> str:
    return decide(who, Purpose.OWN, about, labels, act, NOW).refusal


@shows("not_released_yet")
@pytest.mark.parametrize(("who", "about", "marks", "refusal"), [
    (citizen(PATIENT), patient(), {LATER}, "AK-J001"),
    (citizen(PATIENT), patient(), {SOONER}, ""),
    (citizen(PATIENT), patient(), {mark(NOW, "tell")}, ""),  # from the instant on
    (citizen(PATIENT), patient(), {mark(NOW + timedelta(seconds=1), "usual")}, "AK-J001"),
    (citizen(PATIENT), patient(), {LATER, SOONER}, "AK-J001"),
    (citizen(PATIENT), patient(), {"release-i morgen"}, "AK-J001"),  # what nobody understands does not open
    (citizen(PATIENT), patient(), {"release-2026-02-30T10:00:00Z-tell"}, "AK-J001"),
    (citizen(PATIENT), patient(), {"released"}, ""),
    (citizen(MOTHER), child(NOW.date()), {LATER}, "AK-J001"),
    (citizen(MOTHER), child(NOW.date(), "guardian"), {LATER}, "AK-J001"),
    (citizen(MOTHER), child(NOW.date(), "proxy"), {LATER}, "AK-J001"),
    (citizen(MOTHER), child(NOW.date(), "proxy"), {SOONER}, ""),
    (citizen(MOTHER), RELATIVE, {LATER}, "AK-J001"),
    (citizen(MOTHER), RELATIVE, {SOONER}, ""),
    (nurse(), cared_for(), {LATER}, ""),
    (program("system/*.cruds"), patient(), {LATER}, ""),
])  # fmt: skip
def test_what_is_not_released_is_unknown_to_citizens_until_its_instant_and_to_nobody_else(
    who: Actor, about: Facts, marks: set[str], refusal: str
) -> None:
    assert ask(who, about, Labels(type="Observation", id="x", security=frozenset(marks))) == refusal


@pytest.mark.parametrize(("marks", "refusal"), [({LATER}, "AK-J001"), ({SOONER}, ""), ({"withheld"}, "AK-A060")])
def test_what_corrects_an_entry_comes_with_it(marks: set[str], refusal: str) -> None:
    held = Labels(type="DocumentReference", id="a", security=frozenset(marks))
    correction = Labels(type="DocumentReference", id="b", security=frozenset({"DocumentReference/a"}))
    assert ask(citizen(PATIENT), patient(labelled=(held,)), correction) == refusal


def test_no_citizen_writes_to_what_is_not_released() -> None:
    mine = Labels(type="Observation", id="x", author=PATIENT, security=frozenset({LATER}))
    assert ask(citizen(PATIENT), patient(), mine, Act.WRITE) == "AK-J001"


def test_a_mark_says_from_when_and_why_to_the_second_and_the_last_of_several_counts() -> None:
    code = mark(NOW + timedelta(seconds=7.9), "talk")
    assert (code, released_at(code)) == (
        "release-2026-11-22T12:00:07Z-talk", (NOW + timedelta(seconds=7), "talk"))  # fmt: skip
    assert release_in({LATER, SOONER, mark(NOW + 2 * HOUR, "talk")}, NOW) == mark(NOW + 2 * HOUR, "talk")
    assert released_at("release-2026-11-22T12:00:07Z-praktisk")[0] is NEVER


def test_what_a_record_holds_back_is_known_by_type_and_id() -> None:
    held: list[Any] = [Labels(type="Condition", id=one, security=frozenset({code, "x"}))
                       for one, code in (("a", LATER), ("b", SOONER))]  # fmt: skip
    assert unreleased(patient(labelled=tuple(held)), NOW) == {"Condition/a"}
    assert unreleased(patient(labelled=tuple(held)), NOW + 2 * HOUR) == frozenset()
