"""Opening a record that no relation opens: with a reason, or in an emergency. An opening is a Consent that expires."""

from __future__ import annotations

from typing import Any

from akson.access import override
from akson.access.facts import Opening
from akson.base.work import Work
from akson.record import journal
from akson.record.consents import LEARNING, OPENING
from akson.record.stored import Stored

_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


async def open_with_reason(work: Work, patient: str, *, template: str, reason: str) -> Stored:
    """Open the record of `patient` for the actor, by a decision template and in the actor's own words.

    Raises  Refused AK-A07x what was given is not a reason, or the access rules' own refusal
    Leaves  Consent in the record, access-log row, news
    """
    work.reason = reason  # the citizen reads it in the log
    opening = override.opening(work.actor, template, reason, work.now)
    return await journal.create(work, _consent(work, patient, opening, template))


async def open_in_emergency(work: Work, patient: str, *, reason: str, danger: bool) -> Stored:
    """Open the record of `patient` because life or health is in danger; work.purpose must be EMERGENCY.

    danger  as override.emergency takes it
    Raises  Refused AK-A07x not in danger or without a reason, or the access rules' own refusal
    Leaves  Consent in the record, access-log row that the citizen reads, news
    """
    work.reason = reason
    opening = override.emergency(work.actor, reason, work.now, danger=danger)
    return await journal.create(work, _consent(work, patient, opening, override.IN_EMERGENCY))


def _consent(work: Work, patient: str, opening: Opening, template: str) -> dict[str, Any]:
    """Return the opening as the Consent that the journal projects back into a fact."""
    actors = [work.actor.id, work.actor.unit_id]
    purpose = "ETREAT" if opening.emergency else LEARNING if opening.learning else "TREAT"
    start, end = (moment.isoformat() for moment in (opening.start or work.now, opening.end or work.now))
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": _SCOPE, "code": "treatment"}]},
        "category": [{"coding": [{"system": OPENING, "code": template}], "text": opening.reason}],
        "patient": {"reference": f"Patient/{patient}"},
        "dateTime": work.now.isoformat(),
        "performer": [{"reference": work.actor.id, "display": work.actor.name}],
        "policyRule": {"text": "pasientjournalloven § 19"},
        "provision": {
            "type": "permit",
            "period": {"start": start, "end": end},
            "actor": [{"role": {"text": "åpnet av"}, "reference": {"reference": actor}} for actor in actors],
            "purpose": [{"system": _REASON, "code": purpose}],
        },
    }
