"""What a manager says against that somebody has access, and the administrator's answer.

It stands as a VerificationResult about the unit and the role: "val-fail" until it is answered, or the role has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from akson.access.commons import REVIEWED
from akson.base.errors import Refused
from akson.base.work import Work
from akson.patient.reading import moment, reference
from akson.record import journal
from akson.record.stored import Stored
from akson.workplace.staffing.model import Objection

MARK: Final = "https://akson.no/fhir/reviewed"  # meta.security: REVIEWED and the id of the unit, whose manager reads it
_WHY: Final = "https://akson.no/fhir/review-reason"  # extension: the manager's words
_ANSWER: Final = "https://akson.no/fhir/review-answer"  # extension: the administrator's
_AGAINST: Final = "val-fail"
Resource = Mapping[str, Any]


def marks(unit: str) -> dict[str, Any]:
    """Return the meta of what the manager of a unit may read, whoever writes it."""
    return {"security": [{"system": MARK, "code": code} for code in (REVIEWED, unit)]}


async def against(work: Work, unit: str, role: str, words: str | None) -> Stored:
    """Say that somebody should not have a role at a unit.

    Leaves   VerificationResult; access-log row; news
    """
    said: dict[str, Any] = {
        "resourceType": "VerificationResult",
        "meta": marks(unit),
        "target": [{"reference": f"Organization/{unit}"}, {"reference": f"PractitionerRole/{role}"}],
        "status": _AGAINST,
        "statusDate": work.now.isoformat(timespec="milliseconds"),
        "attestation": {"who": {"reference": work.actor.id, "display": work.actor.name}},
    }
    return await journal.create(work, said | ({"extension": [{"url": _WHY, "valueString": words}]} if words else {}))


async def answer(work: Work, said: Objection, version: int, words: str) -> Stored:
    """Answer why somebody keeps a role that the manager spoke against.

    Raises   Refused AK-W030 it is answered, AK-J003 changed meanwhile, or what access says
    Leaves   VerificationResult; access-log row; news
    """
    if not said.open:
        raise Refused("AK-W030")
    stands = (await journal.read(work, "VerificationResult", said.id)).resource
    told = [*(stands.get("extension") or ()), {"url": _ANSWER, "valueString": words}]
    changed = {"status": "validated", "statusDate": work.now.isoformat(timespec="milliseconds"), "extension": told}
    return await journal.update(work, stands | changed, id_=said.id, if_match=version)


def about_list(said: Resource) -> bool:
    """Say whether somebody said that the whole list of a unit is right."""
    return said.get("status") == "validated" and not _roles(said)


def by_role(said: Iterable[Stored]) -> dict[str, Objection]:
    """Return what was last said against each role, by its id, first what waits for an answer. said: newest first."""
    found: dict[str, Objection] = {}
    for one in sorted(said, key=lambda each: each.resource.get("status") != _AGAINST):
        for role in _roles(one.resource):
            found.setdefault(role, _objection(one))
    return found


def open_roles(said: Iterable[Stored]) -> set[str]:
    """Return the ids of the roles that something unanswered is said against."""
    return {role for role, one in by_role(said).items() if one.open}


def _roles(said: Resource) -> list[str]:
    told = [reference(target).partition("/") for target in said.get("target") or ()]
    return [id_ for kind, _, id_ in told if kind == "PractitionerRole"]


def _objection(one: Stored) -> Objection:
    told = {each.get("url"): str(each.get("valueString", "")) for each in one.resource.get("extension") or ()}
    who = (one.resource.get("attestation") or {}).get("who") or {}
    at = moment(one.resource.get("statusDate"))
    return Objection(id=one.id, version=one.version, by=who.get("display", ""), at=at,
                     open=one.resource.get("status") == _AGAINST, words=told.get(_WHY, ""),
                     answer=told.get(_ANSWER, ""))  # fmt: skip
