"""The made-up world: who is in it, and by hand who sees what. Nothing here asks the access rules."""

from __future__ import annotations

from typing import Final

NURSE, GP, SYSTEM = "nurse", "gp", "system"
NORD, PRAKSIS, ELSEWHERE = "user-nord", "user-praksis", "user-elsewhere"  # units: the nurse's, the GP's, another's

# Person -> (units that care for them now, unit on whose list they are, protection, who sees their record)
PEOPLE: Final[dict[str, tuple[tuple[str, ...], str | None, str, frozenset[str]]]] = {
    "p-astrid": ((NORD,), PRAKSIS, "", frozenset({NURSE, GP, SYSTEM})),
    "p-bjorn": ((NORD,), None, "", frozenset({NURSE, SYSTEM})),
    "p-cato": ((), PRAKSIS, "", frozenset({GP, SYSTEM})),
    "p-dagny": ((ELSEWHERE,), None, "", frozenset({SYSTEM})),
    "p-even": ((NORD,), None, "kode6", frozenset({NURSE})),
    "p-frida": ((ELSEWHERE,), None, "kode6", frozenset()),
    "p-gunnar": ((NORD,), PRAKSIS, "", frozenset({GP, SYSTEM})),  # has blocked the unit NORD
    "p-hilde": ((NORD,), PRAKSIS, "", frozenset({NURSE, GP, SYSTEM})),  # has blocked BLOCKED for everybody
    "p-ivar": ((NORD, ELSEWHERE), PRAKSIS, "kode7", frozenset({NURSE, GP, SYSTEM})),  # the address is hidden, no more
    "p-jorunn": ((), None, "", frozenset({SYSTEM})),
}
BLOCKED: Final = "blocked-note"  # a document of p-hilde that she has closed

# What belongs to nobody in particular: staff read registers, colleagues, places, codes and schedules; not the lists,
# tasks, groups and letters of a unit that is not theirs.
STAFF_READ: Final = frozenset(
    "Organization OrganizationAffiliation Practitioner PractitionerRole Location HealthcareService Endpoint CodeSystem"
    " ValueSet ConceptMap NamingSystem StructureDefinition SearchParameter Questionnaire PlanDefinition"
    " ActivityDefinition Library Measure Schedule Slot Device Subscription CapabilityStatement Substance Medication"
    " MedicationKnowledge OperationDefinition MessageDefinition GraphDefinition ImplementationGuide".split()
)
NOBODY_READS: Final = frozenset({"AuditEvent"})  # the trail is told otherwise


def sees(user: str, type_: str, id_: str, about: str | None) -> bool:
    """Tell whether `user` may see the resource; about: the person's id, None when it is about nobody."""
    if type_ in NOBODY_READS or id_ == BLOCKED:
        return False
    if about is not None:
        return user in PEOPLE[about][3] if about in PEOPLE else user == SYSTEM
    return user == SYSTEM or type_ in STAFF_READ
