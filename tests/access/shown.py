"""Which table of cases shows which rule: a test that is marked with a rule's name fails when that rule is taken away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

from akson.access import rules
from akson.access.asking import RULES

SHOWN: dict[str, list[Callable[..., None]]] = defaultdict(list)


def shows(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a test as the one that shows these rules."""

    def mark(test: Callable[..., None]) -> Callable[..., None]:
        for name in names:
            SHOWN[name].append(test)
        return test

    return mark


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let a rule not be there for a while."""
    kept = list(RULES)
    RULES[:] = [one for one in kept if one.name != name]
    rules._plan.cache_clear()
    try:
        yield
    finally:
        RULES[:] = kept
        rules._plan.cache_clear()


def passes(test: Callable[..., None]) -> bool:
    """Tell whether all cases of a table, or a test without one, hold now."""
    try:
        for given in _cases(test):
            test(**given)
    except AssertionError:
        return False
    return True


def _cases(test: Callable[..., None]) -> Iterator[dict[str, Any]]:
    tables = []
    for mark in getattr(test, "pytestmark", []):
        names, rows = mark.args
        listed = [one.strip() for one in names.split(",")] if isinstance(names, str) else list(names)
        several = [row if len(listed) > 1 else (row,) for row in rows]
        tables.append([dict(zip(listed, row, strict=True)) for row in several])
    for parts in product(*tables):
        yield {name: value for part in parts for name, value in part.items()}
