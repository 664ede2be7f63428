"""Which part of a list, as it was shown, each of those that are sent back is: so what it hides stays with it. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from akson.base.errors import Refused
from akson.record.marked import MASKED, has_mark, is_mark, key

_SHAPES: Final = 10  # ways in which marks stand in the items of one list
_MOST: Final = 1_000  # pairs that are held against each other to find the likest: what is asked for may be anything


def places(given: Sequence[Any], seen: Sequence[Any], at: str) -> list[int | None]:
    """Return which of the items of a list, as they were shown, each of the given ones is; None for what is new.

    First those that are unchanged, wherever they stand now, then those that have the id of one, then those with the
    actor of one, then those that leave out what was masked, then those that say something else in its stead, then the
    likest of those that still have a mark in them. It is decided by what was shown and what is sent, and never by what
    is hidden: so the answer tells nothing of that.

    Raises Refused AK-F040 at `at` where several look the same and one is gone, nothing tells what a mark stands for, or
    one that hides something is gone and a new one says nothing where the mark was: it may be the same, changed
    """
    found: list[int | None] = [None] * len(given)
    masked = {n for n, one in enumerate(seen) if has_mark(one)}
    may_hide = masked | {n for n, one in enumerate(seen) if _whom(one)}
    _take(found, dict(enumerate(map(key, given))), enumerate(map(key, seen)), may_hide, at)
    _take_by_id(found, given, seen)
    _take_by_whom(found, given, seen, at)
    hiding = [n for n in sorted(masked - {*found}) if seen[n] != MASKED]  # nobody can take a mark away
    _take_unmarked(found, given, {n: seen[n] for n in hiding}, at)
    taken = {*found}
    gone = {n: seen[n] for n in hiding if n not in taken}
    marked = {n: one for n, one in enumerate(given) if found[n] is None and has_mark(one)}
    for n, where in _likest(marked, gone, at).items():
        found[n] = where
        del gone[where]
    _refuse_changed([one for n, one in enumerate(given) if found[n] is None], gone, at)
    return found


def _take_by_id(found: list[int | None], given: Sequence[Any], seen: Sequence[Any]) -> None:
    """Find what is given with the id of one that was seen; R4 lets no two have the same."""
    taken = {*found}
    left = {_name(one): n for n, one in enumerate(seen) if n not in taken}
    for n, one in enumerate(given):
        if found[n] is None and (name := _name(one)):
            found[n] = left.pop(name, None)


def _name(one: Any) -> tuple[str, str] | None:
    return (str(one.get("resourceType")), str(one["id"])) if isinstance(one, dict) and "id" in one else None


def _take_by_whom(found: list[int | None], given: Sequence[Any], seen: Sequence[Any], at: str) -> None:
    """Find what is given of whom one that was seen is: a participant hides more than has a mark.

    Raises Refused AK-F040 where several are of the same
    """
    taken = {*found}
    left = [(_whom(one), n) for n, one in enumerate(seen) if n not in taken]
    said = [(_whom(one), n) for n, one in enumerate(given) if found[n] is None]
    both = {whom for whom, _ in left} & {whom for whom, _ in said} - {""}
    where, which = ([one for one in some if one[0] in both] for some in (left, said))
    if len(where) > len(both) or len(which) > len(both):
        raise Refused("AK-F040", path=at)
    of = dict(where)
    for whom, n in which:
        found[n] = of[whom]


def _whom(one: Any) -> str:
    actor = one.get("actor") if isinstance(one, dict) else None
    return str(actor.get("reference", "")) if isinstance(actor, dict) else ""


def _take_unmarked(found: list[int | None], given: Sequence[Any], seen: Mapping[int, Any], at: str) -> None:
    """Find what is given without marks: as it was shown but for them, or with something else in their stead."""
    bare = [n for n, one in enumerate(given) if found[n] is None and not has_mark(one)]
    shapes = _shapes(seen, at) if bare else {}
    for shape, where in ((frozenset[str](), [*seen]), *shapes.items()):  # first those that say nothing in its stead
        taken = {*found}
        left = {n: key(_unmarked(seen[n], shape)) for n in where if n not in taken}
        said = {n: key(_unmarked(given[n], shape)) for n in bare if found[n] is None}
        _take(found, said, left.items(), left, at)


def _shapes(seen: Mapping[int, Any], at: str) -> dict[frozenset[str], list[int]]:
    """Return items by where in them marks stand. Raises Refused AK-F040 when that is in too many ways to try each."""
    found = defaultdict[frozenset[str], list[int]](list)
    for n, one in seen.items():
        found[frozenset(way for way, inner in _ways(one) if inner == MASKED or _has(inner))].append(n)
    if len(found) > _SHAPES:
        raise Refused("AK-F040", path=at)
    return found


def _has(value: Any) -> bool:
    return isinstance(value, list) and MASKED in value


def _ways(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each member of an item, and of what is in it, with where it stands."""
    for one in value if isinstance(value, list) else ():
        yield from _ways(one, at)
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield f"{at}.{name}", inner
        yield from _ways(inner, f"{at}.{name}")


def _take(
    found: list[int | None], given: Mapping[int, str], seen: Iterable[tuple[int, str]], masked: Collection[int], at: str
) -> None:
    """Find what is given among what was seen, each once, by what it says: the first of those that say the same."""
    alike: defaultdict[str, deque[int]] = defaultdict(deque)
    for n, said in seen:
        alike[said].append(n)
    several = {said for said, where in alike.items() if len(where) > 1 and said != _MARK and where[0] in masked}
    for number, said in given.items():
        if where := alike.get(said):
            found[number] = where.popleft()
    if any(alike[said] for said in several.intersection(given.values())):
        raise Refused("AK-F040", path=at)


_MARK: Final = key(MASKED)


def _unmarked(value: Any, but: frozenset[str] = frozenset(), at: str = "") -> Any:
    """Return an item without its marks, or what stands in some places of it, and without what is empty then."""
    if isinstance(value, list):
        return [_unmarked(one, but, at) for one in value if not is_mark(one)]
    if not isinstance(value, dict):
        return value
    left = {
        name: _unmarked(inner, but, f"{at}.{name}")
        for name, inner in value.items() if not is_mark(inner) and f"{at}.{name}" not in but
    }  # fmt: skip
    return {name: inner for name, inner in left.items() if inner not in ({}, [])}


def _likest(given: Mapping[int, Any], seen: Mapping[int, Any], at: str) -> dict[int, int]:
    """Return which of those that were seen each of the given ones is: the one of which it says most, and no other."""
    if len(given) * len(seen) > _MOST:
        raise Refused("AK-F040", path=at)
    said = {n: {*_words(one)} for n, one in seen.items()} if given else {}
    found = {number: _best({*_words(one)}, said) for number, one in given.items()}
    sure = {number: n for number, n in found.items() if n is not None}
    if len({*sure.values()}) < len(given):
        raise Refused("AK-F040", path=at)
    return sure


def _best(one: set[str], seen: Mapping[int, set[str]]) -> int | None:
    """Return which of those says most of what `one` does; None when that is nothing, or several say as much."""
    alike = {n: len(one & other) for n, other in seen.items()}
    most = max(alike.values(), default=0)
    best = [n for n, score in alike.items() if score and score == most]
    return best[0] if len(best) == 1 else None


def _words(value: Any, at: str = "") -> Iterator[str]:
    """Yield what an item says, each word with where it stands; a mark is one, other lists have no order."""
    if isinstance(value, dict) and value != MASKED:
        for name, inner in value.items():
            yield from _words(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner, at)
    else:
        yield f"{at}={key(value)}"


def _refuse_changed(new: Sequence[Any], gone: Mapping[int, Any], at: str) -> None:
    """Refuse what may be one that was shown with a mark and is sent without it: what it hid would be lost unsaid."""
    hid = frozenset[str]().union(*_shapes(gone, at)) if new else frozenset[str]()
    if any(not hid <= {way for way, _ in _ways(one)} for one in new):
        raise Refused("AK-F040", path=at)
