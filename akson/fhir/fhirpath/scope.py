"""What an expression sees while it runs: the focus, variables, what was given from outside, the work that is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from msgspec import Struct

from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.values import Items

MOST_WORK: Final = 200_000  # items looked at in one evaluation: two seconds at worst


class Terminology(Protocol):
    """Answers about codes; None when it does not know the value set or the system."""

    def member_of(self, value: Any, fhir_type: str, value_set: str) -> bool | None:
        """Tell whether a code, Coding or CodeableConcept (as JSON) is in the value set."""

    def subsumes(self, first: Any, second: Any, fhir_type: str) -> bool | None:
        """Tell whether the first code, Coding or CodeableConcept is the second or above it."""


Resolve = Callable[[str], Mapping[str, Any] | None]  # a reference as it stands -> the resource's JSON
Conforms = Callable[[Any, str], bool | None]  # a resource's JSON, a profile's address -> None when it is not known
Trace = Callable[[str, list[Any]], None]


@dataclass(slots=True, kw_only=True)
class Given:
    """What is given from outside. Nothing here reads a clock or fetches anything by itself.

    resource       %resource: what the focus lies in; the focus itself when it is a resource
    root           %rootResource: what contains %resource; %resource itself when nothing does
    context        %context; the focus itself when not given
    now            with a time zone; now(), today(), timeOfDay() fail without
    variables      more %names, with JSON values or lists of them
    """

    resource: Any = None
    root: Any = None
    context: Any = None
    now: datetime | None = None
    resolve: Resolve | None = None
    terminology: Terminology | None = None
    conforms: Conforms | None = None
    trace: Trace | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    limit: int = MOST_WORK


class Run:
    """One evaluation: what was given, the named values, the work that is left."""

    __slots__ = ("given", "left", "named")

    def __init__(self, given: Given, named: dict[str, Items]) -> None:
        self.given = given
        self.named = named
        self.left = given.limit

    def spend(self, work: int) -> None:
        """Count work. Raises FhirPathError when it was the last that is allowed."""
        self.left -= work
        if self.left < 0:
            raise FhirPathError("the expression takes too much work", kind="too-costly")


class Scope(Struct, eq=False):
    """Where a part of an expression runs.

    focus      $this, as a collection
    index      $index
    total      $total
    variables  what defineVariable() has set
    """

    focus: Items
    run: Run
    index: int | None = None
    total: Items | None = None
    variables: dict[str, Items] | None = None

    def inside(self, focus: Items) -> Scope:
        """Return the scope for another focus."""
        return Scope(focus, self.run, self.index, self.total, self.variables)

    def define(self, name: str, value: Items) -> None:
        """Set a variable. Raises FhirPathError when the name is taken."""
        if (self.variables and name in self.variables) or name in self.run.named:
            raise FhirPathError(f"%{name} is defined already")
        self.variables = {**(self.variables or {}), name: value}
