"""The rules about what the citizen has blocked, and what the citizen would keep from others."""

from __future__ import annotations

from datetime import datetime

from akson.access import roles
from akson.access.asking import CITIZEN, CONTENT, RULES, STAFF, SYSTEM, Act, Ask, own_job, rule
from akson.access.children import parent_of_small_child
from akson.access.duty import own_report
from akson.access.facts import BEREAVED, OBJECTION, Block, Facts, Labels
from akson.access.rights import is_case
from akson.base.work import Actor, Kind, Purpose

__all__ = ["RULES", "kept_from", "objects"]


@rule(120, refusal="AK-A030", acts=CONTENT | {Act.OPEN, Act.ADVISE})
def blocked_for_this_person(ask: Ask) -> bool:
    """Refuse a person the citizen has named, also in emergencies; and whatever is blocked even then.

    Source: pjl § 17; domain rules R11, R14 and C4
    """
    return bool(ask.facts.blocks) and any(
        block.holds(ask.now) and (block.persons or block.even_emergency) and _meant(block, ask) and _covered(block, ask)
        for block in ask.facts.blocks
    )


@rule(121, refusal="AK-A031", acts=CONTENT | {Act.OPEN}, lifted=True)
def blocked(ask: Ask) -> bool:
    """Refuse what the citizen has blocked: for a unit, a role or all; the record, a document, a time, an author's part.

    Source: pjl § 17; domain rules R11, R12, C3
    """
    return bool(ask.facts.blocks) and any(
        block.holds(ask.now) and _meant(block, ask) and _covered(block, ask) for block in ask.facts.blocks
    )


@rule(122, refusal="AK-A032", to=STAFF | SYSTEM, lifted=True)
def would_object(ask: Ask) -> bool:
    """Refuse what its author believes the patient would keep from others; the author's own unit still sees it.

    Source: pjl § 17; domain rule R13 (presumed objection counts)
    """
    labels = ask.labels
    if labels is None or OBJECTION not in labels.security or own_job(ask):
        return False
    return not (ask.actor.kind is Kind.STAFF and labels.unit == ask.actor.unit != 0)


@rule(124, refusal="AK-A031", to=STAFF, acts=frozenset({Act.ADVISE}))
def advice_stops_at_a_closed_record(ask: Ask) -> bool:
    """Refuse decision support a record that is closed to its reader as a whole: then nothing is said of it.

    Source: pjl § 17; domain rules R12, R15
    """
    return any(
        block.whole and block.holds(ask.now) and _meant(block, ask) and _covered(block, ask)
        for block in ask.facts.blocks
    )


@rule(125, refusal="AK-A069", to=CITIZEN, acts=frozenset({Act.READ}))
def kept_after_death(ask: Ask) -> bool:
    """Refuse relatives what the dead has closed to them, whatever anybody has decided since.

    Source: hpl § 24 (insight after death, unless special reasons speak against it), pjl § 17; domain rules R11, R32
    """
    blocks = ask.facts.blocks if ask.facts.deceased else ()
    return any(BEREAVED in block.roles and block.holds(ask.now) and _covered(block, ask) for block in blocks)


def objects(ask: Ask) -> bool:
    """Say whether the citizen has closed the record to somebody as a whole: then these are not consulted either.

    Source: hpl § 23, pjl § 17; domain rule R4
    """
    return any(block.whole and block.holds(ask.now) and _meant(block, ask) for block in ask.facts.blocks)


def kept_from(facts: Facts, labels: Labels, readers: Actor, now: datetime) -> bool:
    """Say whether an entry is closed to those somewhere else to whom it would be sent; then it does not go along.

    That is what the citizen has closed to them, or the author believes they would. A role that is closed may be theirs.

    readers  staff of another organisation, of no known profession; numbered: all that is known of them and their place
    Source: pjl § 17, hpl § 45 (given to others unless the patient objects); domain rules R11, R12, R13
    """
    ask = Ask(readers, Purpose.MESSAGE, facts, labels, Act.READ, now)
    closed = (one for one in facts.blocks if one.holds(now) and (_meant(one, ask) or _may_be_role(one)))
    return OBJECTION in labels.security or any(_covered(one, ask) for one in closed)


def _may_be_role(block: Block) -> bool:
    return any(roles.ROLES[one].professions for one in block.roles if one in roles.ROLES)


def _meant(block: Block, ask: Ask) -> bool:
    """Say whether the caller is among those a block refuses; the citizen never is, nor who reports to the barnevern."""
    actor = ask.actor
    if (actor.key == ask.facts.owner and actor.kind is Kind.CITIZEN) or own_job(ask) or own_report(ask):
        return False
    if not (block.persons or block.units or block.roles):
        # "Everybody" is those who work; a proxy is withdrawn, not blocked, but brings nothing along that is closed.
        return actor.kind is not Kind.CITIZEN or not (block.whole or parent_of_small_child(ask))
    return (
        any(p != 0 and p in (actor.key, actor.person) for p in block.persons)
        or any(u != 0 and u in (actor.unit, actor.controller) for u in block.units)
        or not actor.numbered.isdisjoint(block.persons + block.units)
        or actor.role in block.roles
        or _outside(block, ask)
    )


def _outside(block: Block, ask: Ask) -> bool:
    """Say whether a block on roles means staff of another organisation: all of those, or their profession."""
    attested = ask.actor.attested
    if attested is None:
        return False
    meant = (roles.ROLES[one].professions for one in block.roles if one in roles.ROLES)
    return roles.OUTSIDE in block.roles or any(attested.profession in those for those in meant)


def _covered(block: Block, ask: Ask) -> bool:
    """Say whether a block is about what is asked for; a part that is blocked does not close the record as a whole.

    What citizens ask for by right is not hidden from who shall answer it, but from one they have named.
    """
    labels = ask.labels
    if block.whole:
        return bool(block.persons) or not is_case(labels)
    if labels is None:
        return False
    by_unit = not (_writers(labels, ask.facts) & set(block.written_by)) <= {ask.actor.unit}
    by_person = labels.author in block.written_by and labels.author != ask.actor.key
    return (
        _named(block, ask)
        or by_unit
        or by_person
        or (_within(block, labels) and not _begun(ask, labels))
        or not labels.security.isdisjoint(block.labels)
    )


def _begun(ask: Ask, labels: Labels) -> bool:
    """Say whether something new is written: who gives care records it (hpl § 39), and may not read it afterwards."""
    return ask.act is Act.WRITE and labels.letters == "c"


def _named(block: Block, ask: Ask) -> bool:
    """Say whether a block names an entry, or what the entry corrects; a case about it is for who shall answer it."""
    labels = ask.labels
    if labels is None or (is_case(labels) and not (block.persons or ask.actor.kind is Kind.CITIZEN)):
        return False
    called = {labels.id, f"{labels.type}/{labels.id}"} if labels.id else set()
    return any(document in called or document in labels.security for document in block.documents)


def _writers(labels: Labels, facts: Facts) -> set[int]:
    """Return the units that have written a resource, whichever did so last."""
    before = (one.units for one in facts.shared if (one.type, one.id) == (labels.type, labels.id))
    return {labels.unit}.union(*before) - {0}


def _within(block: Block, labels: Labels) -> bool:
    """Say whether any date of an entry is in the time that is closed; one of a date that is not known is."""
    dated = block.dated
    if dated is None or not labels.id:
        return False
    return not labels.dates or any(dated.holds(date) for date in labels.dates)
