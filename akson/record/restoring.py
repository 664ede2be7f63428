"""What is written when somebody changes what they are not shown all of: what they were not shown stands. Pure.

What is sent is held against what was shown, and that against what is kept: a mark that comes back stands for what it
hides, a new word in its stead is taken. What is left out though it was shown is gone; what was never shown stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from akson.base.errors import Refused
from akson.record.marked import MASKED, is_mark, key, leaves, places
from akson.record.whereabouts import aligned, placeless, unpointed

Resource = Mapping[str, Any]
_HELD: Final = "contained"


class _Kept(str):
    """A word or number that stands in what is kept, to be known again wherever it comes to stand."""


def with_places(given: Resource, kept: Resource) -> dict[str, Any]:
    """Return what is written when somebody changes what they are shown without its places.

    given  what they send
    kept   the resource as it stands
    Raises Refused AK-F040 where several look the same and one is gone, or where what was hidden would be shown by it
    """
    stands = {name: value for name, value in kept.items() if name != "text"}  # it told of what stood there
    seen = aligned(kept)
    _refuse_telling(given, seen, stands)
    return _written(given, seen, stands)


def _refuse_telling(given: Resource, seen: Resource, stands: Resource) -> None:
    """Refuse what would show what is hidden: by where each word came from, so no guess at the words changes it."""
    kept = _traced(stands)
    open_ = {id(one) for one in leaves(placeless(kept))}
    told = leaves(placeless(_written(given, seen, kept)))
    if any(isinstance(one, _Kept) and id(one) not in open_ for one in told):
        raise Refused("AK-F040", path=str(stands["resourceType"]))


def _traced(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _traced(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_traced(one) for one in value]
    return value if value is None else _Kept(value)


def _written(given: Resource, seen: Resource, stands: Resource) -> dict[str, Any]:
    at = str(stands["resourceType"])
    sent = dict(given) if "meta" in given or "meta" not in stands else {"meta": {}, **given}
    held, back = sent.get(_HELD) or [], _held_back(sent, seen, at)
    found = _members(sent | ({_HELD: [*held, *back]} if back else {}), seen, stands, at)
    if back:
        gone = unpointed(found)
        found[_HELD] = [one for n, one in enumerate(found[_HELD]) if n < len(held) or n not in gone]
    return {name: value for name, value in found.items() if (name, value) not in (("meta", {}), (_HELD, []))}


def _held_back(sent: Resource, seen: Resource, at: str) -> list[Any]:
    """Return what the resource holds that was not shown, as nothing shown points to it, and that is not sent."""
    held = sent.get(_HELD) or []
    had, ids = {key(one) for one in held}, {one.get("id") for one in held}
    back = [seen[_HELD][n] for n in sorted(unpointed(seen)) if key(seen[_HELD][n]) not in had]
    if ids & {one.get("id") for one in back}:
        raise Refused("AK-F040", path=f"{at}.{_HELD}")
    return back


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
            found[name] = _beside(kept[name], value) if beside else value
        elif value != seen[name]:  # else it stood for what R4 requires, and hides nothing
            found[name] = value
    hidden = (name for name in kept if name not in given and (name not in seen or is_mark(seen[name])))
    return found | {name: kept[name] for name in hidden}


def _beside(kept: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    had = {key(one) for one in kept}
    return [*kept, *(one for one in given if key(one) not in had)]


def _items(given: Sequence[Any], seen: Sequence[Any], kept: Sequence[Any], at: str) -> list[Any]:
    """Return the items of a list that is written: each beside the one it was shown as, wherever it stands now."""
    if len(seen) != len(kept):  # some were not shown at all
        raise Refused("AK-F040", path=at)
    at_ = places(given, seen, kept, at)
    found = [one if n is None else _restored(one, seen[n], kept[n], at) for one, n in zip(given, at_, strict=True)]
    sent = {*at_}
    return found + [kept[n] for n, one in enumerate(seen) if one == MASKED and n not in sent]
