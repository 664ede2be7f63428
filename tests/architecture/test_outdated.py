"""What was found of newer libraries is about those that are pinned now, and leaves none of an installation's out."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.architecture import outdated
from tests.architecture.audit import NotAsked, Pin, pins

RUNS, TESTS = (Pin(kind="pypi", name=name, version="1.0", runs=name == "Typing_Extensions")
               for name in ("Typing_Extensions", "arrow"))  # fmt: skip


def test_what_was_found_is_about_what_is_pinned_and_nothing_of_an_installation_was_behind() -> None:
    """When it fails: `make outdated`."""
    told = tomllib.loads(outdated.KEPT.read_text("utf-8"))
    assert told["digest"] == outdated.digest(pins()) and told["behind"] == []
    assert told["libraries"] == sum(one.runs for one in pins()) > 20


def test_another_version_is_another_installation_and_what_only_tests_is_none() -> None:
    assert outdated.digest([RUNS]) == outdated.digest([TESTS, RUNS])
    assert outdated.digest([RUNS]) != outdated.digest([replace(RUNS, version="1.1")])


@pytest.mark.parametrize(("newest", "code", "lines"), [
    ({}, 0, ("behind = []", "behind_in_tests_only = []")),
    ({("pypi", "typing-extensions"): "2.0"}, 1, ('behind = ["Typing_Extensions 1.0, newest 2.0"]',)),
    ({("pypi", "arrow"): "2.0"}, 0, ("behind = []", 'behind_in_tests_only = ["arrow 1.0, newest 2.0"]')),
    ({("npm", "arrow"): "2.0"}, 0, ("behind = []", "behind_in_tests_only = []")),
])  # fmt: skip
def test_what_runs_and_is_behind_stops_a_release(
    newest: dict[tuple[str, str], str], code: int, lines: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(outdated, "pins", lambda: [RUNS, TESTS])
    monkeypatch.setattr(outdated, "asked", lambda wanted: newest)
    assert outdated.main(date(2026, 11, 23), file := tmp_path / "kept") == code
    assert all(line in file.read_text("utf-8").splitlines() for line in ("day = 2026-11-23", *lines))


@pytest.mark.parametrize(("one", "than", "is_later"), [
    ("4.0.1", "4.0.1", False), ("4.0.10", "4.0.9", True), ("4.5.2", "5.2.13", False), ("5", "4.9.9", True),
])  # fmt: skip
def test_a_version_comes_after_another_by_its_numbers(one: str, than: str, is_later: bool) -> None:
    assert outdated.later(one, than) is is_later


def test_no_answer_writes_nothing_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(wanted: object) -> dict[tuple[str, str], str]:
        raise NotAsked("away")

    monkeypatch.setattr(outdated, "asked", none)
    assert outdated.main(date(2026, 11, 23), file := tmp_path / "kept") == 2 and not file.exists()
