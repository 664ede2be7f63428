"""What a referral and an epikrise say, as the parts of their XML, made of the resources they tell of. Pure.

Diagnoses, medicines and allergies come out of the reader as the same (`blocks.proposals`), the order as the same
(`fagdokument.referral`). Source: docs/sources.md#documents; names and order of elements from the national tables,
unverified.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from akson.base.errors import Refused
from akson.exchange import answers, blocks, nodes, parts, prose
from akson.exchange.envelope import Code
from akson.exchange.filing import MESSAGE_ID, VOLVEN
from akson.exchange.parts import Part
from akson.exchange.safexml import parse

Resource = Mapping[str, Any]
HEADING: Final = "https://akson.no/fhir/heading"  # extension of a payload: the heading it stands under (Volven 8231)
HEADINGS: Final = f"{VOLVEN}8231"
KIND, PURPOSE, SPECIALTY, PRIORITY = (f"{VOLVEN}{number}" for number in (8455, 8248, 8451, 7303))
RIGHT, LEVEL = f"{VOLVEN}8444", f"{VOLVEN}8406"
HASTE: Final = {"stat": Code(value="OHJELP", system=PRIORITY, name="Øyeblikkelig hjelp"),
                "urgent": Code(value="DATO", system=PRIORITY, name="Innen dato/klokkeslett"),
                "routine": Code(value="NORM", system=PRIORITY, name="Normal")}  # fmt: skip
PROBLEM: Final = Code(value="PROB", system=HEADINGS, name="Aktuell problemstilling")
COURSE: Final = Code(value="FO", system=HEADINGS, name="Forløp og behandling")
ASSESSED: Final = Code(value="VU", system=HEADINGS, name="Vurdering")
_USE: Final = f"{VOLVEN}7307"
_ALLERGIC: Final = Code(value=blocks.ALLERGIC, system=_USE, name="Allergisk overfor")
_STOPPED: Final = Code(value=blocks.TO_STOP, system=_USE, name="Anbefalt å slutte å innta")
_SOMETIMES: Final = Code(value="5", system=_USE, name="Benyttes sporadisk")
_REGULARLY: Final = Code(value="6", system=_USE, name="Benyttes regelmessig")
_OVER: Final = frozenset({"stopped", "completed", "entered-in-error", "not-taken", "cancelled"})
_STAYS: Final = {"IMP": ("1", "Heldøgnsopphold"), "ACUTE": ("1", "Heldøgnsopphold"), "NONAC": ("1", "Heldøgnsopphold"),
                 "SS": ("2", "Dagbehandling"), "VR": ("6", "Telefonkontakt")}  # fmt: skip
_CONSULTATION: Final = ("5", "Konsultasjon")
_ORDER: Final = ("ServType", "Status", "MsgDescr", "ServReq", "TypeInnhold", "ReqServ", "Event", "Diagnosis",
                 "ReasonAsText", "InfItem", "Medication", "VurderingAvHenvisning")  # fmt: skip
_BESIDE: Final = frozenset(  # told otherwise, or whom it is about
    ["Patient", "QuestionnaireResponse", "Communication", "List", "ServiceRequest", "Encounter"]
)


def referral(communication: Resource, beside: Sequence[Resource], *, forward: bool) -> Part:
    """Return a Henvisning.

    beside   the patient, the order (ServiceRequest), the resources it tells of
    forward  a referral that came is sent on: the form it came as (QuestionnaireResponse) goes on as it was
    Raises   Refused AK-X001 it says nothing, AK-X032 a resource that it cannot tell of
    """
    told = [*_words(communication, ASSESSED if forward else PROBLEM), *_told(beside)]
    if forward:
        told = [*_came(beside), *told, *_assessed(communication)]
    else:
        known = {_key(part.coded("Concept")) for part in told if part.name == "Diagnosis"}
        for each in beside:
            told += [*_asked(each, known)] if each["resourceType"] == "ServiceRequest" else []
    _refuse_blank(told)
    return Part(name="Henvisning", parts=_in_order(told))


def discharge(communication: Resource, beside: Sequence[Resource]) -> Part:
    """Return an Epikrise, without the persons its head names. Raises as `referral`."""
    told = [*_words(communication, COURSE), *_told(beside)]
    _refuse_blank(told)
    for each in beside:
        if each["resourceType"] == "ServiceRequest":
            ids = [one["value"] for one in each.get("identifier", ()) if one.get("system") == MESSAGE_ID]
            told += [part for part in (parts.group("ServReq", parts.leaf("Id", *ids[:1] or ("",))),) if part]
        if each["resourceType"] == "Encounter":
            told += [part for part in (_stay(each),) if part]
    head = (parts.coded("ServType", Code(value="N", name="Ny")), parts.coded("Status", Code(value="F", name="Endelig")),
            parts.coded("MsgDescr", Code(value="E", system=f"{VOLVEN}7315", name="Epikrise")))  # fmt: skip
    report = Part(name="ServRprt", parts=_in_order([*filter(None, head), *told]))
    return Part(name="Message", parts=(report,))


def is_words(document: Resource) -> bool:
    """Say whether a document is a text of ours, told in the message itself: others go beside it as files."""
    return all(_text_in(each["attachment"]) is not None for each in document.get("content", ()))


def _told(beside: Sequence[Resource]) -> Iterator[Part]:
    for each in beside:
        kind = each["resourceType"]
        if kind in _TELLS:
            yield from _TELLS[kind](each)
        elif kind not in _BESIDE:
            raise Refused("AK-X032", type=kind)


def _key(code: Code | None) -> tuple[str, str]:
    return (code.system, code.value or code.other) if code else ("", "")


def _words(communication: Resource, usual: Code) -> Iterator[Part]:
    """Yield our own words, each under its heading."""
    for each in communication.get("payload", ()):
        if said := str(each.get("contentString", "")).strip():
            own = (one["valueCoding"] for one in each.get("extension", ()) if one.get("url") == HEADING)
            yield _headed(next((answers.code_of(one) for one in own), usual), said)


def _headed(heading: Code, said: str) -> Part:
    return Part(
        name="ReasonAsText", parts=(Part(name="Heading", code=heading), Part(name="TextResultValue", text=said))
    )


def _diagnosis(resource: Resource) -> Iterator[Part]:
    states = [one.get("code") for one in (resource.get("verificationStatus") or {}).get("coding", ())]
    tentative = Code(value="1", system=f"{VOLVEN}8266", name="Tentativ")
    dates = ((blocks.SINCE, resource.get("onsetDateTime")), (blocks.ENDED, resource.get("abatementDateTime")))
    course = [Code(value=at, name=f"{name} {prose.said(at)}") for name, at in dates if at]
    modifiers = [("DI", "Diagnosestatus", tentative)] if {"provisional", "differential"} & {*states} else []
    modifiers += [("FO", "Forløp", each) for each in course]
    yield Part(name="Diagnosis", parts=(
        *filter(None, [parts.coded("Concept", _named(resource.get("code")))]),
        *(Part(name="Modifier", parts=(
            Part(name="Name", code=Code(value=code, system=f"{VOLVEN}7305", name=name)), Part(name="Value", code=value),
        )) for code, name, value in modifiers),
    ))  # fmt: skip


def _named(concept: Resource | None) -> Code | None:
    """Return a code, and beside it what it is called here where that is something else."""
    code, text = blocks.coded(concept), str((concept or {}).get("text", ""))
    return replace(code, other=text) if code and code.value and text != code.name else code


def _medicine(resource: Resource) -> Iterator[Part]:
    period, dosages = resource.get("effectivePeriod") or {}, blocks.dosages(resource)
    seldom = any(each.get("asNeededBoolean") or "asNeededCodeableConcept" in each for each in dosages)
    status = _STOPPED if resource.get("status") in _OVER else _SOMETIMES if seldom else _REGULARLY
    named = {"text": (resource.get("medicationReference") or {}).get("display", "")}
    made = (
        parts.leaf("DosageText", "\n".join(filter(None, (str(each.get("text", "")) for each in dosages)))),
        parts.dated("StartDateTime", period.get("start", "")), parts.dated("EndDateTime", period.get("end", "")),
        parts.coded("Status", status),
        parts.coded("DrugId", _named(resource.get("medicationCodeableConcept") or named)),
    )  # fmt: skip
    yield Part(name="Medication", parts=tuple(filter(None, made)))


def _allergy(resource: Resource) -> Iterator[Part]:
    """Yield an allergy as the status a substance has for the patient, and what happens, in words."""
    drug = parts.coded("DrugId", _named(resource.get("code")))
    yield Part(name="Medication", parts=tuple(filter(None, (parts.coded("Status", _ALLERGIC), drug))))
    happens = [each.get("text") or next((one.get("display") for one in each.get("coding", ())), "")
               for reaction in resource.get("reaction", ()) for each in reaction.get("manifestation", ())]  # fmt: skip
    notes = [each.get("text", "") for each in resource.get("note", ())]
    grave = ["Alvorlig" if resource.get("criticality") == "high" else ""]
    said = "; ".join(filter(None, (*grave, *happens, *notes)))
    name = drug.code and (drug.code.other or drug.code.name) if drug else ""
    if said:
        told = (parts.leaf("Description", f"Overfølsomhet: {name}"), parts.leaf("Comment", said))
        observed = Part(name="Observation", parts=tuple(filter(None, told)))
        yield Part(name="InfItem", parts=(observed,))


def _document(document: Resource) -> Iterator[Part]:
    if is_words(document):
        for each in document.get("content", ()):
            title = each["attachment"].get("title") or document.get("description", "")
            head = Code(value="", other=f"{title} {prose.said(document.get('date', '')[:10])}".strip())
            yield _headed(head, _text_in(each["attachment"]) or "")


def _text_in(attachment: Resource) -> str | None:
    """Return the plain text an attachment carries itself; None where it is another file."""
    if not str(attachment.get("contentType", "")).startswith("text/plain") or "data" not in attachment:
        return None
    try:
        return base64.b64decode(attachment["data"]).decode().strip()
    except (UnicodeDecodeError, binascii.Error):
        return None


def _sections(sections: Sequence[Resource]) -> Iterator[Part]:
    for each in sections:
        said = nodes.prose(parse(each["text"]["div"].encode())) if each.get("text") else ""
        code = blocks.coded(each.get("code"))
        if said:
            yield _headed(code if code and code.value else Code(value="", other=each.get("title", "")), said)
        yield from _sections(each.get("section", ()))


def _asked(order: Resource, known: Container[tuple[str, str]]) -> Iterator[Part]:
    """Yield what is asked for: how soon, for what, of which specialty, and why. known: diagnoses told already."""
    sorts = [code for each in order.get("category", ()) if (code := blocks.coded(each))]
    service = blocks.coded(order.get("code"))
    kind = next((each for each in sorts if each.system == KIND), None)
    haste = HASTE.get(order.get("priority", "routine"), HASTE["urgent"])
    yield from filter(None, [parts.coded("TypeInnhold", kind)])
    own = service if service and service.value else None
    wanted = own if own and own.system == SPECIALTY else None
    purpose = next((each for each in sorts if each.system == PURPOSE), own if own and own.system == PURPOSE else None)
    yield Part(name="ReqServ", parts=tuple(filter(None, (
        Part(name="Priority", code=haste), parts.coded("Purpose", purpose),
        parts.dated("ReqDate", order.get("occurrenceDateTime", "")),
        parts.group("Service", parts.coded("ServId", None if wanted or own is purpose else service),
                    parts.coded("MedSpeciality", wanted)),
    ))))  # fmt: skip
    for code in filter(None, map(blocks.coded, order.get("reasonCode", ()))):
        if _key(code) not in known:
            yield Part(name="Diagnosis", parts=(Part(name="Concept", code=code),))
    for note in order.get("note", ()):
        yield _headed(PROBLEM, note["text"])


def _came(beside: Sequence[Resource]) -> Iterator[Part]:
    """Yield all that was coded and written in the referral that came."""
    for each in beside:
        if each["resourceType"] == "QuestionnaireResponse":
            yield from answers.tree("Henvisning", each.get("item", ())).parts


def _assessed(communication: Resource) -> Iterator[Part]:
    """Yield how the referral was assessed here: is there a right to help, at which level."""
    codes = [code for each in communication.get("reasonCode", ()) if (code := blocks.coded(each))]
    right = next((each for each in codes if each.system == RIGHT), None)
    level = next((each for each in codes if each.system == LEVEL), None)
    found = parts.group(
        "VurderingAvHenvisning", parts.coded("RettTilHelsehjelp", right), parts.coded("Omsorgsniva", level)
    )
    yield from filter(None, [found])


def _stay(encounter: Resource) -> Part | None:
    kind, period = (encounter.get("class") or {}).get("code", ""), encounter.get("period") or {}
    code, name = _STAYS.get(kind, _CONSULTATION)
    sort = Code(value=code, system=f"{VOLVEN}8240", name=name)
    dates = (parts.dated("AdmDate", period.get("start", "")), parts.dated("DischDate", period.get("end", "")))
    return parts.group("Event", parts.coded("AdmCat", sort), *dates)


def _refuse_blank(told: Iterable[Part]) -> None:
    """Refuse a letter without a word of explanation: codes alone tell nobody what is wrong, or was done."""
    if not any(each.name == "ReasonAsText" for each in told):
        raise Refused("AK-X001")


def _in_order(told: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts in the order of the standard, each said once; those it has no place for come last."""
    once = list(dict.fromkeys(told))
    return tuple(sorted(once, key=lambda each: _ORDER.index(each.name) if each.name in _ORDER else len(_ORDER)))


_TELLS: Final[Mapping[str, Callable[[Resource], Iterator[Part]]]] = {
    "Condition": _diagnosis,
    "MedicationStatement": _medicine,
    "MedicationRequest": _medicine,
    "AllergyIntolerance": _allergy,
    "DocumentReference": _document,
    "Composition": lambda each: _sections(each.get("section", ())),
}
