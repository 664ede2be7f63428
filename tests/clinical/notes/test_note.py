"""A note's four texts become one text and four again; what is only one text stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from akson.clinical.notes.form import SECTIONS
from akson.clinical.notes.note import joined, parted

WORDS = some.text(some.characters(categories=("L", "N", "P", "Zs")), max_size=40).map(lambda text: text.strip())
PARTS = some.fixed_dictionaries({name: WORDS for name, _ in SECTIONS} | {"vurdering": WORDS.filter(bool)})


@given(PARTS)
def test_what_was_written_in_four_parts_comes_back_in_four_parts(parts: dict[str, str]) -> None:
    assert parted(joined(parts)) == {name: text for name, text in parts.items() if text}


@pytest.mark.parametrize("text", ["Stabil, vekt 56,8.", "Første linje.\nAndre linje.\n\nTredje."])
def test_a_note_of_one_part_needs_no_heading(text: str) -> None:
    assert joined({"vurdering": text, "funn": ""}) == text
    assert parted(text) == {"vurdering": text}


def test_the_parts_stand_under_their_headings() -> None:
    assert joined({"funn": "Ødem.", "vurdering": "Svikt."}) == "Funn\nØdem.\n\nVurdering\nSvikt."
