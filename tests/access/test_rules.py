"""The access rules, one table of cases each. Facts are invented; nothing here touches a database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from akson.access.facts import (
    OBJECTION,
    Block,
    Facts,
    Labels,
    Period,
    Relation,
    Representation,
    Shared,
)
from akson.access.roles import OWN_JOB
from akson.access.rules import Act, decide, hides_address
from akson.base.errors import catalogue
from akson.base.work import Actor, Kind, Purpose
from tests.access.asking import ask
from tests.access.people import (
    DAUGHTER,
    DOCTOR,
    HOUR,
    LEGEVAKT,
    MOTHER,
    MUNICIPALITY,
    NORTH,
    NOW,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    PRACTICE,
    SOUTH,
    blocked,
    cared_for,
    child,
    citizen,
    item,
    nurse,
    opened,
    patient,
    program,
    staff,
)  # fmt: skip
from tests.access.shown import shows

YES = ""
CLOSE, NOBODY = ((Representation(kind="family", person=key),) for key in (DAUGHTER, 0))


@shows("unit_cares_for_patient")
@pytest.mark.parametrize(("who", "about", "answer"), [
    (nurse(NORTH), cared_for(NORTH), YES),
    (nurse(SOUTH), cared_for(NORTH), "AK-A001"),
    (nurse(NORTH), patient(), "AK-A001"),
    (nurse(NORTH), patient(relations=(Relation(kind="service", unit=NORTH, end=NOW),)), "AK-A001"),
    (nurse(NORTH), patient(relations=(Relation(kind="service", unit=NORTH, start=NOW + HOUR),)), "AK-A001"),
    (nurse(NORTH), patient(relations=(Relation(kind="team", person=NURSE),)), YES),
    (nurse(NORTH), patient(relations=(Relation(kind="team", person=NURSE, unit=SOUTH),)), "AK-A001"),
    (nurse(NORTH), patient(relations=(Relation(kind="team", person=OTHER_NURSE),)), "AK-A001"),
    (nurse(0), patient(relations=(Relation(kind="service", unit=0),)), "AK-A001"),
    (citizen(NURSE), patient(relations=(Relation(kind="team", person=NURSE),)), "AK-A001"),
])  # fmt: skip
def test_staff_open_only_patients_their_unit_or_they_themselves_care_for(who: Actor, about: Facts, answer: str) -> None:
    assert ask(who, about) == ask(who, about, item()) == answer


@shows("on_gp_list")
@pytest.mark.parametrize(("who", "relation", "answer"), [
    (staff("fastlege", PRACTICE, DOCTOR), Relation(kind="gp", person=DOCTOR), YES),
    (staff("fastlege", PRACTICE, DOCTOR), Relation(kind="gp", unit=PRACTICE, person=DOCTOR), YES),
    (staff("legesekretær", PRACTICE), Relation(kind="gp", unit=PRACTICE, person=DOCTOR), YES),
    (staff("fastlege", LEGEVAKT, DOCTOR), Relation(kind="gp", unit=PRACTICE, person=DOCTOR), "AK-A001"),
    (staff("fastlege", SOUTH), Relation(kind="gp", unit=PRACTICE, person=DOCTOR), "AK-A001"),
])  # fmt: skip
def test_fastlege_and_practice_open_those_on_the_list(who: Actor, relation: Relation, answer: str) -> None:
    about = patient(relations=(relation,))
    assert ask(who, about) == answer
    if not answer:
        assert decide(who, Purpose.TREATMENT, about, None, Act.READ, NOW).basis == "fastlegeliste"


@shows("role_does_not_cover")
@pytest.mark.parametrize(("who", "type_", "act", "answer"), [
    (nurse(), "MedicationAdministration", Act.WRITE, YES),
    (staff("helsefagarbeider", NORTH), "MedicationRequest", Act.WRITE, "AK-A040"),
    (staff("helsefagarbeider", NORTH), "MedicationRequest", Act.READ, YES),
    (staff("saksbehandler", NORTH), "MedicationRequest", Act.READ, "AK-A040"),
    (staff("saksbehandler", NORTH), "ServiceRequest", Act.WRITE, YES),
    (staff("administrator", NORTH), "Condition", Act.READ, "AK-A040"),
    (staff("administrator", NORTH), "Patient", Act.READ, "AK-A040"),
    (staff("personvernombud", NORTH), "Observation", Act.READ, "AK-A040"),
    (staff("vaktmester", NORTH), "Patient", Act.READ, "AK-A040"),
    (nurse(), "AuditEvent", Act.READ, "AK-A040"),
    (nurse(), "Consent", Act.WRITE, "AK-A040"),
])  # fmt: skip
def test_a_role_reaches_only_what_its_task_needs(who: Actor, type_: str, act: Act, answer: str) -> None:
    assert ask(who, cared_for(), item(type_), act) == answer


@shows("blocked_for_this_person", "blocked")
@pytest.mark.parametrize(("who", "block", "answer"), [
    (nurse(), Block(), "AK-A031"),
    (nurse(), Block(persons=(NURSE,)), "AK-A030"),
    (nurse(person=DAUGHTER), Block(persons=(DAUGHTER,)), "AK-A030"),
    (nurse(), Block(persons=(OTHER_NURSE,)), YES),
    (nurse(), Block(persons=(0,)), YES),
    (nurse(), Block(units=(NORTH,)), "AK-A031"),
    (nurse(), Block(units=(SOUTH,)), YES),
    (nurse(), Block(units=(MUNICIPALITY,)), "AK-A031"),
    (nurse(), Block(roles=("sykepleier",)), "AK-A031"),
    (nurse(), Block(roles=("fastlege",)), YES),
    (nurse(), Block(even_emergency=True), "AK-A030"),
    (nurse(), Block(end=NOW), YES),
    (nurse(), Block(start=NOW + HOUR), YES),
    (citizen(PATIENT), Block(), YES),
    (program("system/*.read"), Block(), "AK-A031"),
    (program(OWN_JOB), Block(), YES),
])  # fmt: skip
def test_a_block_holds_for_those_it_names(who: Actor, block: Block, answer: str) -> None:
    assert ask(who, blocked(block)) == ask(who, blocked(block), item()) == answer


@pytest.mark.parametrize(("block", "labels", "answer"), [
    (Block(documents=("Observation/x1",)), item(), "AK-A031"),
    (Block(documents=("Condition/x1",)), item(), YES),
    (Block(documents=("Observation/x1",)), None, YES),
    (Block(written_by=(SOUTH,)), item(unit=SOUTH), "AK-A031"),
    (Block(written_by=(NORTH,)), item(unit=NORTH), YES),
    (Block(labels=("psykisk-helse",)), item(security=frozenset({"psykisk-helse"})), "AK-A031"),
    (Block(labels=("psykisk-helse",)), item(), YES),
    (Block(documents=("Observation/x1",), persons=(OTHER_NURSE,)), item(), YES),
    (Block(written_by=(DOCTOR,)), item(unit=NORTH, author=DOCTOR), "AK-A031"),
    (Block(written_by=(NURSE,)), item(unit=NORTH, author=NURSE), YES),
    (Block(dated=Period(start=NOW - HOUR, end=NOW)), item(dates=(NOW - HOUR,)), "AK-A031"),
    (Block(dated=Period(start=NOW - HOUR, end=NOW)), item(dates=(NOW,)), YES),
    (Block(dated=Period(start=NOW - HOUR, end=NOW)), item(dates=(NOW, NOW - HOUR)), "AK-A031"),
    (Block(dated=Period(start=NOW - HOUR, end=NOW)), item(), "AK-A031"),
    (Block(dated=Period(start=NOW - HOUR, end=NOW)), Labels(type="Observation"), YES),
    (Block(dated=Period(start=NOW)), item(dates=(NOW + 1000 * HOUR,)), "AK-A031"),
    (Block(dated=Period(start=NOW)), item(dates=(NOW - HOUR,)), YES),
    (Block(dated=Period(start=NOW)), None, YES),
])  # fmt: skip
def test_a_block_of_a_part_closes_that_part_only(block: Block, labels: Any, answer: str) -> None:
    assert ask(nurse(), blocked(block), labels) == answer


@pytest.mark.parametrize(("letters", "block", "answer"), [
    ("c", Block(dated=Period(start=NOW)), YES),
    ("u", Block(dated=Period(start=NOW)), "AK-A031"),
    ("d", Block(dated=Period(start=NOW)), "AK-A031"),
    ("c", Block(), "AK-A031"),
    ("c", Block(dated=Period(start=NOW), labels=("psykisk-helse",)), "AK-A031"),
])  # fmt: skip
def test_what_is_closed_by_its_time_may_be_written_and_not_changed(letters: str, block: Block, answer: str) -> None:
    labels = item(dates=(NOW,), letters=letters, security=frozenset({"psykisk-helse"}))
    assert decide(nurse(), Purpose.TREATMENT, blocked(block), labels, Act.WRITE, NOW).refusal == answer


@pytest.mark.parametrize(("who", "written_by", "answer"), [
    (nurse(LEGEVAKT), NORTH, "AK-A031"), (nurse(LEGEVAKT), SOUTH, "AK-A031"), (nurse(NORTH), SOUTH, "AK-A031"),
    (nurse(SOUTH), NORTH, "AK-A031"), (nurse(NORTH), NORTH, YES), (nurse(LEGEVAKT), PRACTICE, YES),
])  # fmt: skip
def test_a_block_on_what_a_unit_wrote_holds_whoever_wrote_there_last(who: Actor, written_by: int, answer: str) -> None:
    both = (Shared(type="Observation", id="x1", units=(NORTH, SOUTH)),)
    relations = tuple(Relation(kind="service", unit=unit) for unit in (NORTH, SOUTH, LEGEVAKT))
    about = patient(blocks=(Block(written_by=(written_by,)),), shared=both, relations=relations)
    assert ask(who, about, item(unit=SOUTH)) == answer
    assert ask(who, about, item("Condition", unit=LEGEVAKT)) == YES


@shows("would_object")
def test_a_presumed_objection_closes_the_item_for_all_but_the_unit_that_wrote_it() -> None:
    marked = item(unit=SOUTH, security=frozenset({OBJECTION}))
    assert ask(nurse(NORTH), cared_for(NORTH), marked) == "AK-A032"
    assert ask(nurse(SOUTH), cared_for(SOUTH), marked) == YES
    assert ask(program("system/*.read"), patient(), marked) == "AK-A032"


@shows("opened_in_emergency", "opened_with_reason")
@pytest.mark.parametrize(("who", "about", "answer"), [
    (nurse(), opened(), YES),
    (nurse(), opened(start=NOW - HOUR, lasts=HOUR), "AK-A001"),
    (nurse(), opened(start=NOW + HOUR), "AK-A001"),
    (nurse(), opened(lasts=9 * HOUR), "AK-A001"),
    (nurse(), opened(person=OTHER_NURSE), "AK-A001"),
    (nurse(SOUTH), opened(), "AK-A001"),
    (staff("administrator", NORTH), opened(), "AK-A040"),
    (nurse(), opened(emergency=True), YES),
    (nurse(), opened(emergency=True, lasts=2 * HOUR), "AK-A001"),
    (staff("legesekretær", NORTH), opened(emergency=True), "AK-A001"),
    (nurse(), opened(blocks=(Block(),)), "AK-A031"),
    (nurse(), opened(emergency=True, blocks=(Block(),)), YES),
    (nurse(), opened(emergency=True, blocks=(Block(persons=(NURSE,)),)), "AK-A030"),
    (nurse(), opened(emergency=True, blocks=(Block(even_emergency=True),)), "AK-A030"),
    (nurse(), opened(emergency=True, protection="kode6"), "AK-A010"),
    (nurse(person=PATIENT), opened(emergency=True), "AK-A020"),
])  # fmt: skip
def test_an_opening_lasts_its_time_for_the_one_who_took_it(who: Actor, about: Facts, answer: str) -> None:
    assert ask(who, about) == answer


@shows("looks_back_to_learn")
@pytest.mark.parametrize(("who", "about", "act", "answer"), [
    (nurse(), opened(learning=True), Act.READ, YES),
    (nurse(), opened(learning=True), Act.WRITE, "AK-A001"),
    (nurse(), opened(learning=True), Act.OPEN, YES),  # a task that comes is another reason
    (nurse(), opened(learning=True, lasts=9 * HOUR), Act.READ, "AK-A001"),
    (nurse(SOUTH), opened(learning=True), Act.READ, "AK-A001"),
    (nurse(), opened(learning=True, blocks=(Block(),)), Act.READ, "AK-A031"),
    (staff("assistent", NORTH), opened(learning=True), Act.READ, "AK-A001"),
    (program("system/*.*"), opened(learning=True), Act.WRITE, YES),
])  # fmt: skip
def test_who_looks_back_to_learn_reads_and_writes_nothing(who: Actor, about: Facts, act: Act, answer: str) -> None:
    assert ask(who, about, item(), act) == answer


@shows("may_open_in_emergency", "may_open_with_reason")
@pytest.mark.parametrize(("who", "about", "purpose", "answer"), [
    (nurse(), patient(), Purpose.TREATMENT, YES),
    (nurse(), patient(), Purpose.EMERGENCY, YES),
    (staff("legesekretær", NORTH), patient(), Purpose.TREATMENT, YES),
    (staff("legesekretær", NORTH), patient(), Purpose.EMERGENCY, "AK-A001"),
    (staff("administrator", NORTH), patient(), Purpose.TREATMENT, "AK-A001"),
    (nurse(), patient(blocks=(Block(),)), Purpose.TREATMENT, "AK-A031"),
    (nurse(), patient(blocks=(Block(),)), Purpose.EMERGENCY, YES),
    (nurse(), patient(blocks=(Block(persons=(NURSE,)),)), Purpose.EMERGENCY, "AK-A030"),
    (nurse(), patient(protection="kode6"), Purpose.EMERGENCY, "AK-A010"),
    (nurse(person=PATIENT), patient(), Purpose.EMERGENCY, "AK-A020"),
    (nurse(person=MOTHER), child(date(2020, 1, 1)), Purpose.TREATMENT, "AK-A021"),
    (nurse(person=MOTHER), child(date(2020, 1, 1)), Purpose.EMERGENCY, YES),
    (citizen(MOTHER), patient(), Purpose.EMERGENCY, "AK-A001"),
    (program("system/*.*"), patient(), Purpose.EMERGENCY, "AK-A001"),
])  # fmt: skip
def test_who_may_open_a_closed_record(who: Actor, about: Facts, purpose: Purpose, answer: str) -> None:
    assert ask(who, about, item("Consent"), Act.OPEN, purpose=purpose) == answer


@shows("strictly_confidential")
@pytest.mark.parametrize(("who", "about", "answer"), [
    (nurse(), cared_for(protection="kode6"), YES),
    (nurse(SOUTH), cared_for(protection="kode6"), "AK-A010"),
    (nurse(SOUTH), patient(protection="kode6", relations=(Relation(kind="team", person=NURSE),)), YES),
    (program("system/*.read"), patient(protection="kode6"), "AK-A010"),
    (citizen(PATIENT), patient(protection="kode6"), YES),
    (nurse(SOUTH), cared_for(protection="kode7"), "AK-A001"),
])  # fmt: skip
def test_a_strictly_confidential_person_is_unknown_to_all_but_those_tied_to_them(
    who: Actor, about: Facts, answer: str
) -> None:
    assert ask(who, about) == answer
    if answer == "AK-A010":
        assert ask(who, about, act=Act.SEARCH_IDENTITY) == answer
        assert catalogue()[answer].nb == catalogue()["AK-J001"].nb and catalogue()[answer].status == 404


def test_every_protected_address_is_hidden() -> None:
    hidden = [hides_address(patient(protection=level)) for level in ("", "klientadresse", "kode7", "kode6")]
    assert hidden == [False, True, True, True]


@shows("own_record_as_staff", "close_family")
@pytest.mark.parametrize(("who", "about", "answer"), [
    (nurse(person=PATIENT), cared_for(), "AK-A020"),
    (nurse(person=DAUGHTER), cared_for(representations=CLOSE), "AK-A021"),
    (nurse(person=MOTHER), child(date(2020, 1, 1), relations=(Relation(kind="service", unit=NORTH),)), "AK-A021"),
    (nurse(person=DAUGHTER), opened(emergency=True, representations=CLOSE), YES),
    (nurse(person=0), cared_for(representations=NOBODY), YES),
    (citizen(DAUGHTER), cared_for(representations=CLOSE), "AK-A001"),
])  # fmt: skip
def test_nobody_opens_their_own_or_their_familys_record_as_staff(who: Actor, about: Facts, answer: str) -> None:
    assert ask(who, about) == answer


@shows("own_record", "proxy", "guardian")
@pytest.mark.parametrize(("who", "about", "answer"), [
    (citizen(PATIENT), patient(), YES),
    (citizen(MOTHER), patient(), "AK-A001"),
    (citizen(MOTHER), child(None), "AK-A001"),
    (citizen(MOTHER), child(date(1950, 1, 1), "proxy"), YES),
    (citizen(MOTHER), child(date(1950, 1, 1), "guardian"), YES),
    (citizen(MOTHER), child(date(1950, 1, 1), "proxy", deceased=True), "AK-A001"),
    (citizen(MOTHER), child(date(2020, 1, 1), blocks=(Block(persons=(MOTHER,)),)), "AK-A030"),
    (citizen(DAUGHTER), child(date(2020, 1, 1)), "AK-A001"),
])  # fmt: skip
def test_citizens_see_their_own_record_and_those_they_represent(who: Actor, about: Facts, answer: str) -> None:
    assert ask(who, about) == answer


@shows("not_written_by_this_citizen")
@pytest.mark.parametrize(("type_", "author", "answer"), [
    ("Observation", PATIENT, YES),
    ("Communication", PATIENT, YES),
    ("Consent", PATIENT, YES),
    ("Observation", NURSE, "AK-A061"),
    ("Condition", PATIENT, "AK-A040"),
    ("MedicationRequest", PATIENT, "AK-A040"),
])  # fmt: skip
def test_citizens_write_only_what_is_theirs(type_: str, author: int, answer: str) -> None:
    assert ask(citizen(PATIENT), patient(), item(type_, author=author), Act.WRITE) == answer


@shows("token_does_not_cover", "token_is_for_a_part", "trail_is_not_record", "program_with_scope", "own_job_of_akson")
@pytest.mark.parametrize(("who", "type_", "act", "answer"), [
    (program(), "Observation", Act.READ, "AK-A005"),
    (program("openid"), "Observation", Act.READ, "AK-A005"),
    (program("system/*.read"), "Observation", Act.READ, YES),
    (program("system/*.read"), "Observation", Act.WRITE, "AK-A005"),
    (program("system/Observation.rs"), "Condition", Act.READ, "AK-A005"),
    (program("system/Observation.cruds"), "Observation", Act.WRITE, YES),
    (program("system/Observation.rs?category=vital-signs"), "Observation", Act.READ, "AK-A007"),
    (program("system/*.read"), "AuditEvent", Act.READ, "AK-A041"),
    (program(OWN_JOB), "Communication", Act.WRITE, YES),
    (nurse(scopes=frozenset({"user/Observation.rs"})), "Observation", Act.READ, YES),
    (nurse(scopes=frozenset({"user/Observation.rs"})), "Condition", Act.READ, "AK-A005"),
    (nurse(scopes=frozenset({OWN_JOB})), "Observation", Act.READ, "AK-A005"),
    (nurse(scopes=frozenset({"system/*.cruds"})), "Observation", Act.READ, "AK-A005"),
    (program("user/*.cruds"), "Observation", Act.READ, "AK-A005"),
    (program("patient/*.cruds"), "Observation", Act.READ, "AK-A005"),
    (program("user/*.cruds", "system/Observation.rs"), "Observation", Act.WRITE, "AK-A005"),
    (citizen(scopes=frozenset({"patient/*.rs"})), "Observation", Act.READ, YES),
    (citizen(scopes=frozenset({"system/*.rs"})), "Observation", Act.READ, "AK-A005"),
])  # fmt: skip
def test_a_token_gives_no_more_than_its_scopes(who: Actor, type_: str, act: Act, answer: str) -> None:
    assert ask(who, cared_for(), item(type_), act) == answer


@shows("may_find_people")
@pytest.mark.parametrize(("who", "answer"), [
    (nurse(SOUTH), YES),
    (staff("saksbehandler", SOUTH), YES),
    (staff("administrator", SOUTH), "AK-A001"),
    (citizen(MOTHER), "AK-A001"),
    (citizen(PATIENT), YES),
    (program("system/Patient.rs"), YES),
    (program("system/Observation.rs"), "AK-A005"),
])  # fmt: skip
def test_those_who_meet_people_may_find_them_by_minimal_identity(who: Actor, answer: str) -> None:
    assert ask(who, cared_for(), act=Act.SEARCH_IDENTITY) == answer


@shows("may_register_people")
def test_people_are_registered_by_those_who_meet_them() -> None:
    new = Facts(owner=1, is_person=True)
    answers = [ask(who, new, item("Patient"), Act.REGISTER)
               for who in (nurse(), staff("administrator", NORTH), citizen(), program("system/*.write"))]  # fmt: skip
    assert answers == [YES, "AK-A001", "AK-A001", YES]


@shows("only_registers_attest")
@pytest.mark.parametrize(("who", "about", "type_", "govern", "attest"), [
    (nurse(), cared_for(), "RelatedPerson", YES, "AK-A042"),
    (nurse(), cared_for(), "Patient", YES, "AK-A042"),
    (nurse(SOUTH), cared_for(), "Patient", "AK-A001", "AK-A042"),
    (nurse(), opened(), "EpisodeOfCare", "AK-A001", "AK-A042"),
    (nurse(), opened(emergency=True), "EpisodeOfCare", "AK-A001", "AK-A042"),
    (nurse(), blocked(Block(), openings=opened(emergency=True).openings), "EpisodeOfCare", "AK-A031", "AK-A031"),
    (citizen(), patient(), "RelatedPerson", "AK-A040", "AK-A040"),
    (program("system/*.cruds"), patient(), "RelatedPerson", YES, YES),
    (program("system/*.cruds"), patient(), "Patient", YES, "AK-A042"),
    (program("system/*.cruds"), patient(), "QuestionnaireResponse", YES, "AK-A042"),
    (nurse(), cared_for(), "QuestionnaireResponse", YES, "AK-A042"),
    (program("system/*.rs"), patient(), "RelatedPerson", "AK-A005", "AK-A005"),
    (program(OWN_JOB), patient(protection="kode6"), "Patient", YES, YES),
])  # fmt: skip
def test_no_opening_lets_anybody_decide_who_gets_at_the_record(
    who: Actor, about: Facts, type_: str, govern: str, attest: str
) -> None:
    assert [ask(who, about, item(type_), act) for act in (Act.GOVERN, Act.ATTEST)] == [govern, attest]


DOCTORS_OWN = staff("fastlege", NORTH, DOCTOR)


@shows("may_decide_erasure")
@pytest.mark.parametrize(("who", "about", "answer"), [
    (DOCTORS_OWN, cared_for(NORTH), YES),
    (DOCTORS_OWN, cared_for(SOUTH), "AK-A001"),
    (staff("fastlege", NORTH, NURSE), opened(), "AK-A001"),
    (nurse(NORTH), cared_for(NORTH), "AK-A001"),
    (staff("administrator", NORTH), cared_for(NORTH), "AK-A040"),
    (citizen(), patient(), "AK-A061"),
    (program("system/*.cruds"), patient(), "AK-A005"),
    (program(OWN_JOB), patient(), YES),
    (DOCTORS_OWN, blocked(Block(persons=(DOCTOR,))), "AK-A030"),
    (DOCTORS_OWN, blocked(Block(units=(NORTH,)), openings=opened(emergency=True, person=DOCTOR).openings), "AK-A031"),
    (staff("fastlege", NORTH, DOCTOR, person=PATIENT), cared_for(NORTH), "AK-A020"),
])  # fmt: skip
def test_erasure_is_decided_by_doctors_who_care_for_the_person_and_no_opening_or_emergency_gives_it(
    who: Actor, about: Facts, answer: str
) -> None:
    assert ask(who, about, item("Communication", unit=NORTH), Act.ERASE) == answer


def test_a_proxy_does_not_bring_along_the_document_that_is_closed_to_everybody() -> None:
    closed = Block(documents=("DocumentReference/samtale",))
    about = Facts(
        owner=1, rev=1, is_person=True, blocks=(closed,), representations=(Representation(kind="proxy", person=2),)
    )
    proxy = Actor(kind=Kind.CITIZEN, id="Patient/kari", key=2, name="Kari", role="innbygger", person=2,
                  born=date(1970, 5, 17))  # fmt: skip
    labels = Labels(type="DocumentReference", id="samtale")
    assert not decide(proxy, Purpose.OWN, about, labels, Act.READ, NOW).permit
    assert decide(proxy, Purpose.OWN, about, Labels(type="DocumentReference", id="annet"), Act.READ, NOW).permit
