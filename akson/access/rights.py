"""The rules about cases: what a citizen asks for by right, and what must be looked into, is between few.

A case is a Task that carries the mark `CASE`, beside the id of the organisation that answers it and the ids of those it
is about; one about an entry of the record carries `RECORD` and "Type/id" of the entry, and `ANSWERED` from when it is.
What it holds and who sets the marks: akson/record/cases.py, holding.py.
"""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import RULES, STAFF, Act, Ask, own_job, rule
from akson.access.citizens import decides
from akson.access.facts import Labels
from akson.access.roles import Permission
from akson.base.work import Actor, Kind

__all__ = ["ANSWERED", "CASE", "RECORD", "RULES", "answers", "asks", "is_case", "judges"]

CASE = "citizens-case"  # the mark; nobody can take it off or put it on, see role_does_not_cover
RECORD = "case-about-the-record"
ANSWERED = "case-answered"
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
    """Say whether it is who answers such cases in the organisation that does, who reads it or answers.

    About looks the privacy officer answers, about an entry who answers for the record. Nobody does about themselves.
    """
    labels, actor = ask.labels, ask.actor
    if labels is None or not is_case(labels):
        return False
    needed = Permission.ANSWER_FOR_RECORD if RECORD in labels.security else Permission.REVIEW_LOG
    done = ask.act is Act.READ or (ask.act is Act.WRITE and labels.letters == _CHANGED)
    own = actor.id.partition("/")[2]
    return done and roles.has(actor.role, needed) and _at(actor, labels) and own not in labels.security


def judges(ask: Ask) -> bool:
    """Say whether the actor answers an open case about the entry asked for, or writes a correction of that entry.

    A correction is a new document with the mark of what it corrects.
    """
    labels, actor = ask.labels, ask.actor
    if labels is None or not roles.has(actor.role, Permission.ANSWER_FOR_RECORD):
        return False
    cases = (one for one in ask.facts.labelled if is_case(one) and RECORD in one.security and _at(actor, one))
    about = {mark for one in cases if ANSWERED not in one.security for mark in one.security if "/" in mark}
    if ask.act is not Act.WRITE:
        return f"{labels.type}/{labels.id}" in about
    return labels.type == "DocumentReference" and labels.letters == _BEGUN and not about.isdisjoint(labels.security)


def _at(actor: Actor, case: Labels) -> bool:
    """Say whether the actor works where a case is answered."""
    return actor.kind is Kind.STAFF and actor.unit_id.partition("/")[2] in case.security


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
    """Allow those who answer cases the ones that their organisation answers: of looks the privacy officer.

    About an entry of the record it is who answers for the record. Neither gets anything else by it.

    Source: GDPR art. 12, 38 (4), 39, pjl § 22, hpl §§ 42-44; domain rules C2, C6, C7, R14, R18, R34
    """
    return answers(ask)


@rule(346, basis="behandler en sak", to=STAFF)
def reads_what_a_case_is_about(ask: Ask) -> bool:
    """Allow who answers a case about an entry to read it and write the correction, until the case is answered.

    Source: hpl §§ 42, 43 (correction and erasure are decided by who answers for the record); domain rules C6, C7
    """
    return judges(ask)
