"""What the statement of a search for staff holds: the list of those whose records are open, once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from akson.base.errors import Refused
from akson.base.ids import Ids
from akson.fhir import search as extraction
from akson.fhir import types
from akson.record.search.asking import Asking
from akson.record.search.compiling import HEAD_OF_PERSONS, Compiler, Ready
from akson.record.search.joining import weigh
from akson.record.search.statement import Scope
from akson.record.values import Hasher

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
OWNERS = tuple(range(-600, 600))
SCOPES = (  # as of one who may not see all: of persons, of nobody, with something that is kept from them
    Scope(owners=OWNERS), Scope(persons=False, commons="all"), Scope(owners=OWNERS[:9]), Scope(owners=OWNERS, items=("x",)),
    Scope(owners=OWNERS[:9], items=("x", "y"), narrowed=(((1,),),)), Scope(owners=()),
)  # fmt: skip
DIFFERENT = {"": Scope(owners=OWNERS)} | {name: SCOPES[n % len(SCOPES)] for n, name in enumerate(types.TYPES)}


def compiled(type_: str, name: str, value: str, *, different: bool = False) -> Ready:
    scopes = DIFFERENT if different else dict.fromkeys(["", *types.TYPES], Scope(owners=OWNERS))
    asked = Asking(type_, extraction.parameters, NOW).take([(name, value), ("_count", "20")])
    weigh(asked.conditions)
    ids, hasher = Ids({"a": bytes(16)}, "a"), Hasher(b"h" * 32)
    return Compiler(asked=asked, scopes=scopes, ids=ids, hasher=hasher, now=NOW).page()


@pytest.mark.parametrize(
    ("type_", "name", "value"),
    [
        ("Patient", "name", "Anne"),  # few fit: each is asked about, none twice
        ("Observation", "performer", "Practitioner/x"),
        ("Observation", "date", "ge2020-01-01"),  # many fit: the first persons are walked
        ("Observation", "code", "8867-4"),
    ],
)
def test_the_list_is_sent_once_and_hashed_for_no_row(type_: str, name: str, value: str) -> None:
    ready = compiled(type_, name, value)
    assert "IN (SELECT unnest" not in ready.sql
    assert ready.sql.count("::text::bigint[] AS owners") == 1
    assert ready.values.count(Scope(owners=OWNERS).listed) == 1


def test_only_so_many_persons_are_looked_at_before_anything_is_collected() -> None:
    ready = compiled("Observation", "date", "ge2020-01-01")
    assert Scope(owners=OWNERS[:HEAD_OF_PERSONS]).listed in ready.values


@pytest.mark.parametrize(("part", "like"), [("Ann", "%ann%"), ("x%_\\\\yz", None), ("50%_\\\\ete", r"%50\%\_\\ete%")])
def test_a_part_of_a_word_is_a_pattern_of_nothing_but_itself(part: str, like: str | None) -> None:
    values = compiled("Patient", "name:contains", part).values
    assert [one for one in values if isinstance(one, str) and one.startswith("%")] == ([like] if like else [])


@pytest.mark.parametrize(
    ("type_", "of_any", "of_one", "value"),
    [
        ("Task", "based-on._has:Task:based-on:code", "based-on:Task._has:Task:based-on:code", "X"),
        ("Provenance", "target._has:Provenance:target:recorded", "target:Task._has:Provenance:target:recorded", "2026"),
        ("Composition", "entry._has:List:item:_has:List:item:status", "entry:List._has:List:item:_has:List:item:status",
         "current"),
        ("Patient", "_has:Task:subject:based-on._has:Task:based-on:code", "_has:Task:subject:based-on:Task._has:Task:based-on:code",
         "X"),
        ("Task", "based-on._id", "based-on:Task._id", "x"),
        ("Task", "based-on._lastUpdated", "based-on:Task._lastUpdated", "gt2026"),
        ("Task", "based-on.identifier", "based-on:Task.identifier", "X"),
        ("List", "item.item.identifier", "item:List.item:Task.identifier", "X"),
        ("Observation", "_has:Provenance:target:target.identifier", "_has:Provenance:target:target:Task.identifier", "X"),
        ("Condition", "evidence-detail._tag:missing", "evidence-detail:Task._tag:missing", "false"),
        ("Patient", "_has:Task:subject:based-on._profile:missing", "_has:Task:subject:based-on:Task._profile:missing", "true"),
        ("List", "item.item.identifier:missing", "item:List.item:Task.identifier:missing", "true"),
    ],
)  # fmt: skip
def test_a_reference_to_anything_is_asked_about_as_one_to_a_type(
    type_: str, of_any: str, of_one: str, value: str
) -> None:
    for different in (False, True):
        ways = [
            compiled(type_, name, value, different=different).sql.count("JOIN resource") for name in (of_any, of_one)
        ]
        assert ways[0] == ways[1] > 0


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("Task", "based-on.based-on.based-on.based-on.code"),
        ("Task", "based-on.based-on.based-on.based-on._has:Task:focus:status"),
        ("Provenance", "target.subject.focus.subject.identifier"),
    ],
)
def test_what_would_take_long_to_plan_is_refused_with_what_to_do(type_: str, name: str) -> None:
    with pytest.raises(Refused, match="AK-S005") as refused:
        compiled(type_, name, "x")
    assert "name the type" in str(refused.value.values["name"])
