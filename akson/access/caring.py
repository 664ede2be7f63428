"""The rules that let those who give care in: by their tie to the patient, and to find and register people."""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import CONTENT, RULES, STAFF, Act, Ask, related, rule, ties
from akson.access.roles import Permission

__all__ = ["RULES"]


@rule(300, basis="fastlegeliste", to=STAFF, acts=CONTENT | {Act.GOVERN})
def on_gp_list(ask: Ask) -> bool:
    """Allow the fastlege, and the practice, those on the list.

    Source: hpl § 21 a and § 23; fastlegeforskriften § 15; domain rule R1
    """
    return any(r.kind == "gp" and r.holds(ask.now) and ties(r.unit, r.person, ask.actor) for r in ask.facts.relations)


@rule(310, basis="enheten gir hjelp", to=STAFF, acts=CONTENT | {Act.GOVERN})
def unit_cares_for_patient(ask: Ask) -> bool:
    """Allow staff where their unit, or they by name, give care to the patient now.

    Source: hpl § 21 a and § 23 (what is relevant and necessary to give care); domain rules R1, R10
    """
    return related(ask)


@rule(360, basis="søk etter person", to=STAFF, acts=frozenset({Act.SEARCH_IDENTITY}))
def may_find_people(ask: Ask) -> bool:
    """Allow those who meet people to find them: name, birth date and place, no content.

    Source: hpl § 21 a; domain rules R1, R6
    """
    return roles.has(ask.actor.role, Permission.FIND_PEOPLE)


@rule(370, basis="registrerer en ny person", to=STAFF, acts=frozenset({Act.REGISTER}))
def may_register_people(ask: Ask) -> bool:
    """Allow those who meet people to register one who is not known.

    Source: hpl § 39 (whoever gives care keeps a record); domain rule R20
    """
    return ask.labels is not None and roles.may_write(ask.actor.role, ask.labels.type)
