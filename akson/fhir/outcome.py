"""Writes faults as an OperationOutcome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from akson.fhir.issues import Issue


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """Return the OperationOutcome that tells `issues`; without any it says that all is well."""
    told = [_issue(i) for i in issues]
    fine = {"severity": "information", "code": "informational", "diagnostics": "no issues found"}
    return {"resourceType": "OperationOutcome", "issue": told or [fine]}


def _issue(issue: Issue) -> dict[str, Any]:
    row: dict[str, Any] = {"severity": issue.severity, "code": issue.code, "diagnostics": issue.diagnostics}
    return row | ({"expression": [issue.path]} if issue.path else {})
