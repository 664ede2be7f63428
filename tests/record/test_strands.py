"""Lines that depend on one another stay together and in their order; all others may be written beside them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from akson.record.strands import strands

PATIENT = {"resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:x", "value": "7"}]}
NUMBER = {"identifier": {"system": "urn:x", "value": "7"}}


class Line(msgspec.Struct, frozen=True):
    n: int
    body: bytes


def about(subject: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "subject": subject, **more}


def parted(*given: object, least: int = 1) -> list[list[int]]:
    """Return which of the given lines stand together, by their numbers from 0."""
    lines = [Line(n, one if isinstance(one, bytes) else json.dumps(one).encode()) for n, one in enumerate(given)]
    return [[line.n for line in part] for part in strands(lines, least, "https://here.example/fhir")]


@pytest.mark.parametrize(
    "other",
    [
        {"resourceType": "Patient", "id": "p1"},
        about({"reference": "Patient/p1"}),
        about({"reference": "Patient/p1/_history/3"}),
        about({"reference": "https://here.example/fhir/Patient/p1"}),
        about(NUMBER),
        about({"reference": "Patient/p9"}, performer=[{"reference": "Patient/p1"}]),
        {"resourceType": "Patient", "id": "p2", "identifier": [{"system": "urn:x", "value": "7"}]},
    ],
    ids=["the same id", "about", "about a version", "by our address", "by number", "names", "the same number"],
)
def test_what_needs_a_line_stays_with_it_whichever_comes_first(other: dict[str, Any]) -> None:
    stranger = about({"reference": "Patient/p5"})
    assert parted(PATIENT, stranger, other) == [[0, 2], [1]]
    assert parted(other, stranger, PATIENT) == [[0, 2], [1]]


def test_what_states_who_gives_care_stays_with_those_it_names() -> None:
    unit = {"resourceType": "Organization", "id": "u"}
    visit = {"resourceType": "Encounter", "status": "in-progress", "class": {}, "subject": {"reference": "Patient/p3"},
             "serviceProvider": {"reference": "Organization/u"}}  # fmt: skip
    assert parted(visit, PATIENT, unit) == [[0, 2], [1]]


def test_all_about_one_person_stays_together_though_the_person_is_elsewhere() -> None:
    mine, others = about({"reference": "Patient/a"}), about({"reference": "Patient/b"})
    assert parted(mine, others, mine, others) == [[0, 2], [1, 3]]


def test_what_only_refers_to_the_same_performer_does_not_hang_together() -> None:
    one, two = (about({"reference": f"Patient/{p}"}, performer=[{"reference": "Practitioner/d"}]) for p in "ab")
    assert parted(one, two, {"resourceType": "Practitioner", "id": "d"}) == [[0], [1], [2]]


def test_a_chain_of_lines_is_one_strand() -> None:
    link = [{"resourceType": "Person", "id": f"{n}", "link": [{"target": {"reference": f"Patient/{n}"}}]} for n in "ab"]
    persons = [{"resourceType": "Patient", "id": n} for n in "ab"]
    joint = about({"reference": "Patient/a"}, performer=[{"reference": "Patient/b"}])
    assert parted(*link, *persons, joint) == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize("line", [b"{", b"[]", b"7", b'{"resourceType":"Nothing"}', b'{"resourceType":"Patient","id":[]}',
                                  b'{"resourceType":"Observation","subject":[[{"reference":7}]]}'])  # fmt: skip
def test_lines_that_will_be_refused_hinder_nobody(line: bytes) -> None:
    assert parted(line, PATIENT, b"}") == [[0], [1], [2]]


def test_short_strands_are_handed_out_together() -> None:
    lines = [about({"reference": f"Patient/{n}"}) for n in range(5)]
    assert parted(*lines, least=2) == [[0, 1], [2, 3], [4]]
