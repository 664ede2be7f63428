"""Roles as data: what each may find, read and write, before the rules ask about the person concerned.

Source: pasientjournalloven § 19 and Normen: access follows the task; administrative, technical and non-health personnel
have roles of their own with less data.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

import msgspec

from akson.base.work import Actor, Kind
from akson.fhir.scopes import Scope, parsed


class Permission(StrEnum):
    """One thing a role may do; screens name the one they need."""

    AT_WORK = "at-work"  # has a day, a unit and colleagues
    FIND_PEOPLE = "find-people"  # search for a person; shows minimal identity
    READ_MINIMAL = "read-minimal"
    READ_CASE = "read-case"
    READ_MEDICATION = "read-medication"
    READ_CLINICAL = "read-clinical"
    READ_SHARED = "read-shared"  # what health personnel of other organisations have a use for
    WRITE_VITALS = "write-vitals"
    WRITE_NOTES = "write-notes"
    WRITE_DIAGNOSES = "write-diagnoses"
    WRITE_MEDICATION = "write-medication"
    GIVE_MEDICATION = "give-medication"
    WRITE_PLAN = "write-plan"
    WRITE_CASE = "write-case"
    WRITE_VACCINES = "write-vaccines"
    WRITE_ORDERS = "write-orders"
    WRITE_MESSAGES = "write-messages"
    REFER = "refer"  # to specialist health care, and tells the patient's own doctor afterwards (epikrise)
    WRITE_TASKS = "write-tasks"
    WRITE_ADMINISTRATION = "write-administration"
    OPEN_WITH_REASON = "open-with-reason"
    OPEN_EMERGENCY = "open-emergency"
    DECIDE_ERASURE = "decide-erasure"  # answers for the record (journalansvarlig)
    ANSWER_FOR_RECORD = "answer-for-record"  # answers citizens who ask that an entry be corrected or erased
    RESTORE_ACCESS = "restore-access"  # gives back, at a desk, the sign-in that a citizen has taken away
    ANSWER_FOR_MESSAGES = "answer-for-messages"  # sees what did not arrive; its content takes READ_CLINICAL too
    MANAGE = "manage"  # units, staff, code systems
    REVIEW_LOG = "review-log"
    CONFIRM_STAFF = "confirm-staff"  # of the own unit: who has access there
    REVIEW_OPENINGS = "review-openings"  # of the own unit: what staff opened with a reason
    OWN_RECORD = "own-record"


P = Permission
EVERY = frozenset({"*"})  # every type but those in NEVER
NEVER = frozenset({"AuditEvent"})  # the trail is no part of the record

_MINIMAL = "Patient RelatedPerson Appointment CareTeam EpisodeOfCare Task Encounter Coverage Flag"
READS: Mapping[Permission, str] = {
    P.READ_MINIMAL: _MINIMAL,
    P.CONFIRM_STAFF: "VerificationResult",
    P.READ_CASE: f"{_MINIMAL} ServiceRequest CarePlan Goal QuestionnaireResponse Communication CommunicationRequest "
    "DocumentReference Consent Observation",
    P.READ_MEDICATION: f"{_MINIMAL} MedicationRequest MedicationStatement MedicationDispense MedicationAdministration "
    "Medication List AllergyIntolerance Condition Observation DetectedIssue Communication CommunicationRequest",
    P.READ_CLINICAL: "*",
    # No cases, consents, messages or tasks of those who give care here: these are not about health, or not for others.
    P.READ_SHARED: "Patient AllergyIntolerance Condition Procedure Observation DiagnosticReport Specimen Media "
    "ImagingStudy Immunization ImmunizationRecommendation MedicationRequest MedicationStatement MedicationDispense "
    "MedicationAdministration Medication List DocumentReference Composition Bundle Binary CarePlan Goal CareTeam "
    "Encounter EpisodeOfCare Appointment ServiceRequest FamilyMemberHistory ClinicalImpression RiskAssessment Flag "
    "DetectedIssue NutritionOrder Device DeviceUseStatement QuestionnaireResponse",
    P.OWN_RECORD: "*",
}
WRITES: Mapping[Permission, str] = {
    P.WRITE_VITALS: "Observation Media QuestionnaireResponse",
    P.WRITE_NOTES: "Composition Encounter DocumentReference ClinicalImpression Bundle Binary Provenance",
    P.WRITE_DIAGNOSES: "Condition AllergyIntolerance Procedure FamilyMemberHistory RiskAssessment Flag DetectedIssue",
    P.WRITE_MEDICATION: "MedicationRequest MedicationStatement MedicationDispense Medication List",
    P.GIVE_MEDICATION: "MedicationAdministration MedicationStatement",
    P.WRITE_PLAN: "CarePlan Goal CareTeam Procedure NutritionOrder Flag",
    P.WRITE_CASE: "ServiceRequest CarePlan Goal CareTeam EpisodeOfCare Observation Composition DocumentReference "
    "QuestionnaireResponse Coverage Binary",
    P.WRITE_VACCINES: "Immunization ImmunizationRecommendation",
    P.WRITE_ORDERS: "ServiceRequest DiagnosticReport Specimen DeviceRequest DeviceUseStatement ImagingStudy",
    P.WRITE_MESSAGES: "Communication CommunicationRequest DocumentReference Binary",
    P.WRITE_TASKS: "Task",
    P.WRITE_ADMINISTRATION: "Patient RelatedPerson Appointment AppointmentResponse Encounter EpisodeOfCare Coverage "
    "CareTeam Account ChargeItem Claim Person Slot Schedule Group List",
    P.MANAGE: "Organization OrganizationAffiliation Practitioner PractitionerRole Location HealthcareService Endpoint "
    "CodeSystem ValueSet ConceptMap NamingSystem StructureDefinition Questionnaire PlanDefinition "
    "ActivityDefinition Library Measure Schedule Slot Device CapabilityStatement Group "
    "Substance Medication MedicationKnowledge OperationDefinition MessageDefinition GraphDefinition "
    "ImplementationGuide VerificationResult",
    P.CONFIRM_STAFF: "VerificationResult",
    P.OWN_RECORD: "Observation QuestionnaireResponse Communication Consent AppointmentResponse",
}


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """One role. reads, writes: resource types, "*" for all but those in NEVER."""

    code: str
    name: str  # as people read it
    health: bool  # health personnel
    professions: frozenset[str]  # of Volven 9060: who is authorised as one of them; none: no authorisation is asked for
    permissions: frozenset[Permission]
    reads: frozenset[str]
    writes: frozenset[str]


def _role(code: str, name: str, *permissions: Permission, health: bool, needs: str = "") -> Role:
    return Role(
        code=code, name=name, health=health, permissions=frozenset(permissions),
        professions=frozenset(needs.split()),
        reads=frozenset(" ".join(READS[p] for p in permissions if p in READS).split()),
        writes=frozenset(" ".join(WRITES[p] for p in permissions if p in WRITES).split()),
    )  # fmt: skip


_CARE = (P.AT_WORK, P.FIND_PEOPLE, P.READ_CLINICAL, P.WRITE_VITALS, P.WRITE_NOTES, P.WRITE_TASKS, P.WRITE_MESSAGES,
         P.WRITE_ADMINISTRATION)  # fmt: skip
_OPENS = (P.OPEN_WITH_REASON, P.OPEN_EMERGENCY)
_NURSE = (*_CARE, *_OPENS, P.WRITE_DIAGNOSES, P.GIVE_MEDICATION, P.WRITE_MEDICATION, P.WRITE_PLAN, P.WRITE_VACCINES)
_TRAINEE = (*_NURSE, P.WRITE_ORDERS)
_DOCTOR = (*_TRAINEE, P.REFER, P.DECIDE_ERASURE, P.ANSWER_FOR_RECORD)
_THERAPIST = (*_CARE, *_OPENS, P.WRITE_DIAGNOSES, P.WRITE_PLAN, P.WRITE_ORDERS)
_CASE = (P.AT_WORK, P.FIND_PEOPLE, P.READ_CASE, P.WRITE_TASKS, P.WRITE_MESSAGES)

OUTSIDE = "ekstern"  # the role of those another organisation vouches for: nobody is employed as it here
# What they act as, by the authorisation their organisation attests (Volven 9060). Others have no role here.
ATTESTED: Mapping[str, str] = {
    **dict.fromkeys("LE SP JO PS VP ET FT MT HF HP OA HE AA TL".split(), OUTSIDE),
    **dict.fromkeys(("FA1", "FA2"), "farmasøyt"),
}

ROLES: Mapping[str, Role] = {
    role.code: role
    for role in (
        _role("fastlege", "Fastlege", *_DOCTOR, health=True, needs="LE"),
        _role("legevaktlege", "Lege i vakt", *_DOCTOR, health=True, needs="LE"),
        _role("sykehjemslege", "Sykehjemslege", *_DOCTOR, health=True, needs="LE"),
        _role("kommuneoverlege", "Kommuneoverlege", *_TRAINEE, P.REFER, P.ANSWER_FOR_RECORD, health=True, needs="LE"),
        _role("lis1", "Lege i spesialisering (LIS1)", *_TRAINEE, P.REFER, health=True, needs="LE"),
        _role("legesekretær", "Legesekretær", *_CARE, P.OPEN_WITH_REASON, P.ANSWER_FOR_MESSAGES, P.RESTORE_ACCESS,
              health=True, needs="HE"),
        _role("sykepleier", "Sykepleier", *_NURSE, health=True, needs="SP"),
        _role("helsefagarbeider", "Helsefagarbeider", *_CARE, *_OPENS, P.GIVE_MEDICATION, P.WRITE_PLAN, health=True,
              needs="HF HP OA"),
        _role("helsesykepleier", "Helsesykepleier", *_NURSE, health=True, needs="SP JO"),
        _role("jordmor", "Jordmor", *_TRAINEE, health=True, needs="JO"),
        _role("vernepleier", "Vernepleier", *_NURSE, health=True, needs="VP"),
        _role("fysioterapeut", "Fysioterapeut", *_THERAPIST, health=True, needs="FT MT"),
        _role("ergoterapeut", "Ergoterapeut", *_THERAPIST, health=True, needs="ET"),
        _role("psykolog", "Psykolog", *_THERAPIST, health=True, needs="PS"),
        _role("miljøterapeut", "Miljøterapeut", *_CARE, P.WRITE_PLAN, P.OPEN_WITH_REASON, health=True),
        _role("farmasøyt", "Farmasøyt", P.AT_WORK, P.FIND_PEOPLE, P.READ_MEDICATION, P.WRITE_MEDICATION, P.WRITE_TASKS,
              P.WRITE_MESSAGES, health=True, needs="FA1 FA2"),
        _role("assistent", "Pleieassistent", P.AT_WORK, P.FIND_PEOPLE, P.READ_CLINICAL, P.WRITE_VITALS, P.WRITE_NOTES,
              P.WRITE_TASKS, health=True),
        # A private party with an agreement: what it was asked to do, nobody to look for, nothing to open.
        _role("avtalepart", "Privat med avtale", P.AT_WORK, P.READ_CLINICAL, P.WRITE_VITALS, P.WRITE_NOTES,
              P.WRITE_MESSAGES, health=True),
        _role(OUTSIDE, "Helsepersonell i andre virksomheter", P.READ_SHARED, health=True),
        _role("saksbehandler", "Saksbehandler", *_CASE, P.WRITE_CASE, P.OPEN_WITH_REASON, health=False),
        _role("koordinator", "Koordinator", *_CASE, P.WRITE_PLAN, health=False),
        _role("hjemmehjelp", "Hjemmehjelp", P.AT_WORK, P.READ_MINIMAL, P.WRITE_TASKS, health=False),
        _role("kontormedarbeider", "Kontormedarbeider", P.AT_WORK, P.FIND_PEOPLE, P.READ_MINIMAL,
              P.WRITE_ADMINISTRATION, P.WRITE_TASKS, P.RESTORE_ACCESS, health=False),
        _role("leder", "Leder", P.AT_WORK, P.READ_MINIMAL, P.WRITE_TASKS, P.ANSWER_FOR_MESSAGES, P.REVIEW_OPENINGS,
              P.CONFIRM_STAFF, health=False),
        _role("administrator", "Administrator", P.AT_WORK, P.MANAGE, P.ANSWER_FOR_MESSAGES, health=False),
        _role("personvernombud", "Personvernombud", P.AT_WORK, P.REVIEW_LOG, health=False),
        _role("innbygger", "Innbygger", P.OWN_RECORD, health=False),
        _role("system", "Datasystem", health=False),
    )
}  # fmt: skip

# Of the notes these are shown their own unit's first; one press shows what else they may see (hpl § 23: who gives care
# judges what is necessary). The others follow the whole course of a patient. To be reviewed by clinicians.
OWN_UNIT_FIRST = frozenset(
    "legesekretær helsefagarbeider fysioterapeut ergoterapeut psykolog miljøterapeut assistent avtalepart".split()
)

_AS_PROGRAM, _AS_PERSON = frozenset({"system"}), frozenset({"user", "patient"})  # contexts of SMART scopes
_AS_ANYBODY = frozenset({"user"})  # what a person's token gives outside the record it was given for
# What an app that was given one record may look up beside it: those who work there, where, and what codes mean.
BESIDE = frozenset(
    "Organization Practitioner PractitionerRole Location HealthcareService Endpoint Medication Substance CodeSystem "
    "ValueSet ConceptMap NamingSystem StructureDefinition SearchParameter Questionnaire".split()
)
OWN_JOB = "akson/job"  # the scope of our own jobs; no token may ever carry it
LOAD = "akson/load"  # the scope of a program that loads the records of a system that is phased out


def loads(actor: Actor) -> bool:
    """Say whether the actor is such a program: what it brings may be about persons and things that are not here."""
    return LOAD in actor.scopes and actor.kind is Kind.SYSTEM


def called(role: str) -> str:
    """Return what the role is called within a sentence ("fastlege"); "" when it is no role of ours."""
    return ROLES[role].name.lower() if role in ROLES else ""


def has(role: str, permission: Permission) -> bool:
    """Say whether the role has the permission; an unknown role has none."""
    known = ROLES.get(role)
    return known is not None and permission in known.permissions


@lru_cache(maxsize=4096)
def may_read(role: str, type_: str) -> bool:
    """Say whether the role reads resources of this type at all."""
    known = ROLES.get(role)
    return known is not None and type_ not in NEVER and bool(known.reads & {type_, "*"})


@lru_cache(maxsize=4096)
def may_write(role: str, type_: str) -> bool:
    """Say whether the role writes resources of this type at all."""
    known = ROLES.get(role)
    return known is not None and type_ not in NEVER and type_ in known.writes


@lru_cache(maxsize=4096)
def scope_covers(
    scopes: frozenset[str], type_: str, letters: str, kind: Kind, *, own: bool = True, met: frozenset[str] | None = None
) -> bool:
    """Say whether SMART scopes give all of `letters` (of c r u d s) on the type; "" asks for any scope on a resource.

    kind   who carries the token: what was given to a program says nothing about a person, nor the other way
    own    the resource is within the record the token was given for: elsewhere patient/ gives nothing
    met    the narrowed scopes (`?category=...`) whose restriction the resource meets; None: suppose it meets all

    Source: hl7.org/fhir/smart-app-launch, scopes 1 (.read .write .*) and 2 (.cruds).
    """
    contexts = _AS_PROGRAM if kind is Kind.SYSTEM else _AS_PERSON if own else _AS_ANYBODY
    found = (scope for scope in map(parsed, scopes) if scope and scope.context in contexts and scope.names(type_))
    given = [one for one in found if not one.restriction or met is None or one.text in met]
    return bool(given) if not letters else set(letters) <= {letter for one in given for letter in one.letters}


@lru_cache(maxsize=4096)
def any_narrowed(scopes: frozenset[str]) -> bool:
    """Say whether any of these scopes gives only a part of a type."""
    return any(scope is not None and scope.restriction for scope in map(parsed, scopes))


@lru_cache(maxsize=4096)
def narrowed(scopes: frozenset[str], type_: str) -> tuple[Scope, ...]:
    """Return the scopes among these that give only a part of the resources of this type."""
    found = (scope for scope in map(parsed, scopes) if scope and scope.restriction and scope.names(type_))
    return tuple(sorted(found, key=lambda scope: scope.text))
