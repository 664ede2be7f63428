"""This will read the search parameters that an installation has of its own: SearchParameter resources that are active.

Their expressions are FHIRPath. What they give is taken out beside what R4's own parameters give, into slots of their
own, so that nothing that is searched for today changes. Source: hl7.org/fhir/R4/searchparameter.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import msgspec

from akson.fhir.fhirpath import Compiled, FhirPathError, compile
from akson.fhir.fhirpath.model import Node
from akson.fhir.fhirpath.values import plain, type_info
from akson.fhir.owners import patient_in
from akson.fhir.parameters import Group, Parameter, Part, Slot, number
from akson.fhir.search import GROUP, Extracted, rows_of
from akson.fhir.values import EMITTERS, nothing, split_reference

FIRST_GROUP: Final = 16_000  # of the elements of composites; below are those of R4's own
_MOST_ELEMENTS: Final = 16_000
_WORK: Final = 20_000  # items looked at for one parameter of one resource: a fifth of a second at worst
SYSTEM_TYPES: Final = {"String": "string", "Boolean": "boolean", "Integer": "integer", "Decimal": "decimal",
                       "Date": "date", "DateTime": "dateTime", "Quantity": "Quantity"}  # fmt: skip


class Component(msgspec.Struct, frozen=True):
    """One part of a composite: what it is compared as, and where it lies from the composite's element."""

    kind: str
    name: str
    expression: str
    targets: tuple[str, ...] = ()


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What of a SearchParameter matters for searching. id: of the resource; types: every type it is of."""

    id: str
    url: str
    code: str
    kind: str
    types: tuple[str, ...]
    expression: str
    targets: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()

    def parameter(self, type_: str, *, waiting: bool = False) -> Custom:
        """Return it as a parameter of one of its types."""
        return _custom(self, type_, waiting)

    @property
    def slots(self) -> tuple[int, ...]:
        """Every slot its values may stand in."""
        found = (self.parameter(name) for name in self.types)
        return tuple(sorted({slot.id for p in found for slot in (*p.slots, *p.parts)}))


@dataclass(frozen=True)
class Custom(Parameter):
    """A parameter of an installation's own. waiting: its values are still being made."""

    definition: Definition | None = None
    waiting: bool = False

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return () if self.kind == "composite" else (_slot(self.of, self.kind, self.expression),)

    @cached_property
    def parts(self) -> tuple[Slot, ...]:
        """The slots of a composite's parts."""
        return tuple(_slot(self.of, one.kind, f"{self.expression}~{n}~{one.expression}")
                     for n, one in enumerate(self._components))  # fmt: skip

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        if self.kind != "composite":
            return ()
        named = (Parameter(0, one.name, self.of, one.kind, "", one.targets) for one in self._components)
        return (Group((), tuple(Part(p, (slot,), whole=False) for p, slot in zip(named, self.parts, strict=True))),)

    @property
    def _components(self) -> tuple[Component, ...]:
        return self.definition.components if self.definition else ()

    def take(self, resource: Mapping[str, Any], found: Extracted) -> bool:
        """Add what a resource of its type has for it; False, and nothing, when the expression fails on the resource."""
        resource = _without_names(resource, keep=self.kind == "reference")
        try:
            rows = self._parts(resource) if self.kind == "composite" else self._values(resource)
        except FhirPathError:
            return False
        for place, kind, item in rows:
            found.present.add(place)
            value, type_ = plain(item), _type(item)
            if value is not None:
                EMITTERS[kind].get(type_, nothing)(getattr(found, rows_of(kind)).append, place, value)
        return True

    def finds(self, resource: Mapping[str, Any]) -> bool | None:
        """Tell whether a resource has anything for it; None when the expression fails on the resource."""
        found = Extracted()
        return bool(found.present) if self.take(resource, found) else None

    def _values(self, resource: Mapping[str, Any]) -> list[tuple[int, str, Any]]:
        slot = self.slots[0].id
        return [(slot, self.kind, item) for item in _items(compiled(self.expression, self.of), resource, resource)]

    def _parts(self, resource: Mapping[str, Any]) -> list[tuple[int, str, Any]]:
        elements = _items(compiled(self.expression, self.of), resource, resource)[:_MOST_ELEMENTS]
        return [
            ((FIRST_GROUP + n) * GROUP + slot.id, one.kind, item)
            for n, element in enumerate(elements)
            for one, slot in zip(self._components, self.parts, strict=True)
            for item in _items(compiled(one.expression, None), element, resource)
        ]


def _without_names(value: Any, *, keep: bool) -> Any:
    """Return JSON without what references say of the patients they point to: that is shown to those with a basis only.

    keep  the identifiers: `:identifier` looks itself for a basis
    """
    if isinstance(value, list):
        return [_without_names(inner, keep=keep) for inner in value]
    if not isinstance(value, Mapping):
        return value
    literal = value.get("reference")
    hidden: tuple[str, ...] = ()
    if isinstance(literal, str) and patient_in(literal) is not None:
        hidden = ("display",) if keep else ("display", "identifier")
    return {name: _without_names(inner, keep=keep) for name, inner in value.items() if name not in hidden}


def compiled(expression: str, type_: str | None) -> Compiled:
    """Return an expression ready to run, as search parameters are written: `as` takes several. Raises FhirPathError."""
    return compile(expression, type_, lenient=True)


def _items(expression: Compiled, focus: Any, resource: Mapping[str, Any]) -> list[Any]:
    return expression.items(focus, resource=resource, resolve=_resolved, limit=_WORK)


def _resolved(reference: str) -> dict[str, Any] | None:
    """Return what is told of a resource by a reference to it: its type."""
    type_, id_, _ = split_reference(reference)
    return {"resourceType": type_, "id": id_} if type_ else None


def _type(item: Any) -> str:
    return item.type if item.__class__ is Node else SYSTEM_TYPES.get(type_info(item).name, "")


def _slot(type_: str, kind: str, place: str) -> Slot:
    return Slot(number(type_, kind, f"({place})"), kind, (), next(iter(EMITTERS[kind])))


@lru_cache(maxsize=4096)
def _custom(definition: Definition, type_: str, waiting: bool) -> Custom:  # noqa: FBT001 - a key of the cache
    return Custom(
        id=0, name=definition.code, of=type_, kind=definition.kind, expression=definition.expression,
        targets=definition.targets, url=definition.url, definition=definition, waiting=waiting,
    )  # fmt: skip


def extended(known: Mapping[str, Parameter], own: Sequence[Custom]) -> Mapping[str, Parameter]:
    """Return the parameters of a type with the installation's own."""
    return {**{one.name: one for one in own}, **known}
