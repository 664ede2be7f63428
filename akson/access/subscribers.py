"""The rules about subscriptions: each is its subscriber's alone, for it says whose records somebody follows, and where
to the news go. Pure.
"""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import CITIZEN, CONTENT, RULES, STAFF, Act, Ask, own_job, rule
from akson.access.facts import Labels
from akson.access.roles import Permission
from akson.base.work import Actor, Kind

__all__ = ["RULES", "SUBSCRIPTION", "subscriber_of"]

SUBSCRIPTION = "Subscription"


def subscriber_of(actor: Actor) -> str:
    """Return the word that a subscription knows its subscriber by: one person, whatever the role, or one program."""
    return f"{actor.kind}|{actor.id}"


@rule(145, refusal="AK-A044", persons=False)
def subscription_of_another(ask: Ask) -> bool:
    """Refuse everybody the subscriptions of others, also those that were deleted; an administrator may end one.

    Source: pjl § 16, Normen (secrets of systems); GDPR art. 5 (1) f
    """
    if ask.labels is None or ask.labels.type != SUBSCRIPTION or own_job(ask):
        return False
    return ask.facts.subscriber != subscriber_of(ask.actor) and not _ends(ask, ask.labels)


def _ends(ask: Ask, labels: Labels) -> bool:
    """Say whether one who manages access takes away the subscription of a program or a colleague, unread."""
    deletes = ask.act is Act.WRITE and labels.letters == "d" and ask.actor.kind is Kind.STAFF
    citizens = ask.facts.subscriber.startswith(f"{Kind.CITIZEN}|")
    return deletes and not citizens and roles.has(ask.actor.role, Permission.MANAGE)


@rule(540, basis="eget abonnement", persons=False, to=STAFF | CITIZEN, acts=CONTENT | {Act.REGISTER})
def own_subscription(ask: Ask) -> bool:
    """Allow people to be told of what they may read anyway: each event is judged as a reading of theirs.

    Source: pjl § 19, pbrl § 5-1
    """
    return ask.labels is not None and ask.labels.type == SUBSCRIPTION
