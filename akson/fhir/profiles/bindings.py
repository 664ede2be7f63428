"""Holds codes against value sets: of the library, of R4's own required ones, or of whoever is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from akson.fhir.definitions import codings, facts

Json = Mapping[str, Any]
Pair = tuple[str, str]
Question = tuple[str, str, str]
_R4 = "http://hl7.org/fhir/ValueSet/"


def pairs(value: Any, fhir_type: str) -> list[tuple[str | None, str]]:
    """Return the (system, code) pairs in a value; system None when the value has no place for it."""
    if isinstance(value, str):
        return [(None, value)]
    if not isinstance(value, Mapping):
        return []
    if fhir_type == "CodeableConcept":
        return [p for c in value.get("coding") or () for p in pairs(c, "Coding")]
    return [(str(value.get("system", "")), str(value["code"]))] if "code" in value else []


class ValueSets:
    """The value sets that can be counted up: from the library's own resources and R4's required ones."""

    def __init__(self, resources: Mapping[str, Json]) -> None:
        """Take ValueSets and CodeSystems, by url."""
        self._resources = resources
        self._known: dict[str, frozenset[Pair] | None] = {}
        self._codes_of: dict[str, frozenset[str] | None] = {}
        self._displays: dict[str, dict[str, frozenset[str]]] = {}

    def member_of(self, value: Any, fhir_type: str, value_set: str) -> bool | None:
        """Tell whether one of the codes in `value` is in the value set; None when nobody knows."""
        url = value_set.partition("|")[0]
        if url not in self._known:
            self._known[url] = self._counted(url, frozenset())
        known = self._known[url]
        if known is None:
            return None
        return any(
            p in known if p[0] is not None else any(p[1] == c for _, c in known) for p in pairs(value, fhir_type)
        )

    def subsumes(self, first: Any, second: Any, fhir_type: str) -> bool | None:
        """Leave it to who knows hierarchies."""
        return None

    def property_type(self, system: str, name: str) -> str | None:
        """Return the type of a property of a code system of the library."""
        rows = self._resources.get(system, {}).get("property", ())
        return next((str(row.get("type")) for row in rows if row.get("code") == name), None)

    def is_supplement(self, system: str) -> bool:
        """Tell whether a code system of the library has no codes of its own."""
        found = self._resources.get(system, {})
        return found.get("content") == "supplement" or "supplements" in found

    def has_code(self, system: str, code: str) -> bool | None:
        """Tell whether a code system of the library has a code; None when it is not there, or not whole."""
        if system not in self._codes_of:
            found = self._resources.get(system, {})
            whole = found.get("resourceType") == "CodeSystem" and found.get("content") == "complete"
            self._codes_of[system] = frozenset(_codes(found.get("concept", ()))) if whole else None
        known = self._codes_of[system]
        return None if known is None else code in known

    def displays(self, system: str, code: str) -> frozenset[str]:
        """Return what a code may be shown as, in any language; nothing when the library does not tell."""
        if system not in self._displays:
            self._displays[system] = dict(_shown(self._resources.get(system, {}).get("concept", ())))
        return self._displays[system].get(code, frozenset())

    def _counted(self, url: str, around: frozenset[str]) -> frozenset[Pair] | None:
        """Return all pairs of a value set; None when they cannot be counted up here."""
        found = self._resources.get(url)
        if found is None or found.get("resourceType") != "ValueSet":
            return _of_r4(url)
        compose = found.get("compose") or {}
        taken: set[Pair] = set()
        for include in compose.get("include", ()):
            part = self._part(include, around | {url}) if url not in around else None
            if part is None:
                return None
            taken |= part
        for exclude in compose.get("exclude", ()):
            part = self._part(exclude, around | {url})
            if part is None:
                return None
            taken -= part
        return frozenset(taken) if compose.get("include") else None

    def _part(self, include: Json, around: frozenset[str]) -> frozenset[Pair] | None:
        if include.get("filter"):
            return None
        found: frozenset[Pair] | None = None
        if "system" in include:
            found = self._of_system(include)
            if found is None:
                return None
        for url in include.get("valueSet", ()):
            inner = self._counted(url.partition("|")[0], around)
            if inner is None:
                return None
            found = inner if found is None else found & inner
        return found

    def _of_system(self, include: Json) -> frozenset[Pair] | None:
        system = include["system"]
        if "concept" in include:
            return frozenset((system, str(c.get("code"))) for c in include["concept"])
        code_system = self._resources.get(system)
        if code_system is None or code_system.get("content") not in {"complete", None}:
            return None
        return frozenset((system, code) for code in _codes(code_system.get("concept", ())))


class Asking:
    """Value sets as an installation knows them: what cannot be counted up is noted, to be asked elsewhere.

    open     (system, code, value set) that nobody has answered yet; system "" where the value has none
    answers  what was answered; put there before the resource is looked at once more
    """

    def __init__(self, known: ValueSets) -> None:
        self._known = known
        self.open: set[Question] = set()
        self.answers: dict[Question, bool | None] = {}

    def member_of(self, value: Any, fhir_type: str, value_set: str) -> bool | None:
        """Tell whether one of the codes is in the value set; None while nobody has said."""
        found = self._known.member_of(value, fhir_type, value_set)
        if found is not None:
            return found
        asked = [(system or "", code, value_set) for system, code in pairs(value, fhir_type)]
        self.open.update(question for question in asked if question not in self.answers)
        told = [self.answers.get(question) for question in asked]
        return True if True in told else None if None in told or not told else False

    def subsumes(self, first: Any, second: Any, fhir_type: str) -> bool | None:
        """Leave it to who knows hierarchies."""
        return None


def _of_r4(url: str) -> frozenset[Pair] | None:
    name = url.removeprefix(_R4)
    return codings(name) if name != url and name in facts()["valueSets"] else None


def _codes(concepts: Any) -> Iterator[str]:
    for concept in concepts:
        yield str(concept.get("code"))
        yield from _codes(concept.get("concept", ()))


def _shown(concepts: Any) -> Iterator[tuple[str, frozenset[str]]]:
    for concept in concepts:
        texts = [concept.get("display"), *(row.get("value") for row in concept.get("designation", ()))]
        yield str(concept.get("code")), frozenset(text for text in texts if text)
        yield from _shown(concept.get("concept", ()))
