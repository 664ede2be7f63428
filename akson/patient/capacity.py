"""Whether a patient is able to consent in one matter, as health personnel have assessed it and why (pbrl § 4-3).

Each is a ClinicalImpression, FHIR's word for what a clinician makes of somebody; a new one stands beside those before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from akson.access.roles import Permission, has
from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.work import Work
from akson.patient.reading import code, display, moment
from akson.record import journal
from akson.record.stored import Stored

Resource = Mapping[str, Any]
TYPE: Final = "ClinicalImpression"
ASSESSMENT: Final = "https://akson.no/fhir/assessment"  # codes: what was assessed
CAPACITY: Final = "consent-capacity"
OUTCOME: Final = "https://akson.no/fhir/consent-capacity"  # codes of its finding
OUTCOMES: Final = ("has", "lacks", "lacks-in-part")
NEEDS: Final = Permission.WRITE_DIAGNOSES  # those who assess health: doctors, nurses, psychologists, therapists


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """One assessment as it is read. matter: the decision that it is about; outcome: of OUTCOMES."""

    stored: Stored
    matter: str
    outcome: str
    reason: str
    by: str
    day: date | None

    @property
    def told(self) -> str:
        return texts().plain(f"capacity.{self.outcome}")


async def assess(work: Work, patient: str, *, matter: str, outcome: str, reason: str, day: date) -> Stored:
    """Write down whether a patient is able to consent in a matter, by the actor's own assessment.

    Raises  Refused AK-A040 when the role assesses nobody, or an access refusal
    Leaves  ClinicalImpression in the record, access-log row, news
    Source  pbrl § 4-3 (who gives the care decides; reasons in writing)
    """
    if not has(work.actor.role, NEEDS):
        raise Refused("AK-A040")
    finding = {"coding": [{"system": OUTCOME, "code": outcome}], "text": texts().plain(f"capacity.{outcome}")}
    return await journal.create(work, {
        "resourceType": TYPE, "status": "completed", "subject": {"reference": f"Patient/{patient}"},
        "code": {"coding": [{"system": ASSESSMENT, "code": CAPACITY}], "text": texts().plain("capacity.title")},
        "description": matter, "effectiveDateTime": day.isoformat(), "date": local(work.now).isoformat(),
        "assessor": {"reference": work.actor.id, "display": work.actor.name},
        "finding": [{"itemCodeableConcept": finding}], "summary": reason,
    })  # fmt: skip


def assessments(found: Iterable[Stored]) -> list[Assessed]:
    """Return the assessments of this among what was found, latest first."""
    read = [_read(one) for one in found if code(one.resource.get("code"), ASSESSMENT) == CAPACITY]
    return sorted((one for one in read if one), key=lambda one: one.day or date.min, reverse=True)


def _read(stored: Stored) -> Assessed | None:
    one = stored.resource
    findings = (finding.get("itemCodeableConcept") for finding in one.get("finding", ()))
    outcome = next(filter(None, (code(concept, OUTCOME) for concept in findings)), "")
    if outcome not in OUTCOMES or one.get("status") != "completed":
        return None
    at = moment(one.get("effectiveDateTime") or one.get("date"))
    return Assessed(
        stored=stored, matter=str(one.get("description", "")), outcome=outcome, reason=str(one.get("summary", "")),
        by=display(one.get("assessor")), day=local(at).date() if at else None,
    )  # fmt: skip
