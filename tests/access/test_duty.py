"""The duty to report a child to the barnevern: what it lets health personnel write, and what they read of it after."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from akson.access.consenting import DISCLOSURE
from akson.access.duty import ANYBODY, CONCERN, KEPT, LATER, PAGE_OF_SENT, TERM, marks, marks_again, pages_by, untold
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS, Block, Facts, Labels, Representation
from akson.access.roles import LOAD, OWN_JOB
from akson.access.rules import Act
from akson.base.work import Actor, Attested, Purpose
from tests.access import people
from tests.access.asking import ask
from tests.access.people import (
    DOCTOR,
    NORTH,
    NOW,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    SOUTH,
    blocked,
    cared_for,
    citizen,
    item,
    patient,
)
from tests.access.shown import shows

DAY, THEN = timedelta(days=1), NOW - timedelta(days=10)
HERS = frozenset({CONCERN, f"reported-by-{NURSE}", "reported-from-north", "reported-on-2026-11-12T12:00:00Z"})
CLOSED = blocked(Block(persons=(NURSE,)), Block(), Block(roles=("sykepleier",), even_emergency=True))
FAMILY = patient(representations=(Representation(kind="family", person=555),))


def nurse(unit: int = NORTH, key: int = NURSE, **more: Any) -> Actor:
    return staff("sykepleier", unit, key, **more)


def staff(role: str, unit: int, key: int = NURSE, **more: Any) -> Actor:
    return people.staff(role, unit, key, unit_id=f"Organization/{'north' if unit == NORTH else 'south'}", **more)


def on(at: datetime) -> frozenset[str]:
    """Return the marks of a report by the nurse at an instant."""
    return frozenset(marks(nurse(), at))


def report(type_: str = "Communication", letters: str = "c", security: frozenset[str] = HERS) -> Labels:
    return item(type_, letters=letters, security=security, unit=NORTH, author=NURSE)


@shows("reports_somebody_unknown", "anothers_report_of_somebody_unknown")
@pytest.mark.parametrize(("who", "labels", "act", "answer"), [
    (nurse(), report(), Act.REGISTER, ""),
    (nurse(), report("Task"), Act.WRITE, ""),
    (nurse(), report(letters=""), Act.READ, ""),
    (nurse(), report("Task", "u"), Act.WRITE, ""),
    (nurse(), report(letters="u"), Act.WRITE, "AK-A001"),
    (nurse(), report("Observation"), Act.REGISTER, "AK-A001"),
    (nurse(attested=Attested(profession="SP", purpose=Purpose.TREATMENT, why="x")), report(), Act.REGISTER, "AK-A055"),
    (staff("saksbehandler", NORTH), report(), Act.REGISTER, "AK-A001"),
    (nurse(key=OTHER_NURSE), report(), Act.READ, "AK-A001"),
    (staff("leder", NORTH, OTHER_NURSE), report("Task"), Act.READ, "AK-A001"),
    (nurse(SOUTH), report(), Act.READ, "AK-A001"),
    (nurse(), report(security=on(NOW - TERM)), Act.READ, "AK-A001"),
    (staff("administrator", NORTH), report(), Act.READ, "AK-A001"),
    (citizen(), report(), Act.READ, "AK-A001"),
    (people.program("system/*.cruds"), report(), Act.READ, "AK-A001"),
    (people.program("system/Communication.r"), report(letters=""), Act.READ, "AK-A001"),
    (people.program("system/*.cruds"), report("Task"), Act.REGISTER, "AK-A001"),
    (people.program("system/*.cruds", LOAD), report(), Act.READ, "AK-A001"),
    (people.program(OWN_JOB), report(), Act.WRITE, ""),
    (staff("assistent", NORTH), report(), Act.REGISTER, ""),
])  # fmt: skip
def test_a_report_of_somebody_without_a_record_is_its_writers_alone(
    who: Actor, labels: Labels, act: Act, answer: str
) -> None:
    """It is written at the nurse's unit, whose colleagues read what belongs to nobody there, as programs do."""
    assert ask(who, Facts(owner=7, is_person=False), labels, act) == answer


@shows("ends_report_of_somebody_unknown")
@pytest.mark.parametrize(("who", "labels", "answer"), [
    (people.program(OWN_JOB), report(security=on(NOW - KEPT)), ""),
    (people.program(OWN_JOB), report("Task", security=on(NOW - KEPT)), ""),
    (people.program(OWN_JOB), report(security=on(NOW - KEPT + DAY)), "AK-A001"),
    (people.program(OWN_JOB), report(security=on(NOW - KEPT) | on(NOW)), "AK-A001"),
    (people.program(OWN_JOB), report(security=frozenset({CONCERN})), "AK-A001"),
    (people.program(OWN_JOB), report("DocumentReference", security=on(NOW - KEPT)), "AK-A001"),
    (people.program(OWN_JOB), report(security=frozenset()), "AK-A001"),
    (people.program("system/*.cruds", LOAD), report(security=on(NOW - KEPT)), "AK-A001"),
    (nurse(), report(security=on(NOW - KEPT)), "AK-A001"),
])  # fmt: skip
def test_our_own_job_ends_a_report_of_somebody_unknown_when_insight_in_it_is_over(
    who: Actor, labels: Labels, answer: str
) -> None:
    assert ask(who, Facts(owner=7, is_person=False), labels, Act.END) == answer


@shows("reports_to_the_barnevern", "follows_own_report")
@pytest.mark.parametrize(("who", "about", "labels", "act", "answer"), [
    (nurse(), patient(), report(), Act.WRITE, ""),
    (nurse(), CLOSED, report(), Act.WRITE, ""),
    (nurse(person=555), FAMILY, report(), Act.WRITE, ""),
    (staff("assistent", NORTH), patient(), report(), Act.WRITE, ""),
    (staff("avtalepart", NORTH), patient(), report("Task"), Act.WRITE, ""),
    (nurse(key=OTHER_NURSE), patient(), report(), Act.WRITE, "AK-A001"),
    (nurse(), patient(), report("Observation"), Act.WRITE, "AK-A001"),
    (nurse(), patient(), report(security=frozenset({CONCERN})), Act.WRITE, "AK-A001"),
    (staff("saksbehandler", NORTH), patient(), report(), Act.WRITE, "AK-A001"),
    (nurse(), patient(protection="kode6"), report(), Act.WRITE, "AK-A010"),
    (nurse(person=PATIENT), patient(), report(), Act.WRITE, "AK-A020"),
    (nurse(), patient(), report(), Act.READ, ""),
    (nurse(), CLOSED, report("Task"), Act.READ, ""),
    (nurse(), patient(), report("Task", "u"), Act.WRITE, ""),
    (nurse(SOUTH), patient(), report("Task", "u"), Act.WRITE, "AK-A001"),
    (nurse(SOUTH), patient(), report(), Act.READ, "AK-A001"),
    (nurse(SOUTH), cared_for(SOUTH), report(), Act.READ, ""),
    (nurse(SOUTH), CLOSED, report(), Act.READ, "AK-A030"),
    (nurse(), patient(), report(security=on(NOW - TERM + DAY)), Act.READ, ""),
    (nurse(), patient(), report(security=on(NOW - TERM)), Act.READ, "AK-A001"),
    (nurse(), CLOSED, report(security=on(NOW - TERM)), Act.READ, "AK-A030"),
    (nurse(), cared_for(), report(security=on(NOW - TERM)), Act.READ, ""),
    (nurse(person=555), FAMILY, report(security=on(NOW - TERM)), Act.READ, "AK-A021"),
    (nurse(), patient(), report("Task", "u", on(NOW - TERM)), Act.WRITE, "AK-A001"),
    (nurse(), patient(), report(security=HERS - {"reported-on-2026-11-12T12:00:00Z"}), Act.READ, "AK-A001"),
    (nurse(), patient(), report(security=HERS - {"reported-from-north"}), Act.READ, "AK-A001"),
    (nurse(), patient(), report(security=frozenset({CONCERN, f"reported-by-{NURSE}", "reported-from-north",
                                                    "reported-on-2026-02-30T12:00:00Z"})), Act.READ, "AK-A001"),
    (nurse(), patient(), report("Communication", "u"), Act.WRITE, "AK-A001"),
    (nurse(), patient(), report("Task", "d"), Act.GOVERN, "AK-A001"),
    (nurse(key=DOCTOR), patient(), report(), Act.READ, "AK-A001"),
    (nurse(), patient(), None, Act.READ, "AK-A001"),
    (nurse(), CLOSED, item(), Act.READ, "AK-A030"),
    (nurse(person=555), FAMILY, report(), Act.READ, ""),
    (nurse(person=555), FAMILY, report(), Act.ERASE, "AK-A021"),
    (staff("assistent", NORTH), patient(), report("Communication", "d"), Act.GOVERN, "AK-A040"),
    (staff("assistent", NORTH), patient(), report("Communication", "u"), Act.WRITE, "AK-A040"),
])  # fmt: skip
def test_a_report_is_written_past_whatever_is_closed_and_opens_nothing_else(
    who: Actor, about: Facts, labels: Labels | None, act: Act, answer: str
) -> None:
    assert ask(who, about, labels, act) == answer


def test_the_log_tells_no_parent_of_a_report_and_the_child_of_one_it_knows_of() -> None:
    known, unknown = HERS | {WITHHELD_FROM_PARENTS}, HERS | {WITHHELD_FROM_PARENTS, WITHHELD}
    facts = patient(labelled=(Labels(type="Communication", id="a", security=known),
                              Labels(type="Task", id="b", security=unknown), Labels(type="Task", id="c")))  # fmt: skip
    rules, hers = {"reports_to_the_barnevern", "follows_own_report"}, f"Practitioner/{NURSE}"
    page, anybody = {*pages_by(hers), *pages_by(hers, PAGE_OF_SENT)}, pages_by(ANYBODY)
    assert untold(facts, NOW, own=False).keys() == {*page, "Communication/a", "Task/b", *rules, *anybody}
    assert untold(facts, NOW, own=True).keys() == {*page, "Task/b", *rules, *anybody}
    assert untold(patient(), NOW, own=True).keys() == {*anybody}
    assert untold(patient(), NOW, own=False).keys() == {*rules, *anybody}


def test_looks_at_the_page_are_told_of_four_weeks_later_but_those_of_who_reported_while_they_read_it() -> None:
    known = on(THEN) | {WITHHELD_FROM_PARENTS}
    twice = patient(labelled=(Labels(type="Communication", id="a", security=known),
                              Labels(type="Communication", id="b", security=on(THEN - 2 * TERM) | {WITHHELD})))  # fmt: skip
    told = untold(twice, NOW, own=False)
    assert {told[page][0][0] for page in pages_by(ANYBODY)} == {NOW - LATER}
    around = {(at - LATER, at + TERM + LATER) for at in (THEN, THEN - 2 * TERM)}
    assert [set(told[page]) for page in pages_by(f"Practitioner/{NURSE}")] == [around] * 2  # and none between the two
    (sent,) = told[pages_by(f"Practitioner/{NURSE}", PAGE_OF_SENT)[0]]
    assert sent[0].year == 1 and sent[1].year == 9999


def test_what_comes_back_in_week_ten_or_long_after_is_read_untold() -> None:
    for comes in (NOW, NOW + timedelta(weeks=10), NOW + 2 * TERM):
        back = frozenset(marks_again(marks(nurse(), NOW), comes)) | {WITHHELD_FROM_PARENTS}
        facts = patient(labelled=(Labels(type="Communication", id="b", security=back),))
        ((first, last),) = untold(facts, comes, own=False)[pages_by(f"Practitioner/{NURSE}")[0]]
        assert first <= comes and comes + LATER <= last


@pytest.mark.parametrize(("reported", "comes", "read"), [
    (NOW, NOW + DAY, NOW), (NOW, NOW + TERM - DAY, NOW + LATER - DAY), (NOW, NOW + 2 * TERM, NOW + TERM + LATER),
])  # fmt: skip
def test_an_answer_is_read_as_long_as_the_report_and_one_that_comes_late_for_four_weeks(
    reported: datetime, comes: datetime, read: datetime
) -> None:
    again = marks_again(marks(nurse(), reported), comes)
    assert again == marks(nurse(), read)


@pytest.mark.parametrize(("who", "about", "mark", "act", "answer"), [
    (nurse(), cared_for(), DISCLOSURE, Act.WRITE, ""),
    (nurse(), cared_for(), "other", Act.WRITE, "AK-A040"),
    (nurse(), cared_for(), DISCLOSURE, Act.GOVERN, "AK-A040"),
    (nurse(SOUTH), cared_for(), DISCLOSURE, Act.WRITE, "AK-A040"),
    (staff("assistent", NORTH), cared_for(), DISCLOSURE, Act.WRITE, "AK-A040"),
    (citizen(OTHER_NURSE), cared_for(), DISCLOSURE, Act.WRITE, "AK-A061"),
])  # fmt: skip
def test_who_gives_care_writes_down_a_consent_to_tell_others_and_no_other_consent(
    who: Actor, about: Facts, mark: str, act: Act, answer: str
) -> None:
    assert ask(who, about, item("Consent", security=frozenset({mark}), letters="c"), act) == answer
