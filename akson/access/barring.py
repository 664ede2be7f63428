"""The bars that hold whatever tie there is: what the role has no use for, and persons whom some may never see."""

from __future__ import annotations

from akson.access import consenting, duty, rights, roles, stopping
from akson.access.asking import CITIZEN, CONTENT, RULES, STAFF, SYSTEM, Act, Ask, own_job, related, rule

__all__ = ["RULES"]

STRICTLY = "kode6"
_WRITING = frozenset({Act.WRITE, Act.GOVERN, Act.ATTEST})


@rule(20, refusal="AK-A040", to=STAFF | CITIZEN, acts=CONTENT | {Act.ADVISE})
def role_does_not_cover(ask: Ask) -> bool:
    """Refuse types of information that the role has no use for; of Tasks, citizens and privacy officers have cases.

    Of Consents, who gives care writes down what the patient agrees to (consenting.py), which lets nobody in.

    Source: pjl § 19, Normen: access follows the task; domain rule R7
    """
    if ask.labels is None:
        return not roles.may_read(ask.actor.role, "Patient")
    may = roles.may_write if ask.act in _WRITING else roles.may_read
    exempt = rights.answers(ask) or rights.asks(ask) or stopping.restores(ask)
    exempt = exempt or duty.reports(ask) or duty.follows(ask) or consenting.writes_down(ask)
    return not exempt and not may(ask.actor.role, ask.labels.type)


@rule(100, refusal="AK-A010", to=STAFF | SYSTEM, acts=frozenset(Act) - {Act.REGISTER, Act.END})
def strictly_confidential(ask: Ask) -> bool:
    """Refuse everybody a strictly confidential person, as if unknown, but who is tied to them or answers their case.

    Source: folkeregisterloven § 10-4 (strictly confidential address, code 6); domain rule R29
    """
    if ask.facts.protection != STRICTLY:
        return False
    return not (own_job(ask) or related(ask) or rights.answers(ask) or rights.judges(ask))


@rule(110, refusal="AK-A020", to=STAFF, acts=CONTENT | {Act.OPEN, Act.ADVISE, Act.END})
def own_record_as_staff(ask: Ask) -> bool:
    """Refuse staff their own record: they read it as citizens do.

    Source: hpl § 21 a (no reading without a reason in care); domain rule R6
    """
    return ask.actor.person != 0 and ask.actor.person == ask.facts.owner


@rule(111, refusal="AK-A021", to=STAFF, acts=CONTENT | {Act.OPEN, Act.ADVISE, Act.END}, lifted=True)
def close_family(ask: Ask) -> bool:
    """Refuse staff the record of their close family; in danger to life the only nurse on duty may open it.

    Source: hpl § 21 a; forvaltningsloven § 6 (competence); domain rule R6
    """
    person = 0 if duty.reports(ask) or duty.follows(ask) else ask.actor.person
    return person != 0 and any(r.person == person for r in ask.facts.representations)
