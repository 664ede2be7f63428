"""The rules about citizens who have taken their own digital access away: people whom somebody else makes show it.

It is said by a Consent of their own that carries the mark `STOPPED`, and `RESTORED` once it has ended. See
akson/patient/stopping.py.
"""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import CITIZEN, CONTENT, RULES, Act, Ask, related, rule
from akson.access.children import acts_as
from akson.access.citizens import guardian, guardian_in_part, own_record
from akson.access.facts import Facts, Labels
from akson.access.roles import Permission
from akson.base.work import Kind

__all__ = ["RESTORED", "RULES", "STOPPED", "is_stopped", "restores", "stop_in"]

STOPPED, RESTORED = "own-access-stopped", "own-access-restored"  # marks
_BEGUN, _CHANGED = "c", "u"  # of SMART's letters


def stop_in(facts: Facts) -> Labels | None:
    """Return what is known of the stop that holds in a record, None when there is none."""
    return next((one for one in facts.labelled if _is_stop(one) and RESTORED not in one.security), None)


def is_stopped(facts: Facts) -> bool:
    """Say whether a person has taken their own digital access away."""
    return stop_in(facts) is not None


def restores(ask: Ask) -> bool:
    """Say whether somebody at a desk where the person is known looks at a stop, or ends it."""
    labels, actor = ask.labels, ask.actor
    done = ask.act is Act.READ or (ask.act is Act.WRITE and labels is not None and labels.letters == _CHANGED)
    at_desk = actor.kind is Kind.STAFF and roles.has(actor.role, Permission.RESTORE_ACCESS) and related(ask)
    return done and _is_stop(labels) and at_desk


@rule(136, refusal="AK-A067", to=CITIZEN, acts=CONTENT | {Act.SEARCH_IDENTITY})
def own_access_stopped(ask: Ask) -> bool:
    """Refuse citizens the record of one who has taken the own access away: themself, and whom they gave a proxy.

    Source: Helsenorge's rules (people under pressure from others); domain rule C11
    """
    return is_stopped(ask.facts) and not (acts_as(ask, "parent") or guardian(ask) or guardian_in_part(ask))


@rule(137, refusal="AK-A068", acts=frozenset({Act.WRITE}))
def stop_is_ended_at_a_desk(ask: Ask) -> bool:
    """Refuse everybody to say for another that the access is taken away, and all but those at a desk to give it back.

    Source: Helsenorge's rules (people under pressure from others); domain rule C11
    """
    labels = ask.labels
    if labels is None or not _is_stop(labels):
        return False
    begins = labels.letters == _BEGUN and ask.actor.kind is Kind.CITIZEN and own_record(ask)
    return not ((begins and RESTORED not in labels.security) or restores(ask))


def _is_stop(labels: Labels | None) -> bool:
    return labels is not None and labels.type == "Consent" and STOPPED in labels.security
