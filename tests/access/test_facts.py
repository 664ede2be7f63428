"""Facts as the journal keeps them with the owner."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from akson.access.facts import Block, Facts, Opening, Period, Relation, Representation, decode

KEPT = """[
 {"kind": "person", "value": {"birth_date": "1941-03-14", "deceased": false, "protection": "kode7"}},
 {"kind": "protection", "value": "kode7"},
 {"kind": "relation", "value": {"kind": "gp", "unit": 0, "person": -5, "start": null, "end": null, "name": "x"}},
 {"kind": "block", "value": {"persons": [7], "units": [], "roles": [], "documents": [], "written_by": [],
                             "labels": [], "even_emergency": true, "presumed": false, "start": null, "end": null}},
 {"kind": "opening", "value": {"person": 7, "unit": 8, "emergency": true, "start": "2026-11-22T10:00:00+00:00",
                               "end": "2026-11-22T11:00:00+00:00"}},
 {"kind": "representation", "value": {"person": 9, "kind": "parent", "start": null, "end": null}},
 {"kind": "youth", "value": {"start": null, "end": "2026-11-22T11:00:00+00:00"}},
 {"kind": "employment", "value": {"role": "sykepleier"}}
]"""


def test_what_the_journal_keeps_becomes_the_facts_of_the_rules() -> None:
    times = [datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (10, 11)]
    assert decode(1, 4, KEPT, is_person=True) == Facts(
        owner=1, is_person=True, rev=4, birth_date=date(1941, 3, 14), protection="kode7",
        relations=(Relation(kind="gp", person=-5),), blocks=(Block(persons=(7,), even_emergency=True),),
        openings=(Opening(person=7, unit=8, emergency=True, start=times[0], end=times[1]),),
        representations=(Representation(kind="parent", person=9),), youth=(Period(end=times[1]),),
    )  # fmt: skip


def test_nothing_kept_is_a_person_with_no_relation() -> None:
    assert decode(1, 0, "[]", is_person=True) == Facts(owner=1, is_person=True)


@pytest.mark.parametrize("kept", ['[{"kind": "amnesty", "value": {}}]', '[{"kind": "block", "value": {"units": "x"}}]'])
def test_access_is_never_decided_on_facts_that_are_not_understood(kept: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(1, 0, kept, is_person=True)
