"""Which elements of a record tell where its person was or is to be: read from the definitions of R4, type by type.

Those that may point to a place, a unit or who works there, with all they may be instead (a code, an address, a text).
What names whose record it is does not count: there is no place in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import accumulate
from typing import Any, Final

from akson.fhir.definitions import CORE, elements
from akson.fhir.owners import OF_PERSONS, OWNERS
from akson.fhir.parameters import Parameter, Slot
from akson.fhir.pointing import kind_of
from akson.fhir.types import is_type
from akson.record.marked import MASKED

Path = tuple[str, ...]
PLACES: Final = frozenset(
    {"Location", "Organization", "HealthcareService", "PractitionerRole", "Practitioner"}
)  # each leads to a place
_SITES: Final = frozenset({"Location", "HealthcareService"})  # are places wherever they are pointed to
_LET_IN: Final = ("provision", "actor", "reference")
_OF_WHOM: Final = (("meta", "source"), ("meta", "tag"))


@cache
def telling(type_: str) -> frozenset[Path]:
    """Return the JSON members of a type that tell a place, each as the way to it; whatever they hold."""
    owner = {(path,) for path in OWNERS.get(type_, ()) if not path.endswith("!")}
    return frozenset(path for path, sure in _leading(type_) if sure) - owner


@cache
def _open(type_: str) -> frozenset[Path]:
    """Return the members that may point to anything: only where they point to a place do they tell one."""
    return frozenset(path for path, sure in _leading(type_) if not sure)


def _leading(at: str, before: Path = (), seen: frozenset[str] = frozenset()) -> Iterator[tuple[Path, bool]]:
    """Yield the members of a type or element that may lead to a place, and whether they tell one whatever they say."""
    for element in elements(at) if at not in seen else ():
        for type_ in element.types:
            path = (*before, element.json_name(type_))
            if PLACES & {*element.targets}:
                yield path, True
            elif type_ == "Reference" and {"Resource"} == {*element.targets}:
                yield path, False
            elif "." in type_:
                yield from _leading(type_, path, seen | {at})


PARTLY: Final = OF_PERSONS  # may tell a place: an identifier of any has somebody who gave it


def unplaced(resource: Mapping[str, Any], inside: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Return a resource with a mark for each place in it. inside: does it for a resource that this one holds."""
    held = {f"#{one.get('id')}" for one in resource.get("contained") or () if one.get("resourceType") in PLACES}
    ways, closed = (frozenset[Path](), _SITES) if is_block(resource) else (_ways(resource), PLACES)

    def without(value: Any, at: Path) -> Any:
        if isinstance(value, list):
            return [without(one, at) for one in value]
        if not isinstance(value, dict):
            return value
        if at and "resourceType" in value:
            there = value["resourceType"] in PLACES
            return {n: value[n] for n in ("resourceType", "id") if n in value} if there else inside(value)
        given = at[-1:] == ("assigner",)
        if given or (at in ways and not _elsewhere(value)) or _literal(value) in held or _kind(value) in closed:
            return dict(MASKED)
        return {name: without(one, (*at, name)) for name, one in value.items()}

    found: dict[str, Any] = without(dict(resource), ())
    return found


def _ways(resource: Mapping[str, Any]) -> frozenset[Path]:
    """Return the members that tell a place, whatever they hold; whom a Consent lets in may be a person by number."""
    ways = telling(str(resource["resourceType"]))
    return ways - {_LET_IN} if resource["resourceType"] == "Consent" else ways


def is_block(resource: Mapping[str, Any]) -> bool:
    """Say whether a resource closes a record: the reader must see to whom."""
    denies = (resource.get("provision") or {}).get("type") == "deny"
    return resource.get("resourceType") == "Consent" and denies


def looks_there(parameter: Parameter) -> bool:
    """Say whether a search parameter looks at what tells a place, or may: at words of the whole resource."""
    slots = [*parameter.slots, *(slot for group in parameter.groups for part in group.parts for slot in part.slots)]
    return not slots or any(_leads(parameter.of, slot) for slot in slots)


def _leads(type_: str, slot: Slot) -> bool:
    closed = {*telling(type_), *_open(type_), *_OF_WHOM}
    names = [step.member for step in slot.steps if step.member]
    return any(way in closed for way in accumulate((name,) for name in names))


def _elsewhere(reference: Mapping[str, Any]) -> bool:
    """Say whether a reference surely points to what is no place."""
    kind = _kind(reference)
    return kind is not None and kind not in PLACES


def _literal(value: Mapping[str, Any]) -> str:
    """Return the address in a reference; some elements of R4 have a member of that name that is a reference itself."""
    said = value.get("reference")
    return said if isinstance(said, str) else ""


def _kind(reference: Mapping[str, Any]) -> str | None:
    kind = kind_of(_literal(reference)) or str(reference.get("type")).removeprefix(CORE)
    return kind if is_type(kind) else None  # an Address has a type too
