"""What a suite is, and how one is run."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, cast

HERE = Path(__file__).parent
SHARED = HERE.parent.parent.parent / "shared"
FRAME = {"__main__", "suites"}
OWN = frozenset(
    {"chaos", "interference", "leaks", "schemathesis", "tampering"}
)  # they read nothing of the folder `shared`
LONG = frozenset({"chaos", "interference", "leaks"})  # a quarter of an hour or more each


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a suite.

    id   the same in every run
    run  returns None when the case passes, else what is wrong, on one line; what it raises is a failure too
    """

    id: str
    run: Callable[[], str | None]


class Suite(Protocol):
    """A module of this package that has a suite."""

    EVERY: int  # `make test` runs each so-manieth case; 1: all of them, 0: none, as it has a quick part of its own

    def cases(self, shared: Path) -> Iterator[Case]:
        """Yield the cases, read from the folder `shared`."""


@cache
def suites() -> dict[str, Suite]:
    """Return the suites by name: the modules beside this one that have cases."""
    names = [m.name for m in iter_modules([str(HERE)]) if m.name not in FRAME and not m.name.startswith("test_")]
    found = {name: import_module(f"tests.conformance.{name}") for name in names}
    return {name: cast(Suite, module) for name, module in found.items() if hasattr(module, "cases")}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a suite went; `surprises` are failures that are not known, and known ones that pass."""

    suite: str
    passed: int
    all: int
    known: int
    surprises: tuple[str, ...]


def outcome(name: str, every: int = 1) -> Outcome:
    """Run a suite, or each so-manieth of its cases."""
    known = known_failures(name)
    found = list(suites()[name].cases(SHARED))
    assert len({case.id for case in found}) == len(found), "a case stands twice"
    results = {case.id: _result(case) for case in found[::every]}
    failed = {case: why for case, why in results.items() if why is not None}
    surprises = [f"{case}: {why}" for case, why in failed.items() if case not in known]
    surprises += [
        f"{case} passes now: take it out of failures/{name}.toml" for case in known if case in results.keys() - failed
    ]
    if every == 1:
        surprises += [f"{case} is a known failure, but no case" for case in known.keys() - results.keys()]
    return Outcome(name, len(results) - len(failed), len(results), len(failed.keys() & known.keys()), tuple(surprises))


def known_failures(name: str) -> dict[str, str]:
    """Return the reasons of the known failures, by case."""
    file = HERE / "failures" / f"{name}.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}


def _result(case: Case) -> str | None:
    try:
        return case.run()
    except Exception as error:  # noqa: BLE001 - whatever a case raises is its result
        return f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
