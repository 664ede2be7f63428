"""docs/exchange.md tells which messages there are, and nothing that is not there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from akson.exchange import registry
from tests.architecture import messages
from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "exchange.md").read_text("utf-8")


def test_the_table_of_messages_is_as_the_registry_is() -> None:
    told = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in PAGE.splitlines() if "| `http" in line]
    assert [row[:-1] for row in told] == [row[:-1] for row in messages.rows(Counter())], "make docs"


def test_the_samples_are_counted(shared: Path) -> None:
    assert messages.page(PAGE) == PAGE, "make docs"


def test_every_type_that_is_received_belongs_to_a_standard() -> None:
    told = [code for one in registry.standards() for code in one.reads]
    assert sorted(told) == sorted([*registry.codes(), "APPREC"])


def test_what_the_operator_has_a_schema_for_is_no_longer_unverified() -> None:
    spaces = {space for one in registry.standards() if not one.proved for space in one.namespaces.values()}
    assert registry.summary(spaces).startswith("Norwegian messages: AppRec 1.0, AppRec 1.1, Dialogmelding 1.0")
    assert "unverified" not in registry.summary(spaces)
    assert registry.summary(()).count("(unverified)") == len(spaces)
