"""The rules about cases: what a citizen asks for by right, and what must be looked into, is between few.

A case is a Task that carries the mark `CASE`, beside the id of the organisation that answers it and the ids of those it
is about. What it holds and who sets the marks: akson/record/cases.py.
"""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import RULES, STAFF, Act, Ask, own_job, rule
from akson.access.citizens import decides
from akson.access.facts import Labels
from akson.access.roles import Permission
from akson.base.work import Kind

__all__ = ["CASE", "RULES", "answers", "asks", "is_case"]

CASE = "citizens-case"  # the mark; nobody can take it off or put it on, see role_does_not_cover
_BEGUN, _CHANGED = "c", "u"  # of SMART's letters


def is_case(labels: Labels | None) -> bool:
    """Say whether a resource is a case."""
    return labels is not None and labels.type == "Task" and CASE in labels.security


def asks(ask: Ask) -> bool:
    """Say whether a citizen begins a case about a record that they decide for."""
    labels = ask.labels
    begins = ask.act is Act.WRITE and labels is not None and labels.letters == _BEGUN
    return begins and ask.actor.kind is Kind.CITIZEN and is_case(labels) and decides(ask)


def answers(ask: Ask) -> bool:
    """Say whether it is the privacy officer of the organisation that answers the case, who reads it or answers.

    Nobody answers a case about themselves.
    """
    labels, actor = ask.labels, ask.actor
    if labels is None or not is_case(labels) or not roles.has(actor.role, Permission.REVIEW_LOG):
        return False
    done = ask.act is Act.READ or (ask.act is Act.WRITE and labels.letters == _CHANGED)
    unit, own = actor.unit_id.partition("/")[2], actor.id.partition("/")[2]
    return done and actor.kind is Kind.STAFF and unit in labels.security and own not in labels.security


@rule(123, refusal="AK-A063")
def case_of_others(ask: Ask) -> bool:
    """Refuse a case to everybody but the citizen, who decides for them, and who answers; citizens do not change it.

    Those who give care are not told, least of all whom it is about; a program is not told what citizens ask for.

    Source: GDPR art. 12, 15, 38 (5), pjl § 18; domain rules C2, R34
    """
    if not is_case(ask.labels) or own_job(ask) or answers(ask):
        return False
    return not (asks(ask) or (ask.act is Act.READ and ask.actor.kind is Kind.CITIZEN and decides(ask)))


@rule(345, basis="behandler en sak", to=STAFF)
def answers_the_case(ask: Ask) -> bool:
    """Allow the privacy officer the cases that the officer's organisation answers, and nothing else of the record.

    Source: GDPR art. 12, 38 (4), 39, pjl § 22; domain rules C2, R14, R18, R34
    """
    return answers(ask)
