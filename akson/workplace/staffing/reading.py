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
from akson.fhir.dates import interval
from akson.patient.reading import moment, named, reference
from akson.record import journal
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.registers.identifiers import HPR_SYSTEM
from akson.workplace.staffing.model import Member, Unit

Resource = Mapping[str, Any]
CONFIRMED_FOR: Final = timedelta(days=180)  # a list that nobody has confirmed for longer is overdue
_TICK: Final = timedelta(microseconds=1)
_DEEPEST: Final = 6  # levels of units
_MOST: Final = 1000  # of anything on one page


async def units(work: Work) -> tuple[Unit, ...]:
    """Return the administrator's own unit and all below it, each under its parent; a few statements for each level."""
    found = await _below(work)
    names = ",".join(one.reference for one in found)
    roles = await search(work, "PractitionerRole", [("organization", names), ("_count", str(_MOST))])
    said = await _confirmed(work, names)
    count = Counter(reference(hit.resource.get("organization")) for hit in roles.hits if _now(hit.resource, work.now))
    return tuple(_unit(one, level, count[one.reference], said.get(one.reference), work.now)
                 for one, level in _in_order(found, work.actor.unit_id))  # fmt: skip


async def unit(work: Work, id_: str) -> tuple[Unit, tuple[Member, ...]]:
    """Return one unit and who works there now or will.

    Raises  Refused AK-J001 when it is not the administrator's own, or below it
    """
    one = next((one for one in await _below(work) if one.id == id_), None)
    if one is None:
        raise Refused("AK-J001")
    members = await _members(work, one)
    said = (await _confirmed(work, one.reference)).get(one.reference)
    return _unit(one, 0, sum(not member.coming for member in members), said, work.now), members


async def _below(work: Work) -> list[Stored]:
    """Return the administrator's own unit and all below it, level by level."""
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


async def _confirmed(work: Work, names: str) -> dict[str, date]:
    """Return when the list of each unit was last said to be right."""
    asked = [("target", names), ("_sort", "-_lastUpdated"), ("_count", str(_MOST))]
    said: dict[str, date] = {}
    for hit in (await search(work, "VerificationResult", asked)).hits:
        if at := moment(hit.resource.get("lastPerformed")):
            said |= {reference(target): local(at).date() for target in hit.resource.get("target", ())} | said
    return said


def _unit(one: Stored, level: int, staff: int, said: date | None, now: datetime) -> Unit:
    overdue = staff > 0 and (said is None or local(now).date() - said > CONFIRMED_FOR)
    return Unit(id=one.id, name=one.resource.get("name", ""), level=level, staff=staff, confirmed=said, overdue=overdue)


async def _members(work: Work, one: Stored) -> tuple[Member, ...]:
    asked = [("organization", one.reference), ("_count", str(_MOST)), ("_include", "PractitionerRole:practitioner")]
    page = await search(work, "PractitionerRole", asked)
    persons = {person.reference: person.resource for person in page.included}
    found = [_member(work, hit, persons.get(reference(hit.resource.get("practitioner")), {}))
             for hit in page.hits if _now(hit.resource, work.now) or coming(hit.resource, work.now)]  # fmt: skip
    return tuple(sorted(found, key=lambda member: (member.coming, member.role, member.name)))


def _member(work: Work, role: Stored, person: Resource) -> Member:
    resource = role.resource
    since, until = _bounds(resource)
    hpr = next((one["value"] for one in person.get("identifier", ()) if one.get("system") == HPR_SYSTEM), "")
    return Member(
        id=role.id, version=role.version, name=named(person) if person else "", hpr=hpr,
        role=", ".join(ROLES[code].name if code in ROLES else code for code in codes_of(resource)),
        since=local(since).date() if since else None, until=local(until - _TICK).date() if until else None,
        coming=coming(resource, work.now), own=reference(resource.get("practitioner")) == work.actor.id,
    )  # fmt: skip


def codes_of(role: Resource) -> list[str]:
    """Return what somebody works as, by the codes of akson/access/roles.py."""
    return [coding["code"] for code in role.get("code", ()) for coding in code.get("coding", ()) if coding.get("code")]


def over(role: Resource, now: datetime) -> bool:
    """Say whether somebody had a role and has it no more."""
    until = _bounds(role)[1]
    return role.get("active") is False or (until is not None and until <= now)


def _bounds(role: Resource) -> tuple[datetime | None, datetime | None]:
    """Return when a role begins, and the instant after it ends: the last day counts whole."""
    period = role.get("period") or {}
    start, end = period.get("start"), period.get("end")
    return interval(start)[0] if start else None, interval(end)[1] if end else None


def coming(role: Resource, now: datetime) -> bool:
    """Say whether a role has not begun."""
    since = _bounds(role)[0]
    return not over(role, now) and since is not None and since > now


def _now(role: Resource, now: datetime) -> bool:
    return not over(role, now) and not coming(role, now)
