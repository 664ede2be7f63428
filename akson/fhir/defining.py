"""This will check a SearchParameter that shall take effect, and say what of it matters.

Refused is what could not be searched rightly: nothing is taken that is half understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from akson.fhir.custom import SYSTEM_TYPES, Component, Definition, compiled
from akson.fhir.definitions import facts
from akson.fhir.fhirpath import FhirPathError, tree
from akson.fhir.issues import Invalid, Issue
from akson.fhir.parameters import KINDS, STANDARD, parameters
from akson.fhir.paths import ways
from akson.fhir.types import TYPES, is_type
from akson.fhir.values import EMITTERS

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_LONGEST: Final = 2000  # signs of an expression
_EVERY: Final = frozenset({"Resource", "DomainResource"})
# What these tell is not in the resource, or does not stay as it was when it was written.
_NOT_TO_BE_INDEXED: Final = frozenset({"now", "today", "timeOfDay", "memberOf", "subsumes", "subsumedBy", "conformsTo",
                                       "trace", "htmlChecks"})  # fmt: skip
_GIVEN: Final = frozenset({"resource", "rootResource", "context", "ucum", "sct", "loinc"})
_UNNAMED: Final = frozenset({"Element", "BackboneElement", "Resource", "DomainResource"})
_RESOLVED: Final = re.compile(r"resolve\(\)\s+is\s+(?:FHIR\.)?(\w+)")


def is_active(resource: Mapping[str, Any]) -> bool:
    """Tell whether a SearchParameter is to take effect; drafts and retired ones are kept like any resource."""
    return resource.get("status") == "active"


def read(resource: Mapping[str, Any], named: Mapping[str, Definition]) -> Definition:
    """Return what a SearchParameter says.

    named   the installation's own by url, of which composites may be made
    Raises  Invalid with every fault and its path
    """
    return _Reading(resource, named).done()


@dataclass
class _Reading:
    resource: Mapping[str, Any]
    named: Mapping[str, Definition]
    faults: list[Issue] = field(default_factory=list)

    def done(self) -> Definition:
        kind, expression = str(self.resource.get("type", "")), str(self.resource.get("expression", ""))
        code, types = str(self.resource.get("code", "")), self._types()
        if kind not in (*KINDS, "composite"):
            self._fault("not-supported", "type", f"values of type {kind} are not searched here")
        if self.resource.get("xpathUsage", "normal") != "normal":
            self._fault("not-supported", "xpathUsage", "only normal is searched here")
        self._code(code, types)
        self._expression(expression, types, kind)
        components = self._components(kind) if "component" in self.resource or kind == "composite" else ()
        if self.faults:
            raise Invalid(self.faults)
        return Definition(
            id=str(self.resource.get("id", "")), url=str(self.resource.get("url", "")), code=code, kind=kind,
            types=types, expression=expression, components=components,
            targets=self._targets(expression, types) if kind == "reference" else (),
        )  # fmt: skip

    def _fault(self, issue: str, path: str, told: str) -> None:
        self.faults.append(Issue("error", issue, f"SearchParameter.{path}", told))

    def _types(self) -> tuple[str, ...]:
        bases = self.resource.get("base", ())
        for n, name in enumerate(bases):
            if not is_type(name) and name not in _EVERY:
                self._fault("not-supported", f"base[{n}]", f"{name} is no resource type of R4")
        return TYPES if _EVERY & {*bases} else tuple(sorted({name for name in bases if is_type(name)}))

    def _code(self, code: str, types: tuple[str, ...]) -> None:
        if not _CODE.fullmatch(code):
            self._fault(
                "value", "code", "a code begins with a letter and has only letters, digits, - and _, at most 64"
            )
        taken = [name for name in types if code in parameters(name)]
        if taken:
            self._fault("duplicate", "code", f"R4 has a parameter {code} of {', '.join(taken[:5])} already")

    def _expression(self, expression: str, types: tuple[str, ...], kind: str) -> None:
        if not expression:
            self._fault("required", "expression", "without an expression nothing can be found")
            return
        wanted = EMITTERS.get(kind) if kind != "composite" else None
        for name in types:
            if told := _wrong(expression, name, wanted):
                self._fault("invalid", "expression", f"of {name}: {told}" if len(types) > 1 else told)
                return

    def _components(self, kind: str) -> tuple[Component, ...]:
        given = self.resource.get("component", ())
        if kind != "composite":
            self._fault("invalid", "component", "only composites have components")
        elif len(given) < 2:
            self._fault("required", "component", "a composite has two components or more")
        return tuple(made for n, one in enumerate(given) if (made := self._component(f"component[{n}]", one)))

    def _component(self, path: str, given: Mapping[str, Any]) -> Component | None:
        url, expression = str(given.get("definition", "")), str(given.get("expression", ""))
        known = self._named(url.partition("|")[0])
        if known is None:
            self._fault("not-found", f"{path}.definition", f"{url} is not known here, or is a composite")
        elif told := _wrong(expression, None, EMITTERS[known[0]]):
            self._fault("invalid", f"{path}.expression", told)
        return Component(known[0], known[1], expression, known[2]) if known else None

    def _named(self, url: str) -> tuple[str, str, tuple[str, ...]] | None:
        """Return kind, name and targets of the parameter a component is compared as."""
        if own := self.named.get(url):
            return (own.kind, own.code, own.targets) if own.kind in KINDS else None
        row = next((row for row in facts()["search"] if STANDARD + row["key"] == url), None)
        return (row["kind"], row["name"], tuple(row.get("target", ()))) if row and row["kind"] in KINDS else None

    def _targets(self, expression: str, types: tuple[str, ...]) -> tuple[str, ...]:
        """Return the types that references may lead to: as it says, else as the definitions of the elements say."""
        given = {str(name) for name in self.resource.get("target", ())} or {*_RESOLVED.findall(expression)}
        try:
            found = given or {name for type_ in types for way in ways(expression, type_) for name in way.targets}
        except ValueError:
            found = set()  # an expression beyond the paths that R4's own are written in
        return tuple(name for name in TYPES if name in found) if found and "Resource" not in found else TYPES


def _wrong(expression: str, type_: str | None, wanted: Mapping[str, Any] | None) -> str | None:
    """Return what is wrong with an expression about a type; wanted: the FHIR types that can be searched so."""
    if not expression or len(expression) > _LONGEST:
        return f"an expression has 1 to {_LONGEST} signs"
    try:
        found = compiled(expression, type_)
    except FhirPathError as error:
        return str(error)
    if told := next(_outside(found.part, None), None):
        return told
    if found.types is None or wanted is None:
        return None if found.types is None or found.types else f"it finds nothing in {type_}"
    named = {SYSTEM_TYPES.get(name.removeprefix("System."), name) for name in found.types}
    if not named:
        return f"it finds nothing in {type_}"
    fits = named & (wanted.keys() | _UNNAMED)
    return None if fits else f"{' or '.join(sorted(named))} cannot be searched as this type"


def _outside(part: tree.Part, above: tree.Part | None) -> Iterator[str]:
    """Yield what of an expression depends on more than the resource."""
    if isinstance(part, tree.Call) and part.name in _NOT_TO_BE_INDEXED:
        yield f"at {part.at}: {part.name}() tells what is not in the resource"
    if isinstance(part, tree.Call) and part.name == "resolve":
        tested = isinstance(above, tree.TypeTest) and above.operator == "is"
        if not tested:
            yield f"at {part.at}: of what resolve() leads to only the type can be asked: resolve() is Type"
    if isinstance(part, tree.External) and part.name not in _GIVEN and not part.name.startswith(("vs-", "ext-")):
        yield f"at {part.at}: %{part.name} is not given"
    for each in tree.inner(part):
        yield from _outside(each, part)
