"""What terminology is made of: code systems, concepts, value sets; as they are stored, and as faults are told.

Source: hl7.org/fhir/R4/terminology-module.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

Json = dict[str, Any]
CONCEPT_PROPERTIES: Final = "http://hl7.org/fhir/concept-properties#"
INACTIVE: Final[Json] = {"code": "inactive", "uri": f"{CONCEPT_PROPERTIES}inactive", "type": "boolean"}  # as declared
# What a designation is used for that is the display in its language.
PREFERRED: Final = {"system": "http://terminology.hl7.org/CodeSystem/hl7TermMaintInfra", "code": "preferredForLanguage"}
STANDARDS_STATUS: Final = "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status"
_INACTIVE: Final = frozenset({"retired", "inactive", "withdrawn"})
_VALUES: Final = ("valueCode", "valueString", "valueInteger", "valueBoolean", "valueDateTime", "valueDecimal")


def versioned(url: str, version: str) -> str:
    """Return the canonical of a url in a version; "" is any."""
    return f"{url}|{version}" if version else url


@dataclass(frozen=True, kw_only=True)
class NewConcept:
    """One concept as a loader gives it. body: FHIR members beside code, display and concept; parents: codes."""

    code: str
    display: str = ""
    body: Json = field(default_factory=dict)
    parents: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class System:
    """One stored version of a code system, or a supplement to one. head: the resource without its concepts."""

    id: int
    url: str
    version: str
    content: str
    case_sensitive: bool
    head: Json
    supplements: str = ""

    @property
    def canonical(self) -> str:
        return versioned(self.url, self.version)

    @property
    def language(self) -> str:
        return str(self.head.get("language") or "")

    def key(self, code: str) -> str:
        """Return the code as concepts are found by."""
        return code if self.case_sensitive else code.lower()

    @cached_property
    def properties(self) -> Mapping[str, Json]:
        """The declared properties by code."""
        return {p["code"]: p for p in self.head.get("property", ()) if "code" in p}

    def named(self, meaning: str) -> str:
        """Return the code of the property with this standard meaning, e.g. "notSelectable"."""
        return standard_property(self.head, meaning)


def standard_property(head: Mapping[str, Any], meaning: str) -> str:
    """Return what a code system calls a standard property: by its uri, else the name itself."""
    for declared in head.get("property", ()):
        if declared.get("uri") == CONCEPT_PROPERTIES + meaning:
            return str(declared.get("code"))
    return meaning


@dataclass(frozen=True, kw_only=True)
class Concept:
    """One stored concept. n: its place in the system."""

    system: System
    n: int
    code: str
    display: str
    abstract: bool
    inactive: bool
    body: Json

    @property
    def designations(self) -> Sequence[Json]:
        found: Sequence[Json] = self.body.get("designation", ())
        return found

    @property
    def status(self) -> str:
        """The status the code system gives it, empty when it gives none."""
        return status_of(self.system.head, self.body)

    def values(self, property_: str) -> list[Any]:
        """Return the values of one property."""
        return [value_of(p) for p in self.body.get("property", ()) if p.get("code") == property_]


def value_of(property_: Mapping[str, Any]) -> Any:
    """Return the value of a concept's property; of a Coding its code."""
    if "valueCoding" in property_:
        return property_["valueCoding"].get("code", "")
    return next((property_[name] for name in _VALUES if name in property_), "")


def as_text(value: Any) -> str:
    """Return a property's value as filters compare it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _marked(head: Mapping[str, Any], properties: Iterable[Mapping[str, Any]], meaning: str) -> bool:
    name = standard_property(head, meaning)
    return any(p.get("code") == name and as_text(value_of(p)) == "true" for p in properties)


def is_abstract(head: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Tell whether a concept only groups others (notSelectable)."""
    return _marked(head, body.get("property", ()), "notSelectable")


def status_of(head: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """Return the value of the property `status`, or of the extension that says the same."""
    name = standard_property(head, "status")
    found = [as_text(value_of(p)) for p in body.get("property", ()) if p.get("code") == name]
    found += [e.get("valueCode", "") for e in body.get("extension", ()) if e.get("url") == STANDARDS_STATUS]
    return next(iter(found), "")


def is_inactive(head: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Tell whether a concept should no longer be used."""
    return _marked(head, body.get("property", ()), "inactive") or status_of(head, body) in _INACTIVE


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One thing that is told of a question. kind: a code of tx-issue-type, empty when none fits."""

    severity: str
    code: str
    text: str
    kind: str = ""
    path: str = ""

    def resource(self) -> Json:
        """Return it as a member of OperationOutcome.issue."""
        coding = [{"system": "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type", "code": self.kind}]
        details: Json = ({"coding": coding} if self.kind else {}) | {"text": self.text}
        place = {"location": [self.path], "expression": [self.path]} if self.path else {}
        return {"severity": self.severity, "code": self.code, "details": details, **place}


class Unanswerable(Exception):
    """The question cannot be answered: something it needs is not here, or makes no sense. status: HTTP."""

    def __init__(self, *issues: Issue, status: int = 422) -> None:
        super().__init__(issues[0].text)
        self.issues = issues
        self.status = status


def not_found(text: str, *, path: str = "") -> Unanswerable:
    """Return the refusal for something that is not here."""
    return Unanswerable(Issue(severity="error", code="not-found", kind="not-found", text=text, path=path), status=404)
