"""Which elements of a record tell where its person was or is to be: read from the definitions of R4, type by type.

Those that may point to a Location, with all they may be instead (a code, an address, a text), and who did it, where
that may be an organization. What names whose record it is does not count: there is no place in it.
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
from akson.record.addresses import MASKED

Path = tuple[str, ...]
PLACES: Final = frozenset(
    {"Location", "Organization", "HealthcareService", "PractitionerRole"}
)  # each leads to a place
_AT: Final = "Location"
_SITES: Final = frozenset({_AT, "HealthcareService"})  # are places wherever they are pointed to
_DOERS: Final = frozenset({"performer", "performingOrganization", "provider", "supplier"})  # who did it, of any type
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
    done = any(name in _DOERS for name in before)
    for element in elements(at) if at not in seen else ():
        by = "Organization" in element.targets and (done or element.name in _DOERS)
        for type_ in element.types:
            path = (*before, element.json_name(type_))
            if _AT in element.targets or by:
                yield path, True
            elif type_ == "Reference" and {"Resource"} == {*element.targets}:
                yield path, False
            elif "." in type_:
                yield from _leading(type_, path, seen | {at})


PARTLY: Final = frozenset(name for name in OF_PERSONS if telling(name) or _open(name))  # may tell a place


def unplaced(resource: Mapping[str, Any], inside: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Return a resource with a mark for each place in it. inside: does it for a resource that this one holds."""
    held = {f"#{one.get('id')}" for one in resource.get("contained") or () if one.get("resourceType") in PLACES}
    ways = telling(str(resource["resourceType"]))

    def without(value: Any, at: Path) -> Any:
        if isinstance(value, list):
            return [without(one, at) for one in value]
        if not isinstance(value, dict):
            return value
        if at and "resourceType" in value:
            there = value["resourceType"] in PLACES
            return {n: value[n] for n in ("resourceType", "id") if n in value} if there else inside(value)
        if (at in ways and not _elsewhere(value)) or value.get("reference") in held or _kind(value) in _SITES:
            return dict(MASKED)
        return {name: without(one, (*at, name)) for name, one in value.items()}

    found: dict[str, Any] = without(dict(resource), ())
    return found


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


def _kind(reference: Mapping[str, Any]) -> str | None:
    literal, said = reference.get("reference"), reference.get("type")
    kind = (kind_of(literal) if isinstance(literal, str) else None) or str(said).removeprefix(CORE)
    return kind if is_type(kind) else None  # an Address has a type too
