"""Guardians as Folkeregisteret tells of them, kept as RelatedPersons with the mandate: it is what lets them in."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from akson.base.work import Work
from akson.record import journal
from akson.record.representing import MANDATE, PROXY_AREA
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.registers.identifiers import SYSTEMS, PersonKind
from akson.registers.persons import Guardian

ROLE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
# The kind of guardianship; that it stands there tells that the register said so, and may say that it is over.
KIND: Final = "http://ehelse.no/fhir/CodeSystem/gd-person-guardiantype"
_GUARDIAN: Final = "GUARD"
_OURS: Final = {KIND, MANDATE}
LOG: Final = logging.getLogger("akson.worker")
Resource = dict[str, Any]


async def keep(work: Work, patient: str, told: Sequence[Guardian]) -> None:
    """Write who is guardian of a patient, and end what the register told before and tells no more.

    A guardian whom others wrote down gets the register's mandate; one it has never told of stands as it is. One of whom
    it cannot be read since or until when has no mandate until it can: the others have theirs.
    Leaves  new versions of RelatedPerson where something differs; access-log rows; news; a word of what is unclear
    """
    if any(one.unclear for one in told):
        LOG.warning("the population register tells of a guardian for a time that cannot be read: that lets nobody in")
    found = await search(work, "RelatedPerson", [("patient", patient), ("relationship", f"{ROLE}|{_GUARDIAN}")])
    standing = [hit for hit in found.hits if hit.resource.get("active") is not False and _alone(hit.resource)]
    for one in told:
        before = next((hit for hit in standing if _is(hit.resource, one)), None)
        if before is None:
            await journal.create(work, _made({"patient": {"reference": f"Patient/{patient}"}}, one))
            continue
        standing.remove(before)
        await _write(work, before, _made(before.resource, one))
    for hit in standing:
        if any(c.get("system") == KIND for c in _codings(hit.resource)):
            await _write(work, hit, {**hit.resource, "active": False})


async def _write(work: Work, before: Stored, after: Resource) -> None:
    if after != before.resource:
        await journal.update(work, after, id_=before.id, if_match=before.version)


def _made(before: Mapping[str, Any], one: Guardian) -> Resource:
    """Return the RelatedPerson as the register has it; telephone and whatever else others wrote stays."""
    told = [{"system": ROLE, "code": _GUARDIAN}]
    told += [{"system": KIND, "code": one.kind} if one.kind else {"system": KIND, "display": "Vergemål"}]
    told += [{"system": MANDATE, "code": word} for word in one.mandate]
    kept = [c for c in _codings(before) if c.get("system") not in _OURS and c.get("code") != _GUARDIAN]
    name = {"family": one.family} | ({"given": list(one.given)} if one.given else {})
    period = {edge: at for edge, at in (("start", one.start), ("end", one.end)) if at}
    made = {**before, "resourceType": "RelatedPerson", "active": True, "relationship": [{"coding": [*told, *kept]}]}
    made |= {"identifier": [_identifier(one.number)]} if one.number else {}
    made |= {"name": [name]} if one.family else {}
    return {key: value for key, value in made.items() if key != "period"} | ({"period": period} if period else {})


def _identifier(number: str) -> dict[str, str]:
    return {"system": SYSTEMS[PersonKind.DNR if number[0] in "4567" else PersonKind.FNR], "value": number}


def _is(resource: Mapping[str, Any], one: Guardian) -> bool:
    """Say whether a RelatedPerson is a guardian that the register tells of: by number, or without any by name."""
    numbers = {each.get("value") for each in resource.get("identifier") or ()}
    if one.number:
        return one.number in numbers
    return not numbers and any(each.get("family") == one.family for each in resource.get("name") or ())


def _alone(resource: Mapping[str, Any]) -> bool:
    """Say whether it is of the guardianship and of nothing else, kinship for instance, that would end with it."""
    return all(c.get("system") in {*_OURS, PROXY_AREA} or c.get("code") == _GUARDIAN for c in _codings(resource))


def _codings(resource: Mapping[str, Any]) -> list[Resource]:
    return [coding for each in resource.get("relationship") or () for coding in each.get("coding") or ()]
