"""$lookup: what a code system says of a code. Source: hl7.org/fhir/R4/codesystem-operation-lookup.html"""

from __future__ import annotations

from typing import Any

from akson.base.errors import Refused
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.inputs import inputs
from akson.fhirapi.terminology import COMMON, answer, answering, finder, languages_asked, stored
from akson.registers.terminology.describing import Described, look_up, properties, system_of
from akson.registers.terminology.model import Json

KNOWN = COMMON | {"code", "system", "version", "coding", "date", "property"}


@answering
async def lookup(call: Call) -> Answer:
    """Return name, display, designations and properties of one code."""
    given = await inputs(call, KNOWN)
    coding = given.complex("coding") or {}
    code = given.text("code") or coding.get("code", "")
    url = given.text("system") or coding.get("system", "")
    version = given.text("version") or coding.get("version", "")
    if call.id:
        own = await stored(call)
        url, version = own.get("url", ""), own.get("version", "")
    if not code or not url:
        raise Refused("AK-F007", name=f"parameter {'system' if code else 'code'} (missing)")
    wanted = frozenset(given.texts("property"))
    near = not wanted or bool(wanted & {"parent", "child", "*"})
    async with finder(call, given) as found:
        system = await system_of(found, url, version, "code cannot be looked up")
        described = await look_up(found, system, code, languages_asked(given, call), relatives=near)
    return answer({"resourceType": "Parameters", "parameter": _told(described, wanted)})


def _told(found: Described, wanted: frozenset[str]) -> list[Json]:
    concept = found.concept
    system = concept.system
    definition = next((b["definition"] for b in reversed(found.bodies) if b.get("definition")), "")
    told: list[tuple[str, str, Any]] = [
        ("name", "valueString", system.head.get("name") or system.head.get("title") or system.url),
        ("version", "valueString", system.version),
        ("display", "valueString", found.display or concept.code),
        ("system", "valueUri", system.url),
        ("code", "valueCode", concept.code),
        ("abstract", "valueBoolean", concept.abstract),
        ("definition", "valueString", definition),
        *(("used-supplement", "valueCanonical", one.canonical) for one in found.used),
    ]
    made = [{"name": name, kind: value} for name, kind, value in told if value != ""]
    if not wanted or wanted & {"designation", "*"}:
        made += [{"name": "designation", "part": _designation(one)} for one in found.designations]
    made += [{"name": "property", "part": _property(one)} for one in properties(found, wanted)]
    return made


def _designation(given: Json) -> list[Json]:
    parts: list[Json] = []
    if given.get("language"):
        parts.append({"name": "language", "valueCode": given["language"]})
    if given.get("use"):
        parts.append({"name": "use", "valueCoding": given["use"]})
    return [*parts, {"name": "value", "valueString": given.get("value", "")}]


def _property(given: Json) -> list[Json]:
    value = {k: v for k, v in given.items() if k.startswith("value")}
    parts = [{"name": "code", "valueCode": given.get("code", "")}]
    parts += [{"name": "value", kind: one} for kind, one in value.items()]
    if given.get("description"):
        parts.append({"name": "description", "valueString": given["description"]})
    return parts
