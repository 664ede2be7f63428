"""The mark that stands in what is shown for what is not, and what it stands for when it is sent back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from akson.base.errors import Refused

MASKED: Final[Mapping[str, Any]] = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]
}


def has_mark(value: Any) -> bool:
    """Say whether a mark stands anywhere in a resource or part of one."""
    if isinstance(value, dict):
        return value == MASKED or any(map(has_mark, value.values()))
    return isinstance(value, list) and any(map(has_mark, value))


def places(given: Sequence[Any], seen: Sequence[Any], kept: Sequence[Any], at: str) -> list[int | None]:
    """Return which of the items of a list, as they were shown, each of the given ones is; None for what is new.

    First those that are unchanged, wherever they stand now, then those that are likest.

    kept   the items as they stand
    Raises Refused AK-F036 at `at` where several look the same and one is gone, or nothing tells what a mark stands for
    """
    left = [*range(len(seen))]
    found: list[int | None] = []
    for one in given:
        same = [n for n in left if seen[n] == one]
        gone = one != MASKED and given.count(one) < seen.count(one)
        if gone and any(kept[n] != kept[same[0]] for n in same):
            raise Refused("AK-F036", path=at)
        found.append(same[0] if same else None)
        left = [n for n in left if n != found[-1]]
    for number, one in enumerate(given):
        if found[number] is not None:
            continue
        found[number] = n = _likest(one, seen, left)
        left = [other for other in left if other != n]
        if n is None and has_mark(one):
            raise Refused("AK-F036", path=at)
    return found


def _likest(one: Any, seen: Sequence[Any], left: Sequence[int]) -> int | None:
    """Return which of those left says most of what `one` does; None when that is nothing, or several say as much."""
    alike = {n: _alike(one, seen[n]) for n in left}
    best = [n for n, score in alike.items() if score and score == max(alike.values())]
    return best[0] if len(best) == 1 else None


def _alike(one: Any, other: Any) -> int:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return 0
    return sum(name in other and other[name] == value for name, value in one.items())
