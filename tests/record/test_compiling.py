"""What the statement of a search for staff holds: the list of those whose records are open, once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from akson.base.ids import Ids
from akson.fhir import search as extraction
from akson.record.search.asking import Asking
from akson.record.search.compiling import HEAD_OF_PERSONS, Compiler, Ready
from akson.record.search.statement import Scope
from akson.record.values import Hasher

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
OWNERS = tuple(range(-600, 600))


def compiled(type_: str, name: str, value: str) -> Ready:
    scope = Scope(owners=OWNERS)
    asked = Asking(type_, extraction.parameters, NOW).take([(name, value), ("_count", "20")])
    ids, hasher = Ids({"a": bytes(16)}, "a"), Hasher(b"h" * 32)
    return Compiler(asked=asked, scopes={"": scope, "Patient": scope}, ids=ids, hasher=hasher, now=NOW).page()


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
