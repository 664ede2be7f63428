"""The rules about citizens: the own record, those of whom they act for, and what is not theirs to see or change."""

from __future__ import annotations

from datetime import date, datetime

from akson.access.areas import WHOLE, covers, mandated
from akson.access.asking import CITIZEN, CONTENT, RULES, Act, Ask, rule
from akson.access.children import GROWN, acting, age, lets_youth_in, parent_of_small_child, younger_than
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS, Labels, Representation

__all__ = ["RULES", "decides", "may_be_proxy", "told_who_looked"]

OF_AGE = 18  # years


@rule(130, refusal="AK-A060", to=CITIZEN)
def withheld(ask: Ask) -> bool:
    """Refuse citizens the items withheld from them: danger to life, or clearly inadvisable for those close to them.

    What corrects an item is withheld with it; what the patient has demanded of it is not.

    Source: pbrl §§ 3-4, 5-1; domain rules R25, R35
    """
    if ask.labels is None or not ask.labels.security:
        return False
    marks = ask.labels.security | _closing(ask, ask.labels)
    return WITHHELD in marks or (WITHHELD_FROM_PARENTS in marks and ask.actor.key != ask.facts.owner)


@rule(131, refusal="AK-A061", to=CITIZEN, acts=frozenset({Act.WRITE}))
def not_written_by_this_citizen(ask: Ask) -> bool:
    """Refuse citizens to change what others wrote: they add their own and may change that.

    A block is the person's own word, whoever wrote it down: who decides for the person ends it.

    Source: hpl § 42 (correction is asked for), pjl § 17; domain rules R11, R23
    """
    labels = ask.labels
    if labels is None or labels.author == ask.actor.key:
        return labels is None
    return not (labels.block and decides(ask))


@rule(132, refusal="AK-A062", to=CITIZEN)
def consents_are_the_persons(ask: Ask) -> bool:
    """Refuse citizens what another has blocked or agreed to, and to decide it; openings by staff are told of anyway.

    Source: pjl § 17, pbrl §§ 3-4, 4-4; domain rules R11, R25, R32
    """
    labels = ask.labels
    if labels is None or labels.type != "Consent" or decides(ask) or _consented(ask, labels):
        return False
    by_opener = any(opening.person == labels.author != 0 for opening in ask.facts.openings)
    return ask.act is not Act.READ or labels.block or not by_opener


@rule(200, basis="egen journal", to=CITIZEN, acts=CONTENT | {Act.SEARCH_IDENTITY})
def own_record(ask: Ask) -> bool:
    """Allow citizens their own record, while they live: the sign-ins and apps of the dead let nobody in.

    Source: pbrl § 5-1, GDPR art. 15; domain rules R32, C1
    """
    return ask.actor.key == ask.facts.owner and not ask.facts.deceased


@rule(211, basis="verge", to=CITIZEN, acts=CONTENT | {Act.SEARCH_IDENTITY})
def guardian(ask: Ask) -> bool:
    """Allow the guardian appointed for personal interests, while the appointment lasts and the citizen lives.

    One whose mandate is money alone, or is not told, is let in by nothing.

    Source: vergemålsloven §§ 21, 31, pbrl § 4-7; domain rules R32, C9
    """
    return any(WHOLE in one.areas for one in acting(ask, "guardian"))


@rule(213, basis="verge", to=CITIZEN, acts=frozenset({Act.READ, Act.SEARCH_IDENTITY}))
def guardian_in_part(ask: Ask) -> bool:
    """Allow the guardian appointed for some areas to read what is in them, as long; such a one decides nothing here.

    Source: vergemålsloven §§ 21, 31 (a guardian acts within the mandate); domain rules R32, C9
    """
    type_ = ask.labels.type if ask.labels else "Patient"
    return any(mandated(one.areas, type_) for one in acting(ask, "guardian"))


@rule(212, basis="fullmakt", to=CITIZEN, acts=frozenset({Act.READ, Act.SEARCH_IDENTITY}))
def proxy(ask: Ask) -> bool:
    """Allow whom the citizen has given a proxy, from 18, to read what it is for, until it is taken back or death.

    Source: pbrl § 3-1; domain rules R32, C9
    """
    type_ = ask.labels.type if ask.labels else "Patient"
    return any(covers(one.areas, type_) for one in _proxies(ask))


def told_who_looked(ask: Ask) -> bool:
    """Say whether the citizen may read who has looked in the record: the log tells of all that is in it.

    So it is for who decides for the person, and for a proxy of everything; not for one who keeps the calendar.

    Source: pjl § 18 (the patient's right, and whom the patient lets act); domain rules R17, C2, C9
    """
    return decides(ask) or any(not one.areas for one in _proxies(ask))


def _proxies(ask: Ask) -> list[Representation]:
    """Return what makes the caller a proxy of the person now."""
    said = [r for r in ask.facts.representations if r.person == ask.actor.key != 0 and r.holds(ask.now)]
    withdrawn = any(r.kind == "withdrawn" for r in said)
    given = [r for r in said if r.kind == "proxy" and (r.here or not withdrawn)]
    return given if given and not ask.facts.deceased and may_be_proxy(ask.actor.born, ask.now) else []


def may_be_proxy(born: date | None, now: datetime) -> bool:
    """Say whether somebody is of an age to be given a proxy; who is of no known age is not.

    Source: Helsenorge's rules for proxies (18 years); domain rule C9
    """
    return born is not None and age(born, now) >= OF_AGE


@rule(215, basis="egen journal", to=CITIZEN, acts=frozenset({Act.GOVERN}))
def gives_proxy(ask: Ask) -> bool:
    """Allow citizens from 16 to let somebody act for them, for as much and as long as they say, and to take it back.

    Source: Helsenorge's rules for powers of attorney; domain rule C9
    """
    labels = ask.labels
    return labels is not None and labels.type == "Consent" and own_record(ask) and not younger_than(GROWN, ask)


def _closing(ask: Ask, labels: Labels) -> frozenset[str]:
    """Return the marks that keep back what something corrects, or is a case about."""
    items = {mark for mark in labels.security if "/" in mark}
    if not items:
        return frozenset()
    found = (one.security for one in ask.facts.labelled if f"{one.type}/{one.id}" in items)
    closing = frozenset().union(*found) & {WITHHELD, WITHHELD_FROM_PARENTS}
    return closing - {WITHHELD} if labels.type == "Task" else closing


def decides(ask: Ask) -> bool:
    """Say whether the citizen is the person, or decides for them: a parent while the child is small, or a guardian."""
    return own_record(ask) or parent_of_small_child(ask) or guardian(ask)


def _consented(ask: Ask, labels: Labels) -> bool:
    """Say whether this is a parent's consent to a youth's sign-in: from 12 parents decide no more than that."""
    own = ask.act is Act.GOVERN or labels.author == ask.actor.key
    return own and not labels.block and lets_youth_in(ask)
