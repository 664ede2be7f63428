"""TerminologyCapabilities: what is answered about codes, at metadata?mode=terminology.

Source: hl7.org/fhir/R4/terminologycapabilities.html. Which code systems are here changes while we run: search
CodeSystem, or ask $expand and $lookup.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from akson.fhirapi import expand, validate_code
from akson.fhirapi.answers import Answer


def statement(base: str, at: datetime) -> Answer:
    """Return the TerminologyCapabilities. at: when this server started."""
    told = {
        "resourceType": "TerminologyCapabilities",
        "url": f"{base}/metadata?mode=terminology",
        "version": at.date().isoformat(),
        "name": "Akson",
        "title": "Akson, kodeverk",
        "status": "active",
        "date": at.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "Akson"},
        "implementation": {"description": "Akson, felles kommunal journal", "url": base},
        "codeSearch": "all",
        "expansion": {
            "hierarchical": True,
            "paging": True,
            "incomplete": False,
            "parameter": [{"name": name} for name in sorted(expand.KNOWN - {"valueSet"})],
            "textFilter": "Every word typed begins a word of the display or of a designation, in any language.",
        },
        "validateCode": {"translations": "displayLanguage" in validate_code.KNOWN},
        "translation": {"needsMap": False},
    }
    return Answer(status=200, body=msgspec.json.encode(told))
