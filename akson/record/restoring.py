"""What is written when somebody changes what they are not shown all of: what they were not shown stands. Pure.

What is sent is held against what was shown, and that against what is kept: a mark that comes back stands for what it
hides, a new word in its stead is taken. What is left out though it was shown is gone; what was never shown stays. Which
is which is told from what was shown and what is sent alone, and what cannot be told so is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final

from akson.base.errors import Refused
from akson.fhir.invariants import local
from akson.record import addresses
from akson.record.marked import MASKED, UNSHOWN, aside, back, has_mark, is_mark, key, leaves, mapped
from akson.record.pairing import places
from akson.record.placed import is_block
from akson.record.whereabouts import STAND_INS, aligned, placeless, unpointed

Resource = Mapping[str, Any]
_HELD: Final = "contained"
_TOLD: Final = "text"  # the narrative: it told of what stood there
_CHOICES: Final = ("Address", "CodeableConcept", "ContactPoint", "Identifier", "Reference", "Timing")


class _Kept(str):
    """A word or number that stands in what is kept, to be known again wherever it comes to stand."""


def restored(given: Resource, kept: Resource, *, placed: bool) -> dict[str, Any]:
    """Return what is written when somebody changes what they are shown without its addresses.

    given   what they send
    kept    the resource as it stands; empty where it is deleted
    placed  they are shown it without its places too
    Raises Refused AK-F040 where nothing tells what a mark stands for, or what was hidden would be lost or shown by it
    """
    names = () if placed else addresses.HOLDING
    given, kept, placed = aside(given, names), aside(kept, names), placed and bool(kept)
    stood = _apart(given, kept) if placed else kept
    seen = _seen(stood, placed=placed)
    if seen == stood and not has_mark(given):  # nothing is hidden
        return back(given)
    stands = {name: value for name, value in stood.items() if name != _TOLD or name in seen}
    _refuse_unseen(given, seen, stands, placed=placed)
    _refuse_telling(given, seen, stands, placed=placed)
    return back(_written(given, seen, stands))


def shown(kept: Resource, *, placed: bool) -> Resource:
    """Return what is shown of a resource without its addresses. placed: and without its places"""
    told = addresses.without(kept) if addresses.has_any(kept) else kept
    return placeless(told) if placed else told


def _seen(kept: Resource, *, placed: bool) -> Resource:
    """Return what is shown, item for item as it is kept."""
    told = addresses.without(kept) if addresses.has_any(kept) else kept
    return aligned(told) if placed else told


def _apart(given: Resource, kept: Resource) -> Resource:
    """Return what is kept; what it holds unseen has another id where the sender uses its own, so no guess finds it."""
    seen = _seen(kept, placed=True).get(_HELD) or []
    held = kept.get(_HELD) or []
    unseen = {f"#{held[n]['id']}" for n, one in enumerate(seen) if one is UNSHOWN and "id" in held[n]}
    taken = {*local(given), *(f"#{one.get('id')}" for one in given.get(_HELD) or ())}
    if unseen.isdisjoint(taken):
        return kept
    used = taken | {*local(kept), *(f"#{one.get('id')}" for one in held)}
    free = (name for name in (f"#{n}" for n in count(1)) if name not in used)
    names = dict(zip(sorted(unseen & taken), free, strict=False))
    ids = {old[1:]: new[1:] for old, new in names.items()}
    moved: dict[str, Any] = mapped(kept, lambda one: names.get(one, one) if isinstance(one, str) else one)
    moved[_HELD] = [one | {"id": ids.get(one["id"], one["id"])} if "id" in one else one for one in moved[_HELD]]
    return moved


def _refuse_unseen(given: Resource, seen: Resource, stands: Resource, *, placed: bool) -> None:
    """Refuse what would take the place of something unseen: a member that is not shown, or what stands for several."""
    required = STAND_INS.get(str(given["resourceType"]), {}).items()
    changed = any(name in given and seen.get(name) == mark != given[name] for name, mark in required)
    meta = _unseen(given.get("meta") or {}, seen.get("meta") or {})
    new = _unseen(given, seen)
    told = shown({**stands, **new, "meta": (stands.get("meta") or {}) | meta}, placed=placed)
    if changed or new.keys() - told.keys() or meta.keys() - told["meta"].keys():
        raise Refused("AK-F040", path=str(given["resourceType"]))


def _unseen(given: Resource, seen: Resource) -> dict[str, Any]:
    """Return the members that were not shown but lists, of which the rest stays beside what is new."""
    return {
        name: value for name, value in given.items()
        if name not in {*seen, _TOLD, _HELD} and not isinstance(value, list)
    }  # fmt: skip


def _refuse_telling(given: Resource, seen: Resource, stands: Resource, *, placed: bool) -> None:
    """Refuse what would show what is hidden: by where each word came from, so no guess at the words changes it.

    A block shows whom it is against: what was none is made one by nobody who does not see which they are.
    """
    kept = mapped(stands, lambda one: one if one is None else _Kept(one))
    open_ = {id(one) for one in leaves(shown(kept, placed=placed))}
    told = leaves(shown(_written(given, seen, kept), placed=placed))
    closed = placed and _blocks(given) - _blocks(stands)
    if closed or any(isinstance(one, _Kept) and id(one) not in open_ for one in told):
        raise Refused("AK-F040", path=str(given["resourceType"]))


def _blocks(resource: Resource) -> set[Any]:
    """Return which close a record, of a resource and what it holds, by their ids there."""
    return {one.get("id") for one in ({**resource, "id": ""}, *(resource.get(_HELD) or ())) if is_block(one)}


def _written(given: Resource, seen: Resource, stands: Resource) -> dict[str, Any]:
    sent = dict(given) if "meta" in given or "meta" not in stands else {"meta": {}, **given}
    found: dict[str, Any] = _restored(sent, seen, stands, str(given["resourceType"]))
    if found.get(_HELD):  # what was not shown goes with all that led to it
        sent_held, loose = len(given.get(_HELD) or ()), {id(stands[_HELD][n]) for n in unpointed(stands)}
        gone = {n for n in unpointed(found) if n >= sent_held and id(found[_HELD][n]) not in loose}
        found = found | {_HELD: [one for n, one in enumerate(found[_HELD]) if n not in gone]}
    return {name: value for name, value in found.items() if (name, value) not in (("meta", {}), (_HELD, []))}


def _restored(given: Any, seen: Any, kept: Any, at: str) -> Any:
    if seen == kept and not has_mark(given):
        return given
    if given == seen:
        return kept
    if isinstance(given, dict) and isinstance(seen, dict) and isinstance(kept, dict) and seen != MASKED:
        return _members(given, seen, kept, at)
    if isinstance(given, list) and isinstance(seen, list) and isinstance(kept, list):
        return _items(given, seen, kept, at)
    return _new(given, at)


def _new(given: Any, at: str) -> Any:
    """Return what is new. Raises Refused AK-F040 for a mark in it: it stands for nothing that was shown there."""
    if has_mark(given):
        raise Refused("AK-F040", path=at)
    return given


def _members(given: Resource, seen: Resource, kept: Resource, at: str) -> dict[str, Any]:
    """Return the members of what is written; what was shown as a mark, or not at all, cannot be taken away.

    Raises Refused AK-F040 for what would take the place of what was not shown
    """
    found = {}
    for name, value in given.items():
        here, there = f"{at}.{name}", kept.get(name)
        if name in addresses.HOLDING and isinstance(value, list):
            found[name] = _addresses(value, there, here)
        elif name in seen and name in kept:
            found[name] = _restored(value, seen[name], there, here)
        elif isinstance(value, list) and isinstance(there, list):
            found[name] = _beside(there, _new(value, here))
        elif name not in seen and name in kept and name != _TOLD:
            raise Refused("AK-F040", path=here)
        elif name not in seen or value != seen[name]:  # else it stood for what R4 requires, and hides nothing
            found[name] = _new(value, here)
    for name in (name for name in kept if name not in given):
        if (name not in seen or is_mark(seen[name])) and not _said(given, name, kept[name]):
            found[name] = kept[name]
        elif isinstance(seen.get(name), list) and isinstance(kept[name], list):
            found[name] = _items([], seen[name], kept[name], f"{at}.{name}")
    return {name: value for name, value in found.items() if value != [] or name in given}


def _addresses(given: Sequence[Any], kept: Any, at: str) -> list[Any]:
    """Return the addresses of a list: one mark stands for all that there were, and others for none."""
    mark = next((n for n, one in enumerate(given) if kept and one == MASKED), None)
    return [one for n, each in enumerate(given) for one in (kept if n == mark else [_new(each, at)])]


def _said(given: Resource, name: str, value: Any) -> bool:
    """Say whether something is given in the place of a hidden member, which of some elements of R4 is one of many."""
    stem = next((name.removesuffix(one) for one in _CHOICES if name.endswith(one)), "")
    return bool(stem) and not isinstance(value, list) and any(
        one.startswith(stem) and one[len(stem) :][:1].isupper() for one in given
    )  # fmt: skip


def _beside(kept: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    had = {key(one) for one in kept}
    return [*kept, *(one for one in given if key(one) not in had)]


def _items(given: Sequence[Any], seen: Sequence[Any], kept: Sequence[Any], at: str) -> list[Any]:
    """Return the items of a list that is written: each beside the one it was shown as, wherever it stands now."""
    if len(seen) != len(kept):  # one stood for several
        raise Refused("AK-F040", path=at)
    shown = [n for n, one in enumerate(seen) if one is not UNSHOWN]
    at_ = [None if n is None else shown[n] for n in places(given, [seen[n] for n in shown], at)]
    found = [
        _new(one, at) if n is None else _restored(one, seen[n], kept[n], at) for one, n in zip(given, at_, strict=True)
    ]
    sent = {*at_}
    return found + [kept[n] for n, one in enumerate(seen) if n not in sent and (one is UNSHOWN or one == MASKED)]
