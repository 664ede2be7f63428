"""Demands that an entry be corrected or erased: who answers for the record decides, sees that entry and nothing more."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS, Block, Facts, Labels
from akson.access.rights import ANSWERED, CASE, RECORD
from akson.access.rules import Act
from akson.base.work import Actor
from tests.access.asking import ask
from tests.access.people import (
    DOCTOR,
    MOTHER,
    MUNICIPALITY,
    NORTH,
    PATIENT,
    PRACTICE,
    child,
    citizen,
    nurse,
    patient,
    staff,
)
from tests.access.shown import shows

NOTE = "DocumentReference/n1"
MARKS = frozenset({CASE, RECORD, "sone-nord", "kommunen", NOTE})
SMALL = date(2020, 1, 1)


def case(letters: str = "", marks: frozenset[str] = MARKS, **more: Any) -> Labels:
    return Labels(type="Task", id="t1", security=marks, letters=letters, **more)


def demanded(*marks: str, **more: Any) -> Facts:
    """Return what is known of one who has demanded something of the note."""
    return patient(labelled=(case(marks=MARKS | set(marks)),), **more)


def chief(unit: str = "kommunen", **more: Any) -> Actor:
    return staff("kommuneoverlege", MUNICIPALITY, DOCTOR, unit_id=f"Organization/{unit}", **more)


def correcting(mark: str = NOTE, letters: str = "c", type_: str = "DocumentReference") -> Labels:
    return Labels(type=type_, id="n2", security=frozenset({mark}), letters=letters)


OFFICER = staff("personvernombud", MUNICIPALITY, unit_id="Organization/kommunen")
GP = staff("fastlege", PRACTICE, DOCTOR, unit_id="Organization/legesenter")
AT_NORTH = staff("sykehjemslege", NORTH, DOCTOR, unit_id="Organization/sone-nord")
THE_NOTE = Labels(type="DocumentReference", id="n1", unit=NORTH)


@shows("reads_what_a_case_is_about")
@pytest.mark.parametrize("who", [chief(), AT_NORTH])
@pytest.mark.parametrize("about", [demanded(), demanded(protection="kode6")])
def test_who_answers_a_demand_reads_the_entry_and_writes_the_correction(who: Actor, about: Facts) -> None:
    assert ask(who, about, THE_NOTE) == ""
    assert ask(who, about, correcting(), Act.WRITE) == ""


@pytest.mark.parametrize("who", [chief(), AT_NORTH])
def test_who_answers_a_demand_reads_it_decides_and_may_erase_the_entry(who: Actor) -> None:
    assert [ask(who, demanded(), case()), ask(who, demanded(), case("u"), Act.WRITE)] == ["", ""]
    assert ask(who, demanded(), THE_NOTE, Act.ERASE) == ""


@pytest.mark.parametrize(("who", "about", "labels", "act"), [
    (chief(), demanded(), None, Act.READ),  # the record as a whole
    (chief(), demanded(), Labels(type="DocumentReference", id="n3"), Act.READ),
    (chief(), demanded(), Labels(type="Observation", id="n1"), Act.READ),
    (chief(), demanded(ANSWERED), THE_NOTE, Act.READ),
    (chief(), demanded(ANSWERED), THE_NOTE, Act.ERASE),
    (chief(), demanded(ANSWERED), correcting(), Act.WRITE),
    (chief(), demanded(), correcting("DocumentReference/n3"), Act.WRITE),
    (chief(), demanded(), correcting(CASE), Act.WRITE),
    (chief(), demanded(), correcting(letters="u"), Act.WRITE),
    (chief(), demanded(), correcting(type_="Condition"), Act.WRITE),
    (chief(), demanded(), THE_NOTE, Act.WRITE),
    (chief(), demanded(), case(), Act.ERASE),
    (chief(), demanded(), case("c"), Act.WRITE),
    (chief("nabokommunen"), demanded(), THE_NOTE, Act.READ),
    (chief("nabokommunen"), demanded(), THE_NOTE, Act.ERASE),
    (chief("nabokommunen"), demanded(), case(), Act.READ),
    (GP, demanded(), case(), Act.READ),
    (GP, demanded(), THE_NOTE, Act.READ),
    (OFFICER, demanded(), case(), Act.READ),
    (OFFICER, demanded(), THE_NOTE, Act.READ),
    (nurse(NORTH, unit_id="Organization/sone-nord"), demanded(), case(), Act.READ),
    (nurse(NORTH, unit_id="Organization/sone-nord"), demanded(), THE_NOTE, Act.READ),
    (chief(person=PATIENT), demanded(), case(), Act.READ),
    (chief(person=PATIENT), demanded(), THE_NOTE, Act.ERASE),
    (chief(), demanded(blocks=(Block(documents=(NOTE,)),)), THE_NOTE, Act.READ),
    (chief(), demanded(blocks=(Block(documents=(NOTE,)),)), THE_NOTE, Act.ERASE),
    (chief(), demanded(blocks=(Block(documents=(NOTE,)),)), correcting(), Act.WRITE),
    (chief(), demanded(blocks=(Block(persons=(DOCTOR,)),)), case(), Act.READ),
    (chief(), patient(labelled=(Labels(type="Observation", id="o", security=MARKS),)), THE_NOTE, Act.READ),
])  # fmt: skip
def test_nothing_else_is_open_and_to_nobody_else(who: Actor, about: Facts, labels: Labels, act: Act) -> None:
    assert ask(who, about, labels, act) != ""


def test_what_is_blocked_stays_so_for_who_answers_but_the_demand_is_theirs() -> None:
    assert ask(chief(), demanded(blocks=(Block(documents=(NOTE,)),)), case()) == ""


def test_a_correction_is_closed_to_whom_the_entry_is() -> None:
    about = patient(blocks=(Block(documents=(NOTE,), units=(NORTH,)),), labelled=(case(),))
    written = Labels(type="DocumentReference", id="n2", unit=MUNICIPALITY, security=frozenset({NOTE}))
    assert ask(AT_NORTH, about, written) == "AK-A031"


def test_who_may_not_see_the_entry_sees_no_demand_about_it() -> None:
    guarded = Block(documents=(NOTE,), persons=(MOTHER,))
    assert ask(citizen(MOTHER), child(date(1950, 1, 1), "guardian", blocks=(guarded,)), case()) == "AK-A030"
    assert ask(citizen(MOTHER), child(SMALL), case(marks=MARKS | {WITHHELD_FROM_PARENTS})) == "AK-A060"
    assert ask(citizen(MOTHER), child(SMALL), case()) == ""
    assert ask(citizen(PATIENT), patient(blocks=(guarded,)), case()) == ""


NAME = "withheld-as-1"
HELD = Labels(type="Observation", id="o1", unit=NORTH, security=frozenset({WITHHELD, NAME}))
ASKED = MARKS - {NOTE} | {NAME}


@pytest.mark.parametrize(("who", "about", "labels", "act", "permitted"), [
    (chief(), patient(labelled=(case(marks=ASKED), HELD)), HELD, Act.READ, True),
    (AT_NORTH, patient(labelled=(case(marks=ASKED), HELD)), HELD, Act.READ, True),
    (chief(), patient(labelled=(case(marks=ASKED | {ANSWERED}), HELD)), HELD, Act.READ, False),
    (chief(), patient(labelled=(case(marks=ASKED), HELD)), HELD, Act.ERASE, False),
    (chief(), patient(labelled=(case(marks=ASKED), HELD)), replace(HELD, letters="u"), Act.WRITE, False),
    (chief(), patient(labelled=(case(marks=ASKED), HELD)), None, Act.READ, False),
    (chief(), patient(labelled=(case(marks=ASKED),)), replace(HELD, security=frozenset({WITHHELD})), Act.READ, False),
    (chief(), patient(labelled=(case(marks=ASKED),)), replace(HELD, security=frozenset({NAME})), Act.READ, False),
    (chief("nabokommunen"), patient(labelled=(case(marks=ASKED), HELD)), HELD, Act.READ, False),
    (OFFICER, patient(labelled=(case(marks=ASKED), HELD)), HELD, Act.READ, False),
    (GP, patient(labelled=(case(marks=ASKED), HELD)), HELD, Act.READ, False),
    (chief(person=PATIENT), patient(labelled=(case(marks=ASKED), HELD)), HELD, Act.READ, False),
    (chief(), patient(labelled=(case(marks=ASKED), HELD), blocks=(Block(documents=("Observation/o1",)),)), HELD, Act.READ,
     False),
    (citizen(PATIENT), patient(labelled=(case(marks=ASKED), HELD)), HELD, Act.READ, False),
    (citizen(PATIENT), patient(labelled=(case(marks=ASKED), HELD)), case(marks=ASKED), Act.READ, True),
])  # fmt: skip
def test_who_answers_for_what_is_withheld_reads_that_and_the_patient_still_does_not(
    who: Actor, about: Facts, labels: Labels | None, act: Act, permitted: bool
) -> None:
    assert (ask(who, about, labels, act) == "") is permitted


def test_a_correction_is_withheld_with_the_entry_and_the_demand_is_not() -> None:
    note = Labels(type="DocumentReference", id="n1", security=frozenset({WITHHELD}))
    kept = Labels(type="DocumentReference", id="n1", security=frozenset({WITHHELD_FROM_PARENTS}))
    correction = Labels(type="DocumentReference", id="n2", security=frozenset({NOTE}))
    assert ask(citizen(PATIENT), patient(labelled=(note, correction)), correction) == "AK-A060"
    assert ask(citizen(PATIENT), patient(labelled=(note, case())), case()) == ""
    assert ask(citizen(PATIENT), patient(labelled=(correction,)), correction) == ""
    assert ask(citizen(MOTHER), child(SMALL, labelled=(kept, correction)), correction) == "AK-A060"
    assert ask(citizen(MOTHER), child(SMALL, labelled=(kept, case())), case()) == "AK-A060"
    assert ask(citizen(PATIENT), patient(labelled=(kept, correction)), correction) == ""
