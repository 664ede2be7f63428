"""Rules about tokens: which interactions, whose record, which part of a type the app was given. Pure."""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import RULES, Act, Ask, own_job, rule
from akson.base.work import Kind

__all__ = ["RULES"]

_LETTERS = {
    Act.READ: "r",
    Act.WRITE: "cu",
    Act.REGISTER: "c",
    Act.OPEN: "c",
    Act.GOVERN: "cu",
    Act.ATTEST: "cu",
    Act.SEARCH_IDENTITY: "s",
}


@rule(10, refusal="AK-A005", acts=frozenset(Act))
@rule(10, refusal="AK-A005", acts=frozenset(Act), persons=False)
def token_does_not_cover(ask: Ask) -> bool:
    """Refuse what the token was not given for; a browser session has no token, a program always needs one.

    Source: hl7.org/fhir/smart-app-launch; pjl § 22
    """
    actor = ask.actor
    if not actor.scopes:
        return actor.kind is Kind.SYSTEM
    if own_job(ask):
        return actor.kind is not Kind.SYSTEM
    type_, letters = _wanted(ask)
    return not roles.scope_covers(actor.scopes, type_, letters, actor.kind)


@rule(11, refusal="AK-A006", acts=frozenset(Act))
@rule(11, refusal="AK-A006", acts=frozenset(Act), persons=False)
def token_is_for_another(ask: Ask) -> bool:
    """Refuse a token of scopes for one patient what is not within that patient's record.

    Source: hl7.org/fhir/smart-app-launch, scopes of patient/
    """
    return _limited(ask) and not _covered_here(ask, None)


@rule(12, refusal="AK-A007", acts=frozenset(Act))
@rule(12, refusal="AK-A007", acts=frozenset(Act), persons=False)
def token_is_for_a_part(ask: Ask) -> bool:
    """Refuse a token of scopes narrowed by a search what that search would not find.

    Source: hl7.org/fhir/smart-app-launch, finer-grained resource constraints; pjl § 19
    """
    labels = ask.labels  # without an id it is asked about the type: the search then carries the restriction itself
    return labels is not None and labels.id != "" and _limited(ask) and not _covered_here(ask, labels.met)


def _limited(ask: Ask) -> bool:
    return (bool(ask.actor.scopes) and ask.actor.kind is not Kind.SYSTEM) or roles.any_narrowed(ask.actor.scopes)


def _covered_here(ask: Ask, met: frozenset[str] | None) -> bool:
    type_, letters = _wanted(ask)
    return roles.scope_covers(ask.actor.scopes, type_, letters, ask.actor.kind, own=_in_context(ask), met=met)


def _wanted(ask: Ask) -> tuple[str, str]:
    """Return the type of resource asked for, "" for the record as a whole, and the letters a token must give for it."""
    type_ = ask.labels.type if ask.labels else "Patient" if ask.act is Act.SEARCH_IDENTITY else ""
    if not type_:
        return "", ""
    return type_, (ask.labels.letters if ask.labels else "") or _LETTERS.get(ask.act, "none")


def _in_context(ask: Ask) -> bool:
    """Say whether scopes of patient/ reach this: the record the token was given for, and a few things of nobody's."""
    if ask.facts.is_person:
        whose = ask.actor.context or (ask.actor.key if ask.actor.kind is Kind.CITIZEN else 0)
        return whose != 0 and ask.facts.owner == whose
    return ask.act is Act.READ and ask.labels is not None and ask.labels.type in roles.BESIDE
