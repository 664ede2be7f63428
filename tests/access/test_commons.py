"""What belongs to nobody in particular: units, staff, subscriptions; and tokens that were given for one record."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from akson.access.commons import NAMELESS, REVIEWED
from akson.access.facts import SEVERAL, Facts
from akson.access.roles import LOAD, OWN_JOB
from akson.access.rules import Act
from akson.access.subscribers import subscriber_of
from akson.base.work import Actor, Purpose
from tests.access import asking
from tests.access.people import (
    DAUGHTER,
    LEGEVAKT,
    MOTHER,
    NORTH,
    PATIENT,
    PRACTICE,
    SOUTH,
    child,
    citizen,
    item,
    nurse,
    program,
    staff,
)
from tests.access.shown import shows

NOBODYS = Facts(owner=7, is_person=False)
ADMINISTRATOR = staff("administrator", NORTH)
ask = partial(asking.ask, purpose=Purpose.ADMINISTRATION)


@shows(
    "staff_read_registers",
    "citizens_read_registers",
    "work_of_own_unit",
    "administrators_keep_registers",
    "program_reads_registers",
)
@pytest.mark.parametrize(("who", "type_", "act", "answer"), [
    (nurse(), "Organization", Act.READ, ""),
    (nurse(), "Organization", Act.WRITE, "AK-A001"),
    (nurse(), "Practitioner", Act.READ, ""),
    (staff("administrator", NORTH), "PractitionerRole", Act.REGISTER, ""),
    (citizen(), "Organization", Act.READ, ""),
    (citizen(), "Practitioner", Act.READ, "AK-A001"),
    (citizen(), "Organization", Act.REGISTER, "AK-A001"),
    (program("system/*.read"), "CodeSystem", Act.READ, ""),
    (program("system/*.read"), "CodeSystem", Act.WRITE, "AK-A005"),
    (nurse(), "Task", Act.READ, ""),
    (nurse(SOUTH), "Task", Act.READ, "AK-A001"),
    (nurse(), "SupplyRequest", Act.READ, "AK-A001"),
])  # fmt: skip
def test_what_belongs_to_nobody_is_read_at_work_and_kept_by_administrators(
    who: Actor, type_: str, act: Act, answer: str
) -> None:
    assert ask(who, NOBODYS, item(type_, unit=NORTH), act) == answer
    assert ask(who, NOBODYS, None, act) in ("AK-A001", "AK-A005")


@shows("manager_confirms_who_works_here")
@pytest.mark.parametrize(("who", "type_", "act", "outside", "answer"), [
    (staff("leder", NORTH), "VerificationResult", Act.REGISTER, False, ""),
    (staff("leder", NORTH), "VerificationResult", Act.READ, False, ""),
    (staff("leder", NORTH), "VerificationResult", Act.REGISTER, True, "AK-A046"),  # about another unit
    (staff("leder", SOUTH), "VerificationResult", Act.READ, False, "AK-A001"),
    (staff("leder", 0), "VerificationResult", Act.REGISTER, False, "AK-A001"),
    (staff("leder", NORTH), "VerificationResult", Act.ATTEST, False, "AK-A047"),  # what the register answered
    (staff("leder", NORTH), "PractitionerRole", Act.REGISTER, False, "AK-A001"),
    (nurse(), "VerificationResult", Act.REGISTER, False, "AK-A001"),
    (nurse(), "VerificationResult", Act.READ, False, "AK-A001"),
])  # fmt: skip
def test_a_manager_confirms_the_list_of_the_own_unit(
    who: Actor, type_: str, act: Act, outside: bool, answer: str
) -> None:
    assert ask(who, NOBODYS, item(type_, unit=NORTH, outside=outside), act) == answer


@pytest.mark.parametrize(("role", "unit", "security", "act", "answer"), [
    ("leder", "north", {REVIEWED, "north"}, Act.READ, ""),  # what the administrator said of the own unit
    ("leder", "north", {REVIEWED, "north"}, Act.WRITE, "AK-A001"),
    ("leder", "south", {REVIEWED, "north"}, Act.READ, "AK-A001"),
    ("leder", "north", {"north"}, Act.READ, "AK-A001"),
    ("leder", "", {REVIEWED}, Act.READ, "AK-A001"),
    ("sykepleier", "north", {REVIEWED, "north"}, Act.READ, "AK-A001"),
])  # fmt: skip
def test_a_manager_reads_what_others_said_of_the_own_unit(
    role: str, unit: str, security: set[str], act: Act, answer: str
) -> None:
    who = staff(role, SOUTH, unit_id=f"Organization/{unit}")
    assert ask(who, NOBODYS, item("VerificationResult", unit=NORTH, security=frozenset(security)), act) == answer


BETWEEN = frozenset({NAMELESS, "north", "south"})


@shows("asked_without_a_name")
@pytest.mark.parametrize(("who", "type_", "security", "act", "answer"), [
    (nurse(SOUTH, unit_id="Organization/south"), "Task", BETWEEN, Act.READ, ""),
    (nurse(SOUTH, unit_id="Organization/south"), "Task", BETWEEN, Act.WRITE, ""),
    (nurse(NORTH, unit_id="Organization/north"), "Task", BETWEEN, Act.READ, ""),
    (nurse(LEGEVAKT, unit_id="Organization/legevakt"), "Task", BETWEEN, Act.READ, "AK-A001"),
    (nurse(LEGEVAKT, unit_id="Organization/legevakt"), "Task", BETWEEN, Act.WRITE, "AK-A001"),
    (nurse(LEGEVAKT), "Task", BETWEEN, Act.READ, "AK-A001"),
    (nurse(SOUTH, unit_id="Organization/south"), "Task", BETWEEN - {NAMELESS}, Act.READ, "AK-A001"),
    (nurse(SOUTH, unit_id="Organization/south"), "Communication", BETWEEN, Act.READ, "AK-A001"),
    (staff("personvernombud", SOUTH, unit_id="Organization/south"), "Task", BETWEEN, Act.WRITE, "AK-A001"),
    (citizen(), "Task", BETWEEN, Act.READ, "AK-A001"),
])  # fmt: skip
def test_a_question_without_a_name_is_between_two_units(
    who: Actor, type_: str, security: frozenset[str], act: Act, answer: str
) -> None:
    assert ask(who, NOBODYS, item(type_, unit=PRACTICE, security=security), act) == answer


@shows("nobody_employs_themselves")
@pytest.mark.parametrize(("who", "type_", "act", "answer"), [
    (ADMINISTRATOR, "PractitionerRole", Act.WRITE, ""),
    (ADMINISTRATOR, "PractitionerRole", Act.ATTEST, "AK-A043"),
    (ADMINISTRATOR, "Practitioner", Act.ATTEST, "AK-A043"),
    (program("system/*.cruds"), "PractitionerRole", Act.ATTEST, ""),
])  # fmt: skip
def test_an_administrator_keeps_all_staff_but_themselves(who: Actor, type_: str, act: Act, answer: str) -> None:
    assert ask(who, NOBODYS, item(type_), act) == answer


@shows("units_of_others")
@pytest.mark.parametrize(("who", "act", "outside", "answer"), [
    (ADMINISTRATOR, Act.WRITE, True, "AK-A046"), (ADMINISTRATOR, Act.REGISTER, True, "AK-A046"),
    (ADMINISTRATOR, Act.WRITE, False, ""), (ADMINISTRATOR, Act.READ, True, ""),
    (program("system/*.cruds"), Act.WRITE, True, ""),
])  # fmt: skip
def test_an_administrator_says_who_works_at_the_own_units_only(
    who: Actor, act: Act, outside: bool, answer: str
) -> None:
    assert ask(who, NOBODYS, item("PractitionerRole", outside=outside), act) == answer


@shows("about_several_persons")
@pytest.mark.parametrize(("who", "answer"), [
    (nurse(), "AK-A045"), (ADMINISTRATOR, "AK-A045"), (citizen(), "AK-A045"), (program("system/*.cruds"), "AK-A045"),
    (program("system/*.cruds", LOAD), ""), (program(OWN_JOB), ""),
])  # fmt: skip
def test_what_is_about_several_persons_is_for_those_only_who_load_old_records(who: Actor, answer: str) -> None:
    assert ask(who, NOBODYS, item("Bundle", security=frozenset({SEVERAL}))) == answer
    assert ask(who, NOBODYS, item("Bundle", security=frozenset({SEVERAL})), Act.WRITE) == answer


@shows("subscription_of_another", "own_subscription")
@pytest.mark.parametrize(("who", "act", "answer"), [
    (nurse(), Act.READ, ""),
    (nurse(), Act.WRITE, ""),
    (staff("fastlege", NORTH), Act.READ, ""),
    (nurse(key=102), Act.READ, "AK-A044"),
    (citizen(), Act.READ, "AK-A044"),
    (staff("administrator", NORTH, 102), Act.WRITE, "AK-A044"),
    (program("system/*.cruds"), Act.READ, "AK-A044"),
    (program(OWN_JOB), Act.READ, ""),
])  # fmt: skip
def test_a_subscription_is_its_subscribers_whatever_the_role(who: Actor, act: Act, answer: str) -> None:
    hers = Facts(owner=7, is_person=False, subscriber=subscriber_of(nurse()))
    assert ask(who, hers, item("Subscription"), act) == answer


@shows("subscription_of_another", "own_subscription")
@pytest.mark.parametrize(("who", "whose", "act", "letters", "answer"), [
    (ADMINISTRATOR, nurse(key=102), Act.WRITE, "d", ""),
    (ADMINISTRATOR, program("system/*.cruds"), Act.WRITE, "d", ""),
    (ADMINISTRATOR, nurse(key=102), Act.WRITE, "u", "AK-A044"),
    (ADMINISTRATOR, nurse(key=102), Act.READ, "", "AK-A044"),
    (ADMINISTRATOR, citizen(), Act.WRITE, "d", "AK-A044"),
    (nurse(key=102), nurse(), Act.WRITE, "d", "AK-A044"),
    (program("system/*.cruds"), nurse(), Act.WRITE, "d", "AK-A044"),
])  # fmt: skip
def test_an_administrator_ends_the_subscription_of_another_and_no_more(
    who: Actor, whose: Actor, act: Act, letters: str, answer: str
) -> None:
    theirs = Facts(owner=7, is_person=False, subscriber=subscriber_of(whose))
    assert ask(who, theirs, item("Subscription", letters=letters), act) == answer


@shows("token_is_for_another")
@pytest.mark.parametrize(("who", "answer"), [
    (citizen(scopes=frozenset({"patient/*.rs"})), ""),
    (citizen(MOTHER, scopes=frozenset({"patient/*.rs"}), context=PATIENT), ""),
    (citizen(MOTHER, scopes=frozenset({"patient/*.rs"}), context=DAUGHTER), "AK-A006"),
    (citizen(MOTHER, scopes=frozenset({"patient/*.rs"})), "AK-A006"),
    (citizen(MOTHER, scopes=frozenset({"user/*.rs"})), ""),
])  # fmt: skip
def test_a_token_for_one_record_opens_no_other(who: Actor, answer: str) -> None:
    about = child(date(1950, 1, 1), "proxy")
    assert ask(who, about, item()) == answer


@shows("only_the_register_authorises")
@pytest.mark.parametrize(("who", "act", "answer"), [
    (ADMINISTRATOR, Act.WRITE, ""), (ADMINISTRATOR, Act.REGISTER, ""), (ADMINISTRATOR, Act.ATTEST, "AK-A047"),
    (nurse(), Act.ATTEST, "AK-A047"), (program("system/*.cruds"), Act.ATTEST, "AK-A047"),
    (program(OWN_JOB), Act.ATTEST, ""),
])  # fmt: skip
def test_nobody_but_our_own_job_writes_what_the_register_of_health_personnel_answered(
    who: Actor, act: Act, answer: str
) -> None:
    assert ask(who, NOBODYS, item("VerificationResult"), act) == answer
