"""Each public suite passes as far as its list of known failures says; the quick part of `make conformance`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.suites import outcome, suites


@pytest.mark.parametrize("name", sorted(suites()))
def test_the_suite_passes_but_for_what_is_known(name: str, shared: Path) -> None:
    found = outcome(name, suites()[name].EVERY)
    assert found.all > 0
    assert found.surprises == ()
