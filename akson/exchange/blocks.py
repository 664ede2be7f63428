"""The blocks of a care message as resources, and back: diagnoses, allergies, medicines, functions, services.

What comes from outside is a proposal: unconfirmed, preliminary or a draft, until somebody here takes it in. Pure.
Source: docs/sources.md#documents; names of elements from the national tables, unverified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from akson.exchange import nodes, parts
from akson.exchange.answers import code_of
from akson.exchange.envelope import Code
from akson.exchange.filing import VOLVEN, coding, filled
from akson.exchange.parts import Part
from akson.exchange.safexml import Unreadable

Resource = dict[str, Any]
_HL7: Final = "http://terminology.hl7.org/CodeSystem/"
_SAME: Final = {  # what FHIR calls a list that messages know by its number
    f"{VOLVEN}7110": "http://hl7.org/fhir/sid/icd-10", f"{VOLVEN}7170": "http://hl7.org/fhir/sid/icpc-2",
    f"{VOLVEN}7180": "http://www.whocc.no/atc", "2.16.840.1.113883.6.96": "http://snomed.info/sct",
}  # fmt: skip
_PART_OF_DATE: Final = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2]))?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,9}([.,]\d{1,4})?", re.ASCII)
_MAIN: Final = "Hoveddiagnose"
TO_STOP, ALLERGIC = "4", "10"  # Volven 7307
SINCE, ENDED = "Fra", "Til"  # how a date in the course of a diagnosis is told (Modifier, Volven 7305 FO)
_FROM = ("Startdato", "StartDato", "FraDato", "DatoFra", "StartDateTime")
_UNTIL = ("Sluttdato", "SluttDato", "TilDato", "DatoTil", "EndDateTime")
MEDICINES: Final = ("Legemiddelinfo", "LegemidlerAdministrertVedOverforing")
_SURVEY: Final = [{"coding": [{"system": f"{_HL7}observation-category", "code": "survey"}]}]
BLOOD: Final = {"coding": [{"system": "http://loinc.org", "code": "882-1"}], "text": "Blodtype"}


def proposals(root: Part, subject: Resource | None, at: str) -> list[Resource]:
    """Return what a message tells of a patient as resources nobody here has vouched for.

    subject   reference to the patient; at: when it was sent, as FHIR writes it
    """
    if subject is None:
        return []
    about = {"subject": subject}
    found = [_condition(each) | about for each in root.all("MedisinskDiagnose", "Diagnosis") if _named(each)]
    found += [_allergy(each) | {"patient": subject} for each in root.all("Cave", "Allerginotat") if _named(each)]
    for block in root.all(*MEDICINES):
        found += [_medicine(each, at) | about for each in block.parts if each.parts and _named(each)]
    for each in root.all("Medication"):
        found += _letters_medicine(each, subject, at)
    found += [_function(each, at) | about for each in root.all("KartlagtFunksjon") if each.coded("Funksjonsvariabel")]
    found += [_blood(each, at) | about for each in root.all("RegistrertBlodtype") if each.code]
    found += [_service(each, at) | about for each in root.all(*_SERVICES) if each.coded("IPLOStjenestetype")]
    return found


def blocks(resources: Iterable[Mapping[str, Any]]) -> Iterator[Part | None]:
    """Yield resources as the blocks of a message, in its order; types a message has no block for are left out."""
    made: dict[str, list[Part]] = {}
    for each in resources:
        if write := _WRITES.get(each["resourceType"]):
            block, part = write(each)
            made.setdefault(block, []).append(part)
    for block in _ORDER:
        if block in _SERVICES:
            yield from made.get(block, ())
        else:
            yield parts.group(block, *made.get(block, ()))


def concept(code: Code | None, text: str = "") -> Resource:
    """Return a coded value as a CodeableConcept, in the list of the message and in FHIR's own name for it."""
    if code is None:
        return filled({"text": text})
    own = coding(code)
    system = own.get("system", "").removeprefix("urn:oid:")
    codings = [own] if own.get("code") else []
    if own.get("code") and system in _SAME:
        codings.append(own | {"system": _SAME[system]})
    return filled({"coding": codings, "text": text or code.name or code.other})


def coded(concept_: Mapping[str, Any] | None) -> Code | None:
    """Return a CodeableConcept as a code of a message; one without a list stands beside the code, in words."""
    codings = (concept_ or {}).get("coding", ())
    lists = {name: system for system, name in _SAME.items()}
    for each in sorted(codings, key=lambda one: not str(one.get("system", "")).startswith("urn:oid:")):
        code = code_of(each)
        if code.system in lists or not code.system.startswith("http"):
            return Code(value=code.value, system=lists.get(code.system, code.system), name=code.name)
    text = str((concept_ or {}).get("text") or next((one.get("display", "") for one in codings), ""))
    return Code(value="", other=text) if text else None


def moment(written: str) -> str:
    """Return a date or a moment of a message as FHIR writes it; "" where it is none."""
    if "T" not in written:
        return nodes.iso_day(written)
    try:
        return nodes.moment(written, what="tidspunkt").isoformat()
    except Unreadable:
        return nodes.iso_day(written)


def _named(part: Part) -> bool:
    return bool(_first_code(part) or _words(part))


def _first_code(part: Part) -> Code | None:
    """Return the code of the part, or of the first below it that has a list or a name."""
    if part.code and (part.code.system or part.code.name or part.code.other):
        return part.code
    return next((found for each in part.parts if (found := _first_code(each))), None)


def _words(part: Part) -> str:
    return " ".join(filter(None, (part.text, *(_words(each) for each in part.parts if each.name != _MAIN))))


def _period(part: Part) -> Resource:
    return filled({"start": _at(part.said(*_FROM)), "end": _at(part.said(*_UNTIL))})


def _at(written: str) -> str:
    """Return a date or a moment, of which the day and the month may not be known."""
    return written if _PART_OF_DATE.fullmatch(written) else moment(written)


def _condition(part: Part) -> Resource:
    dates, tentative = _course(part)
    ended = _at(part.said(*_UNTIL) or dates.get(ENDED, ""))
    code, main = part.coded("Diagnosekode", "Concept") or _first_code(part), part.said(_MAIN) in ("true", "1")
    return filled({
        "resourceType": "Condition",
        "clinicalStatus": _status("condition-clinical", "resolved" if ended else "active"),
        "verificationStatus": _status("condition-ver-status", "provisional" if tentative else "unconfirmed"),
        "category": [{"coding": [{"system": f"{_HL7}condition-category", "code": "encounter-diagnosis"}],
                      **({"text": _MAIN} if main else {})}],
        "code": concept(code, code.other if code else _words(part)),
        "onsetDateTime": _at(part.said(*_FROM) or dates.get(SINCE, "")),
        "abatementDateTime": ended,
    })  # fmt: skip


def _course(part: Part) -> tuple[dict[str, str], bool]:
    """Return the dates in the course of a diagnosis, and whether it is tentative (Volven 7305)."""
    told = [(each.said("Name"), each.coded("Value")) for each in part.all("Modifier")]
    dates = {value.name.partition(" ")[0]: value.value for name, value in told if name == "FO" and value}
    return dates, any(name == "DI" and value is not None and value.value == "1" for name, value in told)


def _from_condition(resource: Mapping[str, Any]) -> tuple[str, Part]:
    main = any(each.get("text") == _MAIN for each in resource.get("category", ()))
    made = (
        parts.leaf(_MAIN, "true" if main else ""), parts.coded("Diagnosekode", coded(resource.get("code"))),
        *_ends(resource.get("onsetDateTime", ""), resource.get("abatementDateTime", "")),
    )  # fmt: skip
    return "InfoMedisinskDiagnose", Part(name="MedisinskDiagnose", parts=tuple(filter(None, made)))


def _allergy(part: Part) -> Resource:
    code, said = _first_code(part), _words(part)
    return filled({
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": _status("allergyintolerance-clinical", "active"),
        "verificationStatus": _status("allergyintolerance-verification", "unconfirmed"),
        "criticality": "high" if part.name == "Cave" else "",
        "code": concept(code, "" if code else said),
        "note": [{"text": said}] if code and said else [],
    })  # fmt: skip


def _from_allergy(resource: Mapping[str, Any]) -> tuple[str, Part]:
    note = " ".join(each.get("text", "") for each in resource.get("note", ()))
    made = (parts.coded("Stoff", coded(resource.get("code"))), parts.leaf("Merknad", note))
    name = "Cave" if resource.get("criticality") == "high" else "Allerginotat"
    return "MedisinskfagligeOpplysninger", Part(name=name, parts=tuple(filter(None, made)))


def _medicine(part: Part, at: str) -> Resource:
    code, period = _first_code(part), _period(part)
    named = part.said("NavnFormStyrke", "Navn")
    return filled({
        "resourceType": "MedicationStatement",
        "status": "unknown",
        "medicationCodeableConcept": concept(code, named or ("" if code else _words(part))),
        "effectivePeriod": period,
        "dateAsserted": at,
        "dosage": [{"text": said}] if (said := part.said("Dosering", "DosVeiledEnkel", "Bruk", "Dose")) else [],
    })  # fmt: skip


def _letters_medicine(part: Part, subject: Resource, at: str) -> list[Resource]:
    """Return what a referral or an epikrise says of one medicine, by its status there (Volven 7307)."""
    drug, status = part.first("DrugId") or part.first("Drug"), part.said("Status")
    if drug is None or not _named(drug) or status == TO_STOP:
        return []
    own = {"code": concept(drug.code, drug.code.other)} if drug.code and drug.code.other else {}
    if status == ALLERGIC:
        return [_allergy(drug) | {"patient": subject} | own]
    dose, period = part.said("DosageText"), _period(part)
    made = _medicine(drug, at) | {"subject": subject, "effectivePeriod": period}
    made |= {"medicationCodeableConcept": own["code"]} if own else {}
    return [filled(made | {"dosage": [{"text": dose}] if dose else []})]


def _from_medicine(resource: Mapping[str, Any]) -> tuple[str, Part]:
    held, period = resource.get("medicationCodeableConcept") or {}, resource.get("effectivePeriod") or {}
    dosage = "\n".join(filter(None, (each.get("text", "") for each in dosages(resource))))
    made = (
        parts.coded("Legemiddelkode", coded(held)), parts.leaf("NavnFormStyrke", held.get("text", "")),
        parts.leaf("Dosering", dosage), *_ends(period.get("start", ""), period.get("end", "")),
    )  # fmt: skip
    return MEDICINES[0], Part(name="Legemiddel", parts=tuple(filter(None, made)))


def dosages(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(resource.get("dosage") or resource.get("dosageInstruction") or ())


def _function(part: Part, at: str) -> Resource:
    return filled({
        "resourceType": "Observation",
        "status": "preliminary",
        "category": _SURVEY,
        "code": concept(part.coded("Funksjonsvariabel")),
        "effectiveDateTime": at,
        "valueCodeableConcept": concept(part.coded("Vurdering")) if part.coded("Vurdering") else None,
        "note": [{"text": said}] if (said := part.said("Kommentar", "Merknad")) else [],
    })  # fmt: skip


def _blood(part: Part, at: str) -> Resource:
    return filled({
        "resourceType": "Observation", "status": "preliminary", "code": BLOOD, "effectiveDateTime": at,
        "valueCodeableConcept": concept(part.code),
    })  # fmt: skip


def _from_observation(resource: Mapping[str, Any]) -> tuple[str, Part]:
    value = coded(resource.get("valueCodeableConcept"))
    if resource.get("code") == BLOOD:
        return "MedisinskfagligeOpplysninger", Part(name="RegistrertBlodtype", code=value)
    note = " ".join(each.get("text", "") for each in resource.get("note", ()))
    made = (
        parts.coded("Funksjonsvariabel", coded(resource.get("code"))), parts.coded("Vurdering", value),
        parts.leaf("Kommentar", note),
    )  # fmt: skip
    return "InfoKartleggingFunksjonsniva", Part(name="KartlagtFunksjon", parts=tuple(filter(None, made)))


_SERVICES: Final = ("TjenesteBehov", "EksisterendeTjeneste")


def _service(part: Part, at: str) -> Resource:
    stands, number, unit = part.name == _SERVICES[1], part.said("AntallEnheter"), part.coded("Enhet")
    return filled({
        "resourceType": "ServiceRequest",
        "status": "active" if stands else "draft",
        "intent": "plan" if stands else "proposal",
        "code": concept(part.coded("IPLOStjenestetype")),
        "quantityQuantity": _quantity(number, unit),
        "occurrencePeriod": _period(part),
        "authoredOn": at,
        "performer": [{"display": by}] if (by := part.said("TjenestenLevertAv")) else [],
    })  # fmt: skip


def _quantity(number: str, unit: Code | None) -> Resource | None:
    if not _NUMBER.fullmatch(number):
        return None
    written = coding(unit) if unit else {}
    of = {"unit": written.get("display"), "system": written.get("system"), "code": written.get("code")}
    return {"value": Decimal(number.replace(",", "."))} | filled(of if written.get("system") else {"unit": of["unit"]})


def _from_service(resource: Mapping[str, Any]) -> tuple[str, Part]:
    quantity, period = resource.get("quantityQuantity") or {}, resource.get("occurrencePeriod") or {}
    unit = code_of({"display": quantity.get("unit", ""), **quantity}) if quantity.get("unit") else None
    by = ", ".join(filter(None, (each.get("display", "") for each in resource.get("performer", ()))))
    made = (
        parts.coded("IPLOStjenestetype", coded(resource.get("code"))),
        parts.leaf("AntallEnheter", str(quantity.get("value", ""))), parts.coded("Enhet", unit),
        *_ends(period.get("start", ""), period.get("end", "")), parts.leaf("TjenestenLevertAv", by),
    )  # fmt: skip
    block = _SERVICES[0] if resource.get("intent") == "proposal" else _SERVICES[1]
    return block, Part(name=block, parts=tuple(filter(None, made)))


def _from_episode(resource: Mapping[str, Any]) -> tuple[str, Part]:
    """Return a service that somebody has as one who reads of it is told: what, since when and by whom."""
    period = resource.get("period") or {}
    made = (
        parts.coded("IPLOStjenestetype", coded(next(iter(resource.get("type", ())), None))),
        *_ends(period.get("start", ""), period.get("end", "")),
        parts.leaf("TjenestenLevertAv", (resource.get("managingOrganization") or {}).get("display", "")),
    )  # fmt: skip
    return _SERVICES[1], Part(name=_SERVICES[1], parts=tuple(filter(None, made)))


def _ends(start: str, end: str) -> tuple[Part | None, Part | None]:
    return parts.dated(_FROM[0], start), parts.dated(_UNTIL[0], end)


def _status(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"{_HL7}{system}", "code": code}]}


_ORDER: Final = (
    "InfoMedisinskDiagnose", "MedisinskfagligeOpplysninger", MEDICINES[0], "InfoKartleggingFunksjonsniva", *_SERVICES,
)  # fmt: skip
_WRITES: Final[Mapping[str, Callable[[Mapping[str, Any]], tuple[str, Part]]]] = {
    "Condition": _from_condition,
    "AllergyIntolerance": _from_allergy,
    "MedicationStatement": _from_medicine,
    "MedicationRequest": _from_medicine,
    "Observation": _from_observation,
    "ServiceRequest": _from_service,
    "EpisodeOfCare": _from_episode,
}
