"""Gives the one date by which a resource stands in a patient's timeline: when it was so, not when it was
written down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from akson.fhir import dates

_EFFECTIVE: Final = ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming", "issued")
_OCCURRENCE: Final = ("occurrenceDateTime", "occurrencePeriod", "occurrenceTiming", "authoredOn")
_PERIOD: Final = ("period",)

# Type -> members, the first that is there counts. For a stretch of time its beginning is meant.
WHEN: Final[Mapping[str, tuple[str, ...]]] = {
    "Account": ("servicePeriod",),
    "AdverseEvent": ("date", "detected", "recordedDate"),
    "AllergyIntolerance": ("onsetDateTime", "onsetPeriod", "recordedDate"),
    "Appointment": ("start", "requestedPeriod", "created"),
    "AppointmentResponse": ("start",),
    "AuditEvent": ("recorded",),
    "Basic": ("created",),
    "Bundle": ("timestamp",),
    "CarePlan": ("period", "created"),
    "CareTeam": _PERIOD,
    "ChargeItem": ("occurrenceDateTime", "occurrencePeriod", "enteredDate"),
    "Claim": ("billablePeriod", "created"),
    "ClaimResponse": ("created",),
    "ClinicalImpression": ("effectiveDateTime", "effectivePeriod", "date"),
    "Communication": ("sent", "received"),
    "CommunicationRequest": _OCCURRENCE,
    "Composition": ("date",),
    "Condition": ("onsetDateTime", "onsetPeriod", "recordedDate"),
    "Consent": ("dateTime",),
    "Coverage": _PERIOD,
    "CoverageEligibilityRequest": ("created",),
    "CoverageEligibilityResponse": ("created",),
    "DetectedIssue": ("identifiedDateTime", "identifiedPeriod"),
    "DeviceRequest": _OCCURRENCE,
    "DeviceUseStatement": ("timingDateTime", "timingPeriod", "recordedOn"),
    "DiagnosticReport": _EFFECTIVE,
    "DocumentManifest": ("created",),
    "DocumentReference": ("date",),
    "Encounter": _PERIOD,
    "EpisodeOfCare": _PERIOD,
    "ExplanationOfBenefit": ("billablePeriod", "created"),
    "FamilyMemberHistory": ("date",),
    "Flag": _PERIOD,
    "Goal": ("startDate", "statusDate"),
    "GuidanceResponse": ("occurrenceDateTime",),
    "ImagingStudy": ("started",),
    "Immunization": ("occurrenceDateTime", "recorded"),
    "ImmunizationEvaluation": ("date",),
    "ImmunizationRecommendation": ("date",),
    "Invoice": ("date",),
    "List": ("date",),
    "MeasureReport": ("date", "period"),
    "Media": ("createdDateTime", "createdPeriod", "issued"),
    "MedicationAdministration": ("effectiveDateTime", "effectivePeriod"),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime", "effectivePeriod", "dateAsserted"),
    "NutritionOrder": ("dateTime",),
    "Observation": _EFFECTIVE,
    "Procedure": ("performedDateTime", "performedPeriod"),
    "Provenance": ("occurredDateTime", "occurredPeriod", "recorded"),
    "QuestionnaireResponse": ("authored",),
    "RelatedPerson": _PERIOD,
    "RequestGroup": ("authoredOn",),
    "RiskAssessment": ("occurrenceDateTime", "occurrencePeriod"),
    "Schedule": ("planningHorizon",),
    "ServiceRequest": _OCCURRENCE,
    "Slot": ("start",),
    "Specimen": ("receivedTime",),
    "SupplyDelivery": ("occurrenceDateTime", "occurrencePeriod"),
    "SupplyRequest": _OCCURRENCE,
    "Task": ("executionPeriod", "authoredOn", "lastModified"),
    "VisionPrescription": ("dateWritten", "created"),
}


def sort_date(resource: Mapping[str, Any]) -> datetime | None:
    """Return the beginning of what the resource tells of, in UTC, or None when it is bound to no time."""
    for member in WHEN.get(resource["resourceType"], ("date",)):
        value = resource.get(member)
        moment = _start(value) if isinstance(value, str | Mapping) else None
        if moment:
            return moment
    return None


def _start(value: str | Mapping[str, Any]) -> datetime | None:
    """Return the beginning of a date, Period or Timing; a period with an end only counts from there."""
    if isinstance(value, str):
        return dates.interval(value)[0]
    given = value.get("start") or value.get("end")
    if given:
        return dates.interval(given)[0]
    bounds = dates.timing(value)
    return bounds[0] if bounds else None
