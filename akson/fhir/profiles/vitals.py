"""The vital signs profiles of R4, which an Observation has to conform to by its code alone.

Source: hl7.org/fhir/R4/observation-vitalsigns.html. Told by $validate, not asked of what is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from akson.fhir.definitions import artefact

LOINC: Final = "http://loinc.org"
Json = dict[str, Any]


@cache
def definitions() -> tuple[Json, ...]:
    """Return the profiles, and the value sets of units that they name."""
    table = artefact("vitals")
    return (*table["profiles"], *table["valueSets"])


def profiles(resource: Mapping[str, Any]) -> list[str]:
    """Return the profiles that the codes of an Observation ask for; none for other resources."""
    if resource.get("resourceType") != "Observation":
        return []
    codings = (resource.get("code") or {}).get("coding") or ()
    found = (_by_code().get(c.get("code")) for c in codings if c.get("system") == LOINC)
    return [url for url in dict.fromkeys(found) if url]


@cache
def _by_code() -> Mapping[str, str]:
    return {
        element["fixedCode"]: structure["url"]
        for structure in artefact("vitals")["profiles"]
        for element in structure["differential"]["element"]
        if element["path"] == "Observation.code.coding.code" and "fixedCode" in element
    }
