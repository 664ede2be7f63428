"""Tells on which elements a criterion depends, so that it need not run where none of them is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from akson.fhir.fhirpath import tree

# What stands in the brackets of these runs for each item of their input, and so not at all when there is none.
_FOR_EACH: Final = frozenset({"where", "select", "all", "exists", "repeat", "repeatAll", "aggregate", "sort", "trace"})


def heads(part: tree.Part) -> frozenset[str] | None:
    """Return the names of the elements of $this that a part begins its paths with.

    Without any of them the part gives what it gives for an empty element. None: it depends on more than elements.
    """
    found = set(_heads(part))
    return None if "" in found else frozenset(found)


def _heads(part: tree.Part) -> Iterator[str]:
    """Yield the names, and "" for what is no name."""
    if isinstance(part, tree.Name):
        yield part.name
    elif isinstance(part, tree.External | tree.Special):
        yield ""
    elif isinstance(part, tree.Call):
        if part.of is None and part.name != "iif":
            yield ""
        inner = tree.inner(part)
        for each in inner[:1] if part.of is not None and part.name in _FOR_EACH else inner:
            yield from _heads(each)
    else:
        for each in tree.inner(part):
            yield from _heads(each)
