"""Who of many, asked at once: of a thousand records few differ in what the rules look at, so few are asked about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

import msgspec

from akson.access.facts import Facts, Labels
from akson.access.rules import Act, decide
from akson.base.work import Actor, Kind, Purpose


@lru_cache(maxsize=50_000)
def _one(facts: Facts) -> Facts:
    """Return the same object for equal facts."""
    return facts


def likeness(facts: Facts) -> Facts:
    """Return what staff are judged by in this record: all but who it is, its age, and who is close or acts for it.

    Equal likenesses are one object. Only rules for citizens look at the age; the owner's key and the persons are
    compared with the actor's own numbers only (tests/access/test_many.py holds all against the rules).
    """
    shared = facts.shared if facts.blocks else ()  # only a block on what a unit has written asks for it
    told = {"owner": 0, "rev": 0, "birth_date": None, "representations": (), "youth": (), "shared": shared}
    return _one(msgspec.structs.replace(facts, **told))


def permitted(
    actor: Actor,
    purpose: Purpose,
    candidates: Mapping[int, tuple[Facts, Facts]],
    labels: Labels,
    act: Act,
    now: datetime,
) -> list[int]:
    """Return the owners among `candidates` (key -> facts, likeness) whom `decide` permits, in their order."""
    apart = set(candidates) if actor.kind is not Kind.STAFF else {actor.key, actor.person, actor.context}
    known: dict[object, bool] = {}
    found = []
    for owner, (facts, like) in candidates.items():
        group = owner if owner in apart or _close(facts, actor.person) else (id(like),)
        permits = known.get(group)
        if permits is None:
            permits = known[group] = decide(actor, purpose, facts, labels, act, now).permit
        if permits:
            found.append(owner)
    return found


def _close(facts: Facts, person: int) -> bool:
    return bool(facts.representations) and any(one.person == person for one in facts.representations)
