"""What the administrator does: employ, end, confirm the list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from akson.access.roles import ROLES
from akson.base.errors import Refused
from akson.base.work import Work
from akson.record import journal
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.registers.codes import ROLE
from akson.registers.identifiers import HPR_SYSTEM, Fnr, Hpr
from akson.workplace.staffing import authorising, objecting
from akson.workplace.staffing.periods import codes_of, coming, over
from akson.workplace.staffing.reading import CONFIRMED_FOR

Resource = dict[str, Any]


async def employ(work: Work, unit: str, answers: Mapping[str, Any]) -> Stored:
    """Give somebody a role at a unit, and register them when they are not known yet.

    Who has the role already, and no HPR number until now, is given the number.

    answers  fnr (Fnr), hpr (Hpr or None), given, family, role, since (date), until (its last day, or None)
    Raises   Refused AK-W006 they have that role there, AK-W007 another HPR number is known of them, AK-R010 to
             AK-R013 the register of health personnel says no, or what access says
    Leaves   PractitionerRole, Practitioner when new or when something of them is, VerificationResult when the role
             takes an authorisation: what the register said, or that it was away; access-log row; news
    """
    number = answers["hpr"].value if answers["hpr"] else ""
    told, result = await authorising.allowed(work, answers["role"], answers["fnr"].value, number)
    person, numbered = await _person(work, answers)
    already = [("practitioner", person.reference), ("organization", f"Organization/{unit}"), ("active", "true")]
    for hit in (await search(work, "PractitionerRole", already)).hits:
        if answers["role"] in codes_of(hit.resource) and not over(hit.resource, work.now):
            if not numbered:
                raise Refused("AK-W006", path="role")
            await authorising.keep(work, person, told, result)
            return hit
    period = {"start": answers["since"], "end": answers["until"]}
    role = ROLES[answers["role"]]
    given = (await journal.write_set(work, [journal.draft("POST", {
        "resourceType": "PractitionerRole",
        "active": True,
        "practitioner": {"reference": person.reference},
        "organization": {"reference": f"Organization/{unit}"},
        "code": [{"coding": [{"system": ROLE, "code": role.code, "display": role.name}], "text": role.name}],
        "period": {name: day.isoformat() for name, day in period.items() if day},
    })]))[0]  # fmt: skip
    if result:
        await authorising.keep(work, person, told, result)
    return given


async def _person(work: Work, answers: Mapping[str, Any]) -> tuple[Stored, bool]:
    """Return the Practitioner with that number, registered now when there is none; and whether an HPR number is new."""
    fnr, hpr = answers["fnr"], answers["hpr"]
    found = (await search(work, "Practitioner", [("identifier", f"{fnr.system}|{fnr.value}")])).hits
    if not found:
        made = await journal.create(work, {
            "resourceType": "Practitioner",
            "identifier": [one.identifier() for one in (fnr, hpr) if one],
            "active": True,
            "name": [{"use": "official", "family": answers["family"], "given": answers["given"].split()}],
        })  # fmt: skip
        return made, False
    known = [one["value"] for one in found[0].resource.get("identifier", ()) if one.get("system") == HPR_SYSTEM]
    if hpr and known and hpr.value not in known:
        raise Refused("AK-W007", path="hpr")
    if hpr and not known:
        identifiers = [*found[0].resource.get("identifier", ()), hpr.identifier()]
        return await journal.update(work, found[0].resource | {"identifier": identifiers}, id_=found[0].id,
                                    if_match=found[0].version), True  # fmt: skip
    return found[0], False


async def end(work: Work, role: str, version: int) -> Stored:
    """End a role at once: whoever has it is out at their next request, in sessions that are open too.

    One that has not begun has no time to end at, and is put out of use.

    Raises   Refused AK-J001 unknown, AK-J003 changed meanwhile, or what access says
    Leaves   PractitionerRole with an end; access-log row; news
    """
    resource = (await journal.read(work, "PractitionerRole", role)).resource
    last = work.now - timedelta(milliseconds=1)  # a period holds to the end of what is written
    period = (resource.get("period") or {}) | {"end": last.isoformat(timespec="milliseconds")}
    ended = {"active": False} if coming(resource, last) else {"period": period}
    return await journal.update(work, resource | ended, id_=role, if_match=version)


async def confirm(work: Work, unit: str, today: date) -> Stored:
    """Keep that somebody has gone through the list of a unit and found it right.

    Source   Normen (periodic review of who has access); domain rule R8
    Leaves   VerificationResult; access-log row
    """
    return await journal.create(work, {
        "resourceType": "VerificationResult",
        "meta": objecting.marks(unit),
        "target": [{"reference": f"Organization/{unit}"}],
        "status": "validated",
        "statusDate": work.now.isoformat(),
        "lastPerformed": work.now.isoformat(),
        "nextScheduled": (today + CONFIRMED_FOR).isoformat(),
        "attestation": {"who": {"reference": work.actor.id, "display": work.actor.name}, "date": today.isoformat()},
    })  # fmt: skip


def number(text: str, *, synthetic: bool) -> Fnr:
    """Return a national number as it was typed. Raises Refused, its path the field."""
    try:
        return Fnr.parse(text, synthetic=synthetic)
    except Refused as wrong:
        wrong.path = "fnr"
        raise


def authorisation(text: str | None, role: str) -> Hpr | None:
    """Return an HPR number as it was typed.

    Raises  Refused AK-W008 where the role asks for one, AK-R007 when it is none
    """
    if not text:
        if ROLES[role].professions:
            raise Refused("AK-W008", path="hpr")
        return None
    try:
        return Hpr.parse(text)
    except Refused as wrong:
        wrong.path = "hpr"
        raise
