"""Who of many, asked at once: of a thousand records few differ in what the rules look at, so few are asked about."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple

import msgspec

from akson.access.facts import Facts, Labels, Relation
from akson.access.rules import Act, decide
from akson.base.work import Actor, Kind, Purpose

_ANSWERS: Final = 256  # that are kept, of different questions: a search may ask of each type, and there are fewer
_LISTS: Final = 32  # as long as all persons, that are kept for them: of most types the answer is the same


class _Answer(NamedTuple):
    """What was said once. stretch: of time, between two of the moments at which it may turn."""

    stretch: int
    permitted: tuple[int, ...]
    refused: tuple[int, ...]


def likeness(facts: Facts, now: datetime) -> Facts:
    """Return what staff are judged by in this record now.

    That is all but who it is, its age, who is close or acts for it, and since when and until when somebody is tied to
    it. Only rules for citizens look at the age and at what relatives were given; the owner's key and the persons are
    compared with the actor's own numbers only (tests/access/test_many.py holds all against the rules).
    """
    shared = facts.shared if facts.blocks else ()  # only a block on what a unit has written asks for it
    held = sorted({(one.kind, one.unit, one.person) for one in facts.relations if one.holds(now)})
    ties = tuple(Relation(kind=kind, unit=unit, person=person) for kind, unit, person in held)
    told = {"owner": 0, "rev": 0, "birth_date": None, "representations": (), "youth": (), "insights": (),
            "shared": shared, "relations": ties}  # fmt: skip
    return msgspec.structs.replace(facts, **told)


def alike(actor: Actor, facts: Facts, now: datetime) -> Facts:
    """Return facts such that `decide` says the same to `actor`, now, of all records of which these are equal."""
    own = facts.owner in (actor.key, actor.person, actor.context)
    if actor.kind is Kind.CITIZEN or own or any(one.person == actor.person for one in facts.representations):
        return facts
    return likeness(facts, now)


class Many:
    """The records of some persons, parted by what the rules look at, to be asked about again and again.

    facts   by owner, of what belongs to nobody too
    owners  the persons among them, in order
    others  what belongs to nobody
    marked  those with blocks or marks of their own, which may keep a part of the record
    """

    def __init__(self, known: Iterable[Facts]) -> None:
        self.facts = {facts.owner: facts for facts in known}
        persons = [facts for facts in self.facts.values() if facts.is_person]
        self.owners = tuple(sorted(facts.owner for facts in persons))
        self.others = tuple(facts.owner for facts in self.facts.values() if not facts.is_person)
        self.marked = tuple(facts.owner for facts in persons if facts.blocks or facts.labelled)
        self._persons = persons
        self._alike: tuple[int, list[tuple[int, ...]]] = (-1, [])  # of the stretch that was asked about last
        self._close: dict[int, set[int]] = {}  # by person: the records of those they act for
        for facts in persons:
            for one in facts.representations:
                self._close.setdefault(one.person, set()).add(facts.owner)
        self._turns = sorted({turn for facts in persons for turn in _turns(facts)})
        self._answers: dict[tuple[Actor, Purpose, Labels, Act], _Answer] = {}
        self._lists: dict[tuple[int, ...], tuple[int, ...]] = {}  # that the answers consist of, each once

    def permitted(self, actor: Actor, purpose: Purpose, labels: Labels, act: Act, now: datetime) -> tuple[int, ...]:
        """Return the persons' records in which `decide` permits this, in order; the same object when it is all.

        Staff and programs hear the same until a fact begins or ends: no rule for them asks the time for anything else.
        """
        if actor.kind is Kind.CITIZEN:
            return tuple(o for o in self.owners if decide(actor, purpose, self.facts[o], labels, act, now).permit)
        return self._answer(actor, purpose, labels, act, now).permitted

    def refused(self, actor: Actor, purpose: Purpose, labels: Labels, act: Act, now: datetime) -> tuple[int, ...]:
        """Return the persons' records in which `decide` refuses this to staff or to a program, in order."""
        return self._answer(actor, purpose, labels, act, now).refused

    def _answer(self, actor: Actor, purpose: Purpose, labels: Labels, act: Act, now: datetime) -> _Answer:
        question, stretch = (actor, purpose, labels, act), bisect_right(self._turns, now)
        known = self._answers.get(question)
        if known is None or known.stretch != stretch:
            if len(self._answers) >= _ANSWERS or sum(map(len, self._lists)) > _LISTS * len(self.owners):
                self._answers.clear()
                self._lists.clear()
            closed = self._closed(self._groups(stretch, now), actor, purpose, labels, act, now)
            open_ = tuple(owner for owner in self.owners if owner not in closed) if closed else self.owners
            known = _Answer(stretch, self._once(open_), self._once(tuple(sorted(closed))))
            self._answers[question] = known
        return known

    def _once(self, owners: tuple[int, ...]) -> tuple[int, ...]:
        """Return these owners as one object, however many answers name them."""
        return self._lists.setdefault(owners, owners)

    def _groups(self, stretch: int, now: datetime) -> Sequence[tuple[int, ...]]:
        """Return those who are alike now, looked at once however much is asked of them until a fact begins or ends."""
        if self._alike[0] != stretch:
            found: dict[Facts, list[int]] = {}
            for facts in self._persons:
                found.setdefault(likeness(facts, now), []).append(facts.owner)
            self._alike = stretch, [tuple(owners) for owners in found.values()]
        return self._alike[1]

    def _closed(
        self, groups: Sequence[tuple[int, ...]], actor: Actor, purpose: Purpose, labels: Labels, act: Act, now: datetime
    ) -> set[int]:
        def permits(owner: int) -> bool:
            return decide(actor, purpose, self.facts[owner], labels, act, now).permit

        apart = {actor.key, actor.person, actor.context} | self._close.get(actor.person, set())
        closed = {owner for owner in apart.intersection(self.owners) if not permits(owner)}
        for owners in groups:
            one = next((owner for owner in owners if owner not in apart), None)
            if one is not None and not permits(one):
                closed.update(owner for owner in owners if owner not in apart)
        return closed


def _turns(facts: Facts) -> Iterator[datetime]:
    """Yield the moments at which one of the facts that staff are judged by begins or ends."""
    for timed in chain(facts.relations, facts.blocks, facts.openings):
        yield from filter(None, (timed.start, timed.end))
