"""What a rule is made of: the question it is asked, the answer it gives, and the register of rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import msgspec

from akson.access import override, roles
from akson.access.facts import Facts, Labels
from akson.access.roles import OWN_JOB, Permission
from akson.base.work import Actor, Kind, Purpose


class Act(StrEnum):
    """What somebody wants to do."""

    READ = "read"
    WRITE = "write"  # create, change or delete in a record that exists
    REGISTER = "register"  # make a new owner: a person, a unit, a schedule
    GOVERN = "govern"  # change who gives care: that decides who comes in
    ATTEST = "attest"  # change whose number it is, who acts for the person, or take their protection away
    OPEN = "open"  # take an opening: emergency when the purpose is
    ERASE = "erase"  # decide that an entry leaves the record for good
    END = "end"  # decide that what is kept of a person goes, because its time is over
    ADVISE = "advise"  # let decision support weigh an entry that the actor does not see, to say that there is something
    SEARCH_IDENTITY = "search-identity"  # be told that a person exists: name, birth date, place


class Ask(msgspec.Struct, frozen=True, gc=False):
    """One question. labels: of the resource, or None for the record as a whole."""

    actor: Actor
    purpose: Purpose
    facts: Facts
    labels: Labels | None
    act: Act
    now: datetime


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The answer. rule: which one decided; basis: why, as the citizen reads it; refusal: code of errors.toml."""

    permit: bool
    rule: str
    basis: str = ""
    refusal: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: when it `holds`, `decision` is the answer to these kinds of actors and acts.

    says, source  what it does, and by which law: the first sentence of its docstring, and what stands after "Source:"
    """

    order: int
    name: str
    says: str
    source: str
    holds: Callable[[Ask], bool]
    decision: Decision
    kinds: frozenset[Kind]
    acts: frozenset[Act]
    persons: bool  # about persons' records, else about what belongs to nobody
    lifted: bool

    @property
    def points(self) -> frozenset[str]:
        """The demands of law.toml that its source names."""
        return frozenset(_POINT.findall(self.source))


_POINT = re.compile(r"\b[RC]\d{1,2}\b")
RULES: list[Rule] = []
CONTENT = frozenset({Act.READ, Act.WRITE})
LASTING = frozenset({Act.ERASE, Act.GOVERN, Act.ATTEST})  # outlives whatever opening it was done under
_NEVER_IN_HASTE = LASTING | {Act.END}
EVERYBODY = frozenset(Kind)
STAFF, CITIZEN, SYSTEM = (frozenset({kind}) for kind in (Kind.STAFF, Kind.CITIZEN, Kind.SYSTEM))
NOBODY = Decision(permit=False, rule="no_rule_permits", refusal="AK-A001")
EMERGENCY = Decision(permit=True, rule="opened_in_emergency", basis="nødåpning")


def rule(
    order: int, *, refusal: str = "", basis: str = "", to: frozenset[Kind] = EVERYBODY, acts: frozenset[Act] = CONTENT,
    persons: bool = True, lifted: bool = False,
) -> Callable[[Callable[[Ask], bool]], Callable[[Ask], bool]]:  # fmt: skip
    """Register a rule: a bar when it has a `refusal`, a grant when it has a `basis`.

    Its docstring is its entry in the register: what it does, "Source: " by which law, and which demands of law.toml.
    Whatever bars somebody from the content bars them from erasing it and from deciding who else gets at it.
    """

    def register(holds: Callable[[Ask], bool]) -> Callable[[Ask], bool]:
        name, told = holds.__name__, " ".join((holds.__doc__ or "").split())
        says, source = told.partition(". ")[0].partition(" Source: ")[0], told.partition("Source: ")[2]
        decision = Decision(not refusal, name, basis, refusal)
        barred = acts | LASTING if refusal else acts
        RULES.append(Rule(order=order, name=name, says=says.removesuffix("."), source=source, holds=holds,
                          decision=decision, kinds=to, acts=barred, persons=persons, lifted=lifted))  # fmt: skip
        return holds

    return register


def in_emergency(ask: Ask) -> bool:
    """Say whether an emergency lifts a bar: one is open or asked for. Only for staff, never for what lasts."""
    if ask.act in _NEVER_IN_HASTE or ask.actor.kind is not Kind.STAFF:
        return False
    if ask.act is Act.OPEN:
        return ask.purpose is Purpose.EMERGENCY and roles.has(ask.actor.role, Permission.OPEN_EMERGENCY)
    return any(o.emergency and override.in_force(o, ask.actor, ask.now) for o in ask.facts.openings)


def related(ask: Ask) -> bool:
    """Say whether the caller's unit, or the caller by name, is tied to the patient now."""
    return any(r.holds(ask.now) and ties(r.unit, r.person, ask.actor) for r in ask.facts.relations)


def ties(unit: int, person: int, actor: Actor) -> bool:
    """Say whether a relation to `unit` or `person` is the actor's, working for the unit acted for now."""
    if actor.kind is not Kind.STAFF:
        return False
    by_name = person != 0 and person == actor.key and unit in (0, actor.unit)
    return by_name or (unit != 0 and unit == actor.unit)


def own_job(ask: Ask) -> bool:
    """Say whether one of our own jobs asks: it files what arrives, whoever it is about; no token carries its scope."""
    return OWN_JOB in ask.actor.scopes
