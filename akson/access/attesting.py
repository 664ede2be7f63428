"""The rule about what those who give care do not decide: whose number it is, who acts for whom, and the protection."""

from __future__ import annotations

from akson.access.asking import RULES, Act, Ask, own_job, rule
from akson.base.work import Kind

__all__ = ["RULES"]


@rule(140, refusal="AK-A042", acts=frozenset({Act.ATTEST}))
def only_registers_attest(ask: Ask) -> bool:
    """Refuse everybody but the registers to say who acts for the person.

    And everybody but our own jobs to say whose a number is that somebody has already, and to lessen the protection.

    Source: vergemålsloven § 31, pbrl § 3-1; folkeregisterloven § 10-4 (neither is decided by those who give care)
    """
    if ask.act is not Act.ATTEST or own_job(ask):
        return False
    return ask.actor.kind is not Kind.SYSTEM or (ask.labels is not None and ask.labels.type == "Patient")
