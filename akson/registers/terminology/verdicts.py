"""What $validate-code is asked about, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from akson.registers.terminology.languages import Languages
from akson.registers.terminology.model import Concept, Issue, Json


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked about. path: how places are named, e.g. "Coding" gives "Coding.code"; "" for bare parameters."""

    codings: tuple[Json, ...]
    path: str = ""
    concept: Json | None = None  # the CodeableConcept they came in
    infer: bool = False
    abstract: bool = True
    active: bool = False
    lenient: bool = False
    membership_only: bool = False
    languages: Languages = field(default_factory=Languages)

    def place(self, n: int, member: str) -> str:
        """Return the path of a member of coding `n`."""
        if self.concept is not None:
            return ".".join(filter(None, (f"CodeableConcept.coding[{n}]", member)))
        return ".".join(filter(None, (self.path, member)))


@dataclass
class Verdict:
    """What became of it. concept: the one that was found; coding: what was asked, for codes without a concept."""

    result: bool = True
    concept: Concept | None = None
    coding: Json | None = None
    display: str = ""
    version: str = ""
    issues: list[Issue] = field(default_factory=list)
    silent: set[int] = field(default_factory=set)  # issues that the message leaves out
    unknown: list[str] = field(default_factory=list)  # code systems that are not here
    caused: list[str] = field(default_factory=list)  # such that the value set needs
    normalized: str = ""
    inside: bool = False

    def say(self, issue: Issue, *, silent: bool = False) -> None:
        """Add one issue; an error makes the result false."""
        if issue in self.issues:
            return
        self.issues.append(issue)
        self.result = self.result and issue.severity != "error"
        if silent:
            self.silent.add(len(self.issues) - 1)

    @property
    def message(self) -> str:
        """Every text that is not silent, in alphabetical order."""
        told = {issue.text for n, issue in enumerate(self.issues) if n not in self.silent}
        return "; ".join(sorted(told))
