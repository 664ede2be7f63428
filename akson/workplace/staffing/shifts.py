"""Shifts on call: a role at a unit from one hour to another, resting on an employment that the person has anyway.

It is a PractitionerRole with a period to the minute, and an extension that names the employment. While it lasts the
person may act for the unit, with what the unit has a tie to; it is over at its end, or with that employment if sooner.

Source   pjl § 19, hpl § 23; domain rules R1, R8 (hl7.org/fhir/R4/practitionerrole.html: period)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from akson.access.roles import ROLES, Permission, has
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Day, Fault, Field, Filled, Form, TimeOfDay
from akson.base.web.render import OSLO
from akson.base.work import Work
from akson.patient.reading import reference
from akson.record import journal
from akson.record.facts import ON_CALL
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.registers.codes import ROLE
from akson.workplace.staffing import authorising
from akson.workplace.staffing.periods import bounds, codes_of, over

LONGEST: Final = timedelta(days=7)  # a week's background duty
_ROLES = sorted((role.name, code) for code, role in ROLES.items() if role.health and has(code, Permission.AT_WORK))
SHIFT: Final = Form(
    Field(name="fnr", label="staffing.fnr", help="staffing.shift_who", longest=14),
    Choice(name="role", label="staffing.role", drawn="select", choices=tuple((code, name) for name, code in _ROLES)),
    Day(name="from_day", label="staffing.shift_from_day"),
    TimeOfDay(name="from_time", label="staffing.shift_from_time"),
    Day(name="to_day", label="staffing.shift_to_day"),
    TimeOfDay(name="to_time", label="staffing.shift_to_time"),
)
Resource = Mapping[str, Any]


def checked(filled: Filled, now: datetime) -> Filled:
    """Return the answers with a fault where a shift is over already, ends before it begins, or lasts too long."""
    if not filled.valid:
        return filled
    start, end = when(filled.values)
    if end <= start:
        return filled.with_fault(Fault("staffing.shift_backwards"), "to_time")
    if end <= now:
        return filled.with_fault(Fault("staffing.shift_over"), "to_day")
    return filled.with_fault(Fault("staffing.shift_too_long"), "to_day") if end - start > LONGEST else filled


def when(values: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return when a shift begins and ends, in UTC: no hour is missing there on a night of change."""
    walls = (datetime.combine(values[f"{name}_day"], values[f"{name}_time"], OSLO) for name in ("from", "to"))
    start, end = (wall.astimezone(UTC) for wall in walls)
    return start, end


async def put_on_call(work: Work, unit: str, answers: Mapping[str, Any]) -> Stored:
    """Give somebody a shift at a unit.

    answers  fnr (Fnr), role, and from and to by day and time, as `checked` found them
    Raises   Refused AK-W021 nobody here has the number, AK-W022 no employment of theirs carries it, AK-W006 they have
             that role there at that time, AK-R010 to AK-R013 the register of health personnel says no, or what access
             says
    Leaves   PractitionerRole, VerificationResult when the role takes an authorisation; access-log row; news
    """
    start, end = when(answers)
    person = await _person(work, answers)
    asked = [("practitioner", person.reference), ("active", "true"), ("_count", "100")]
    held = [hit for hit in (await search(work, "PractitionerRole", asked)).hits if not over(hit.resource, work.now)]
    role = ROLES[answers["role"]]
    if any(_clashes(hit.resource, unit, role.code, start, end) for hit in held):
        raise Refused("AK-W006", path="role")
    base = next((hit for hit in _first_here(work, held) if _carries(hit.resource, role.code, start)), None)
    if base is None:
        raise Refused("AK-W022", path="role")
    told, result = await authorising.allowed(work, role.code, answers["fnr"].value,
                                             authorising.number_of(person.resource))  # fmt: skip
    given = await journal.create(work, {
        "resourceType": "PractitionerRole",
        "extension": [{"url": ON_CALL, "valueReference": {"reference": base.reference}}],
        "active": True,
        "practitioner": {"reference": person.reference},
        "organization": {"reference": f"Organization/{unit}"},
        "code": [{"coding": [{"system": ROLE, "code": role.code, "display": role.name}], "text": role.name}],
        "period": {"start": start.isoformat(), "end": (end - timedelta(milliseconds=1)).isoformat("T", "milliseconds")},
    })  # fmt: skip
    if result:
        await authorising.keep(work, person, told, result)
    return given


async def _person(work: Work, answers: Mapping[str, Any]) -> Stored:
    fnr = answers["fnr"]
    found = (await search(work, "Practitioner", [("identifier", f"{fnr.system}|{fnr.value}")])).hits
    if not found:
        raise Refused("AK-W021", path="fnr")
    return found[0]


def rests_on(role: Resource) -> str:
    """Return the employment that a shift rests on, "PractitionerRole/<id>"; "" of what is no shift."""
    named = (one for one in role.get("extension") or () if one.get("url") == ON_CALL)
    return next((reference(one.get("valueReference")) for one in named), "")


async def over_with_their_base(work: Work, roles: Iterable[Resource]) -> set[str]:
    """Return those employments that shifts rest on which are over, or not there; no statement without shifts."""
    named = {rests_on(one) for one in roles} - {""}
    found = await journal.read_many(work, sorted(named)) if named else {}
    return {one for one in named if one not in found or over(found[one].resource, work.now)}


def _first_here(work: Work, held: list[Stored]) -> list[Stored]:
    """Return the employments with those at the administrator's own unit first."""
    return sorted(held, key=lambda hit: reference(hit.resource.get("organization")) != work.actor.unit_id)


def _carries(resource: Resource, role: str, start: datetime) -> bool:
    """Say whether a shift in that role may rest on an employment: in the same role, or one of the same profession."""
    begun, ended = bounds(resource)
    goes_on = (begun is None or begun <= start) and (ended is None or ended > start)
    codes = [code for code in codes_of(resource) if code in ROLES]
    fit = any(code == role or ROLES[code].professions & ROLES[role].professions for code in codes)
    return goes_on and fit and not rests_on(resource)


def _clashes(resource: Resource, unit: str, role: str, start: datetime, end: datetime) -> bool:
    begun, ended = bounds(resource)
    meets = (begun is None or begun < end) and (ended is None or ended > start)
    return meets and role in codes_of(resource) and reference(resource.get("organization")) == f"Organization/{unit}"
