"""Gives the facts of FHIR R4: which elements there are, of what type, how many, with which codes.

Read once from the artefact that distil.py makes. Source: hl7.org/fhir/R4 (4.0.1), by way of the pinned npm package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import zstandard

from akson.fhir.primitives import GRAMMARS

PRIMITIVES = frozenset(
    "base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string time"
    " unsignedInt uri url uuid xhtml".split()
)
CORE = "http://hl7.org/fhir/StructureDefinition/"  # where R4's own types and extensions have their addresses
_MOST = 16 * 1024 * 1024  # an artefact unpacked, at most


@dataclass(frozen=True, slots=True)
class Element:
    """One element as a StructureDefinition gives it.

    within   path of the type or element that holds it
    types    FHIR types; a type with a dot ("Patient.contact") is an element with parts of its own
    targets  resource types a Reference may point to; ("Resource",) is any
    codes    name of the required value set, if it can be counted up
    """

    within: str
    name: str  # without [x]
    required: bool
    many: bool
    choice: bool
    types: tuple[str, ...]
    targets: tuple[str, ...]
    codes: str | None

    def json_name(self, of: str) -> str:
        """Return the member name in JSON when the value has the type `of`."""
        return self.name + of[0].upper() + of[1:] if self.choice else self.name

    @property
    def json_names(self) -> tuple[str, ...]:
        return tuple(self.json_name(t) for t in self.types)


@cache
def facts() -> Mapping[str, Any]:
    """Return the whole artefact: types, elements, valueSets, search, compartments."""
    return artefact("definitions")


def artefact(name: str) -> Mapping[str, Any]:
    """Return the table that was distilled under a name, read anew; whoever asks keeps it."""
    packed = Path(__file__).with_name(f"{name}.json.zst").read_bytes()
    text = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MOST)
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def elements(path: str) -> tuple[Element, ...]:
    """Return the elements of the type or element `path`, in the order of the specification; () when unknown."""
    return tuple(_element(path, *row) for row in facts()["elements"].get(path, ()))


def _element(
    within: str,
    name: str,
    least: int,
    many: int,
    types: list[str],
    targets: tuple[str, ...] = (),
    codes: str | None = None,
) -> Element:
    return Element(
        within=within,
        name=name.removesuffix("[x]"),
        required=bool(least),
        many=bool(many),
        choice=name.endswith("[x]"),
        types=tuple(types),
        targets=tuple(targets),
        codes=codes,
    )


@cache
def members(path: str) -> Mapping[str, tuple[Element, str]]:
    """Return the JSON members of `path`, a choice under each of its names, with the type of the value."""
    return {e.json_name(t): (e, t) for e in elements(path) for t in e.types}


@cache
def codes(name: str) -> frozenset[str]:
    """Return the codes of a required value set, whatever their system."""
    return frozenset(code for found in facts()["valueSets"][name].values() for code in found)


def is_code(value_set: str, code: str) -> bool:
    """Tell whether `code` is in a required value set, by its list or by its form."""
    grammar = GRAMMARS.get(value_set)
    return bool(grammar.fullmatch(code)) if grammar else code in codes(value_set)


@cache
def codings(name: str) -> frozenset[tuple[str, str]]:
    """Return the (system, code) pairs of a required value set."""
    return frozenset((system, code) for system, found in facts()["valueSets"][name].items() for code in found)
