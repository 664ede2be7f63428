"""What a search of a type understands, for those who are told: the CapabilityStatement.

From the same tables as the search itself; a test holds the two against each other. Source: hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from akson.fhir import search as extraction
from akson.fhir import types
from akson.fhir.parameters import STANDARD, Parameter
from akson.record.search.asking import modifiers

_BY_COLUMN = {"_id": "token", "_lastUpdated": "date"}
_WORDS = {"_text": "string", "_content": "string"}
_WAYS = {"_list": "string", "_has": "special"}
RESULT = {"_count": "number", "_sort": "string", "_include": "string", "_revinclude": "string", "_total": "token",
          "_summary": "token", "_elements": "string"}  # fmt: skip
_MEANT = {
    "_has": "_has:Type:parameter:parameter, to any depth of five",
    "_include": "also _include:iterate; Type:parameter, Type:parameter:Target, Type:* or *",
    "_revinclude": "also _revinclude:iterate; Type:parameter, Type:parameter:Target or *",
    "_list": "the id of a List",
    "_sort": "parameters of any type but composite, each with - for descending",
}


@dataclass(frozen=True, kw_only=True)
class Searchable:
    """One parameter that a search understands. definition: of its SearchParameter, "" where R4 has none."""

    name: str
    kind: str
    definition: str = ""
    documentation: str = ""

    @property
    def told(self) -> dict[str, str]:
        """As CapabilityStatement.rest.resource.searchParam has it."""
        known = {
            "name": self.name,
            "definition": self.definition,
            "type": self.kind,
            "documentation": self.documentation,
        }
        return {name: value for name, value in known.items() if value}


def searchable(type_: str, more: Sequence[Parameter] = ()) -> list[Searchable]:
    """Return everything that a search of one type understands, by name; then what only shapes the answer.

    more  the installation's own parameters of the type
    """
    own = [_own(p) for p in (*extraction.parameters(type_).values(), *more) if p.kind != "special"]
    columns = [Searchable(name=name, kind=kind, definition=f"{STANDARD}Resource-{name[1:]}")
               for name, kind in _BY_COLUMN.items()]  # fmt: skip
    return [*sorted([*own, *columns], key=lambda one: one.name), *_plain(_WORDS | _WAYS | RESULT)]


def of_every_type() -> list[Searchable]:
    """Return what a search of several types, or of all, understands."""
    common = [one for one in searchable("Basic") if one.name.startswith("_")]
    return [Searchable(name="_type", kind="token", documentation="types, with commas between"), *common]


def _plain(named: Mapping[str, str]) -> list[Searchable]:
    return [Searchable(name=name, kind=kind, documentation=_MEANT.get(name, "")) for name, kind in named.items()]


def _own(parameter: Parameter) -> Searchable:
    told = [f":{one}" for one in sorted(modifiers(parameter.kind))]
    if parameter.kind == "reference":
        told += [":Type", "chains"]
    return Searchable(
        name=parameter.name, kind=parameter.kind, definition=parameter.url, documentation=f"also {', '.join(told)}"
    )


def included(type_: str, more: Sequence[Parameter] = ()) -> list[str]:
    """Return what _include may name for hits of a type."""
    known = (*extraction.parameters(type_).values(), *more)
    followed = sorted(f"{type_}:{p.name}" for p in known if p.kind == "reference")
    return ["*", f"{type_}:*", *followed] if followed else []


@cache
def _pointing() -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for parameter in (p for source in types.TYPES for p in extraction.parameters(source).values()):
        for target in _targets(parameter):
            found.setdefault(target, []).append(f"{parameter.of}:{parameter.name}")
    return found


def _targets(parameter: Parameter) -> Iterable[str]:
    return parameter.targets if parameter.kind == "reference" else ()


def pointing_at(type_: str, more: Iterable[Parameter] = ()) -> list[str]:
    """Return what _revinclude may name for hits of a type. more: the installation's own parameters of all types."""
    own = [f"{p.of}:{p.name}" for p in more if type_ in _targets(p)]
    found = sorted([*_pointing().get(type_, ()), *own])
    return ["*", *found] if found else []
