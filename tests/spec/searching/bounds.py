"""Searches that behave among some hundred resources as they otherwise do among millions: all ways to a page are taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from akson.record.search import compiling

SMALL = {"MOST_ROWS": 5, "HEAD": 4, "HEAD_OF_PERSONS": 2, "HEAD_OF_CODED": 6, "SOON": 9}


@contextmanager
def small_bounds() -> Iterator[None]:
    """Let few rows be many, as long as the block lasts."""
    usual = {name: getattr(compiling, name) for name in SMALL}
    for name, bound in SMALL.items():
        setattr(compiling, name, bound)
    try:
        yield
    finally:
        for name, bound in usual.items():
            setattr(compiling, name, bound)
