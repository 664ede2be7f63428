"""Each public suite passes as far as its list of known failures says; the quick part of `make conformance`."""

from __future__ import annotations

import pytest

from tests.conformance.suites import OWN, outcome, suites


@pytest.mark.parametrize("name", sorted(name for name, suite in suites().items() if suite.EVERY))
def test_the_suite_passes_but_for_what_is_known(name: str, request: pytest.FixtureRequest) -> None:
    if name not in OWN:
        request.getfixturevalue("shared")
    found = outcome(name, suites()[name].EVERY)
    assert found.all > 0
    assert found.surprises == ()
