"""$expand: the codes of a value set. Source: hl7.org/fhir/R4/valueset-operation-expand.html"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from akson.base.errors import Refused
from akson.fhir import bodies
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.inputs import Inputs, inputs
from akson.fhirapi.terminology import COMMON, answer, answering, finder, languages_asked, stored, value_set_named
from akson.registers.terminology import entries, expanding
from akson.registers.terminology.composing import Composed, Composer
from akson.registers.terminology.model import Json, System
from akson.registers.terminology.validating import standing
from akson.registers.terminology.wanting import Wanted

_ECHOED = ("filter", "activeOnly", "excludeNested", "includeDesignations", "includeDefinition", "offset", "count",
           "displayLanguage", "designation")  # fmt: skip
KNOWN = COMMON | {"url", "valueSet", "valueSetVersion", "property", *_ECHOED}
_FLAGS = frozenset({"activeOnly", "excludeNested", "includeDesignations", "includeDefinition"})
_LEFT_OUT = frozenset({"text", "meta", "expansion", "contained", "compose", "extension"})
_UNCLOSED = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed"


@answering
async def expand(call: Call) -> Answer:
    """Return the value set with its expansion."""
    given = await inputs(call, KNOWN)
    own = given.complex("valueSet")
    if call.id:
        own = await stored(call)
    named = value_set_named(given) if own is None else ""
    if own is None and not named:
        raise Refused("AK-F007", name="parameter url (missing)")
    async with finder(call, given, [own] if own else []) as found:
        composer = Composer(found)
        composed = await (composer.resource(own) if own else composer.canonical(named))
        given = given.otherwise(_of_value_set(composed))
        wanted = _wanted(given, call, composed)
        expansion = await expanding.expand(found, composed, wanted)
    return answer(_resource(call, given, composed, expansion, wanted))


def _of_value_set(composed: Composed) -> Iterable[tuple[str, Any]]:
    """Yield the parameters that a value set itself asks to be expanded with."""
    for extension in composed.resource.get("compose", {}).get("extension", ()):
        if extension.get("url", "").endswith("/valueset-expansion-parameter"):
            parts = {one.get("url"): next((v for k, v in one.items() if k.startswith("value")), None)
                     for one in extension.get("extension", ())}  # fmt: skip
            if parts.get("name") in _ECHOED:
                yield str(parts["name"]), parts.get("value")


def _wanted(given: Inputs, call: Call, composed: Composed) -> Wanted:
    count, offset = given.number("count"), given.number("offset")
    if count is not None and count > expanding.LARGEST_PAGE:
        raise Refused("AK-F007", name=f"parameter count (at most {expanding.LARGEST_PAGE})")
    if count is None and offset:
        count = expanding.MOST
    asked = languages_asked(given, call, composed.resource.get("language", ""))
    return Wanted(
        text=given.text("filter"), offset=offset or 0, count=count,
        active=given.flag("activeOnly"), nested=given.flag("excludeNested") is not True,
        designations=given.flag("includeDesignations") is True, uses=given.texts("designation"),
        definition=given.flag("includeDefinition") is True, properties=given.texts("property"), languages=asked,
    )  # fmt: skip


def _resource(call: Call, given: Inputs, composed: Composed, found: expanding.Found, wanted: Wanted) -> Json:
    kept = {k: v for k, v in composed.resource.items() if k not in _LEFT_OUT}
    if wanted.definition and composed.resource.get("compose"):
        kept["compose"] = composed.resource["compose"]
    systems = list({leaf.system.id: leaf.system for leaf in found.leaves}.values())
    extensions = [*_unclosed(systems), *entries.declared(found.entries, [*systems, *found.supplements])]
    forced = given.texts("force-system-version")
    expansion: Json = {"extension": extensions} if extensions else {}
    expansion |= {
        "identifier": f"urn:uuid:{uuid.uuid4()}",
        "timestamp": bodies.instant(call.server.office.clock()),
        "total": found.total,
        **({"offset": wanted.offset} if wanted.count is not None else {}),
        "parameter": [
            *_echo(given, call),
            *_used(composed, systems, found.supplements, forced),
        ],
        **({"contains": found.entries} if found.entries else {}),
    }
    return {"resourceType": "ValueSet"} | kept | {"expansion": expansion}


def _echo(given: Inputs, call: Call) -> Iterable[Json]:
    kinds = {bool: "valueBoolean", int: "valueInteger", str: "valueString"}
    for name in _ECHOED:
        for value in given.all(name):
            told = {"true": True, "false": False}.get(value, value) if name in _FLAGS else value
            told = re.sub(r",\s*", ", ", told) if name == "displayLanguage" else told
            told = int(told) if name in ("offset", "count") else told
            yield {"name": name, "valueCode" if name == "displayLanguage" else kinds[type(told)]: told}
    if not given.all("displayLanguage") and call.headers.get("accept-language"):
        yield {"name": "displayLanguage", "valueCode": call.headers["accept-language"]}


def _used(
    composed: Composed, systems: Iterable[System], supplements: Iterable[System], forced: Iterable[str]
) -> Iterable[Json]:
    told: dict[tuple[str, str], None] = {}
    for canonical in forced:
        told["force-system-version", canonical] = None
    resources = [(one.canonical, one.resource) for one in (composed, *composed.every_set())]
    for system in systems:
        told["used-codesystem", system.canonical] = None
        if system.content in ("fragment", "example"):
            told[f"used-{system.content}", system.canonical] = None
        resources.append((system.canonical, system.head))
    for one in composed.every_set():
        told["used-valueset", one.canonical] = None
    for supplement in supplements:
        told["used-supplement", supplement.canonical] = None
    for canonical, resource in resources:
        status = standing(resource)
        if status in ("deprecated", "withdrawn") or (status and status != standing(composed.resource)):
            told[f"warning-{status}", canonical] = None
    return [{"name": name, "valueUri": canonical} for name, canonical in told]


def _unclosed(systems: Iterable[System]) -> Iterable[Json]:
    for system in systems:
        if system.content == "fragment":
            reason = f"This extension is based on a fragment of the code system {system.url}"
            return [{"url": _UNCLOSED, "valueBoolean": True}, {"url": f"{_UNCLOSED}-reason", "valueString": reason}]
    return []
