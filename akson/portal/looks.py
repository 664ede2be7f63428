"""Who looked, in words: from the log's visits to what the citizen reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from akson.access.roles import ROLES
from akson.audit.view import Visit
from akson.base.web.messages import texts
from akson.patient.reading import moment, reference
from akson.portal import model
from akson.portal.plain import and_, sentence
from akson.registers import codes

Resource = Mapping[str, Any]
DOCUMENT: Final = codes.DOCUMENT
NOTE: Final = codes.JOURNAL_NOTE.code
_READING: Final = ("leste", "åpnet")
_EMERGENCY: Final = frozenset({"nødåpning", "åpner i nødsfall"})
_OWN_DECISION: Final = frozenset({"åpnet selv med begrunnelse", "åpner med begrunnelse"})


def is_by_others(visit: Visit) -> bool:
    """Say whether people looked, and others than the citizen."""
    return not visit.own and visit.actor.partition("/")[0] in ("Practitioner", "Patient")


def short(visit: Visit) -> model.Look:
    """Return the look as Min side tells it: who, when, the one thing that mattered most."""
    done = [did for did in visit.did if not did.startswith(_READING)] or list(visit.did[:1])
    return model.Look(who=who(visit), at=visit.ended, why=sentence(and_(done[:2])), kind=kind(visit))


def full(visit: Visit, openings: Sequence[Resource], *, block_href: str = "") -> model.Look:
    """Return everything the log tells of one look.

    openings  the person's Consents, where staff wrote why they opened the record
    """
    reason = visit.reason or _reason(visit, openings)
    return model.Look(
        who=who(visit), at=visit.ended, unit=visit.unit, kind=kind(visit), what=_did(visit.did),
        why=texts().plain("insight.reason", reason=reason) if reason else "", block_href=block_href,
        basis=and_(texts().plain(key) if (key := f"insight.bases.{why}") in texts() else why for why in visit.why),
    )  # fmt: skip


def who(visit: Visit) -> str:
    """Return "Jonas Eikeland, fastlege"; citizens and programs have no role to tell."""
    role = ROLES.get(visit.role)
    is_staff = visit.actor.startswith("Practitioner/")
    return f"{visit.who}, {role.name.lower()}" if role and is_staff else visit.who


def kind(visit: Visit) -> str:
    """Return what sort of look it was, as model.Look has it."""
    if visit.refused:
        return "refused"
    if _EMERGENCY & set(visit.why):
        return "emergency"
    return "opened" if _OWN_DECISION & set(visit.why) else ""


def _did(did: Iterable[str]) -> str:
    """Return "Åpnet journalen. Leste målinger og notater. Skrev notater."."""
    verbs: dict[str, list[str]] = {}
    for one in did:
        verb, _, thing = one.partition(" ")
        verbs.setdefault(verb, []).append(thing)
    return sentence(*(f"{verb} {and_(things)}" for verb, things in verbs.items()))


def _reason(visit: Visit, openings: Sequence[Resource]) -> str:
    """Return what was written when the record was opened, for a look in the time the opening lasted."""
    for consent in openings:
        provision = consent.get("provision") or {}
        actors = {reference(actor.get("reference")) for actor in provision.get("actor", ())}
        period = provision.get("period") or {}
        start, end = moment(period.get("start")), moment(period.get("end"))
        taken = provision.get("type") == "permit" and visit.actor in actors
        if taken and start and end and start <= visit.ended and visit.begun <= end:
            return str((consent.get("category") or [{}])[0].get("text", ""))
    return ""
