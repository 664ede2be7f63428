"""$validate-code: is a code in a value set, or in a code system.

Source: hl7.org/fhir/R4/valueset-operation-validate-code.html, codesystem-operation-validate-code.html
"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.inputs import Inputs, inputs, of_resource
from akson.fhirapi.terminology import (
    COMMON,
    answer,
    answering,
    finder,
    languages_asked,
    outcome_resource,
    parameters,
    stored,
    value_set_named,
)
from akson.registers.terminology import validating
from akson.registers.terminology.composing import Composer
from akson.registers.terminology.describing import system_of
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.model import Concept, Issue, Json, Unanswerable
from akson.registers.terminology.verdicts import Asked, Verdict

_ASKED = frozenset({"code", "system", "systemVersion", "display", "coding", "codeableConcept", "abstract", "date"})
_HOW = frozenset({"activeOnly", "inferSystem", "lenient-display-validation", "valueset-membership-only"})
KNOWN = COMMON | _ASKED | _HOW | {"url", "valueSet", "valueSetVersion", "codeSystem", "version", "context"}
_LOOKED_FOR = "coding | codeableConcept | code+system | code+inferSystem"
_NO_CODE = f"Unable to find code to validate (looked for {_LOOKED_FOR} in parameters"
_MOST = 1000  # codes in one batch


@answering
async def in_value_set(call: Call) -> Answer:
    """Answer for a value set: by url, sent along, or by its id."""
    given = await inputs(call, KNOWN)
    own = await stored(call) if call.id else given.complex("valueSet")
    async with finder(call, given, [own] if own else []) as found:
        return answer(told(*await _value_set(found, given, own, call)))


async def _value_set(found: Finder, given: Inputs, own: Json | None, call: Call) -> tuple[Asked, Verdict]:
    asked = _asked(given, call)
    named = value_set_named(given) if own is None else ""
    if own is None and not named:
        raise Refused("AK-F007", name="parameter url (missing)")
    found.asked = {one["system"]: one.get("version", "") for one in asked.codings if one.get("system")}
    composer = Composer(found)
    resource = own if own is not None else await composer.find(named)
    try:
        composed = await composer.resource(resource)
    except Unanswerable as refused:
        if refused.status != 404:
            raise
        return asked, validating.without_import(asked, refused)
    return asked, await validating.in_value_set(found, composed, asked)


@answering
async def in_code_system(call: Call) -> Answer:
    """Answer for a code system: by url, sent along, or by its id."""
    given = await inputs(call, KNOWN)
    own = await stored(call) if call.id else given.complex("codeSystem")
    async with finder(call, given, [own] if own and not call.id else []) as found:
        asked = _asked(given, call)
        named = asked.codings[0].get("system", "") if asked.codings else ""
        url = (own or {}).get("url") or given.text("url") or given.text("system") or named
        if not url:
            raise Refused("AK-F007", name="parameter url (missing)")
        version = (own or {}).get("version") or given.text("version") or asked.codings[0].get("version", "")
        system = await system_of(found, url, version, validating.NOT_VALIDATED)
        return answer(told(asked, await validating.in_code_system(found, system, asked)))


@answering
async def batch(call: Call) -> Answer:
    """Answer many questions about value sets at once; each may differ from what is said for all."""
    given = await inputs(call, KNOWN | {"validation"})
    asked = given.resources("validation")
    if len(asked) > _MOST:
        raise Refused("AK-F008", path="Parameters.parameter", limit=_MOST)
    shared = Inputs(pairs=tuple(pair for pair in given.pairs if pair[0] != "validation"))
    async with finder(call, shared) as found:
        answers = [await _one(found, shared, one, call) for one in asked]
    made = [{"name": "validation", "resource": one} for one in answers]
    return answer({"resourceType": "Parameters", "parameter": made})


async def _one(found: Finder, shared: Inputs, one: Json, call: Call) -> Json:
    try:
        given = shared.joined(of_resource(one, KNOWN))
        return told(*await _value_set(found, given, given.complex("valueSet"), call))
    except Unanswerable as refused:
        return outcome_resource(refused.issues)
    except Refused as refused:
        return outcome_resource([Issue(severity="error", code=refused.entry.issue, text=refused.diagnostics)])


def _asked(given: Inputs, call: Call) -> Asked:
    """Return the question. Raises Unanswerable when there is no code in it."""
    coding, concept, code = given.complex("coding"), given.complex("codeableConcept"), given.text("code")
    path = ""
    if concept is not None:
        codings = tuple(concept.get("coding", ()))
    elif coding is not None:
        codings, path = (coding,), "Coding"
    elif code:
        members = {"system": given.text("system"), "version": given.text("systemVersion") or given.text("version"),
                   "code": code, "display": given.text("display")}  # fmt: skip
        if not members["system"] and given.text("url") and call.type == "CodeSystem":
            members["system"] = given.text("url")
        codings = ({k: v for k, v in members.items() if v},)
    else:
        raise Unanswerable(Issue(severity="error", code="invalid", text=_NO_CODE), status=400)
    return Asked(
        codings=codings, path=path, concept=concept, infer=given.flag("inferSystem") is True,
        abstract=given.flag("abstract") is not False, active=given.flag("activeOnly") is True,
        lenient=given.flag("lenient-display-validation") is True,
        membership_only=given.flag("valueset-membership-only") is True, languages=languages_asked(given, call),
    )  # fmt: skip


def _tells(concept: Concept) -> bool:
    """Tell whether a concept's status is worth telling."""
    return concept.inactive or concept.status == "deprecated"


def told(asked: Asked, verdict: Verdict) -> Json:
    """Return the verdict as Parameters."""
    coding, concept = verdict.coding or {}, verdict.concept
    shown = asked.concept is None or verdict.inside
    coding = coding if shown else {}
    return parameters(
        ("result", "valueBoolean", verdict.result),
        ("code", "valueCode", coding.get("code")),
        ("system", "valueUri", coding.get("system")),
        ("version", "valueString", verdict.version if shown else None),
        ("display", "valueString", verdict.display if shown else None),
        ("normalized-code", "valueCode", verdict.normalized),
        ("inactive", "valueBoolean", True if concept is not None and concept.inactive else None),
        ("status", "valueCode", concept.status if concept is not None and _tells(concept) else None),
        ("codeableConcept", "valueCodeableConcept", asked.concept),
        ("message", "valueString", verdict.message),
        *(("x-unknown-system", "valueCanonical", url) for url in dict.fromkeys(verdict.unknown)),
        *(("x-caused-by-unknown-system", "valueCanonical", url) for url in dict.fromkeys(verdict.caused)),
        ("issues", "resource", outcome_resource(verdict.issues) if verdict.issues else None),
    )
