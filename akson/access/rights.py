"""The rules about cases: what a citizen asks for by right, and what must be looked into, is between few.

A case is a Task that carries the mark `CASE`, beside the id of the organisation that answers it and the ids of those it
is about; one about an entry of the record carries `RECORD` and "Type/id" of the entry, and `ANSWERED` from when it is.
One in which a relative asks for insight in the record of the dead carries `AFTER_DEATH`, and the relative's own id;
one that asks that a representative be told what is withheld, the name under which it is (`WITHHELD_AS`), not the entry.
An appeal carries what the refused case does, and `APPEAL_OF` with the id of that; one over what is withheld, that name.
What it holds and who sets the marks: akson/record/cases.py, holding.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from akson.access import roles
from akson.access.asking import CITIZEN, RULES, STAFF, Act, Ask, own_job, rule
from akson.access.bereaved import CONTENT, is_bereaved
from akson.access.citizens import decides
from akson.access.facts import WITHHELD, WITHHELD_AS, Facts, Labels
from akson.access.roles import Permission
from akson.base.work import Actor, Kind

__all__ = ["AFTER_DEATH", "ANSWERED", "ANSWERED_WITHIN", "APPEALED_WITHIN", "APPEAL_OF", "CASE", "CORRECTING", "GRACE",
           "RECORD", "RULES", "answers", "asks", "disputed", "is_case", "judges"]  # fmt: skip

CASE = "citizens-case"  # the mark; nobody can take it off or put it on, see role_does_not_cover
RECORD = "case-about-the-record"
ANSWERED = "case-answered"
AFTER_DEATH = "case-after-death"
CORRECTING = "case-correction"  # it asks that the entry be corrected: who gives care is told, beside the entry
ANSWERED_WITHIN: Final = timedelta(days=30)  # GDPR art. 12 (3); domain rule R34
APPEAL_OF: Final = "appeal-of-"  # how a mark begins that names the refused case, by its id
APPEALED_WITHIN: Final = timedelta(weeks=4)  # of the refusal; pbrl § 7-5; to be confirmed by a lawyer
GRACE: Final = timedelta(days=14)  # after that: a case that nobody answers opens nothing any more
_BEGUN, _CHANGED = "c", "u"  # of SMART's letters


def is_case(labels: Labels | None) -> bool:
    """Say whether a resource is a case."""
    return labels is not None and labels.type == "Task" and CASE in labels.security


def asks(ask: Ask) -> bool:
    """Say whether a citizen begins a case about a record that they decide for, or a relative one about the dead."""
    labels = ask.labels
    begins = ask.act is Act.WRITE and labels is not None and labels.letters == _BEGUN
    if labels is None or not begins or ask.actor.kind is not Kind.CITIZEN or not is_case(labels):
        return False
    if not _appeals_once(ask.facts, labels):
        return False
    return decides(ask) or (AFTER_DEATH in labels.security and is_bereaved(ask))


def _appeals_once(facts: Facts, labels: Labels) -> bool:
    """Say whether a case appeals nothing, or an answered case or what is withheld, that no other appeals already."""
    of = {mark for mark in labels.security if mark.startswith(APPEAL_OF)}
    cases = [one for one in facts.labelled if is_case(one)]
    answered = {f"{APPEAL_OF}{one.id}" for one in cases if ANSWERED in one.security}
    held = {f"{APPEAL_OF}{name}" for one in facts.labelled if WITHHELD in one.security for name in _names(one)}
    return of <= answered | held and not any(of & one.security for one in cases)


def asked_it(ask: Ask) -> bool:
    """Say whether it is the relative who asked who reads a case about the dead: as long as they are one."""
    labels = ask.labels
    if labels is None or not is_case(labels) or AFTER_DEATH not in labels.security or ask.act is not Act.READ:
        return False
    return ask.actor.kind is Kind.CITIZEN and _own_id(ask.actor) in labels.security and is_bereaved(ask)


def answers(ask: Ask) -> bool:
    """Say whether it is who answers such cases in the organisation that does, who reads it or answers.

    About looks the privacy officer answers, about an entry who answers for the record. Nobody does about themselves.
    """
    labels, actor = ask.labels, ask.actor
    if labels is None or not is_case(labels):
        return False
    needed = Permission.ANSWER_FOR_RECORD if RECORD in labels.security else Permission.REVIEW_LOG
    done = ask.act is Act.READ or (ask.act is Act.WRITE and labels.letters == _CHANGED)
    return done and roles.has(actor.role, needed) and _at(actor, labels) and _own_id(actor) not in labels.security


def judges(ask: Ask) -> bool:
    """Say whether the actor answers an open case about the entry asked for, or writes a correction of that entry.

    A correction is a new document with the mark of what it corrects. Who decides what a relative may read after death
    reads for it what their own data controller answers for: what is in it decides (hpl § 24).
    """
    labels, actor = ask.labels, ask.actor
    if labels is None or not roles.has(actor.role, Permission.ANSWER_FOR_RECORD):
        return False
    cases = [one for one in ask.facts.labelled if is_case(one) and RECORD in one.security and _at(actor, one)]
    cases = [one for one in cases if ANSWERED not in one.security]
    if _kept_here(ask, labels) and any(AFTER_DEATH in one.security and _waits(one, ask.now) for one in cases):
        return True
    if ask.act is Act.READ and WITHHELD in labels.security and any(_names(one) & _names(labels) for one in cases):
        return True
    about = {mark for one in cases for mark in one.security if "/" in mark}
    if ask.act is not Act.WRITE:
        return f"{labels.type}/{labels.id}" in about
    return labels.type == "DocumentReference" and labels.letters == _BEGUN and not about.isdisjoint(labels.security)


def _kept_here(ask: Ask, labels: Labels) -> bool:
    """Say whether the actor's data controller answers for an entry of the dead that a relative could be given."""
    own = labels.keeper == (ask.actor.controller or ask.actor.unit) != 0
    return own and ask.act is Act.READ and ask.facts.deceased and labels.type in CONTENT


def _names(labels: Labels) -> frozenset[str]:
    """Return the names under which something is withheld from the patient."""
    return frozenset(mark for mark in labels.security if mark.startswith(WITHHELD_AS))


def _waits(case: Labels, now: datetime) -> bool:
    """Say whether a case is so young that who answers it may still read for it; one of unknown age is not."""
    return any(now < asked + ANSWERED_WITHIN + GRACE for asked in case.dates)


def disputed(facts: Facts) -> frozenset[str]:
    """Return the entries, "Type/id", that somebody has demanded be corrected, until that is decided; and no word of it.

    Source: hpl § 42 (who gives care must know that what stands there is in question); domain rule C6
    """
    cases = (one for one in facts.labelled if is_case(one) and CORRECTING in one.security)
    return frozenset(mark for one in cases if ANSWERED not in one.security for mark in one.security if "/" in mark)


def _at(actor: Actor, case: Labels) -> bool:
    """Say whether the actor works where a case is answered."""
    return actor.kind is Kind.STAFF and actor.unit_id.partition("/")[2] in case.security


def _own_id(actor: Actor) -> str:
    return actor.id.partition("/")[2]


@rule(123, refusal="AK-A063")
def case_of_others(ask: Ask) -> bool:
    """Refuse a case to everybody but who asked, decides for the person, or answers; citizens do not change it.

    Those who give care are not told, least of all whom it is about; a program is not told what citizens ask for.

    Source: GDPR art. 12, 15, 38 (5), pjl § 18; domain rules C2, R34
    """
    if not is_case(ask.labels) or own_job(ask) or answers(ask) or asked_it(ask):
        return False
    return not (asks(ask) or (ask.act is Act.READ and ask.actor.kind is Kind.CITIZEN and decides(ask)))


@rule(217, basis="pårørende etter dødsfall", to=CITIZEN)
def asks_after_death(ask: Ask) -> bool:
    """Allow a relative of one who has died to ask for insight in the record, and to read what came of it.

    Source: pbrl § 5-1 fifth paragraph, hpl § 24; domain rule R32
    """
    labels = ask.labels
    return labels is not None and AFTER_DEATH in labels.security and (asked_it(ask) or asks(ask))


@rule(345, basis="behandler en sak", to=STAFF)
def answers_the_case(ask: Ask) -> bool:
    """Allow those who answer cases the ones that their organisation answers: of looks the privacy officer.

    About an entry of the record, or insight after death, it is who answers for the record. Neither gets more by it.

    Source: GDPR art. 12, 38 (4), 39, pjl § 22, hpl §§ 42-44; domain rules C2, C6, C7, R14, R18, R34
    """
    return answers(ask)


@rule(346, basis="behandler en sak", to=STAFF)
def reads_what_a_case_is_about(ask: Ask) -> bool:
    """Allow who answers a case about an entry to read it and write the correction, until the case is answered.

    So does who decides whether the patient's representative is told what is withheld, to read that.
    And who answers a relative's case to read what the organisation keeps of the dead, until 14 days after the deadline.

    Source: hpl §§ 24, 42, 43 (insight after death, correction and erasure are decided by who answers for the record),
    pbrl § 5-1 fourth paragraph (the representative); domain rules R32, R34, R35, C6, C7
    """
    return judges(ask)
