"""The register of rules: none without its law and its table of cases, no entry without a rule or a test behind it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from akson.access.asking import RULES
from akson.access.law import answering, points
from tests.access import (
    shown,
    test_advising,
    test_appeals,
    test_bereaved,
    test_children,
    test_citizens,
    test_commons,
    test_demands,
    test_duty,
    test_ending,
    test_releasing,
    test_rights,
    test_rules,
    test_stopping,
    test_vouching,
)

TESTS = Path(__file__).parents[1]
NAMES = sorted({rule.name for rule in RULES})
_TABLES = (
    test_advising,
    test_appeals,
    test_bereaved,
    test_releasing,
    test_rules,
    test_citizens,
    test_children,
    test_commons,
    test_demands,
    test_duty,
    test_ending,
    test_rights,
    test_stopping,
    test_vouching,
)  # importing them marks what they show


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_is_shown_by_cases_that_fail_without_it(name: str) -> None:
    tests = shown.SHOWN[name]
    assert tests and all(shown.passes(test) for test in tests)
    with shown.without(name):
        assert [test.__name__ for test in tests if shown.passes(test)] == []


def test_no_test_shows_a_rule_that_is_not_there() -> None:
    assert [name for name in shown.SHOWN if name not in NAMES] == []


def test_every_rule_says_what_it_does_and_by_which_law() -> None:
    assert [rule.name for rule in RULES if not (rule.says and rule.source) or rule.points - points().keys()] == []


def test_the_law_is_whole_and_nothing_in_it_is_empty() -> None:
    citizens = [f"C{n}" for n in (*range(1, 12), 17)]
    assert list(points()) == [*(f"R{n}" for n in range(1, 41)), *citizens]
    assert [number for number, one in points().items() if not (one.tests or one.waits or answering(number))] == []


def test_every_test_the_law_names_is_there() -> None:
    there = {
        name for file in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
    }
    assert {test for one in points().values() for test in one.tests} - there == set()
