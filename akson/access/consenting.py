"""Consents that those who give care write down: to tell somebody outside of health care, to treatment, to a picture.

Such a Consent lets nobody in and closes nothing. One marked `DISCLOSURE` is what a letter rests on, see
akson/exchange/consents.py; one marked `WRITTEN_DOWN` is what anybody who gives care should know of, see
akson/patient/agreeing.py. Of Consents staff write these and their own openings, and no more.
"""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import Act, Ask, related
from akson.access.facts import OBJECTION, Labels
from akson.access.roles import Permission
from akson.access.stopping import STOPPED
from akson.base.work import Kind

__all__ = ["DISCLOSURE", "WRITTEN_DOWN", "tells_who_looked", "writes_down"]

DISCLOSURE, WRITTEN_DOWN = "consent-to-tell", "consent-written-down"  # marks
_KEPT = frozenset({"c", "u"})  # of SMART's letters: they are begun and ended, never deleted


def writes_down(ask: Ask) -> bool:
    """Say whether somebody who gives care writes down what is agreed to or refused, or that it is taken back.

    A mark alone gives nothing: what blocks is not written so, and what lets somebody in is asked as another act. What
    stands without the mark, such as a citizen's own block, is asked about by what it is, and refused.

    Source: hpl § 22 (consent to tell others), pbrl §§ 4-1, 4-3, 4-4 (whose it is)
    """
    labels, actor = ask.labels, ask.actor
    if labels is None or actor.kind is not Kind.STAFF or not _rules_nothing(ask, labels):
        return False
    tells = DISCLOSURE in labels.security and roles.has(actor.role, Permission.WRITE_MESSAGES) and related(ask)
    return tells or (WRITTEN_DOWN in labels.security and roles.has(actor.role, Permission.WRITE_NOTES))


def _rules_nothing(ask: Ask, labels: Labels) -> bool:
    plain = labels.type == "Consent" and not labels.block and STOPPED not in labels.security
    return plain and ask.act is Act.WRITE and labels.letters in _KEPT


def tells_who_looked(ask: Ask) -> bool:
    """Say whether somebody at work may read who has looked, to tell the patient who asks at the desk.

    The log is the citizen's and the privacy officer's. Who answers for the record reads it for patients who are not on
    the net: with a lasting tie, and not where anything is closed or would be objected to, for the log would tell of it.

    Source: pjl § 18, hpl § 39 second paragraph; domain rules R17, R20
    """
    facts = ask.facts
    closed = any(block.at_work for block in facts.blocks) or any(OBJECTION in one.security for one in facts.labelled)
    return not closed and roles.has(ask.actor.role, Permission.ANSWER_FOR_RECORD) and related(ask)
