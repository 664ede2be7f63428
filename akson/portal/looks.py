"""Who looked, in words: from the log's visits to what the citizen reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from akson.access.roles import called
from akson.audit.view import Visit
from akson.base.web.messages import texts
from akson.base.web.render import clock, local, said
from akson.patient.reading import moment, reference
from akson.portal import model
from akson.portal.plain import and_, sentence
from akson.registers import codes

Resource = Mapping[str, Any]
DOCUMENT: Final = codes.DOCUMENT
NOTE: Final = codes.JOURNAL_NOTE.code
_READING: Final = ("leste", "åpnet")
_CLOSED: Final = frozenset({"blocked", "blocked_for_this_person"})  # rules
_SHOWN: Final = 4  # things done that are told at once
_TIMES: Final = 3  # that are told one by one
_EMERGENCY: Final = frozenset({"nødåpning", "åpner i nødsfall"})
_OWN_DECISION: Final = frozenset({"åpnet selv med begrunnelse", "åpner med begrunnelse"})


def is_by_others(visit: Visit) -> bool:
    """Say whether people looked, and others than the citizen."""
    return not visit.own and visit.actor.partition("/")[0] in ("Practitioner", "Patient")


def by_day(visits: Iterable[Visit]) -> list[tuple[Visit, ...]]:
    """Return visits by the same person, of the same sort and on the same day, together; both newest first."""
    days: dict[tuple[object, ...], list[Visit]] = {}
    for visit in visits:
        key = (visit.actor, visit.who, visit.role, visit.unit, kind(visit), local(visit.ended).date())
        days.setdefault(key, []).append(visit)
    return [tuple(day) for day in days.values()]


def short(visit: Visit) -> model.Look:
    """Return the look as Min side tells it: who, when, the one thing that mattered most."""
    done = [did for did in visit.did if not did.startswith(_READING)] or list(visit.did[:1])
    return model.Look(who=who(visit), at=visit.ended, why=sentence(and_(done[:2])), kind=kind(visit))


def full(day: Sequence[Visit], openings: Sequence[Resource], now: datetime, *, me: str = "", decides: bool = True,
         block_href: str = "", ask_href: str = "") -> model.Look:  # fmt: skip
    """Return everything the log tells of one person's looks of one day.

    openings  the person's Consents, where staff wrote why they opened the record
    me        who reads: "Patient/<id>"
    decides   may be told what is blocked, and for whom
    """
    visit = day[0]
    reasons = _each(filter(None, (one.reason or _reason(one, openings) for one in day)))
    did = _each(one for visit in reversed(day) for one in visit.did)
    bases = _each(texts().plain(key) if (key := f"insight.bases.{why}") in texts() else why
                  for visit in day for why in visit.why)  # fmt: skip
    closed = decides and any(_CLOSED & set(one.rules) for one in day)
    return model.Look(
        who=texts().plain("insight.yourself", name=visit.who) if visit.actor == me else who(visit),
        at=visit.ended, unit=visit.unit, kind=kind(visit), basis=and_(bases), block_href=block_href, ask_href=ask_href,
        shown=_times(day, now), what=sentence(texts().plain("insight.was_closed")) if closed else _did(did[:_SHOWN]),
        more="" if closed else _did(did[_SHOWN:]),
        why=" ".join(texts().plain("insight.reason", reason=reason) for reason in reasons),
    )  # fmt: skip


def _each(things: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(things)]


def _times(day: Sequence[Visit], now: datetime) -> str:
    """Return "I går klokken 08.12 og 14.30", and of many "I går, 7 ganger mellom klokken 08.12 og 14.30"."""
    date = said(local(day[0].ended).date(), now).capitalize()
    times = _each(clock(visit.ended) for visit in reversed(day))
    if len(times) > _TIMES:
        return texts().plain("insight.often", day=date, count=len(day), first=times[0], last=times[-1])
    return texts().plain("insight.times", day=date, times=and_(times))


def who(visit: Visit) -> str:
    """Return "Jonas Eikeland, fastlege"; citizens and programs have no role to tell, some may not be known by name."""
    if not visit.who:
        return texts().plain("insight.program" if visit.actor.startswith("Device/") else "insight.somebody")
    role = called(visit.role) if visit.actor.startswith("Practitioner/") else ""
    return f"{visit.who}, {role}" if role else visit.who


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
