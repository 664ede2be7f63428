"""The Consents in which citizens decide about their own record, or that of one they decide for."""

from __future__ import annotations

from typing import Any, Final

from akson.base.work import Work

_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem/"
BLOCK: Final = {"system": "http://loinc.org", "code": "59284-0"}  # privacy consent
OPT_OUT: Final = {"system": _TERMINOLOGY + "v3-ActCode", "code": "OPTOUT"}
_RECIPIENT: Final = {"system": _TERMINOLOGY + "v3-ParticipationType", "code": "IRCP"}


def consent(
    work: Work, patient: str, category: dict[str, str], policy: dict[str, Any], provision: dict[str, Any]
) -> dict[str, Any]:
    """Return a Consent in force from now on, as the journal projects it back into facts.

    patient    id of the Patient
    category   what it is about, as a Coding
    policy     policyRule
    provision  what is let or refused; from now on when it has no period
    """
    return {
        "resourceType": "Consent", "status": "active",
        "scope": {"coding": [{"system": _TERMINOLOGY + "consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [category]}],
        "patient": {"reference": f"Patient/{patient}"}, "dateTime": work.now.isoformat(),
        "performer": [{"reference": work.actor.id, "display": work.actor.name}], "policyRule": policy,
        "provision": {"period": {"start": work.now.isoformat()}, **provision},
    }  # fmt: skip


def whom(reference: dict[str, Any], coding: dict[str, str] | None = None) -> dict[str, Any]:
    """Return an actor of a provision; who receives information, unless `coding` says in which role."""
    return {"role": {"coding": [coding or _RECIPIENT]}, "reference": reference}
