"""Tells all that is to be said of a resource: its structure, the invariants of R4, profiles."""

from __future__ import annotations

from collections.abc import Sequence

from akson.fhir import checks, invariants
from akson.fhir.fhirpath import Terminology
from akson.fhir.issues import GRAVE, Issue
from akson.fhir.profiles import checking, sense
from akson.fhir.profiles.library import Library
from akson.fhir.profiles.spots import outermost


def issues(
    body: bytes, library: Library, profiles: Sequence[str] = (), terms: Terminology | None = None
) -> list[Issue]:
    """Return every issue of the resource in `body`; while its structure is at fault, nothing more can be said.

    profiles  to be held against beside those it claims
    terms     who is asked about codes; None: the library alone
    Raises    Invalid when the text is not a JSON object of a known type
    """
    data, found = checks.examine(body)
    if not any(issue.severity in GRAVE for issue in found):
        found = [*found, *invariants.violations(data), *checking.faults(data, library, profiles, terms)]
        found += sense.faults(outermost(data), library.terms)
    return list(dict.fromkeys(found))
