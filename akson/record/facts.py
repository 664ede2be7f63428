"""The facts of access, projected from the resources that are their truth.

A row of `fact` per statement; all rows of an owner stand together as JSON on the owner's row (see migrations/0006).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Final

import msgspec

from akson.access.facts import Labels, Shared, strongest
from akson.access.subscribers import SUBSCRIPTION
from akson.fhir.dates import interval
from akson.record import relating
from akson.record.after_death import insight
from akson.record.consents import consent
from akson.record.projecting import FactRow, Lookup, Resource, bounds, national, row
from akson.record.relating import relations
from akson.record.representing import related_person

ON_CALL: Final = "https://akson.no/fhir/on-call"  # extension: a shift, and the PractitionerRole it rests on
PROTECTION: Final = "https://akson.no/fhir/protection"  # security labels on Patient
GOVERNING: Final = frozenset({"relation", "representation", "protection", "youth"})  # who is let in, or kept out
NUMBERED: Final = {"Patient", "Practitioner", "RelatedPerson"}  # may hold a national identifier, or name whose it is
_SHARED: Final = b'{"kind":"shared"'  # as projecting.row writes it


def facts_of(resource: Resource, lookup: Lookup) -> list[FactRow]:
    """Return the rows that `resource` gives rise to; none for most resources."""
    project = _PROJECTIONS.get(resource["resourceType"])
    return list(project(resource, lookup)) if project else []


def labelled(labels: Labels) -> FactRow:
    """Return the row of a resource that carries security marks, without what is the asker's."""
    return row("labelled", msgspec.structs.replace(labels, letters="", block=False, outside=False, met=frozenset()))


def shared(type_: str, id_: str, units: set[int], stated: Iterable[bytes]) -> list[FactRow]:
    """Return the row of a resource that more than one unit has written; none while it is one's alone.

    units   that wrote it last, and that write it now; 0 is none
    stated  the facts of the version that stands: the units before
    """
    before = (msgspec.json.decode(data) for data in stated if data.startswith(_SHARED))
    every = sorted(units.union(*(one["value"]["units"] for one in before)) - {0})
    return [row("shared", Shared(type=type_, id=id_, units=tuple(every)))] if len(every) > 1 else []


def carries_facts(type_: str) -> bool:
    """Tell whether every resource of this type is the truth of some fact, or was."""
    return (type_ in _PROJECTIONS and type_ not in relating.SOMETIMES) or type_ == SUBSCRIPTION


def national_identifiers(resource: Resource) -> list[tuple[str, str]]:
    """Return the identifiers that must be unique: a Patient's, and a Practitioner's in a space of their own."""
    prefix = {"Patient": "", "Practitioner": "Practitioner|"}.get(resource["resourceType"])
    if prefix is None:
        return []
    return sorted((prefix + system, value) for system, value in national(resource))


def person(resource: Resource) -> FactRow:
    """Return the row of who a Patient is."""
    birth = resource.get("birthDate", "")
    value = {
        "birth_date": birth if len(birth) == _FULL_DATE else None,
        "deceased": bool(resource.get("deceasedBoolean") or resource.get("deceasedDateTime")),
        "died": _died(resource.get("deceasedDateTime")),
        "protection": _protection(resource),
        "name": shown_name(resource),
    }
    return row("person", value)


def _protection(resource: Resource) -> str:
    security = (resource.get("meta") or {}).get("security") or []
    return strongest(c.get("code", "") for c in security if c.get("system") == PROTECTION)


def _patient(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    yield person(resource)
    if protection := _protection(resource):
        yield row("protection", protection)
    for reference in resource.get("generalPractitioner") or []:
        yield from relations("gp", [reference.get("reference")], lookup, (None, None))


def _died(told: str | None) -> str | None:
    """Return when the day of death begins, or the moment; of a month or a year its last day."""
    if told is None:
        return None
    low, high = interval(told)
    return max(low, high - timedelta(days=1) + timedelta(microseconds=1)).isoformat()


def _practitioner_role(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Who works where, as what: read by sign-in. A shift on call says which employment it rests on."""
    based = [one.get("valueReference") or {} for one in resource.get("extension") or [] if one.get("url") == ON_CALL]
    rests = {"rests": lookup.key(based[0].get("reference")) or _NOBODYS} if based else {}
    unit = lookup.key((resource.get("organization") or {}).get("reference"))
    person = lookup.key((resource.get("practitioner") or {}).get("reference"))
    start, end = bounds(resource.get("period"))
    for code in {c.get("code") for r in resource.get("code") or [] for c in r.get("coding") or []}:
        if unit and person and resource.get("active") is not False:
            value = {
                "role": code,
                "unit": unit,
                "person": person,
                "start": start,
                "end": end,
                "practitioner": resource["practitioner"].get("reference"),
                **rests,
            }
            yield row("employment", value, unit=unit, person=person)


def _task(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Who carries out what was ordered; and what a relative was given to read, by the answer to a case."""
    yield from relating.PROJECTIONS["Task"](resource, lookup)
    yield from insight(resource, lookup)


def _organization(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """A unit, its name, what it is part of and whether it is closed: read by sign-in and message addressing."""
    parent = lookup.key((resource.get("partOf") or {}).get("reference"))
    closed = {"closed": True} if resource.get("active") is False else {}
    yield row("unit", {"name": resource.get("name", ""), "parent": parent, **closed}, unit=parent)


def _practitioner(resource: Resource, _lookup: Lookup) -> Iterator[FactRow]:
    yield row("professional", {"name": shown_name(resource)})


def shown_name(resource: Resource) -> str:
    """Return the first name of a Patient or Practitioner as people write it: given names, then family name."""
    name = (resource.get("name") or [{}])[0]
    return name.get("text") or " ".join([*name.get("given", []), name.get("family", "")]).strip()


_NOBODYS: Final = -1  # rests on nothing there is, so it never holds
_FULL_DATE: Final = len("2026-11-22")
_PROJECTIONS: Final[dict[str, Callable[[Resource, Lookup], Iterator[FactRow]]]] = {
    "Patient": _patient,
    **relating.PROJECTIONS,
    "Task": _task,
    "Consent": consent,
    "RelatedPerson": related_person,
    "PractitionerRole": _practitioner_role,
    "Organization": _organization,
    "Practitioner": _practitioner,
}
