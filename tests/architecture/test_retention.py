"""Nothing is kept that nobody has said how long: docs/retention.md names every table, and its days are those of the code."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from akson.clinical.notes import drafts
from akson.doors import sending
from akson.doors.settings import Settings
from akson.patient.alerting import gathering
from akson.patient.watching import job
from akson.record import conditions, exports
from akson.signin.sessions import SessionSettings
from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "retention.md").read_text("utf-8")
ROWS = [line.split("|")[1:4] for line in PAGE.splitlines() if line.startswith("| `")]
TERMS = [
    ("draft", drafts.KEPT), ("idempotency", conditions.KEPT), ("sending", sending.KEPT), ("export", 2 * exports.LASTS),
    ("alert", gathering.KEPT), ("watch_look", job.KEPT), ("watch_known", job.KEPT),
    ("watch_search", job.SEARCHES_KEPT), ("watch_listed", job.SEARCHES_KEPT),
    ("subscription_event", timedelta(days=Settings.__dataclass_fields__["event_days"].default)),
]  # fmt: skip


def _named(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_every_table_says_once_how_long_it_is_kept() -> None:
    schema = (ROOT / "docs" / "schema.sql").read_text("utf-8")
    tables = [name for name in re.findall(r"CREATE (?:UNLOGGED )?TABLE public\.(\w+)", schema)
              if not name.endswith("_default")]  # fmt: skip
    told = [name for tables_, _, _ in ROWS for name in _named(tables_)]
    assert sorted(told) == sorted(tables)
    assert all(kept.strip() for _, _, kept in ROWS)


@pytest.mark.parametrize(("table", "term"), TERMS, ids=[table for table, _ in TERMS])
def test_the_days_told_are_those_of_the_code(table: str, term: timedelta) -> None:
    (kept,) = [kept for tables, _, kept in ROWS if table in _named(tables)]
    assert re.match(r" (\d+) days?\b", kept) and int(kept.split()[0]) == term.days


def test_a_session_lasts_as_long_as_is_told() -> None:
    (kept,) = [kept for tables, _, kept in ROWS if "signin_session" in _named(tables)]
    assert f"{SessionSettings.longest // timedelta(hours=1)} hours" in kept
