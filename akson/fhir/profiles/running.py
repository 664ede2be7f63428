"""What one check of one resource carries along: what is found, what it lies in, what references lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from akson.fhir.fhirpath import Terminology
from akson.fhir.issues import GRAVE, Issue
from akson.fhir.profiles.spots import Spot

DEEPEST = 24  # profiles inside one another

Resolve = Callable[[str, Spot], "Spot | None"]  # a reference, the resource it stands in -> what it leads to, if here


class Known(Protocol):
    """A profile that can be held against an element of its type."""

    @property
    def url(self) -> str: ...

    @property
    def type(self) -> str: ...

    def check(self, spot: Spot, run: Run) -> None:
        """Say what is wrong with the element."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One check. resource: what the element lies in; root: what contains that, or itself."""

    profile: Callable[[str], Known | None]
    terms: Terminology
    resolve: Resolve
    resource: Spot
    root: Spot
    depth: int = 0
    issues: list[Issue] = field(default_factory=list)

    def say(self, severity: str, code: str, at: str, text: str) -> None:
        self.issues.append(Issue(severity, code, at, text))

    def inside(self, resource: Spot, *, contained: bool) -> Run:
        """Return the run for a resource in this one."""
        return replace(self, resource=resource, root=self.root if contained else resource)

    def accepts(self, check: Check, spot: Spot) -> bool:
        """Tell whether `check` has no error to tell, without telling it here."""
        if self.depth > DEEPEST:
            return True
        quiet = replace(self, issues=[], depth=self.depth + 1)
        check(spot, quiet)
        return not any(issue.severity in GRAVE for issue in quiet.issues)


Check = Callable[[Spot, Run], None]
