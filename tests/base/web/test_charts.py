"""Charts are text: what they show and what they say to those who do not see."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from akson.base.web import charts


def test_a_sparkline_is_hidden_beside_its_table_row() -> None:
    drawn = charts.sparkline([95, 90, 93], (96, 100))
    assert 'aria-hidden="true"' in drawn
    assert 'class="out"' in drawn


@pytest.mark.parametrize("values", [[], [None], [37], [37, 37], [37, None, 38.5], [-1, 0, 1]])
def test_a_sparkline_bears_any_values(values: list[float | None]) -> None:
    drawn = str(charts.sparkline(values, (36, 38)))
    assert "nan" not in drawn
    if drawn:
        ElementTree.fromstring(drawn)


def test_the_newest_bar_is_marked() -> None:
    drawn = charts.bars([("9.", 1), ("", 6), ("i dag", 4)], "NEWS2: 1, 6, 4")
    assert len(re.findall("<rect", drawn)) == 3
    assert drawn.index('class="now"') > drawn.index(">6<")
    assert 'aria-label="NEWS2: 1, 6, 4"' in drawn


def test_a_trend_says_in_words_what_it_shows_and_marks_what_is_outside() -> None:
    line = charts.Line(name="Puls", unit="per min", values=[72, 108, None], band=(51, 90))
    drawn = charts.trend(
        ["09.11", "16.11", "18.11"], [line], scores=[1, 6, None], title="Puls < 100", text="Opp", name="a"
    )
    root = ElementTree.fromstring(str(drawn))
    assert [child.text for child in root[:2]] == ["Puls < 100", "Opp"]
    assert root.attrib["aria-labelledby"] == "a-t a-d"
    assert len(re.findall('class="pt out"', drawn)) == 1
    assert len(re.findall('class="cell', drawn)) == 2
