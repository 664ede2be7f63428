"""The facts of access, projected from the resources that are their truth.

A row of `fact` per statement; all rows of an owner stand together as JSON on the owner's row (see migrations/0006).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from akson.access.facts import Labels, Shared
from akson.access.subscribers import SUBSCRIPTION
from akson.fhir.dates import interval

Resource = dict[str, Any]
NATIONAL: Final = "urn:oid:2.16.578.1.12.4.1.4."  # fnr, D-number, joint help number, HPR
PROTECTION: Final = "https://akson.no/fhir/protection"  # security labels on Patient
OPENING: Final = "https://akson.no/fhir/opening"  # categories of Consent: the template
GOVERNING: Final = frozenset({"relation", "representation", "protection"})  # kinds that let people in or keep them out
BLOCKABLE: Final = "https://akson.no/fhir/block"  # policy rules on Consent: even-emergency
NUMBERED: Final = {"Patient", "Practitioner", "RelatedPerson"}  # may hold a national identifier, or name whose it is
_SHARED: Final = b'{"kind":"shared"'  # as _row writes it
_ACTIVE: Final = {"active", "planned", "onhold", "proposed", "booked", "arrived", "in-progress", "triaged"}


class FactRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table `fact`."""

    kind: str
    data: bytes  # JSON
    unit: int = 0
    person: int = 0


class Lookup:
    """Turns references into owner keys; remembers what it could not, so that one trip can find the rest."""

    def __init__(self, open_id: Callable[[str], int | None]) -> None:
        self._open = open_id
        self.references: dict[str, int] = {}
        self.identifiers: dict[tuple[str, str], int] = {}
        self.missing_references: set[str] = set()
        self.missing_identifiers: set[tuple[str, str]] = set()

    def key(self, reference: str | None) -> int:
        """Return the owner key behind "Type/id", 0 when unknown."""
        if not reference:
            return 0
        kind, _, id_ = reference.partition("/")
        found = self._open(id_) or self.references.get(reference)
        if found is None and kind and id_:
            self.missing_references.add(reference)
        return found or 0

    def identified(self, system: str, value: str) -> int:
        """Return the owner key of a national identifier, 0 when unknown."""
        found = self.identifiers.get((system, value))
        if found is None:
            self.missing_identifiers.add((system, value))
        return found or 0


def facts_of(resource: Resource, lookup: Lookup) -> list[FactRow]:
    """Return the rows that `resource` gives rise to; none for most resources."""
    project = _PROJECTIONS.get(resource["resourceType"])
    return list(project(resource, lookup)) if project else []


def labelled(labels: Labels) -> FactRow:
    """Return the row of a resource that carries security marks."""
    return _row(
        "labelled", msgspec.structs.replace(labels, letters="", outside=False, met=frozenset())
    )  # those are the asker's


def shared(type_: str, id_: str, units: set[int], stated: Iterable[bytes]) -> list[FactRow]:
    """Return the row of a resource that more than one unit has written; none while it is one's alone.

    units   that wrote it last, and that write it now; 0 is none
    stated  the facts of the version that stands: the units before
    """
    before = (msgspec.json.decode(data) for data in stated if data.startswith(_SHARED))
    every = sorted(units.union(*(one["value"]["units"] for one in before)) - {0})
    return [_row("shared", Shared(type=type_, id=id_, units=tuple(every)))] if len(every) > 1 else []


def carries_facts(type_: str) -> bool:
    """Tell whether resources of this type are the truth of some fact."""
    return type_ in _PROJECTIONS or type_ == SUBSCRIPTION


def national_identifiers(resource: Resource) -> list[tuple[str, str]]:
    """Return the identifiers that must be unique: a Patient's, and a Practitioner's in a space of their own."""
    prefix = {"Patient": "", "Practitioner": "Practitioner|"}.get(resource["resourceType"])
    if prefix is None:
        return []
    return sorted((prefix + system, value) for system, value in _national(resource))


def _national(resource: Resource) -> set[tuple[str, str]]:
    """Return the national identifiers of a resource, as (system, value)."""
    given = [(i.get("system", ""), i.get("value", "")) for i in resource.get("identifier") or []]
    return {(system, value) for system, value in given if system.startswith(NATIONAL) and value}


def _row(kind: str, value: Any, *, unit: int = 0, person: int = 0) -> FactRow:
    return FactRow(kind=kind, unit=unit, person=person, data=msgspec.json.encode({"kind": kind, "value": value}))


def _patient(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    security = (resource.get("meta") or {}).get("security") or []
    protection = next((c["code"] for c in security if c.get("system") == PROTECTION), "")
    deceased = bool(resource.get("deceasedBoolean") or resource.get("deceasedDateTime"))
    birth = resource.get("birthDate", "")
    yield _row(
        "person",
        {
            "birth_date": birth if len(birth) == _FULL_DATE else None,
            "deceased": deceased,
            "protection": protection,
            "name": shown_name(resource),
        },
    )
    if protection:
        yield _row("protection", protection)
    for reference in resource.get("generalPractitioner") or []:
        yield from _relation("gp", [reference.get("reference")], lookup, None)


def _episode(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    if resource.get("status") in _ACTIVE:
        carers = [(resource.get(name) or {}).get("reference") for name in ("managingOrganization", "careManager")]
        yield from _relation("service", carers, lookup, resource.get("period"))


def _care_team(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    if resource.get("status") in _ACTIVE:
        members = [(p.get("member") or {}).get("reference") for p in resource.get("participant") or []]
        yield from _relation("team", members, lookup, resource.get("period"))


def _encounter(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    if resource.get("status") in _ACTIVE:
        carers = [(resource.get("serviceProvider") or {}).get("reference")]
        yield from _relation("admission", carers, lookup, resource.get("period"))


def _relation(kind: str, carers: Iterable[str | None], lookup: Lookup, period: Resource | None) -> Iterator[FactRow]:
    """Yield a row for each carer that is an organisation or a practitioner."""
    start, end = _bounds(period)
    for reference in carers:
        type_ = (reference or "").partition("/")[0]
        if type_ not in ("Organization", "Practitioner") or not (key := lookup.key(reference)):
            continue
        unit, person = (key, 0) if type_ == "Organization" else (0, key)
        value = {"kind": kind, "unit": unit, "person": person, "start": start, "end": end}
        yield _row("relation", value, unit=unit, person=person)


def _consent(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    if resource.get("status") != "active":
        return
    provision = resource.get("provision") or {}
    actors = [(a.get("reference") or {}).get("reference", "") for a in provision.get("actor") or []]
    start, end = _bounds(provision.get("period"))
    if provision.get("type") == "permit":
        yield from _opening(resource, actors, lookup, (start, end))
    elif provision.get("type") == "deny":
        roles = {
            code.get("code")
            for a in provision.get("actor") or []
            if not a.get("reference", {}).get("reference")
            for code in (a.get("role") or {}).get("coding") or []
        }
        policy = {
            c.get("code")
            for c in (resource.get("policyRule") or {}).get("coding") or []
            if c.get("system") == BLOCKABLE
        }
        documents = [(d.get("reference") or {}).get("reference", "") for d in provision.get("data") or []]
        authored = [d for d in documents if d.startswith("Organization/")]
        labels = [c.get("code", "") for c in provision.get("securityLabel") or []]
        yield _row(
            "block",
            {
                "persons": [lookup.key(a) for a in actors if a.startswith("Practitioner/")],
                "units": [lookup.key(a) for a in actors if a.startswith("Organization/")],
                "roles": sorted(r for r in roles if r),
                "documents": [d for d in documents if not d.startswith("Organization/")],
                "written_by": [lookup.key(d) for d in authored],
                "labels": labels,
                "even_emergency": "even-emergency" in policy,
                "start": start,
                "end": end,
            },
        )


def _opening(
    resource: Resource, actors: list[str], lookup: Lookup, bounds: tuple[str | None, str | None]
) -> Iterator[FactRow]:
    purposes = {c.get("code") for c in (resource.get("provision") or {}).get("purpose") or []}
    person = next((lookup.key(a) for a in actors if a.startswith("Practitioner/")), 0)
    unit = next((lookup.key(a) for a in actors if a.startswith("Organization/")), 0)
    if person and all(bounds):
        start, end = bounds
        value = {"person": person, "unit": unit, "emergency": "ETREAT" in purposes, "start": start, "end": end}
        yield _row("opening", value, person=person)


def _related_person(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """A parent, proxy or guardian is known by national identifier; without one there is nobody to let in.

    Who holds the number may come later, or change: the database follows it, see migrations/0009_representation.sql.
    """
    codes = {c.get("code") for r in resource.get("relationship") or [] for c in r.get("coding") or []}
    kind = next((kind for code, kind in _REPRESENTS.items() if code in codes), None)
    if kind is None or resource.get("active") is False:
        return
    start, end = _bounds(resource.get("period"))
    for system, value in sorted(_national(resource)):
        person = lookup.identified(system, value)
        given = {"person": person, "kind": kind, "start": start, "end": end, "named": f"{system}|{value}"}
        yield _row("representation", given, person=person)


def _practitioner_role(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Who works where, as what: read by sign-in."""
    unit = lookup.key((resource.get("organization") or {}).get("reference"))
    person = lookup.key((resource.get("practitioner") or {}).get("reference"))
    start, end = _bounds(resource.get("period"))
    for code in {c.get("code") for r in resource.get("code") or [] for c in r.get("coding") or []}:
        if unit and person and resource.get("active") is not False:
            value = {
                "role": code,
                "unit": unit,
                "person": person,
                "start": start,
                "end": end,
                "practitioner": resource["practitioner"].get("reference"),
            }
            yield _row("employment", value, unit=unit, person=person)


def _organization(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """A unit, its name and what it is part of: read by sign-in and message addressing."""
    parent = lookup.key((resource.get("partOf") or {}).get("reference"))
    yield _row("unit", {"name": resource.get("name", ""), "parent": parent}, unit=parent)


def _practitioner(resource: Resource, _lookup: Lookup) -> Iterator[FactRow]:
    yield _row("professional", {"name": shown_name(resource)})


def shown_name(resource: Resource) -> str:
    """Return the first name of a Patient or Practitioner as people write it: given names, then family name."""
    name = (resource.get("name") or [{}])[0]
    return name.get("text") or " ".join([*name.get("given", []), name.get("family", "")]).strip()


def _bounds(period: Resource | None) -> tuple[str | None, str | None]:
    """Return start and end of a Period as RFC 3339 text; a bare date is Norwegian civil time, see `_instant`."""
    period = period or {}
    return _instant(period.get("start")), _instant(period.get("end"), last=True)


def _instant(value: str | None, *, last: bool = False) -> str | None:
    if value is None:
        return None
    low, high = interval(value)
    return (high if last else low).isoformat()


_FULL_DATE: Final = len("2026-11-22")
_REPRESENTS: Final = {
    "PRN": "parent",
    "MTH": "parent",
    "FTH": "parent",
    "parental-responsibility": "parent",
    "foreldreansvar": "parent",
    "proxy": "proxy",
    "POWATT": "proxy",
    "GUARD": "guardian",
}
_PROJECTIONS: Final[dict[str, Callable[[Resource, Lookup], Iterator[FactRow]]]] = {
    "Patient": _patient,
    "EpisodeOfCare": _episode,
    "CareTeam": _care_team,
    "Encounter": _encounter,
    "Consent": _consent,
    "RelatedPerson": _related_person,
    "PractitionerRole": _practitioner_role,
    "Organization": _organization,
    "Practitioner": _practitioner,
}
