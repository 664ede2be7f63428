"""The rules about programs: our own jobs, those with an agreement, and the trail that none of them reads."""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import RULES, SYSTEM, Act, Ask, own_job, rule

__all__ = ["RULES"]


@rule(21, refusal="AK-A041", to=SYSTEM)
def trail_is_not_record(ask: Ask) -> bool:
    """Refuse programs the trail: it is told to the citizen and to the privacy officer only.

    What other systems have logged is loaded with the rest of them; our own trail is no resource.

    Source: pjl § 18, pjf § 14; domain rule R16
    """
    return ask.labels is not None and ask.labels.type in roles.NEVER and not roles.loads(ask.actor)


@rule(400, basis="eget arbeid i Akson", to=SYSTEM, acts=frozenset(Act) - {Act.OPEN})
def own_job_of_akson(ask: Ask) -> bool:
    """Allow our own jobs: filing what arrives, delivering, projecting.

    Source: pjl §§ 7, 8 (the controller's own processing)
    """
    return own_job(ask)


@rule(410, basis="avtale om datadeling", to=SYSTEM, acts=frozenset(Act) - {Act.OPEN, Act.ERASE, Act.END})
def program_with_scope(ask: Ask) -> bool:
    """Allow a program with an agreement what its token covers; blocks and protected persons are barred above.

    Source: pjl §§ 19, 22
    """
    return not own_job(ask)
