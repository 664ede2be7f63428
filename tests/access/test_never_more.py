"""Whatever the facts: one more block, or one relation less, never permits more."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from akson.access.facts import OBJECTION, WITHHELD, Block, Facts, Labels, Opening, Period, Relation, Representation
from akson.access.roles import ROLES
from akson.access.rules import Act, decide
from akson.base.work import Actor, Attested, Kind, Purpose, Work
from akson.record.deciding import asked
from tests.access.people import NOW

KEYS = st.integers(0, 4)
UNITS = st.integers(0, 3)
TIMES = st.none() | st.integers(-10, 10).map(lambda hours: NOW + timedelta(hours=hours))
FEW = {"max_size": 2}

actors = st.builds(
    Actor, kind=st.sampled_from(Kind), id=st.just("x"), key=KEYS, name=st.just("x"),
    role=st.sampled_from(sorted(ROLES)),
    unit=UNITS, controller=UNITS, person=KEYS, context=KEYS,
    attested=st.none() | st.just(Attested(profession="LE", purpose=Purpose.TREATMENT, why="x")),
    scopes=st.sampled_from([frozenset(), frozenset({"system/*.cruds"}), frozenset({"akson/job"})]),
)  # fmt: skip
periods = st.builds(Period, start=TIMES, end=TIMES)
relations = st.builds(
    Relation, kind=st.sampled_from(["gp", "service", "team"]), unit=UNITS, person=KEYS, start=TIMES, end=TIMES
)
blocks = st.builds(
    Block, persons=st.lists(KEYS, **FEW).map(tuple), units=st.lists(UNITS, **FEW).map(tuple),
    roles=st.lists(st.sampled_from(sorted(ROLES)), max_size=1).map(tuple),
    documents=st.lists(st.just("Observation/a"), max_size=1).map(tuple),
    written_by=st.lists(UNITS, max_size=1).map(tuple),
    labels=st.lists(st.just("secret"), max_size=1).map(tuple), dated=st.none() | periods,
    even_emergency=st.booleans(), start=TIMES, end=TIMES,
)  # fmt: skip
openings = st.builds(
    Opening, person=KEYS, unit=UNITS, emergency=st.booleans(), start=TIMES, end=TIMES, reason=st.just("x")
)
representations = st.builds(
    Representation, kind=st.sampled_from(["parent", "proxy", "guardian", "family", "barnevern"]), person=KEYS,
    areas=st.lists(st.sampled_from(["timer", "legemidler"]), max_size=1).map(tuple), start=TIMES, end=TIMES,
)  # fmt: skip
facts = st.builds(
    Facts, owner=KEYS, is_person=st.booleans(), birth_date=st.none() | st.dates(),
    protection=st.sampled_from(["", "kode6", "kode7"]), relations=st.lists(relations, **FEW).map(tuple),
    blocks=st.lists(blocks, **FEW).map(tuple), openings=st.lists(openings, **FEW).map(tuple),
    representations=st.lists(representations, **FEW).map(tuple), youth=st.lists(periods, max_size=1).map(tuple),
)  # fmt: skip
labels = st.none() | st.builds(
    Labels, type=st.sampled_from(["Observation", "Patient", "Organization", "Task"]), id=st.sampled_from(["a", "b"]),
    unit=UNITS, author=KEYS, dates=st.lists(TIMES.filter(bool), **FEW).map(tuple), security=st.sets(st.sampled_from([OBJECTION, WITHHELD, "secret"])).map(frozenset),
)  # fmt: skip
questions = st.tuples(actors, st.sampled_from(Purpose), labels, st.sampled_from(Act))


@settings(max_examples=400, deadline=None)
@given(questions, facts, blocks)
def test_one_more_block_never_permits_more(question, about, block) -> None:
    actor, purpose, item, act = question
    more = msgspec.structs.replace(about, blocks=(*about.blocks, block))
    if decide(actor, purpose, more, item, act, NOW).permit:
        assert decide(actor, purpose, about, item, act, NOW).permit


@settings(max_examples=400, deadline=None)
@given(questions, facts, relations)
def test_one_relation_less_never_permits_more(question, about, relation) -> None:
    actor, purpose, item, act = question
    assume(act is not Act.END)  # a record ends only when care has: there one relation less is what it waits for
    more = msgspec.structs.replace(about, relations=(*about.relations, relation))
    if decide(actor, purpose, about, item, act, NOW).permit:
        assert decide(actor, purpose, more, item, act, NOW).permit


@settings(max_examples=400, deadline=None)
@given(questions, facts, actors)
def test_with_the_eyes_of_another_one_sees_what_both_see_and_writes_nothing(question, about, other) -> None:
    actor, purpose, item, act = question
    narrow = Work(actor=actor, purpose=purpose, now=NOW, office=None, through=other)
    theirs = Purpose.OWN if other.kind is Kind.CITIZEN else Purpose.TREATMENT
    both = decide(actor, purpose, about, item, act, NOW).permit and decide(other, theirs, about, item, act, NOW).permit
    assert asked(narrow, about, item, act).permit is (both and act in (Act.READ, Act.SEARCH_IDENTITY))
