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
from akson.record.marked import MASKED

HOLDING: Final = frozenset({"address", "valueAddress", "locationAddress"})  # members of R4 that are an Address or more
_REACHING: Final = frozenset({"telecom", "valueContactPoint"})  # a number in a directory leads to an address


def hidden_from(actor: Actor, facts: Facts) -> bool:
    """Say whether the addresses of a record are hidden from the actor: from all but the person and our own jobs."""
    own = actor.kind is Kind.CITIZEN and actor.key == facts.owner
    return hides_address(facts) and not own and OWN_JOB not in actor.scopes


def is_protected(resource: Mapping[str, Any]) -> bool:
    """Say whether a resource carries the label of a protected address itself, as a Patient does."""
    labels = (resource.get("meta") or {}).get("security") or ()
    return any(one.get("system") == PROTECTION for one in labels)


def has_any(value: Any, names: frozenset[str] = HOLDING) -> bool:
    """Say whether an address stands anywhere in a resource or part of one; or what else has one of these names."""
    if isinstance(value, dict):
        return any(name in names or has_any(inner, names) for name, inner in value.items())
    return isinstance(value, list) and any(has_any(one, names) for one in value)


def without(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource with a mark in place of each address, and without narratives, which may repeat them."""
    masked: dict[str, Any] = _masked(resource)
    return masked


def unfindable(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what of a resource somebody with a protected address may be found by: no phone number either."""
    return bare(without(resource), _REACHING) if has_any(resource, HOLDING | _REACHING) else resource


def bare(value: Any, names: frozenset[str] = HOLDING) -> Any:
    """Return a resource or part of one without its addresses; or without what else has one of these names."""
    if isinstance(value, dict):
        return {name: bare(inner, names) for name, inner in value.items() if name not in names}
    return [bare(each, names) for each in value] if isinstance(value, list) else value


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if not isinstance(value, dict):
        return value
    told = {name: inner for name, inner in value.items() if name != "text" or "resourceType" not in value}
    return {name: _mark(inner) if name in HOLDING else _masked(inner) for name, inner in told.items()}


def _mark(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(MASKED)
    return [dict(MASKED)] if isinstance(value, list) else value  # some addresses are plain texts, of computers
