"""What is written when somebody changes what they are not shown all of: what they were not shown stands. Pure.

What is sent is held against what was shown, and that against what is kept: a mark that comes back stands for what it
hides, a new word in its stead is taken. What is left out though it was shown is gone; what was never shown stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from akson.base.errors import Refused
from akson.record.marked import MASKED, places
from akson.record.whereabouts import placeless

_OF_MARKS: Final = frozenset(one for pair in MASKED["extension"] for one in pair.values())
Resource = Mapping[str, Any]


def with_places(given: Resource, kept: Resource) -> dict[str, Any]:
    """Return what is written when somebody changes what they are shown without its places.

    given  what they send
    kept   the resource as it stands
    Raises Refused AK-F036 where several look the same and one is gone, or where what was hidden would be shown by it
    """
    stands = {name: value for name, value in kept.items() if name != "text"}  # it told of what stood there
    sent = dict(given) if "meta" in given or "meta" not in kept else {"meta": {}, **given}
    found: dict[str, Any] = _members(sent, placeless(kept), stands, str(kept["resourceType"]))
    if found.get("meta") == {}:
        del found["meta"]
    if not set(_said(placeless(found))) <= {*_said(given), *_OF_MARKS}:
        raise Refused("AK-F036", path=str(kept["resourceType"]))
    return found


def _restored(given: Any, seen: Any, kept: Any, at: str) -> Any:
    if given == seen:
        return kept
    if isinstance(given, dict) and isinstance(seen, dict) and isinstance(kept, dict) and seen != MASKED:
        return _members(given, seen, kept, at)
    if isinstance(given, list) and isinstance(seen, list) and isinstance(kept, list):
        return _items(given, seen, kept, at)
    return given


def _members(given: Resource, seen: Resource, kept: Resource, at: str) -> dict[str, Any]:
    """Return the members of what is written; what was shown as a mark, or not at all, cannot be taken away."""
    found = {}
    for name, value in given.items():
        if name in seen and name in kept:
            found[name] = _restored(value, seen[name], kept[name], f"{at}.{name}")
        elif name not in seen:
            beside = isinstance(value, list) and isinstance(kept.get(name), list)
            found[name] = [*kept[name], *(one for one in value if one not in kept[name])] if beside else value
        elif value != seen[name]:  # else it stood for what R4 requires, and hides nothing
            found[name] = value
    hidden = (name for name in kept if name not in given and (name not in seen or _is_mark(seen[name])))
    return found | {name: kept[name] for name in hidden}


def _is_mark(value: Any) -> bool:
    return value == MASKED or (isinstance(value, list) and bool(value) and all(one == MASKED for one in value))


def _items(given: Sequence[Any], seen: Sequence[Any], kept: Sequence[Any], at: str) -> list[Any]:
    """Return the items of a list that is written: each beside the one it was shown as, wherever it stands now."""
    if len(seen) != len(kept):  # some were not shown at all
        raise Refused("AK-F036", path=at)
    at_ = places(given, seen, kept, at)
    found = [one if n is None else _restored(one, seen[n], kept[n], at) for one, n in zip(given, at_, strict=True)]
    return found + [kept[n] for n, one in enumerate(seen) if one == MASKED and n not in at_]


def _said(value: Any) -> Iterator[str]:
    """Yield all words and numbers of a resource or part of one."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _said(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
