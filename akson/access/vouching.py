"""The rules about staff of other organisations, whom their own organisation vouches for (the national trust framework).

Who asks is an actor with `attested`; `context` is the one patient the attestation is about. What the citizen
has closed, and who is unknown to others, bars them as it bars everybody.
"""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import RULES, STAFF, Act, Ask, rule

__all__ = ["RULES"]

_EVERY_ACT = frozenset(Act)


@rule(13, refusal="AK-A055", to=STAFF, acts=_EVERY_ACT)
@rule(13, refusal="AK-A055", to=STAFF, acts=_EVERY_ACT, persons=False)
def attested_for_something_else(ask: Ask) -> bool:
    """Refuse staff of another organisation all but reading the record their organisation attests a need for.

    Beside it they look up who works here and what codes mean. They write, open, register and search for nobody.

    Source: pjl §§ 19, 22; the national trust framework (the source controls what it gives); domain rules R1, R10
    """
    if ask.actor.attested is None:
        return False
    if ask.act is not Act.READ:
        return True
    if ask.facts.is_person:
        return ask.actor.context == 0 or ask.facts.owner != ask.actor.context
    return ask.labels is None or ask.labels.type not in roles.BESIDE


@rule(290, basis="attestert av egen virksomhet", to=STAFF, acts=frozenset({Act.READ}))
def attested_by_own_organisation(ask: Ask) -> bool:
    """Allow staff of another organisation the record that it attests they need to give care now.

    Source: pjl §§ 9, 19, hpl §§ 25, 45 (health personnel who need it get what is necessary and relevant); the national
    trust framework; domain rules R1, R10
    """
    return ask.actor.attested is not None and ask.actor.context != 0 and ask.facts.owner == ask.actor.context
