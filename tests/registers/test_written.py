"""Whose number stands in a text that nobody could read: however it is written, and nobody else's."""

from __future__ import annotations

import random

import pytest

from akson.registers.written import numbers_in

NUMBER, OTHER = "14834142059", "06855600259"


@pytest.mark.parametrize("text", [
    NUMBER, "148341 42059", "148341  42059", "148341\u00a042059", "148341-42059", "148341 - 42059", "14.83.41 42059",
    "14 83 41 42 059", "1 4 8 3 4 1 4 2 0 5 9", "148341\u200b42059", "148341_42059", "148341\r\n 42059", "148341/42059",
    "148341&#32;42059", "148341&#xA0;42059", "148341&nbsp;&nbsp;42059", "&#49;&#x34;834142059", f"<Id>{NUMBER}</Id>",
    f"fnr{NUMBER}født", f"2026{NUMBER}", f"{NUMBER}00", f"tlf. 98 76 54 32, {NUMBER}", f"{NUMBER}," * 90_000,
])  # fmt: skip
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert NUMBER in [one.value for one in numbers_in(text)]


@pytest.mark.parametrize("text", ["", "14834142058", "148341420", "148341    42059", "148341 nr 42059", "1483414205", "x" * 1_000_000,
                                  "1 " * 500_000, "a1" * 500_000])  # fmt: skip
def test_what_is_no_number_is_not_found(text: str) -> None:
    assert numbers_in(text) == []


def test_two_numbers_that_overlap_or_follow_each_other_are_both_found_in_any_crowd_of_digits() -> None:
    crowd = "".join(random.Random(7).choices("0123456789", k=1_000_000))
    assert {NUMBER, OTHER} <= {one.value for one in numbers_in(crowd[:500_000] + NUMBER + OTHER + crowd[500_000:])}
