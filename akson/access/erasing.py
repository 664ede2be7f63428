"""The rules about erasure: who may decide that an entry leaves a record for good, or all of it when its time ends."""

from __future__ import annotations

from datetime import datetime

from akson.access import roles
from akson.access.asking import RULES, STAFF, Act, Ask, related, rule
from akson.access.facts import Facts
from akson.access.rights import judges
from akson.access.roles import Permission

__all__ = ["RULES", "under_care"]
_END = frozenset({Act.END})


@rule(380, basis="journalansvarlig", to=STAFF, acts=frozenset({Act.ERASE}))
def may_decide_erasure(ask: Ask) -> bool:
    """Allow those who answer for a record to decide on erasure, where their unit gives care or the citizen asks for it.

    Source: hpl §§ 39, 43, 44 (who answers for the record, erasure, entries about the wrong person); domain rule C7
    """
    return (roles.has(ask.actor.role, Permission.DECIDE_ERASURE) and related(ask)) or judges(ask)


def under_care(facts: Facts, now: datetime) -> bool:
    """Say whether somebody gives care to a person who lives."""
    return not facts.deceased and any(one.holds(now) for one in facts.relations)


@rule(150, refusal="AK-A080", acts=_END)
def care_goes_on(ask: Ask) -> bool:
    """Refuse to end the record of somebody who lives and is given care, whatever its age; our own jobs too.

    Source: pjl § 25 (kept while care may need it); domain rule R24
    """
    return ask.act is Act.END and under_care(ask.facts, ask.now)


@rule(385, basis="lagringstiden er ute", to=STAFF, acts=_END)
def ends_what_is_kept(ask: Ask) -> bool:
    """Allow who answers for the record to decide that what their own data controller keeps goes when its time is over.

    They read nothing of it by that. That its time is over, that nothing holds it and that two decide is asked where
    the decision is kept (akson/record/ending.py).

    Source: pjl § 25, hpl § 39; domain rule R24
    """
    kept, actor = ask.labels, ask.actor
    own = kept is not None and kept.keeper == (actor.controller or actor.unit) != 0
    return own and roles.has(actor.role, Permission.ANSWER_FOR_RECORD)
