"""The profiles of an installation, with the value sets they name; each becomes functions when first met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from akson.fhir.profiles import compiling, reading, vitals
from akson.fhir.profiles.bindings import ValueSets
from akson.fhir.profiles.reading import Definition
from akson.fhir.profiles.running import Check, Run
from akson.fhir.profiles.spots import Spot

_MOST_LAYERS = 16
_TAKEN = frozenset({"StructureDefinition", "ValueSet", "CodeSystem", "Questionnaire", "ImplementationGuide"})


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One profile. contexts: where it may stand, if it is an extension."""

    url: str
    type: str
    contexts: tuple[tuple[str, str], ...]
    asks: Check | None

    def check(self, spot: Spot, run: Run) -> None:
        """Say what is wrong with the element, which is of the profile's type."""
        if self.asks:
            self.asks(spot, run)


class Library:
    """Profiles by address. Without resources it knows none, and finds nothing."""

    def __init__(self, resources: Iterable[Mapping[str, Any]] = ()) -> None:
        """Take what an operator has loaded; other types than those of _TAKEN are left out."""
        found = {r["url"]: r for r in resources if r.get("resourceType") in _TAKEN and "url" in r}
        self._resources = found
        self._structures = {u: dict(r) for u, r in found.items() if r["resourceType"] == "StructureDefinition"}
        self.terms = ValueSets({u: r for u, r in found.items() if u not in self._structures})
        self._profiles: dict[str, Profile | None] = {}
        self._questionnaires = {u: dict(r) for u, r in found.items() if r["resourceType"] == "Questionnaire"}
        guides = [r for r in found.values() if r["resourceType"] == "ImplementationGuide"]
        self._everywhere = [(g["type"], g["profile"]) for r in guides for g in r.get("global", ())]
        self.has_extensions = any(s.get("type") == "Extension" for s in self._structures.values())

    @cached_property
    def with_vitals(self) -> Library:
        """This library with the vital signs profiles of R4 itself, which take the place of any of that address."""
        return Library([*self._resources.values(), *vitals.definitions()])

    def __len__(self) -> int:
        return len(self._structures)

    def profile(self, url: str) -> Profile | None:
        """Return the profile of that address, whatever version is asked for; None when it is not known.

        With the id of an element behind "#": what the profile says of that element.
        """
        url, _, part = url.partition("#")
        name = f"{url.partition('|')[0]}#{part}".removesuffix("#")
        if name not in self._profiles:
            self._profiles[name] = self._made(name)
        return self._profiles[name]

    def everywhere(self, kind: str) -> list[str]:
        """Return the profiles that a loaded guide wants all resources of a type to conform to."""
        return [url for of, url in self._everywhere if of == kind]

    def questionnaire(self, url: str) -> dict[str, Any] | None:
        """Return the questionnaire of that address, whatever version is asked for; None when it is not known."""
        return self._questionnaires.get(url.partition("|")[0])

    def _made(self, name: str) -> Profile | None:
        url, _, part = name.partition("#")
        structure = self._structures.get(url)
        if structure is None or structure.get("kind") == "logical":
            return None
        root = reading.at(self._tree(structure, 0), part)
        if root is None:
            return None
        return Profile(
            url=name,
            type=structure["type"],
            contexts=tuple((c["type"], c["expression"]) for c in structure.get("context", ())),
            asks=compiling.element(root, root=True),
        )

    def _tree(self, structure: dict[str, Any], layer: int) -> Definition:
        above = self._structures.get(str(structure.get("baseDefinition", "")).partition("|")[0])
        known = above is not None and structure.get("derivation") == "constraint" and layer < _MOST_LAYERS
        return reading.tree(structure, self._tree(above, layer + 1) if known and above else None)
