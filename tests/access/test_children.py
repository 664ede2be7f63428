"""Children, those who decide for them, and what proxies are for: the rules by age, one table of cases each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from akson.access.areas import WHOLE
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS, Block, Facts, Labels, Period, Relation, Representation
from akson.access.rules import Act, decide
from akson.base.work import Actor, Purpose
from tests.access.asking import ask_own as ask
from tests.access.people import DAUGHTER, HOUR, MOTHER, NORTH, NOW, PATIENT, child, citizen, item, nurse, patient
from tests.access.shown import shows

SMALL, TWELVE, THIRTEEN, SIXTEEN = (date(NOW.year - age, 1, 1) for age in (6, 12, 13, 16))
CONSENTED = (Period(start=NOW - HOUR, end=NOW + HOUR),)
ENDED = (Period(start=NOW - HOUR, end=NOW),)
HELD_BACK = item(security=frozenset({WITHHELD_FROM_PARENTS}))


@shows("parent_of_small_child", "parent_of_youth")
@pytest.mark.parametrize(("now", "rule"), [
    (datetime(2022, 5, 31, 21, 59, 59, tzinfo=UTC), "parent_of_small_child"),
    (datetime(2022, 5, 31, 22, 0, 0, tzinfo=UTC), "parent_of_youth"),
    (datetime(2026, 5, 31, 21, 59, 59, tzinfo=UTC), "parent_of_youth"),
    (datetime(2026, 5, 31, 22, 0, 0, tzinfo=UTC), "no_rule_permits"),
])  # fmt: skip
def test_what_a_parent_sees_changes_at_norwegian_midnight_of_the_birthdays(now: datetime, rule: str) -> None:
    assert decide(citizen(MOTHER), Purpose.OWN, child(date(2010, 6, 1)), None, Act.READ, now).rule == rule


@shows("parent_of_youth", "withheld")
@pytest.mark.parametrize(("birth", "labels", "answer"), [
    (TWELVE, None, ""),
    (TWELVE, item(), ""),
    (TWELVE, HELD_BACK, "AK-A060"),
    (SMALL, HELD_BACK, "AK-A060"),
    (TWELVE, item("DocumentReference"), "AK-A031"),
    (SMALL, item("DocumentReference"), ""),
    (TWELVE, item("Condition"), "AK-A030"),
    (TWELVE, item("Consent", author=PATIENT), "AK-A062"),
    (SIXTEEN, None, "AK-A001"),
])  # fmt: skip
def test_from_12_parents_see_all_but_what_the_child_or_who_treats_it_keeps_back(
    birth: date, labels: Any, answer: str
) -> None:
    closed = (Block(documents=("DocumentReference/x1",)), Block(documents=("Condition/x1",), persons=(MOTHER,)))
    assert ask(citizen(MOTHER), child(birth, blocks=closed), labels) == answer


@shows("withheld")
def test_withheld_items_are_refused_citizens_and_shown_to_those_who_care() -> None:
    for_patient, for_parents = (item(security=frozenset({m})) for m in (WITHHELD, WITHHELD_FROM_PARENTS))
    about = child(SMALL, relations=(Relation(kind="service", unit=NORTH),))
    grown = child(None, "guardian")
    assert [ask(citizen(PATIENT), grown, i) for i in (for_patient, for_parents)] == ["AK-A060", ""]
    assert [ask(citizen(MOTHER), grown, i) for i in (for_patient, for_parents)] == ["AK-A060", "AK-A060"]
    assert [ask(citizen(MOTHER), about, i) for i in (for_patient, for_parents)] == ["AK-A060", "AK-A060"]
    assert [ask(nurse(), about, i) for i in (for_patient, for_parents)] == ["", ""]


@shows("care_taken_over")
@pytest.mark.parametrize(("taken", "birth", "answer"), [
    (Representation(kind="barnevern", person=0), SMALL, "AK-A066"),
    (Representation(kind="barnevern", person=0), TWELVE, "AK-A066"),
    (Representation(kind="barnevern", person=0, start=NOW), SMALL, "AK-A066"),
    (Representation(kind="barnevern", person=0, end=NOW), SMALL, ""),
    (Representation(kind="barnevern", person=0, start=NOW + HOUR), SMALL, ""),
])  # fmt: skip
def test_parents_see_nothing_while_the_barnevern_has_the_care(taken: Representation, birth: date, answer: str) -> None:
    about = patient(birth_date=birth, representations=(Representation(kind="parent", person=MOTHER), taken))
    assert ask(citizen(MOTHER), about) == ask(citizen(MOTHER), about, item(), Act.READ) == answer
    guarded = patient(
        birth_date=birth, representations=(Representation(kind="guardian", person=MOTHER, areas=(WHOLE,)), taken)
    )
    assert ask(citizen(MOTHER), guarded) == ask(citizen(PATIENT), patient(representations=(taken,))) == ""


@pytest.mark.parametrize("given", [
    Representation(kind="parent", person=MOTHER, end=NOW), Representation(kind="family", person=MOTHER),
])  # fmt: skip
def test_who_has_lost_custody_has_lost_the_record(given: Representation) -> None:
    assert ask(citizen(MOTHER), patient(birth_date=SMALL, representations=(given,))) == "AK-A001"


@shows("youth_signs_in_from_13")
@pytest.mark.parametrize(("birth", "consents", "answer"), [
    (SMALL, CONSENTED, "AK-A064"),
    (TWELVE, CONSENTED, "AK-A064"),
    (THIRTEEN, (), "AK-A064"),
    (THIRTEEN, ENDED, "AK-A064"),
    (THIRTEEN, CONSENTED, ""),
    (SIXTEEN, (), ""),
    (None, (), ""),
])  # fmt: skip
def test_youth_sign_in_from_13_with_a_parents_consent_and_from_16_without(
    birth: date | None, consents: tuple[Period, ...], answer: str
) -> None:
    about = patient(birth_date=birth, youth=consents)
    assert ask(citizen(PATIENT), about) == ask(citizen(PATIENT), about, item("Appointment")) == answer


@shows("youth_sees_a_part")
@pytest.mark.parametrize(("type_", "answer"), [
    ("Patient", ""), ("Appointment", ""), ("Communication", ""), ("MedicationRequest", ""), ("Immunization", ""),
    ("Consent", ""), ("Condition", "AK-A065"), ("DocumentReference", "AK-A065"), ("Observation", "AK-A065"),
])  # fmt: skip
def test_youth_see_what_they_use_themselves_and_the_rest_from_16(type_: str, answer: str) -> None:
    assert ask(citizen(PATIENT), patient(birth_date=THIRTEEN, youth=CONSENTED), item(type_)) == answer
    assert ask(citizen(PATIENT), patient(birth_date=SIXTEEN), item(type_)) == ""


@shows("lets_youth_in")
@pytest.mark.parametrize(("who", "birth", "act", "labels", "answer"), [
    (citizen(MOTHER), THIRTEEN, Act.GOVERN, item("Consent", author=MOTHER), ""),
    (citizen(MOTHER), SMALL, Act.GOVERN, item("Consent", author=MOTHER), ""),
    (citizen(MOTHER), SIXTEEN, Act.GOVERN, item("Consent", author=MOTHER), "AK-A062"),
    (citizen(MOTHER), THIRTEEN, Act.WRITE, item("Consent", author=MOTHER), ""),
    (citizen(MOTHER), THIRTEEN, Act.READ, item("Consent", author=MOTHER), ""),
    (citizen(MOTHER), THIRTEEN, Act.WRITE, item("Consent", author=MOTHER, block=True), "AK-A062"),
    (citizen(MOTHER), THIRTEEN, Act.GOVERN, item("Consent", author=MOTHER, block=True), "AK-A062"),
    (citizen(MOTHER), SMALL, Act.GOVERN, item("Consent", author=MOTHER, block=True), ""),
    (citizen(MOTHER), THIRTEEN, Act.GOVERN, item("RelatedPerson", author=MOTHER), "AK-A040"),
    (citizen(PATIENT), THIRTEEN, Act.GOVERN, item("Consent", author=PATIENT), "AK-A001"),
    (citizen(PATIENT), THIRTEEN, Act.WRITE, item("Consent", author=MOTHER), "AK-A061"),
    (nurse(), THIRTEEN, Act.GOVERN, item("Consent"), "AK-A040"),
])  # fmt: skip
def test_a_parent_and_nobody_else_consents_to_the_sign_in(
    who: Actor, birth: date, act: Act, labels: Labels, answer: str
) -> None:
    assert ask(who, child(birth, youth=CONSENTED), labels, act) == answer


@shows("proxy")
@pytest.mark.parametrize(("areas", "type_", "answer"), [
    ((), "Condition", ""),
    (("timer",), "Appointment", ""),
    (("timer",), "Patient", ""),
    (("timer",), "MedicationRequest", "AK-A001"),
    (("timer", "legemidler"), "MedicationRequest", ""),
    (("",), "Appointment", "AK-A001"),
])  # fmt: skip
def test_a_proxy_reads_what_it_was_given_for(areas: tuple[str, ...], type_: str, answer: str) -> None:
    about = patient(representations=(Representation(kind="proxy", person=MOTHER, areas=areas),))
    assert ask(citizen(MOTHER), about, item(type_)) == answer
    assert ask(citizen(MOTHER), about) == ""


@shows("proxy")
@pytest.mark.parametrize(("born", "moment", "answer"), [
    (date(2008, 11, 24), datetime(2026, 11, 23, 22, 59, tzinfo=UTC), "AK-A001"),  # a minute to midnight in Norway
    (date(2008, 11, 24), datetime(2026, 11, 23, 23, 1, tzinfo=UTC), ""),
    (date(2008, 2, 29), datetime(2026, 2, 28, 12, 0, tzinfo=UTC), "AK-A001"),
    (date(2008, 2, 29), datetime(2026, 3, 1, 12, 0, tzinfo=UTC), ""),
    (date(2013, 5, 17), datetime(2026, 11, 23, 12, 0, tzinfo=UTC), "AK-A001"),
    (date(2030, 1, 1), datetime(2026, 11, 23, 12, 0, tzinfo=UTC), "AK-A001"),
    (None, datetime(2026, 11, 23, 12, 0, tzinfo=UTC), "AK-A001"),
])  # fmt: skip
def test_a_proxy_is_18_or_more_by_the_norwegian_calendar(born: date | None, moment: datetime, answer: str) -> None:
    about = patient(representations=(Representation(kind="proxy", person=MOTHER),))
    assert ask(citizen(MOTHER, born=born), about, item("Condition"), now=moment) == answer
    assert ask(citizen(MOTHER, born=born), about, act=Act.SEARCH_IDENTITY, now=moment) == answer
    guardian = patient(representations=(Representation(kind="guardian", person=MOTHER, areas=(WHOLE,)),))
    assert ask(citizen(MOTHER, born=born), guardian, item("Condition"), now=moment) == ""


@pytest.mark.parametrize(("proxy", "withdrawn", "answer"), [
    (Representation(kind="proxy", person=MOTHER), MOTHER, "AK-A001"),
    (Representation(kind="proxy", person=MOTHER), DAUGHTER, ""),
    (Representation(kind="proxy", person=MOTHER, here=True), MOTHER, ""),  # given anew, after that
])  # fmt: skip
def test_what_a_register_tells_of_ends_when_the_person_takes_it_back(
    proxy: Representation, withdrawn: int, answer: str
) -> None:
    about = patient(representations=(proxy, Representation(kind="withdrawn", person=withdrawn)))
    assert ask(citizen(MOTHER), about, item("Condition")) == answer


@shows("gives_proxy")
@pytest.mark.parametrize(("who", "about", "type_", "answer"), [
    (citizen(), patient(), "Consent", ""),
    (citizen(), patient(), "RelatedPerson", "AK-A040"),
    (citizen(), child(SIXTEEN), "Consent", ""),
    (citizen(), child(THIRTEEN, youth=CONSENTED), "Consent", "AK-A001"),
    (citizen(MOTHER), patient(representations=(Representation(kind="proxy", person=MOTHER),)), "Consent", "AK-A062"),
    (citizen(MOTHER), patient(), "Consent", "AK-A062"),
])  # fmt: skip
def test_only_the_person_says_who_acts_for_them(who: Actor, about: Facts, type_: str, answer: str) -> None:
    assert ask(who, about, item(type_, author=who.key), Act.GOVERN) == answer
