"""What a proxy or a guardian can be appointed for: areas of a record, each by the types of resources it holds.

A proxy for no area named is for all of it; a guardian is for what the mandate names, and for nothing without one.

Source: Helsenorge's areas of powers of attorney, vergemålsloven §§ 21, 31 (a guardian acts within the mandate); domain
rule C9. The codes are ours: https://akson.no/fhir/proxy-area
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WHOLE: Final = "personlig"  # of a guardian: personal interests, and so the whole record
ALWAYS: Final = frozenset({"Patient"})  # whose record it is
AREAS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(types.split())
    for name, types in {
        "timer": "Appointment AppointmentResponse",
        "legemidler": "MedicationRequest MedicationStatement MedicationDispense MedicationAdministration",
        "dialog": "Communication CommunicationRequest",
        "vaksiner": "Immunization ImmunizationRecommendation",
        "prøvesvar": "Observation DiagnosticReport",
        "tjenester": "EpisodeOfCare CareTeam CarePlan Goal ServiceRequest Task",
    }.items()
}


def covers(areas: tuple[str, ...], type_: str) -> bool:
    """Say whether a type of resource is within the areas that were given."""
    return not areas or _within(areas, type_)


def mandated(areas: tuple[str, ...], type_: str) -> bool:
    """Say whether a type of resource is within the areas of a guardian's mandate; of none at all nothing is."""
    return any(area in AREAS for area in areas) and _within(areas, type_)


def _within(areas: tuple[str, ...], type_: str) -> bool:
    return type_ in ALWAYS or any(type_ in AREAS.get(area, frozenset()) for area in areas)
