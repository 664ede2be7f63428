"""What citizens may do in a record: their own, a child's, and one they have a proxy or an appointment for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from akson.access.areas import WHOLE
from akson.access.facts import Block, Facts, Labels, Opening, Period, Representation
from akson.access.rules import Act, decide
from akson.access.stopping import STOPPED
from akson.base.work import Actor, Purpose
from tests.access.asking import ask_own as ask
from tests.access.people import DAUGHTER, HOUR, MOTHER, NORTH, NOW, NURSE, PATIENT, child, citizen, item, patient
from tests.access.shown import shows

SMALL, GROWN = date(2020, 1, 1), date(2013, 1, 1)  # 6 and 13 years
PROXY = child(date(1941, 3, 14), "proxy")
BOTH = tuple(Representation(kind=kind, person=MOTHER) for kind in ("parent", "proxy"))
TAKEN = (Opening(person=NURSE, unit=NORTH, emergency=True, start=NOW - HOUR, end=NOW, reason="Fall hjemme"),)
CONSENT = item("Consent", author=PATIENT)
BLOCK = item("Consent", author=PATIENT, block=True)


@shows("consents_are_the_persons")
@pytest.mark.parametrize(("who", "about", "read", "write"), [
    (citizen(PATIENT), patient(), "", ""),
    (citizen(MOTHER), child(SMALL), "", ""),
    (citizen(MOTHER), child(GROWN), "AK-A062", ""),
    (citizen(MOTHER), child(date(2010, 1, 1)), "AK-A062", "AK-A062"),
    (citizen(MOTHER), child(date(1950, 1, 1), "guardian"), "", ""),
    (citizen(MOTHER), child(date(1950, 1, 1), "guardian", deceased=True), "AK-A062", "AK-A062"),
    (citizen(MOTHER), PROXY, "AK-A062", "AK-A062"),
    (citizen(MOTHER), patient(birth_date=GROWN, representations=BOTH), "AK-A062", ""),
    (citizen(MOTHER), patient(birth_date=SMALL, representations=BOTH), "", ""),
    (citizen(DAUGHTER), PROXY, "AK-A062", "AK-A062"),
])  # fmt: skip
def test_consents_are_for_the_person_a_parent_in_force_and_a_guardian(
    who: Actor, about: Facts, read: str, write: str
) -> None:
    assert [ask(who, about, labels, Act.READ) for labels in (CONSENT, Labels(type="Consent"))] == [read, read]
    assert ask(who, about, item("Consent", author=who.key), Act.WRITE) == write


@pytest.mark.parametrize("about", [PROXY, patient(birth_date=GROWN, representations=BOTH, youth=(Period(),))])
def test_a_standing_block_is_changed_by_nobody_whose_right_has_ended(about: Facts) -> None:
    assert ask(citizen(MOTHER), about, BLOCK, Act.WRITE) == "AK-A061"
    assert ask(citizen(PATIENT), about, BLOCK, Act.WRITE) == ""


@pytest.mark.parametrize(("labels", "act", "answer"), [
    (None, Act.READ, ""),
    (None, Act.SEARCH_IDENTITY, ""),
    (item("Observation"), Act.READ, ""),
    (item("Observation", author=MOTHER), Act.WRITE, "AK-A001"),
    (item("Observation", author=NURSE), Act.WRITE, "AK-A061"),
    (item("QuestionnaireResponse", author=MOTHER), Act.WRITE, "AK-A001"),
    (item("Communication", author=MOTHER), Act.WRITE, "AK-A001"),
    (item("AppointmentResponse", author=MOTHER), Act.WRITE, "AK-A001"),
    (item("Consent", author=MOTHER), Act.OPEN, "AK-A001"),
    (item("RelatedPerson", author=MOTHER), Act.ATTEST, "AK-A040"),
    (item("Observation", author=MOTHER), Act.ERASE, "AK-A001"),
])  # fmt: skip
def test_a_proxy_reads_and_writes_nothing(labels: Any, act: Act, answer: str) -> None:
    assert ask(citizen(MOTHER), PROXY, labels, act) == answer


@pytest.mark.parametrize(("labels", "answer"), [
    (item("Consent", author=NURSE), ""),
    (item("Consent", author=NURSE, block=True), "AK-A062"),
    (item("Consent", author=PATIENT), "AK-A062"),
    (item("Consent"), "AK-A062"),
])  # fmt: skip
def test_a_proxy_is_told_of_what_staff_opened(labels: Labels, answer: str) -> None:
    about = child(date(1941, 3, 14), "proxy", openings=TAKEN)
    assert ask(citizen(MOTHER), about, labels, Act.READ) == answer
    assert ask(citizen(MOTHER), about, labels, Act.WRITE) in ("AK-A061", "AK-A062")


@pytest.mark.parametrize(("birth", "answer"), [(SMALL, ""), (GROWN, "AK-A031")])
def test_a_document_closed_to_everybody_is_shown_a_parent_only_while_the_child_is_small(
    birth: date, answer: str
) -> None:
    about = patient(birth_date=birth, representations=BOTH, blocks=(Block(documents=("DocumentReference/x1",)),))
    assert ask(citizen(MOTHER), about, item("DocumentReference"), Act.READ) == answer


def test_a_guardian_who_is_a_proxy_too_decides_as_guardian() -> None:
    given = (
        Representation(kind="proxy", person=MOTHER),
        Representation(kind="guardian", person=MOTHER, areas=(WHOLE,)),
    )
    decision = decide(citizen(MOTHER), Purpose.OWN, patient(representations=given), None, Act.READ, NOW)
    assert (decision.rule, decision.basis) == ("guardian", "verge")


CALENDAR, MONEY, UNTOLD = ("timer",), (), ("",)


@shows("guardian_in_part")
@pytest.mark.parametrize(("areas", "read", "decides"), [
    ((WHOLE,), ["", "", "", ""], ""),
    (CALENDAR, ["", "", "AK-A001", "AK-A001"], "AK-A001"),
    (("timer", "legemidler"), ["", "", "", "AK-A001"], "AK-A001"),
    (("timer", ""), ["", "", "AK-A001", "AK-A001"], "AK-A001"),
    (MONEY, ["AK-A001"] * 4, "AK-A001"),
    (UNTOLD, ["AK-A001"] * 4, "AK-A001"),
    (("alt",), ["AK-A001"] * 4, "AK-A001"),
])  # fmt: skip
def test_a_guardian_sees_what_the_mandate_is_about_and_decides_only_with_the_whole(
    areas: tuple[str, ...], read: list[str], decides: str
) -> None:
    about = patient(representations=(Representation(kind="guardian", person=MOTHER, areas=areas),))
    asked = [None, *map(item, ("Appointment", "MedicationRequest", "Observation"))]
    assert [ask(citizen(MOTHER), about, labels) for labels in asked] == read
    assert ask(citizen(MOTHER), about, item("Observation", author=MOTHER), Act.WRITE) == decides
    assert (ask(citizen(MOTHER), about, CONSENT) == "") is (decides == "")
    assert ask(citizen(MOTHER), patient(representations=about.representations, deceased=True)) == "AK-A001"
    assert ask(citizen(DAUGHTER), about) == "AK-A001"


@pytest.mark.parametrize(
    ("areas", "read"), [((WHOLE,), ["", ""]), (CALENDAR, ["", "AK-A067"]), (MONEY, ["AK-A067"] * 2)]
)
def test_a_proxy_is_not_saved_from_the_stop_by_a_mandate_that_does_not_reach_as_far(
    areas: tuple[str, ...], read: list[str]
) -> None:
    given = (Representation(kind="proxy", person=MOTHER), Representation(kind="guardian", person=MOTHER, areas=areas))
    about = patient(representations=given, labelled=(item("Consent", security=frozenset({STOPPED})),))
    assert [ask(citizen(MOTHER), about, item(type_)) for type_ in ("Appointment", "Observation")] == read
