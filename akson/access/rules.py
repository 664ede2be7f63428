"""The access rules, the only implementation: `decide` asks them in order, and what none of them permits is refused.

A *bar* refuses when it is true. A *grant* permits when it is true and nothing bars. A bar marked `lifted` yields to an
emergency. Every rule names its source; the text of each refusal stands in errors.toml. Rules are pure: what they know
is in `Ask`. Rules about what belongs to nobody stand in commons.py, about erasure in erasing.py, about
what only registers know in attesting.py, about what a token was given for in tokens.py.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from akson.access import attesting, commons, erasing, override, roles, tokens
from akson.access.asking import (
    CITIZEN,
    CONTENT,
    EMERGENCY,
    NOBODY,
    RULES,
    STAFF,
    SYSTEM,
    Act,
    Ask,
    Decision,
    Rule,
    in_emergency,
    own_job,
    related,
    rule,
    ties,
)  # fmt: skip
from akson.access.facts import OBJECTION, WITHHELD, WITHHELD_FROM_PARENTS, Block, Facts, Labels
from akson.access.roles import Permission
from akson.base.work import Actor, Kind, Purpose

__all__ = ["Act", "Decision", "decide", "hides_address", "partly_closed"]

NORWAY = ZoneInfo("Europe/Oslo")
PARENTS_SEE_UNTIL = 12  # years
STRICTLY = "kode6"
_LOADED = attesting.RULES, commons.RULES, erasing.RULES, tokens.RULES  # importing them registers their rules


def decide(actor: Actor, purpose: Purpose, facts: Facts, labels: Labels | None, act: Act, now: datetime) -> Decision:
    """Return whether `actor` may do `act`, by which rule and on what basis.

    labels   of the resource; None asks for the record as a whole (may the chart be opened at all?)
    """
    ask = Ask(actor, purpose, facts, labels, act, now)
    bars, grants = _plan(actor.kind, act, persons=facts.is_person)
    lifted = False
    for bar in bars:
        if bar.holds(ask):
            if not (bar.lifted and in_emergency(ask)):
                return bar.decision
            lifted = True
    if lifted:
        return EMERGENCY
    for grant in grants:
        if grant.holds(ask):
            return grant.decision
    return NOBODY


def partly_closed(facts: Facts) -> bool:
    """Say whether the answer can differ between resources of this record by the citizen's own blocks."""
    return any(not block.whole for block in facts.blocks)


def hides_address(facts: Facts) -> bool:
    """Say whether the address may not be shown, printed, sent or made inferable to anybody.

    Source: domain rules R29, R30 (folkeregisterloven § 10-4, Normen fact sheet 55)
    """
    return facts.protection != ""


@lru_cache(maxsize=64)
def _plan(kind: Kind, act: Act, *, persons: bool) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Return the bars and the grants that can matter, in order."""
    ordered = sorted(RULES, key=lambda r: r.order)
    fit = [r for r in ordered if kind in r.kinds and act in r.acts and r.persons is persons]
    return tuple(r for r in fit if not r.decision.permit), tuple(r for r in fit if r.decision.permit)


# What the caller may do at all --------------------------------------------------------------------

_WRITING = frozenset({Act.WRITE, Act.GOVERN, Act.ATTEST})


@rule(20, refusal="AK-A040", to=STAFF | CITIZEN)
def role_does_not_cover(ask: Ask) -> bool:
    """Refuse types of information that the role has no use for.

    Source: pjl § 19, Normen: access follows the task; domain rule R7
    """
    if ask.labels is None:
        return not roles.may_read(ask.actor.role, "Patient")
    may = roles.may_write if ask.act in _WRITING else roles.may_read
    return not may(ask.actor.role, ask.labels.type)


@rule(21, refusal="AK-A041", to=SYSTEM)
def trail_is_not_record(ask: Ask) -> bool:
    """Refuse programs the trail: it is told to the citizen and to the privacy officer only.

    What other systems have logged is loaded with the rest of them; our own trail is no resource.

    Source: pjl § 18, pjf § 14
    """
    return ask.labels is not None and ask.labels.type in roles.NEVER and not roles.loads(ask.actor)


# Bars about the person ----------------------------------------------------------------------------


@rule(100, refusal="AK-A010", to=STAFF | SYSTEM, acts=frozenset(Act) - {Act.REGISTER})
def strictly_confidential(ask: Ask) -> bool:
    """Refuse everybody a strictly confidential person, as if unknown, but the units and persons tied to them.

    Source: domain rule R29 (strictly confidential address, code 6); not lifted by any opening
    """
    return ask.facts.protection == STRICTLY and not own_job(ask) and not related(ask)


@rule(110, refusal="AK-A020", to=STAFF, acts=CONTENT | {Act.OPEN})
def own_record_as_staff(ask: Ask) -> bool:
    """Refuse staff their own record: they read it as citizens do.

    Source: hpl § 21 a (no reading without a reason in care)
    """
    return ask.actor.person != 0 and ask.actor.person == ask.facts.owner


@rule(111, refusal="AK-A021", to=STAFF, acts=CONTENT | {Act.OPEN}, lifted=True)
def close_family(ask: Ask) -> bool:
    """Refuse staff the record of their close family; in danger to life the only nurse on duty may open it.

    Source: hpl § 21 a; forvaltningsloven § 6 (competence)
    """
    person = ask.actor.person
    return person != 0 and (person in ask.facts.family or any(r.person == person for r in ask.facts.representations))


@rule(120, refusal="AK-A030", acts=CONTENT | {Act.OPEN})
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
    """Refuse what the citizen has blocked: for a unit, a role or all; the record, a document or an author's part.

    Source: pjl § 17; domain rules R11, R12
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


@rule(130, refusal="AK-A060", to=CITIZEN)
def withheld(ask: Ask) -> bool:
    """Refuse citizens the items withheld from them: danger to life, or clearly inadvisable for those close to them.

    Source: pbrl §§ 3-4, 5-1; domain rules R25, R35
    """
    if ask.labels is None or not ask.labels.security:
        return False
    marks = ask.labels.security
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
    return not (labels.block and _decides(ask))


@rule(132, refusal="AK-A062", to=CITIZEN)
def consents_are_the_persons(ask: Ask) -> bool:
    """Refuse citizens what another has blocked or agreed to, and to decide it; openings by staff are told of anyway.

    Source: pjl § 17, pbrl §§ 3-4, 4-4; domain rules R11, R25, R32
    """
    labels = ask.labels
    if labels is None or labels.type != "Consent" or _decides(ask):
        return False
    by_opener = any(opening.person == labels.author != 0 for opening in ask.facts.openings)
    return ask.act is not Act.READ or labels.block or not by_opener


# Grants about the person --------------------------------------------------------------------------


@rule(200, basis="egen journal", to=CITIZEN, acts=CONTENT | {Act.SEARCH_IDENTITY})
def own_record(ask: Ask) -> bool:
    """Allow citizens their own record.

    Source: pbrl § 5-1, GDPR art. 15
    """
    return ask.actor.key == ask.facts.owner


@rule(210, basis="forelder", to=CITIZEN, acts=CONTENT | {Act.SEARCH_IDENTITY})
def parent_of_small_child(ask: Ask) -> bool:
    """Allow parents the record of a child until midnight, in Norway, when it turns 12.

    Source: pbrl §§ 3-4, 4-4; domain rule R25
    """
    return _represents(ask, "parent") and _younger_than(PARENTS_SEE_UNTIL, ask.facts.birth_date, ask.now)


@rule(211, basis="verge", to=CITIZEN, acts=CONTENT | {Act.SEARCH_IDENTITY})
def guardian(ask: Ask) -> bool:
    """Allow the appointed guardian, while the appointment lasts and the citizen lives.

    Source: vergemålsloven § 31, pbrl § 4-7
    """
    return _represents(ask, "guardian") and not ask.facts.deceased


@rule(212, basis="fullmakt", to=CITIZEN, acts=frozenset({Act.READ, Act.SEARCH_IDENTITY}))
def proxy(ask: Ask) -> bool:
    """Allow whom the citizen has given a proxy to read, and no more, while it lasts and the citizen lives.

    Source: pbrl § 3-1; domain rule R32 and C9
    """
    return _represents(ask, "proxy") and not ask.facts.deceased


@rule(300, basis="fastlegeliste", to=STAFF, acts=CONTENT | {Act.GOVERN})
def on_gp_list(ask: Ask) -> bool:
    """Allow the fastlege, and the practice, those on the list.

    Source: hpl § 21 a and § 23; fastlegeforskriften § 15
    """
    return any(r.kind == "gp" and r.holds(ask.now) and ties(r.unit, r.person, ask.actor) for r in ask.facts.relations)


@rule(310, basis="enheten gir hjelp", to=STAFF, acts=CONTENT | {Act.GOVERN})
def unit_cares_for_patient(ask: Ask) -> bool:
    """Allow staff where their unit, or they by name, give care to the patient now.

    Source: hpl § 21 a and § 23 (what is relevant and necessary to give care); domain rules R1, R10
    """
    return related(ask)


@rule(320, basis="nødåpning", to=STAFF)
def opened_in_emergency(ask: Ask) -> bool:
    """Allow whoever has opened the record in an emergency, for 60 minutes.

    Source: domain rule R14; override.py
    """
    return bool(ask.facts.openings) and in_emergency(ask)


@rule(330, basis="åpnet selv med begrunnelse", to=STAFF)
def opened_with_reason(ask: Ask) -> bool:
    """Allow whoever has opened the record with a reason, until the opening ends.

    Source: domain rule R2; override.py
    """
    return any(not o.emergency and override.in_force(o, ask.actor, ask.now) for o in ask.facts.openings)


@rule(340, basis="åpner i nødsfall", to=STAFF, acts=frozenset({Act.OPEN}))
def may_open_in_emergency(ask: Ask) -> bool:
    """Allow health personnel to open a record when life or health is in danger.

    Source: domain rule R14; override.py
    """
    return in_emergency(ask)


@rule(350, basis="åpner med begrunnelse", to=STAFF, acts=frozenset({Act.OPEN}))
def may_open_with_reason(ask: Ask) -> bool:
    """Allow those whose role has unplanned tasks to open a record with a reason.

    Source: domain rule R2; override.py
    """
    return ask.purpose is not Purpose.EMERGENCY and roles.has(ask.actor.role, Permission.OPEN_WITH_REASON)


@rule(360, basis="søk etter person", to=STAFF, acts=frozenset({Act.SEARCH_IDENTITY}))
def may_find_people(ask: Ask) -> bool:
    """Allow those who meet people to find them: name, birth date and place, no content.

    Source: domain rules R1, R6
    """
    return roles.has(ask.actor.role, Permission.FIND_PEOPLE)


@rule(370, basis="registrerer en ny person", to=STAFF, acts=frozenset({Act.REGISTER}))
def may_register_people(ask: Ask) -> bool:
    """Allow those who meet people to register one who is not known.

    Source: hpl § 39 (whoever gives care keeps a record)
    """
    return ask.labels is not None and roles.may_write(ask.actor.role, ask.labels.type)


@rule(400, basis="eget arbeid i Akson", to=SYSTEM, acts=frozenset(Act) - {Act.OPEN})
def own_job_of_akson(ask: Ask) -> bool:
    """Allow our own jobs: filing what arrives, delivering, projecting.

    Source: pjl §§ 7, 8 (the controller's own processing)
    """
    return own_job(ask)


@rule(410, basis="avtale om datadeling", to=SYSTEM, acts=frozenset(Act) - {Act.OPEN, Act.ERASE})
def program_with_scope(ask: Ask) -> bool:
    """Allow a program with an agreement what its token covers; blocks and protected persons are barred above.

    Source: pjl §§ 19, 22
    """
    return not own_job(ask)


def _meant(block: Block, ask: Ask) -> bool:
    """Say whether the caller is among those a block refuses; the citizen never is."""
    actor = ask.actor
    if (actor.key == ask.facts.owner and actor.kind is Kind.CITIZEN) or own_job(ask):
        return False
    if not (block.persons or block.units or block.roles):
        # "Everybody" is those who work; a proxy is withdrawn, not blocked, but brings nothing along that is closed.
        return actor.kind is not Kind.CITIZEN or not (block.whole or parent_of_small_child(ask))
    return (
        any(p != 0 and p in (actor.key, actor.person) for p in block.persons)
        or any(u != 0 and u in (actor.unit, actor.controller) for u in block.units)
        or actor.role in block.roles
    )


def _covered(block: Block, ask: Ask) -> bool:
    """Say whether a block is about what is asked for; a part that is blocked does not close the record as a whole."""
    if block.whole:
        return True
    labels = ask.labels
    if labels is None:
        return False
    written = labels.unit in block.written_by and not labels.unit == ask.actor.unit != 0
    named = labels.id != "" and any(d in (labels.id, f"{labels.type}/{labels.id}") for d in block.documents)
    return named or written or not labels.security.isdisjoint(block.labels)


def _decides(ask: Ask) -> bool:
    """Say whether the citizen is the person, or decides for them: a parent while the child is small, or a guardian."""
    return own_record(ask) or parent_of_small_child(ask) or guardian(ask)


def _represents(ask: Ask, kind: str) -> bool:
    key, given = ask.actor.key, ask.facts.representations
    return key != 0 and any(r.kind == kind and r.person == key and r.holds(ask.now) for r in given)


def _younger_than(years: int, birth: date | None, now: datetime) -> bool:
    """Say whether somebody has not yet had that birthday by the Norwegian calendar; an unknown birth date never is."""
    if birth is None:
        return False
    today = now.astimezone(NORWAY).date()
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    return 0 <= age < years
