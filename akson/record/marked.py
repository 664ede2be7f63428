"""The mark that stands in what is shown for what is not, and what it stands for when it is sent back. Pure."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from akson.base.errors import Refused

MASKED: Final[Mapping[str, Any]] = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]
}
_MOST: Final = 10_000  # pairs that are held against each other to find the likest: what is asked for may be anything


def has_mark(value: Any) -> bool:
    """Say whether a mark stands anywhere in a resource or part of one."""
    if isinstance(value, dict):
        return value == MASKED or any(map(has_mark, value.values()))
    return isinstance(value, list) and any(map(has_mark, value))


def is_mark(value: Any) -> bool:
    """Say whether nothing but marks stands for a member."""
    return value == MASKED or (isinstance(value, list) and bool(value) and all(one == MASKED for one in value))


def leaves(value: Any) -> Iterator[Any]:
    """Yield all words and numbers of a resource or part of one."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves(one)
    elif value is not None:
        yield value


def key(value: Any) -> str:
    """Return the same for what says the same: of two things with the same members their order does not count."""
    return json.dumps(value, sort_keys=True, default=repr)


def places(given: Sequence[Any], seen: Sequence[Any], kept: Sequence[Any], at: str) -> list[int | None]:
    """Return which of the items of a list, as they were shown, each of the given ones is; None for what is new.

    First those that are unchanged, wherever they stand now, then those that leave out what was masked, then the
    likest of those that still have a mark in them: what has none has been given no part in what is hidden.

    kept   the items as they stand
    Raises Refused AK-F040 at `at` where several look the same and one is gone, or nothing tells what a mark stands for
    """
    found: list[int | None] = [None] * len(given)
    _take(found, {n: key(one) for n, one in enumerate(given)}, enumerate(map(key, seen)), kept, at)
    masked = {n: seen[n] for n in {*range(len(seen))} - {*found} if has_mark(seen[n])}
    bare = {n: key(one) for n, one in enumerate(given) if found[n] is None and not has_mark(one)}
    _take(found, bare, ((n, key(_unmarked(one))) for n, one in masked.items()), kept, at)
    marked = [n for n, one in enumerate(given) if found[n] is None and has_mark(one)]
    taken = {*found}
    left = {n: one for n, one in masked.items() if n not in taken} if marked else {}
    if len(marked) * len(left) > _MOST:
        raise Refused("AK-F040", path=at)
    for number in marked:
        found[number] = n = _likest(given[number], left)
        if n is None:
            raise Refused("AK-F040", path=at)
        del left[n]
    return found


def _take(
    found: list[int | None], given: Mapping[int, str], seen: Iterable[tuple[int, str]], kept: Sequence[Any], at: str
) -> None:
    """Find what is given among what was seen, each once, by what it says: the first of those that say the same."""
    alike: defaultdict[str, deque[int]] = defaultdict(deque)
    for n, said in seen:
        alike[said].append(n)
    every = {said: (*where,) for said, where in alike.items() if len(where) > 1 and said != _MARK}
    for number, said in given.items():
        if where := alike.get(said):
            found[number] = where.popleft()
    for said in every.keys() & {*given.values()}:
        if alike[said] and any(kept[n] != kept[every[said][0]] for n in every[said]):
            raise Refused("AK-F040", path=at)


_MARK: Final = key(MASKED)


def _unmarked(value: Any) -> Any:
    """Return an item without its marks, and without what is empty then."""
    if isinstance(value, list):
        return [_unmarked(one) for one in value if not is_mark(one)]
    if not isinstance(value, dict):
        return value
    left = {name: _unmarked(inner) for name, inner in value.items() if not is_mark(inner)}
    return {name: inner for name, inner in left.items() if inner not in ({}, [])}


def _likest(one: Any, seen: Mapping[int, Any]) -> int | None:
    """Return which of those says most of what `one` does; None when that is nothing, or several say as much."""
    alike = {n: _alike(one, other) for n, other in seen.items()}
    most = max(alike.values(), default=0)
    best = [n for n, score in alike.items() if score and score == most]
    return best[0] if len(best) == 1 else None


def _alike(one: Any, other: Any) -> int:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return 0
    return sum(name in other and other[name] == value for name, value in one.items())
