"""The rules about erasure: who may decide that an entry leaves a record for good."""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import RULES, STAFF, Act, Ask, related, rule
from akson.access.rights import judges
from akson.access.roles import Permission

__all__ = ["RULES"]


@rule(380, basis="journalansvarlig", to=STAFF, acts=frozenset({Act.ERASE}))
def may_decide_erasure(ask: Ask) -> bool:
    """Allow those who answer for a record to decide on erasure, where their unit gives care or the citizen asks for it.

    Source: hpl §§ 39, 43, 44 (who answers for the record, erasure, entries about the wrong person); domain rule C7
    """
    return (roles.has(ask.actor.role, Permission.DECIDE_ERASURE) and related(ask)) or judges(ask)
