"""What a proxy can be given for: areas of a record, each by the types of resources it holds. No area named: all of it.

Source: Helsenorge's areas of powers of attorney; domain rule C9. The codes are ours: https://akson.no/fhir/proxy-area
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
    return not areas or type_ in ALWAYS or any(type_ in AREAS.get(area, frozenset()) for area in areas)
