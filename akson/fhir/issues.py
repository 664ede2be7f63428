"""One fault in a resource, and the refusal that carries all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

GRAVE: Final = frozenset({"error", "fatal"})  # severities that keep a resource out; warning and information do not


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault, as an OperationOutcome tells it.

    severity     fatal, error, warning or information
    code         hl7.org/fhir/R4/valueset-issue-type.html
    path         where, e.g. "Patient.name[0].given[1]"; "" when the text as a whole is at fault
    diagnostics  English, for developers; may quote what was sent, so it is never logged
    """

    severity: str
    code: str
    path: str
    diagnostics: str


def placed(issue: Issue, path: str) -> Issue:
    """Return the issue with its path from the outermost: "Bundle.entry[3].resource.subject"."""
    return replace(issue, path=".".join(filter(None, (path, issue.path.partition(".")[2])))) if path else issue


class Invalid(ValueError):
    """What was sent is not a valid FHIR R4 resource; `issues` holds every fault that was found."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("; ".join(f"{i.path or '(text)'}: {i.diagnostics}" for i in self.issues))
