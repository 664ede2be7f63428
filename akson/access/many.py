"""Who of many, asked at once: of a thousand records few differ in what the rules look at, so few are asked about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from akson.access.facts import Facts, Labels
from akson.access.rules import Act, decide
from akson.base.work import Actor, Kind, Purpose


def likeness(facts: Facts) -> Facts:
    """Return what staff are judged by in this record: all but who it is, its age, and who is close or acts for it.

    Only rules for citizens look at the age; the owner's key and the persons are compared with the actor's own numbers
    only (tests/access/test_many.py holds all against the rules).
    """
    shared = facts.shared if facts.blocks else ()  # only a block on what a unit has written asks for it
    told = {"owner": 0, "rev": 0, "birth_date": None, "representations": (), "youth": (), "shared": shared}
    return msgspec.structs.replace(facts, **told)


class Many:
    """The records of some persons, parted by what the rules look at, to be asked about again and again.

    facts   by owner, of what belongs to nobody too
    owners  the persons among them, in order
    marked  those with blocks or marks of their own, which may keep a part of the record
    """

    def __init__(self, known: Iterable[Facts]) -> None:
        self.facts = {facts.owner: facts for facts in known}
        persons = [facts for facts in self.facts.values() if facts.is_person]
        self.owners = tuple(sorted(facts.owner for facts in persons))
        self.marked = tuple(facts.owner for facts in persons if facts.blocks or facts.labelled)
        alike: dict[Facts, list[int]] = {}
        for facts in persons:
            alike.setdefault(likeness(facts), []).append(facts.owner)
        self._alike = [tuple(owners) for owners in alike.values()]
        self._close: dict[int, set[int]] = {}  # by person: the records of those they act for
        for facts in persons:
            for one in facts.representations:
                self._close.setdefault(one.person, set()).add(facts.owner)

    def permitted(self, actor: Actor, purpose: Purpose, labels: Labels, act: Act, now: datetime) -> tuple[int, ...]:
        """Return the persons' records in which `decide` permits this, in order; the same object when it is all."""

        def permits(owner: int) -> bool:
            return decide(actor, purpose, self.facts[owner], labels, act, now).permit

        if actor.kind is not Kind.STAFF:
            return tuple(filter(permits, self.owners))
        apart = {actor.key, actor.person, actor.context} | self._close.get(actor.person, set())
        closed = {owner for owner in apart.intersection(self.facts) if not permits(owner)}
        for owners in self._alike:
            one = next((owner for owner in owners if owner not in apart), None)
            if one is not None and not permits(one):
                closed.update(owner for owner in owners if owner not in apart)
        return tuple(owner for owner in self.owners if owner not in closed) if closed else self.owners
