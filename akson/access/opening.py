"""The rules about records that are opened without a tie: in an emergency, or with a reason. How: override.py."""

from __future__ import annotations

from akson.access import override, roles
from akson.access.asking import RULES, STAFF, Act, Ask, in_emergency, rule
from akson.access.roles import Permission
from akson.base.work import Purpose

__all__ = ["RULES"]


@rule(320, basis="nødåpning", to=STAFF)
def opened_in_emergency(ask: Ask) -> bool:
    """Allow whoever has opened the record in an emergency, for 60 minutes.

    Source: pjl § 17, hpl § 23; domain rule R14
    """
    return bool(ask.facts.openings) and in_emergency(ask)


@rule(330, basis="åpnet selv med begrunnelse", to=STAFF)
def opened_with_reason(ask: Ask) -> bool:
    """Allow whoever has opened the record with a reason, until the opening ends.

    Source: pjl § 19; domain rule R2
    """
    taken = (o for o in ask.facts.openings if not (o.emergency or o.learning))
    return any(override.in_force(o, ask.actor, ask.now) for o in taken)


@rule(335, basis="ser tilbake for å lære", to=STAFF, acts=frozenset({Act.READ}))
def looks_back_to_learn(ask: Ask) -> bool:
    """Allow those who gave care to read the record again, to learn from it, and to write nothing.

    Source: hpl § 29 c; domain rule R5
    """
    return any(o.learning and override.in_force(o, ask.actor, ask.now) for o in ask.facts.openings)


@rule(340, basis="åpner i nødsfall", to=STAFF, acts=frozenset({Act.OPEN}))
def may_open_in_emergency(ask: Ask) -> bool:
    """Allow health personnel to open a record when life or health is in danger.

    Source: pjl § 17, hpl § 23; domain rule R14
    """
    return in_emergency(ask)


@rule(350, basis="åpner med begrunnelse", to=STAFF, acts=frozenset({Act.OPEN}))
def may_open_with_reason(ask: Ask) -> bool:
    """Allow those whose role has unplanned tasks to open a record with a reason.

    Source: pjl § 19; domain rules R2, R4
    """
    return ask.purpose is not Purpose.EMERGENCY and roles.has(ask.actor.role, Permission.OPEN_WITH_REASON)
