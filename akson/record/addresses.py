"""Addresses of persons whose whereabouts are protected: kept, and shown and found by nobody but themselves.

All addresses in such a record are hidden, those of next of kin and places too: they would tell where the person is.
What else tells where they are to be is in whereabouts.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.access.facts import Facts
from akson.access.roles import OWN_JOB
from akson.access.rules import hides_address
from akson.base.work import Actor, Kind
from akson.record.facts import PROTECTION
from akson.record.marked import MASKED, places

_HOLDING: Final = frozenset({"address", "valueAddress", "locationAddress"})  # members of R4 that are an Address or more
_REACHING: Final = frozenset({"telecom", "valueContactPoint"})  # a number in a directory leads to an address


def hidden_from(actor: Actor, facts: Facts) -> bool:
    """Say whether the addresses of a record are hidden from the actor: from all but the person and our own jobs."""
    own = actor.kind is Kind.CITIZEN and actor.key == facts.owner
    return hides_address(facts) and not own and OWN_JOB not in actor.scopes


def is_protected(resource: Mapping[str, Any]) -> bool:
    """Say whether a resource carries the label of a protected address itself, as a Patient does."""
    labels = (resource.get("meta") or {}).get("security") or ()
    return any(one.get("system") == PROTECTION for one in labels)


def has_any(value: Any, names: frozenset[str] = _HOLDING) -> bool:
    """Say whether an address stands anywhere in a resource or part of one; or what else has one of these names."""
    if isinstance(value, dict):
        return any(name in names or has_any(inner, names) for name, inner in value.items())
    return isinstance(value, list) and any(has_any(one, names) for one in value)


def without(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource with a mark in place of each address, and without the narrative, which may repeat them."""
    masked: dict[str, Any] = _masked(resource)
    masked.pop("text", None)
    return masked


def unfindable(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what of a resource somebody with a protected address may be found by: no phone number either."""
    found: Mapping[str, Any] = _unreachable(without(resource)) if has_any(resource, _HOLDING | _REACHING) else resource
    return found


def _unreachable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unreachable(inner) for name, inner in value.items() if name not in _REACHING}
    return [_unreachable(each) for each in value] if isinstance(value, list) else value


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _mark(inner) if name in _HOLDING else _masked(inner) for name, inner in value.items()}


def _mark(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(MASKED)
    return [dict(MASKED)] if isinstance(value, list) else value  # some addresses are plain texts, of computers


def restored(given: dict[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written when somebody changes what they were shown: nobody takes away what they cannot see.

    given  with marks, or without addresses at all; an address that is given is a new one and is taken
    kept   the resource as it stands
    Raises Refused AK-F040 where several look the same without their addresses, and one is gone
    """
    found: dict[str, Any] = _restored(given, kept, str(kept.get("resourceType", "")))
    return found


def _restored(given: Any, kept: Any, at: str) -> Any:
    if isinstance(given, list):
        others = kept if has_any(kept) and isinstance(kept, list) else []
        at_ = places(given, _masked(others), others, at) if others else [None] * len(given)
        return [_restored(one, None if n is None else others[n], at) for one, n in zip(given, at_, strict=True)]
    if not isinstance(given, dict):
        return given
    stood = kept if isinstance(kept, dict) else {}
    found = {}
    for name, inner in given.items():
        if name in _HOLDING and isinstance(inner, list):  # a new one may stand beside the mark
            found[name] = _beside(inner, stood.get(name, []))
        elif name in _HOLDING and inner == MASKED:
            found |= {name: stood[name]} if name in stood else {}
        else:
            found[name] = _restored(inner, stood.get(name), f"{at}.{name}")
    unseen = (name for name in _HOLDING & stood.keys() if not isinstance(stood[name], str) and not _says(given, name))
    found |= {name: stood[name] for name in unseen}
    return {name: inner for name, inner in found.items() if inner != []}


def _beside(given: list[Any], stood: list[Any]) -> list[Any]:
    """Return the addresses of a list: one mark stands for all that there were, and others for none."""
    mark = next((n for n, one in enumerate(given) if one == MASKED), None)
    return [
        one for n, each in enumerate(given) for one in (stood if n == mark else [] if each == MASKED else [each])
    ]  # fmt: skip


def _says(given: Mapping[str, Any], name: str) -> bool:
    """Say whether something is given in the place of an address, which of some elements of R4 is one choice of many."""
    stem = name.removesuffix("Address")
    return any(one.startswith(stem) for one in given)
