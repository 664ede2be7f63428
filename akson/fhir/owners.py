"""Tells whose record a resource belongs in, and who else is named in it.

Every resource has one owner. Most name it: the patient, or what they themselves belong to (an encounter, the target of
a provenance). What names nobody owns itself: Patient, Organization, Practitioner, Location, Group, Schedule, Slot, a
List without subject ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec

from akson.fhir import pointing

BUNDLE: Final = "Bundle"
PATIENT: Final = "Patient"
_SUBJECT: Final = ("subject", "encounter")
_PATIENT: Final = ("patient",)
_THINGS: Final = frozenset("encounter context appointment source request target focus securityContext".split())
_PATIENTS: Final = "Patient/"
_NUMBERS: Final = tuple(f"urn:oid:2.16.578.1.12.4.1.4.{n}" for n in "123")  # systems of national numbers of persons

# Type -> members that name the owner, the first that is there counts. Made from R4's references to Patient and its
# Patient compartment, then read through one by one. A path ending in "!" counts only if it points to a Patient.
OWNERS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        "AdverseEvent CarePlan CareTeam ClinicalImpression Communication CommunicationRequest Composition"
        " Condition DeviceRequest DiagnosticReport Flag GuidanceResponse ImagingStudy Media"
        " MedicationRequest Observation Procedure QuestionnaireResponse RequestGroup RiskAssessment ServiceRequest"
        " List".split(),
        _SUBJECT,
    ),
    **dict.fromkeys(
        "AllergyIntolerance BodyStructure Claim ClaimResponse CoverageEligibilityRequest CoverageEligibilityResponse"
        " DetectedIssue EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory ImmunizationEvaluation"
        " ImmunizationRecommendation MolecularSequence NutritionOrder RelatedPerson VisionPrescription Device"
        " SupplyDelivery Consent".split(),
        _PATIENT,
    ),
    "Account": ("subject",),
    "Appointment": ("participant.actor!",),
    "AppointmentResponse": ("actor!", "appointment"),
    "AuditEvent": ("entity.what!", "agent.who!"),
    "Basic": ("subject",),
    "Binary": ("securityContext",),
    "BiologicallyDerivedProduct": ("collection.source!",),
    "ChargeItem": ("subject", "context"),
    "Contract": ("subject!",),
    "Coverage": ("beneficiary",),
    "DeviceMetric": ("source",),
    "DeviceUseStatement": ("subject",),
    "DocumentManifest": ("subject",),
    "DocumentReference": ("subject", "context.sourcePatientInfo!", "context.encounter"),
    "Encounter": ("subject",),
    "EnrollmentRequest": ("candidate",),
    "EnrollmentResponse": ("request",),
    "Goal": ("subject",),
    "Immunization": ("patient", "encounter"),
    "Invoice": ("subject", "recipient!"),
    "MeasureReport": ("subject!",),
    "MedicationAdministration": ("subject", "context"),
    "MedicationDispense": ("subject", "context"),
    "MedicationStatement": ("subject", "context"),
    "PaymentNotice": ("request",),
    "Person": ("link.target!",),
    "Provenance": ("target!", "target"),
    "ResearchSubject": ("individual",),
    "Specimen": ("subject",),
    "SupplyRequest": ("deliverTo!", "requester!"),
    "Task": ("for", "encounter", "focus"),
}

OF_PERSONS: Final = frozenset({PATIENT, BUNDLE, *OWNERS})  # what may stand in the record of a person


@dataclass(frozen=True, slots=True)
class Identified:
    """A person or thing known by an identifier only (`subject.identifier`), such as a national id.

    person  as far as the resource says; False: an encounter, a device ...
    """

    system: str | None
    value: str
    person: bool = True


def owner_reference(
    resource: Mapping[str, Any], called: Callable[[str], str | None] = lambda _: None
) -> str | Identified | None:
    """Return what names the owner: a literal reference ("Patient/x", "urn:uuid:..."), an identifier, or None when the
    resource owns itself. A reference to a version names what it is a version of. A Bundle belongs to the one person
    that all in it is about; where there are several names, see `named_in`.

    called  gives the type of what a set calls so; None: it calls nothing so
    """
    if resource["resourceType"] == BUNDLE:
        names = named_in(resource)
        return names[0] if len(names) == 1 else None
    for path, only_patients in _paths(resource["resourceType"]):
        first = None
        for given in _at(resource, path):
            reference, named = _named(given, resource, path[-1])
            if named is None:
                continue
            kind = called(named) if isinstance(named, str) else None
            if kind == PATIENT if kind else _is_patient(reference, named, said=only_patients):
                return named
            first = first or named
        if first and not only_patients:
            return first
    return None


def named_in(bundle: Mapping[str, Any]) -> list[str | Identified]:
    """Return what names the owners of all that is in a Bundle, each name once; persons, if there are any.

    One who is in it goes by the national number, else by id, another identifier, or whatever the entry is called.
    """
    entries = list(_entries(bundle))
    inside = {name: one for full, one in entries for name in (full, f"{one['resourceType']}/{one.get('id')}") if name}
    called = {id(one): _called(one, full, n) for n, (full, one) in enumerate(entries) if one["resourceType"] == PATIENT}
    found: list[str | Identified] = list(called.values())
    for _, one in entries:
        named = owner_reference(one) if one["resourceType"] != BUNDLE else None
        led = inside.get(named) if isinstance(named, str) else None
        if named is not None and (led is None or led["resourceType"] == PATIENT):
            found.append(called[id(led)] if led else named)
    persons = [name for name in found if _names_person(name)]
    return list(dict.fromkeys(persons or found))


def _names_person(name: str | Identified) -> bool:
    return name.person if isinstance(name, Identified) else _is_patient({}, name, said=False)


def _entries(bundle: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (fullUrl, resource) of each entry, and of those of Bundles inside."""
    for entry in bundle.get("entry") or ():
        if isinstance(resource := entry.get("resource"), dict):
            yield entry.get("fullUrl", ""), resource
            if resource["resourceType"] == BUNDLE:
                yield from _entries(resource)


def _called(person: Mapping[str, Any], full: str, number: int) -> str | Identified:
    """Return what names a Patient in a Bundle."""
    known = [Identified(i.get("system"), i["value"]) for i in person.get("identifier") or () if "value" in i]
    national = next((one for one in known if one.system in _NUMBERS), None)
    by_id = f"{PATIENT}/{person['id']}" if "id" in person else None
    return national or by_id or next(iter(known), None) or full or f"urn:entry:{number}"


@cache
def _paths(kind: str) -> tuple[tuple[tuple[str, ...], bool], ...]:
    """Return (members on the way, counts only if it points to a Patient) of each row of OWNERS."""
    return tuple((tuple(path.removesuffix("!").split(".")), path.endswith("!")) for path in OWNERS.get(kind, ()))


def _at(resource: Mapping[str, Any], path: tuple[str, ...]) -> Iterable[Mapping[str, Any]]:
    """Return the References at `path`, through lists."""
    found: Sequence[Mapping[str, Any]] = (resource,)
    for member in path:
        inner = found[0].get(member) if len(found) == 1 else [each.get(member) for each in found]
        found = (inner,) if isinstance(inner, dict) else _flat(inner)
        if not found:
            break
    return found


def _flat(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list, and of lists in it."""
    if isinstance(value, dict):
        return [value]
    return [one for each in value for one in _flat(each)] if isinstance(value, list) else []


def _named(
    reference: Mapping[str, Any], resource: Mapping[str, Any], member: str
) -> tuple[Mapping[str, Any], str | Identified | None]:
    """Return the reference and what it names; something contained is known by its identifier."""
    literal = reference.get("reference", "").partition("/_history/")[0]
    if literal.startswith("#"):
        inside: Mapping[str, Any] = next((c for c in resource.get("contained", ()) if c.get("id") == literal[1:]), {})
        found = next((i for i in inside.get("identifier", ()) if "value" in i), None)
        reference = {"type": inside.get("resourceType")}
        return reference, _identified(found, reference, member)
    return reference, literal or _identified(reference.get("identifier"), reference, member)


def _identified(identifier: Any, reference: Mapping[str, Any], member: str) -> Identified | None:
    if not isinstance(identifier, dict) or "value" not in identifier:
        return None
    person = reference.get("type", "" if member in _THINGS else "Patient") == "Patient"
    return Identified(identifier.get("system"), identifier["value"], person)


def _is_patient(reference: Mapping[str, Any], named: str | Identified, *, said: bool) -> bool:
    """Tell whether a reference points to a Patient, as far as its text says.

    said  that must be said, by its type or by a number that only persons have: most who stand here are others
    """
    if isinstance(named, Identified):
        return named.person and (not said or "type" in reference or named.system in _NUMBERS)
    if not named.startswith("urn:"):
        return patient_in(named) is not None
    return bool(reference.get("type", "Patient") == "Patient")


def patient_in(reference: str) -> str | None:
    """Return "Patient/x" from a literal reference, without server and version; None when it is to something else."""
    if reference.startswith(_PATIENTS) and reference.count("/") == 1:
        return reference
    parts = reference.partition("/_history/")[0].split("/")
    return "/".join(parts[-2:]) if len(parts) > 1 and parts[-2] == "Patient" else None


def other_patients(resource: Mapping[str, Any], body: bytes) -> list[str]:
    """Return "Patient/x" of every patient named in the resource who is not its owner, each once.

    body  its JSON: most resources name nobody else, which their text tells sooner than a walk
    """
    return list(named(resource, body).others)


class Named(msgspec.Struct, frozen=True):
    """Whom a resource names. owner: see `owner_reference`; others: see `other_patients`."""

    owner: str | Identified | None
    others: tuple[str, ...]


def named(resource: Mapping[str, Any], body: bytes, called: Callable[[str], str | None] = lambda _: None) -> Named:
    """Return whom a resource names, its owner and others. body: its JSON; called: see `owner_reference`."""
    owner = owner_reference(resource, called)
    own = patient_in(owner) if isinstance(owner, str) else None
    if resource["resourceType"] == "Patient":
        own = f"Patient/{resource.get('id')}"
    if not _may_name_others(body, own or ""):
        return Named(owner, ())
    found = map(patient_in, mentioned(resource))
    return Named(owner, tuple(dict.fromkeys(p for p in found if p and p != own)))


def _may_name_others(body: bytes, own: str) -> bool:
    """Tell whether the text holds more that looks like a reference to a Patient than those to `own`."""
    if b"\\" in body and (b"\\/" in body or b"\\u" in body):  # it may stand there in disguise
        return True
    others = body.count(_PATIENTS.encode())
    if others and own:
        others -= body.count(own.encode() + b'"')
    if others and own:
        others -= body.count(own.encode() + b"/_history/")
    return others > 0


def mentioned(resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield every literal reference in the resource, in what it contains and, of a Bundle, in its entries."""
    for one in (resource, *(entry for _, entry in _entries(resource))):
        for _, text in references(one):
            yield text


def references(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (path, reference) of every literal reference in the resource and in what it contains."""
    for path, text in pointing.references(resource, resource["resourceType"]):
        yield path.removesuffix(".reference"), text
