"""What an expansion is asked for, and the parts it is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from akson.fhir import bodies
from akson.registers.terminology.languages import Languages
from akson.registers.terminology.model import Concept, Json, System
from akson.registers.terminology.statements import Statement


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked of an expansion. count: None asks for all of it."""

    text: str = ""
    offset: int = 0
    count: int | None = None
    active: bool | None = None
    nested: bool = False
    designations: bool = False
    uses: tuple[str, ...] = ()  # designations asked for, as language, use or system|code
    definition: bool = False
    properties: tuple[str, ...] = ()
    languages: Languages = field(default_factory=Languages)


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """The concepts of one code system that one include brings."""

    system: System
    condition: Callable[[Statement], str]
    listed: dict[str, Json] | None
    imported: bool = False  # through another value set


def concept_of(system: System, row: Any) -> Concept:
    """Return the concept of one row."""
    return Concept(
        system=system, n=row["n"], code=row["code"], display=row["display"], abstract=row["abstract"],
        inactive=row["inactive"], body=bodies.loads(row["body"].encode()),
    )  # fmt: skip
