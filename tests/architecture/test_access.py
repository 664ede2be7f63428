"""docs/access.md says what the rules of access are, and nothing that they are not."""

from __future__ import annotations

from tests.architecture import access
from tests.architecture.source import ROOT


def test_the_page_on_access_is_as_the_rules_are() -> None:
    written = (ROOT / "docs" / "access.md").read_text("utf-8")
    assert written == access.page(), "make docs"
