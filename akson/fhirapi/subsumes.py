"""$subsumes: how two codes stand to each other. Source: hl7.org/fhir/R4/codesystem-operation-subsumes.html"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.inputs import inputs
from akson.fhirapi.terminology import COMMON, answer, answering, finder, parameters, stored
from akson.registers.terminology import describing

KNOWN = COMMON | {"codeA", "codeB", "codingA", "codingB", "system", "version"}


@answering
async def subsumes(call: Call) -> Answer:
    """Return equivalent, subsumes, subsumed-by or not-subsumed."""
    given = await inputs(call, KNOWN)
    codings = [given.complex(f"coding{letter}") or {} for letter in "AB"]
    a, b = (given.text(f"code{letter}") or coding.get("code", "") for letter, coding in zip("AB", codings, strict=True))
    systems = {one["system"] for one in codings if one.get("system")} | ({given.text("system")} - {""})
    version = given.text("version") or codings[0].get("version", "")
    if call.id:
        own = await stored(call)
        systems, version = {own.get("url", "")}, own.get("version", "")
    if not a or not b or len(systems) != 1:
        missing = "codeA" if not a else "codeB" if not b else "system"
        raise Refused("AK-F007", name=f"parameter {missing} (missing, or more than one)")
    async with finder(call, given) as found:
        system = await describing.system_of(found, systems.pop(), version, "codes cannot be compared")
        told = await describing.subsumes(found, system, a, b)
    return answer(parameters(("outcome", "valueCode", told)))
