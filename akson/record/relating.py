"""Who gives care, as resources say it: services, teams, contacts, appointments, referrals and assignments.

Each relation arises from what happens and ends by itself: with its period, when what it stands on is over, and at the
latest as said here. How long: our own choice, until those who answer for a record decide otherwise (docs/access.md).

Source: pjl § 19, hpl § 23; domain rule R1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from akson.fhir.dates import interval
from akson.record.projecting import FactRow, Lookup, Resource, bounds, row

BEFORE, AFTER = timedelta(days=7), timedelta(days=7)  # an appointment: to prepare, and to write down what came of it
ASKED = timedelta(days=180)  # a referral or an assignment that nobody has ended
Bounds = tuple[str | None, str | None]
# Of a CareTeam that says who answers for the record, and lets nobody in: its category.
ANSWERS_SYSTEM, ANSWERS = "https://akson.no/fhir/care-team", "answers-for-record"
_GOES_ON: Final = {"active", "planned", "onhold", "proposed", "arrived", "in-progress", "triaged"}
_BOOKED: Final = {"booked", "arrived", "checked-in"}
_ASKED_FOR: Final = {"active", "on-hold"}
_ORDERS: Final = {"order", "original-order", "reflex-order", "filler-order", "instance-order"}
_ASSIGNED: Final = {"requested", "received", "accepted", "ready", "in-progress", "on-hold"}


def relations(kind: str, carers: Iterable[str | None], lookup: Lookup, period: Bounds) -> Iterator[FactRow]:
    """Yield a row for each carer that is an organisation or a practitioner."""
    for reference in carers:
        type_ = (reference or "").partition("/")[0]
        if type_ not in ("Organization", "Practitioner") or not (key := lookup.key(reference)):
            continue
        unit, person = (key, 0) if type_ == "Organization" else (0, key)
        value = {"kind": kind, "unit": unit, "person": person, "start": period[0], "end": period[1]}
        yield row("relation", value, unit=unit, person=person)


def _episode(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    if resource.get("status") in _GOES_ON:
        carers = [_named(resource, name) for name in ("managingOrganization", "careManager")]
        yield from relations("service", carers, lookup, bounds(resource.get("period")))


def _care_team(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    if resource.get("status") in _GOES_ON and not says_who_answers(resource):
        members = [_named(one, "member") for one in resource.get("participant") or []]
        yield from relations("team", members, lookup, bounds(resource.get("period")))


def says_who_answers(team: Resource | None) -> bool:
    """Tell whether a CareTeam says who answers for the record, and nothing of who gives care."""
    codings = (coding for one in (team or {}).get("category") or [] for coding in one.get("coding") or [])
    return any(one.get("system") == ANSWERS_SYSTEM and one.get("code") == ANSWERS for one in codings)


def _encounter(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    if resource.get("status") in _GOES_ON:
        carers = [_named(resource, "serviceProvider")]
        yield from relations("admission", carers, lookup, bounds(resource.get("period")))


def _appointment(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Those who are to meet the person, from a week before until a week after."""
    start = resource.get("start")
    if resource.get("status") in _BOOKED and start:
        met = [_named(one, "actor") for one in resource.get("participant") or [] if one.get("status") != "declined"]
        last = interval(resource.get("end") or start)[0]
        around = (interval(start)[0] - BEFORE).isoformat(), (last + AFTER).isoformat()
        yield from relations("appointment", met, lookup, around)


def _referral(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Whoever is asked to do something for the person, until it is done."""
    until = _until(resource, resource.get("occurrencePeriod"))
    if until and resource.get("status") in _ASKED_FOR and resource.get("intent") in _ORDERS:
        carers = [one.get("reference") for one in resource.get("performer") or []]
        yield from relations("referral", carers, lookup, (None, until))


def _assignment(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Whoever carries out what was ordered. A task without an order, a message to read, lets nobody in."""
    until = _until(resource, (resource.get("restriction") or {}).get("period"))
    if until and resource.get("status") in _ASSIGNED and resource.get("basedOn"):
        yield from relations("task", [_named(resource, "owner")], lookup, (None, until))


def _until(resource: Resource, period: Resource | None) -> str | None:
    """Return until when something is to be done, or may last as long as nobody says; None where it would never end."""
    asked = resource.get("authoredOn")
    last = (interval(asked)[0] + ASKED).isoformat() if asked else None
    return bounds(period)[1] or last


def _named(holder: Resource, name: str) -> str | None:
    found: str | None = (holder.get(name) or {}).get("reference")
    return found


PROJECTIONS: Final[Mapping[str, Callable[[Resource, Lookup], Iterator[FactRow]]]] = {
    "EpisodeOfCare": _episode,
    "CareTeam": _care_team,
    "Encounter": _encounter,
    "Appointment": _appointment,
    "ServiceRequest": _referral,
    "Task": _assignment,
}
SOMETIMES: Final = frozenset({"Appointment", "ServiceRequest", "Task"})  # of these most state no relation
# What anybody who writes in the record may write, each with what in it says who is let in, and when.
ANYBODYS: Final[Mapping[str, tuple[str, ...]]] = {
    "Encounter": ("status", "serviceProvider", "participant", "period"),
    "Appointment": ("status", "participant", "start", "end"),
    "ServiceRequest": ("status", "intent", "performer", "authoredOn", "occurrencePeriod"),
    "Task": ("status", "basedOn", "owner", "authoredOn", "restriction"),
}
