"""Asking about many at once says of each what asking about it alone would say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from akson.access.barring import STRICTLY
from akson.access.facts import Block, Facts, Labels, Relation
from akson.access.many import Many, alike
from akson.access.rules import Act, decide
from akson.base.work import Actor, Kind, Purpose
from akson.fhir import types
from tests.access.people import NOW
from tests.access.test_never_more import KEYS, TIMES, actors, facts

SCOPES = st.sampled_from(
    [frozenset(), *(frozenset({one}) for one in ("user/*.cruds", "patient/*.rs", "system/*.cruds", "akson/job"))]
)
TYPES = st.sampled_from(["Observation", "Patient", "Task", "Consent"])


@settings(max_examples=600, deadline=None)
@given(actors, KEYS, SCOPES, st.sampled_from(Purpose), st.lists(facts, max_size=6), TYPES, st.sampled_from(Act))
def test_each_of_many_is_judged_as_if_alone(actor, context, scopes, purpose, known, type_, act) -> None:
    asker, labels = replace(actor, context=context, scopes=scopes), Labels(type=type_)
    those = [msgspec.structs.replace(one, owner=n) for n, one in enumerate([*known, *known])]  # the same twice over
    alone = [one.owner for one in those if one.is_person and decide(asker, purpose, one, labels, act, NOW).permit]
    assert list(Many(those).permitted(asker, purpose, labels, act, NOW)) == alone
    if asker.kind is not Kind.CITIZEN:
        persons = {one.owner for one in those if one.is_person}
        assert set(Many(those).refused(asker, purpose, labels, act, NOW)) == persons - set(alone)


@settings(max_examples=600, deadline=None)
@given(actors, KEYS, SCOPES, st.sampled_from(Purpose), facts, facts, KEYS, TIMES, TYPES, st.sampled_from(Act))
def test_of_records_that_are_alike_one_answer_is_the_answer(
    actor, context, scopes, purpose, one, two, key, since, type_, act
) -> None:
    tied = tuple(msgspec.structs.replace(each, start=since) for each in one.relations)
    asker, labels = replace(actor, context=context, scopes=scopes), Labels(type=type_, unit=actor.unit)
    twin = msgspec.structs.replace(one, owner=key, birth_date=two.birth_date, representations=two.representations,
                                   youth=two.youth, shared=two.shared, relations=tied)  # fmt: skip
    if alike(asker, one, NOW) == alike(asker, twin, NOW):
        assert decide(asker, purpose, one, labels, act, NOW) == decide(asker, purpose, twin, labels, act, NOW)


@settings(max_examples=300, deadline=None)
@given(actors, st.sampled_from(Purpose), st.lists(facts, max_size=4), st.lists(st.tuples(TYPES, TIMES), max_size=8))
def test_what_was_said_before_is_said_again_only_while_it_holds(actor, purpose, known, questions) -> None:
    those = Many([msgspec.structs.replace(one, owner=n) for n, one in enumerate(known)])
    for type_, time in questions:
        labels, now = Labels(type=type_), time or NOW
        told = those.permitted(actor, purpose, labels, Act.READ, now)
        assert told == Many(those.facts.values()).permitted(actor, purpose, labels, Act.READ, now)


def test_a_thousand_alike_are_one_question(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr("akson.access.many.decide", lambda *question: asked.append(question) or decide(*question))
    gp = Actor(kind=Kind.STAFF, id="x", key=1, name="x", role="fastlege", unit=7, controller=7, person=2)
    tied = [Relation(kind="gp", unit=7, start=NOW - timedelta(days=n)) for n in range(10, 1010)]
    listed = [Facts(owner=n, is_person=True, relations=(one,)) for n, one in enumerate(tied, 10)]
    those = Many(listed)
    found = those.permitted(gp, Purpose.TREATMENT, Labels(type="Observation"), Act.READ, NOW)
    assert found is those.owners and len(found) == 1000 and len(asked) == 1
    assert (
        those.permitted(gp, Purpose.TREATMENT, Labels(type="Observation"), Act.READ, NOW) is found and len(asked) == 1
    )


def test_who_is_tied_no_more_or_not_yet_is_not_alike_who_is() -> None:
    nurse = Actor(kind=Kind.STAFF, id="x", key=1, name="x", role="sykepleier", unit=7, controller=7, person=2)
    day, since = timedelta(days=1), NOW - timedelta(days=30)
    ties: list[dict[str, Any]] = [
        {"start": since}, {"start": since - day, "end": NOW + day}, {"end": NOW}, {"start": NOW + day}, {"start": NOW},
        {"unit": 8}, {"unit": 0, "person": 9}, {"unit": 0, "person": 1},
    ]  # fmt: skip
    those = Many([
        Facts(owner=n, is_person=True, relations=(Relation(**({"kind": "service", "unit": 7} | tie)),))
        for n, tie in enumerate(ties, 10)
    ])  # fmt: skip
    for now, open_ in ((NOW, (10, 11, 14)), (NOW + day, (10, 13, 14)), (NOW - day, (10, 11, 12)), (NOW, (10, 11, 14))):
        for type_ in ("Observation", "Condition"):
            assert those.permitted(nurse, Purpose.TREATMENT, Labels(type=type_), Act.READ, now) == (*open_, 17)


def test_who_asks_of_every_type_asks_once_of_each(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr("akson.access.many.decide", lambda *question: asked.append(question) or decide(*question))
    nurse = Actor(kind=Kind.STAFF, id="x", key=1, name="x", role="sykepleier", unit=7, controller=7, person=2)
    those = Many([Facts(owner=10, is_person=True, relations=(Relation(kind="service", unit=7),))])
    told = [[those.permitted(nurse, Purpose.TREATMENT, Labels(type=name), Act.READ, NOW) for name in types.TYPES]
            for _ in range(2)]  # fmt: skip
    assert told[0] == told[1] and (10,) in told[0] and len(asked) == len(types.TYPES)


def test_a_program_is_told_of_a_thousand_protected_persons_by_one_question_until_a_fact_begins(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr("akson.access.many.decide", lambda *question: asked.append(question) or decide(*question))
    program = Actor(kind=Kind.SYSTEM, id="x", key=0, name="x", role="system", scopes=frozenset({"system/*.rs"}))
    tomorrow = Block(start=NOW + timedelta(days=1))
    known = [Facts(owner=n, is_person=True, protection=STRICTLY) for n in range(10, 1010)]
    those = Many([*known, Facts(owner=2000, is_person=True, blocks=(tomorrow,)), Facts(owner=3000, is_person=False)])
    question = program, Purpose.SYSTEM, Labels(type="Observation"), Act.READ
    for _ in range(2):
        assert those.refused(*question, NOW) == tuple(range(10, 1010))
    assert len(asked) == 2
    assert those.refused(*question, NOW + timedelta(days=2)) == (*range(10, 1010), 2000)
    assert those.permitted(*question, NOW) == (2000,) and those.others == (3000,)
