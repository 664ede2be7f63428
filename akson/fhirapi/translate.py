"""$translate: what a code is in another code system. Source: hl7.org/fhir/R4/conceptmap-operation-translate.html"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.inputs import Inputs, inputs
from akson.fhirapi.terminology import COMMON, answer, answering, finder, stored
from akson.registers.terminology.model import Json
from akson.registers.terminology.translating import NO_MATCH, Match, Question, translate

KNOWN = COMMON | {
    "url", "conceptMap", "conceptMapVersion", "code", "system", "version", "source", "coding", "codeableConcept",
    "target", "targetsystem", "reverse",
    # as R5 calls them
    "sourceCode", "sourceSystem", "sourceCoding", "sourceCodeableConcept", "sourceScope", "targetCode", "targetSystem",
    "targetCoding", "targetCodeableConcept", "targetScope",
}  # fmt: skip


@answering
async def translation(call: Call) -> Answer:
    """Return every translation of a code that the maps have; result is whether there is one."""
    given = await inputs(call, KNOWN)
    own = await stored(call) if call.id else given.complex("conceptMap")
    question = _question(given, own)
    async with finder(call, given, [own] if own and not call.id else []) as found:
        matches = await translate(found, question)
    valid = any(match.equivalence not in NO_MATCH for match in matches)
    told: list[Json] = [{"name": "result", "valueBoolean": valid}]
    if not valid:
        told.append({"name": "message", "valueString": "No translation was found"})
    told += [{"name": "match", "part": _parts(match)} for match in matches]
    return answer({"resourceType": "Parameters", "parameter": told})


def _question(given: Inputs, own: Json | None) -> Question:
    """Return the question. Raises Refused AK-F007 when there is no code in it."""
    back = given.flag("reverse") is True
    codings = _codings(given, "code", "coding", "codeableConcept", given.text("system"))
    codings = codings or _codings(
        given, "sourceCode", "sourceCoding", "sourceCodeableConcept", given.text("sourceSystem")
    )
    source = given.text("sourceSystem")
    if not codings:
        codings = _codings(given, "targetCode", "targetCoding", "targetCodeableConcept", given.text("targetSystem"))
        back = back or bool(codings)
    if not codings:
        raise Refused("AK-F007", name="parameter code (missing)")
    named = own or {}
    target = given.text("targetsystem") or given.text("targetSystem")
    return Question(
        codings=codings, back=back, url=named.get("url", "") or given.text("url"),
        version=named.get("version", "") or given.text("conceptMapVersion"),
        source_set=given.text("source") or given.text("sourceScope"),
        target_set=given.text("target") or given.text("targetScope"),
        source_system=source if back else "", target_system=target,
    )  # fmt: skip


def _codings(given: Inputs, code: str, coding: str, concept: str, system: str) -> list[Json]:
    found = list((given.complex(concept) or {}).get("coding", ()))
    found += [one] if (one := given.complex(coding)) else []
    if given.text(code):
        found.append({"code": given.text(code)} | ({"system": system} if system else {}))
    return found


def _parts(match: Match) -> list[Json]:
    parts: list[Json] = [{"name": "equivalence", "valueCode": match.equivalence}]
    if match.concept.get("code"):
        parts.append({"name": "concept", "valueCoding": match.concept})
    if match.comment:
        parts.append({"name": "message", "valueString": match.comment})
    for product in match.product:
        told = {"system": product.get("system"), "code": product.get("value"), "display": product.get("display")}
        concept = {"name": "concept", "valueCoding": {k: v for k, v in told.items() if v}}
        parts.append(
            {"name": "product", "part": [{"name": "element", "valueUri": product.get("property", "")}, concept]}
        )
    return [*parts, {"name": "source", "valueUri": match.source}]
