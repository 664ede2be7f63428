"""The rules about what nobody decides alone: whose number it is, who acts for whom, protection, who works where."""

from __future__ import annotations

from akson.access.asking import RULES, STAFF, Act, Ask, own_job, rule
from akson.base.work import Kind

__all__ = ["RULES"]

_JOBS_ONLY = frozenset({"Patient", "QuestionnaireResponse"})  # whose it is, and the person's own words: no program says


@rule(140, refusal="AK-A042", acts=frozenset({Act.ATTEST}))
def only_registers_attest(ask: Ask) -> bool:
    """Refuse everybody but the registers to say who acts for the person.

    And everybody but our own jobs to say whose a number is that somebody has already, to lessen the protection, and to
    change what the person has told of themselves.

    Source: vergemålsloven § 31, pbrl § 3-1; folkeregisterloven § 10-4 (neither is decided by those who give care);
    domain rules R29, C9
    """
    if ask.act is not Act.ATTEST or own_job(ask):
        return False
    return ask.actor.kind is not Kind.SYSTEM or (ask.labels is not None and ask.labels.type in _JOBS_ONLY)


@rule(139, refusal="AK-A047", acts=frozenset({Act.ATTEST}), persons=False)
def only_the_register_authorises(ask: Ask) -> bool:
    """Refuse everybody but the program that asks the register of health personnel to write what it answered.

    Source: hpl §§ 48, 48 a, 49 (authorisation is given by the authority, not by who employs); domain rule R7
    """
    return ask.labels is not None and ask.labels.type == "VerificationResult" and not own_job(ask)


@rule(141, refusal="AK-A043", to=STAFF, acts=frozenset({Act.ATTEST}), persons=False)
def nobody_employs_themselves(ask: Ask) -> bool:
    """Refuse staff to give themselves a role, and to change the national number that one of staff signs in by.

    Source: Normen (whoever manages access does not decide on their own; domain rule R7)
    """
    return ask.act is Act.ATTEST


@rule(142, refusal="AK-A046", to=STAFF, acts=frozenset({Act.WRITE, Act.REGISTER, Act.ATTEST}), persons=False)
def units_of_others(ask: Ask) -> bool:
    """Refuse staff to say who works at the units of another organisation, and what those are part of.

    Source: pjl § 19, Normen (each data controller manages access to its own); domain rule R7
    """
    return ask.labels is not None and ask.labels.outside
