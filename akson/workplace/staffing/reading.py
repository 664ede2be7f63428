"""What is known of units and staff, read as one of the administrator's own searches: the same rules, the same trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from akson.access.roles import ROLES
from akson.base.errors import Refused
from akson.base.web.render import local
from akson.base.work import Work
from akson.patient.reading import moment, named, reference, words
from akson.record import journal
from akson.record.reviewed import said_of_unit
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.workplace.staffing import objecting
from akson.workplace.staffing.authorising import AWAY, DOUBTFUL, Said, codes_needing, number_of, said_of
from akson.workplace.staffing.model import Member, Objection, Unit
from akson.workplace.staffing.periods import bounds, codes_of, coming, over
from akson.workplace.staffing.shifts import over_with_their_base, rests_on

Resource = Mapping[str, Any]
_TOLD_FOR: Final = timedelta(days=30)  # how long it is told that the register ended a role
CONFIRMED_FOR: Final = timedelta(days=180)  # a list that nobody has confirmed for longer is overdue
_TICK, _SECOND = timedelta(microseconds=1), timedelta(seconds=1)
_DEEPEST: Final = 6  # levels of units
_MOST: Final = 1000  # of anything on one page


async def units(work: Work) -> tuple[Unit, ...]:
    """Return the administrator's own unit and all below it, each under its parent; a few statements for each level."""
    found = await below(work)
    names = ",".join(one.reference for one in found)
    roles = await search(work, "PractitionerRole", [("organization", names), ("_count", str(_MOST))])
    asked = [("target", names), ("_sort", "-_lastUpdated"), ("_count", str(_MOST))]
    told = (await search(work, "VerificationResult", asked)).hits
    said, spoken = _confirmed(told), objecting.open_roles(told)
    against = Counter(reference(hit.resource.get("organization")) for hit in roles.hits
                      if hit.id in spoken and not over(hit.resource, work.now))  # fmt: skip
    known = await said_of(work, {reference(hit.resource.get("practitioner")) for hit in roles.hits})
    doubts = Counter(reference(hit.resource.get("organization")) for hit in roles.hits
                     if _doubtful(hit.resource, known, work.now))  # fmt: skip
    count = Counter(reference(hit.resource.get("organization")) for hit in roles.hits if _now(hit.resource, work.now))
    return tuple(_unit(one, level, (count[one.reference], doubts[one.reference], against[one.reference]),
                       said.get(one.reference), work.now)
                 for one, level in _in_order(found, work.actor.unit_id))  # fmt: skip


async def unit(work: Work, id_: str) -> tuple[Unit, tuple[Member, ...]]:
    """Return one unit and who works there now or will.

    Raises  Refused AK-J001 when it is not the administrator's own, or below it
    """
    one = next((one for one in await below(work) if one.id == id_), None)
    if one is None:
        raise Refused("AK-J001")
    return await _peopled(work, one)


async def own_unit(work: Work) -> tuple[Unit, tuple[Member, ...]]:
    """Return the unit that a manager acts for, as `unit`; of authorisations a manager is told nothing."""
    return await _peopled(work, await journal.read(work, *work.actor.unit_id.split("/", 1)))


async def _peopled(work: Work, one: Stored) -> tuple[Unit, tuple[Member, ...]]:
    told = await said_of_unit(work, one.id)
    members = await _members(work, one, objecting.by_role(told))
    said = _confirmed(told).get(one.reference)
    here = sum(not member.coming and not member.over for member in members)
    doubts = sum(member.over or member.standing in DOUBTFUL for member in members)
    against = sum(member.against is not None and member.against.open and not member.over for member in members)
    return _unit(one, 0, (here, doubts, against), said, work.now), members


async def below(work: Work) -> list[Stored]:
    """Return the administrator's own unit and all below it that is not closed, level by level."""
    found = [*(await journal.read_many(work, [work.actor.unit_id])).values()]
    level = found
    for _ in range(_DEEPEST):
        asked = [("partof", ",".join(one.reference for one in level)), ("_sort", "name"), ("_count", str(_MOST))]
        level = (await search(work, "Organization", asked)).hits if level else []
        known = {one.id for one in found}
        level = [one for one in level if one.id not in known and one.resource.get("active") is not False]
        found += level
    return found


def _in_order(found: Iterable[Stored], root: str) -> Iterable[tuple[Stored, int]]:
    """Yield each unit with its level, right after its parent and those before it."""
    children: dict[str, list[Stored]] = {}
    every = list(found)
    for one in every:
        children.setdefault(reference(one.resource.get("partOf")), []).append(one)
    waiting = [(one, 0) for one in every if one.reference == root]
    while waiting:
        one, level = waiting.pop()
        yield one, level
        waiting += [(child, level + 1) for child in reversed(children.get(one.reference, []))]


def _confirmed(told: Iterable[Stored]) -> dict[str, date]:
    """Return when the list of each unit was last said to be right. told: the newest first."""
    said: dict[str, date] = {}
    for hit in told:
        if objecting.about_list(hit.resource) and (at := moment(hit.resource.get("lastPerformed"))):
            said |= {reference(target): local(at).date() for target in hit.resource.get("target", ())} | said
    return said


def _unit(one: Stored, level: int, counted: tuple[int, int, int], said: date | None, now: datetime) -> Unit:
    staff, doubts, against = counted
    overdue = staff > 0 and (said is None or local(now).date() - said > CONFIRMED_FOR)
    return Unit(id=one.id, version=one.version, name=one.resource.get("name", ""), level=level, staff=staff,
                confirmed=said, overdue=overdue, doubts=doubts, against=against)  # fmt: skip


async def _members(work: Work, one: Stored, against: Mapping[str, Objection]) -> tuple[Member, ...]:
    asked = [("organization", one.reference), ("_count", str(_MOST)), ("_include", "PractitionerRole:practitioner")]
    page = await search(work, "PractitionerRole", asked)
    persons = {person.reference: person.resource for person in page.included}
    known = await said_of(work, set(persons))
    gone = await over_with_their_base(work, (hit.resource for hit in page.hits if not over(hit.resource, work.now)))
    found = [_member(work, hit, persons.get(reference(hit.resource.get("practitioner")), {}), known,
                     against.get(hit.id))
             for hit in page.hits if rests_on(hit.resource) not in gone
             if not over(hit.resource, work.now) or _taken(hit.resource, known, work.now)]  # fmt: skip
    return tuple(sorted(found, key=lambda member: (not member.over, member.coming, member.role, member.name)))


def _member(work: Work, role: Stored, person: Resource, known: Mapping[str, Said], against: Objection | None) -> Member:
    resource = role.resource
    since, until = bounds(resource)
    needs, told = bool(codes_needing(resource)), known.get(reference(resource.get("practitioner")), Said())
    standing = {"standing": told.result or AWAY, "asked": told.asked} if needs else {"standing": "", "asked": None}
    ends = local(told.ends).date() if needs and told.ends else None
    approvals = [words(one.get("code")) for one in person.get("qualification", ())] if needs else []
    return Member(
        id=role.id, version=role.version, name=named(person) if person else "", hpr=number_of(person),
        role=", ".join(ROLES[code].name if code in ROLES else code for code in codes_of(resource)),
        since=local(since).date() if since else None, until=local(until - _TICK).date() if until else None,
        coming=coming(resource, work.now), own=reference(resource.get("practitioner")) == work.actor.id,
        approvals=tuple(filter(None, approvals)), over=over(resource, work.now), ends=ends,
        shift=(since, (until + _SECOND).replace(microsecond=0)) if rests_on(resource) and since and until else None,
        against=against, **standing,
    )  # fmt: skip


def _now(role: Resource, now: datetime) -> bool:
    return not over(role, now) and not coming(role, now)


def _taken(role: Resource, known: Mapping[str, Said], now: datetime) -> bool:
    """Say whether somebody lost a role lately by what the register said."""
    told, until = known.get(reference(role.get("practitioner")), Said()), bounds(role)[1]
    if not told.ended(now) or until is None or not codes_needing(role) or told.asked is None:
        return False
    return now - _TOLD_FOR <= until <= told.asked + _TICK


def _doubtful(role: Resource, known: Mapping[str, Said], now: datetime) -> bool:
    """Say whether the administrator should look at a role: the register ended it, or has not been asked."""
    if over(role, now):
        return _taken(role, known, now)
    told = known.get(reference(role.get("practitioner")), Said())
    return bool(codes_needing(role)) and (told.result or AWAY) in DOUBTFUL
