"""Tells all that is to be said of a resource: its structure, the invariants of R4, profiles."""

from __future__ import annotations

from collections.abc import Sequence

from akson.fhir import checks, invariants
from akson.fhir.fhirpath import Terminology
from akson.fhir.issues import GRAVE, Issue
from akson.fhir.profiles import checking, sense, texts, vitals
from akson.fhir.profiles.library import Library
from akson.fhir.profiles.spots import outermost


def issues(
    body: bytes, library: Library, profiles: Sequence[str] = (), terms: Terminology | None = None
) -> list[Issue]:
    """Return every issue of the resource in `body`; while its structure is at fault, nothing more can be said.

    profiles  to be held against beside those it claims, and those that the code of a vital sign asks for
    terms     who is asked about codes; None: the library alone
    Raises    Invalid when the text is not a JSON object of a known type
    """
    data, found = checks.examine(body)
    if not any(issue.severity in GRAVE for issue in found):
        known, root = library.with_vitals, outermost(data)
        found = [*found, *invariants.violations(data), *checking.faults(data, known, profiles, terms, vitals.profiles)]
        found += [*sense.faults(root, library.terms), *texts.faults(root)]
    return _graver(list(dict.fromkeys(found)))


def _graver(found: list[Issue]) -> list[Issue]:
    """Leave out warnings of what is told as an error too."""
    grave = {(issue.path, issue.diagnostics) for issue in found if issue.severity in GRAVE}
    return [i for i in found if i.severity in GRAVE or (i.path, i.diagnostics) not in grave]
