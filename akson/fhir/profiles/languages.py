"""The languages that a profile wants a narrative to have sections for.

Source: the extension narrative-language-control, hl7.org/fhir/extensions/StructureDefinition-narrative-language-control
"""

from __future__ import annotations

from typing import Any, Final

from akson.fhir.outlines import outline
from akson.fhir.profiles.running import Check, Run
from akson.fhir.profiles.spots import Spot

_CONTROL: Final = "http://hl7.org/fhir/StructureDefinition/narrative-language-control"


def wanted(said: dict[str, Any]) -> Check | None:
    """Return the check of what an element of a profile says of languages; None when it says nothing."""
    rows = [row for row in said.get("extension", ()) if row.get("url") == _CONTROL]
    controls = [str(row["valueCode"]) for row in rows if "valueCode" in row]
    if not controls:
        return None

    def check(spot: Spot, run: Run) -> None:
        div = spot.value.get("div") if isinstance(spot.value, dict) else None
        if spot.node.type == "Narrative" and isinstance(div, str):
            found = outline(div).languages
            for control in controls:
                if told := _fault(control, found, run.resource.value.get("language")):
                    run.say("error", "structure", spot.at, told)

    return check


def _fault(control: str, found: frozenset[str], of_resource: str | None) -> str | None:
    told = ", ".join(sorted(found)) or "none"
    if control == "_no":
        return f"sections by language are not allowed here, found {told}" if found else None
    if control == "_yes":
        return None if found else "sections by language are required here"
    language = of_resource if control == "_resource" else control
    if language and language not in found:
        return f"a section in the language {language} is required here, found {told}"
    return None
