"""What RelatedPersons say of access: who acts for somebody, who is close family, and when somebody else decides.

Each is known by national identifier; without one there is nobody to let in or to keep out. Who holds the number may
come later, or change: the database follows it, see migrations/0009_representation.sql.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from akson.access.areas import AREAS, WHOLE
from akson.record.projecting import FactRow, Lookup, Resource, bounds, national, row
from akson.registers.codes import KINSHIP

REPRESENTATION: Final = "https://akson.no/fhir/representation"  # relationships: barnevern
PROXY_AREA: Final = "https://akson.no/fhir/proxy-area"  # relationships: what one acts for, see akson/access/areas.py
# Relationships: a guardian's mandate, in Folkeregisteret's own words (omfang, and the task within a service).
MANDATE: Final = "https://akson.no/fhir/guardian-mandate"
_PERSONAL: Final = frozenset({
    "personligeInteresser", "personligeOgOekonomiskeInteresser", "utlendingssakerPersonligeOgOekonomiskeInteresser",
})  # fmt: skip
_MONEY: Final = "oekonomiskeInteresser"
_HEALTH: Final = "helseOgOmsorg"  # the one task within a service that is about health
_RESPONSIBILITY: Final = "http://hl7.no/fhir/CodeSystem/no-basis-parental-responsibility"
_BARNEVERN: Final = "barnevern"  # has taken over the care of the child
_PARENTS: Final = {"MTH": "mor", "FTH": "far", "PRN": ""}  # v3-RoleCode -> who has responsibility alone
_RESPONSIBLE: Final = {"parental-responsibility", "foreldreansvar"}
_NEXT_OF_KIN: Final = "http://terminology.hl7.org/CodeSystem/v2-0131"
_DECIDED: Final = {"proxy": "proxy", "POWATT": "proxy", "GUARD": "guardian"}
_KINDS: Final = {"http://terminology.hl7.org/CodeSystem/v3-RoleCode", KINSHIP}
# Those whose record nobody opens at work. Source: forvaltningsloven § 6 (up, down, siblings, spouses)
_FAMILY: Final = frozenset(
    "MTH FTH PRN CHILD SON DAU SONC DAUC CHLDADOPT SONADOPT DAUADOPT GRPRN GRMTH GRFTH GRNDCHILD GRNDSON GRNDDAU "
    "SIB BRO SIS SPS HUSB WIFE DOMPART MO FA DA SO SI BR EF SA".split()
)


def related_person(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Yield who somebody is to the person, in as far as access asks."""
    if resource.get("active") is False:
        return
    codings = [c for r in resource.get("relationship") or [] for c in r.get("coding") or []]
    codes = {c.get("code") for c in codings}
    start, end = bounds(resource.get("period"))
    if any(c.get("system") == REPRESENTATION and c.get("code") == _BARNEVERN for c in codings):
        yield row("representation", {"person": 0, "kind": _BARNEVERN, "start": start, "end": end})
        return
    kinds = sorted({kind for code, kind in _DECIDED.items() if code in codes})
    kinds += ["parent"] if _is_parent(codings) else ["family"] if _is_close(codings) else []
    for kind in kinds:
        for system, value in sorted(national(resource)):
            person = lookup.identified(system, value)
            given = {"person": person, "kind": kind, "start": start, "end": end, "named": f"{system}|{value}"}
            if areas := {"proxy": _areas(codings), "guardian": mandate(resource)}.get(kind):
                given["areas"] = areas
            yield row("representation", given, person=person)


def mandate(resource: Mapping[str, Any]) -> list[str]:
    """Return what a guardian is appointed for, as access knows it: WHOLE, some areas, or nothing.

    An area beside a mandate narrows it, and so do tasks within services; one that is about money alone gives none, or
    whose tasks are others than health, and no more does a word that nobody knows, or silence.
    """
    codings = [c for r in resource.get("relationship") or [] for c in r.get("coding") or []]
    said = {c.get("code") for c in codings if c.get("system") == MANDATE}
    tasks = said - _PERSONAL - {_MONEY}
    if (tasks and _HEALTH not in tasks) or (_MONEY in said and not said & _PERSONAL):
        return []
    return _areas(codings) or ([WHOLE] if said else [])


def mandate_told(resource: Mapping[str, Any]) -> bool:
    """Say whether anybody has told what a guardian is appointed for: silence is no word of what it is not for."""
    codings = [c for r in resource.get("relationship") or [] for c in r.get("coding") or []]
    return any(c.get("system") in (MANDATE, PROXY_AREA) for c in codings)


def _areas(codings: list[Resource]) -> list[str]:
    areas = sorted({c.get("code", "") for c in codings if c.get("system") == PROXY_AREA})
    return [area if area in AREAS else "" for area in areas]


def _is_close(codings: list[Resource]) -> bool:
    """Say whether somebody is family, or is named as the closest by the person (pbrl § 1-3 b)."""
    if any(c.get("system") == _NEXT_OF_KIN and c.get("code") == "N" for c in codings):
        return True
    return any(c.get("code") in _FAMILY for c in codings if c.get("system") in _KINDS)


def _is_parent(codings: list[Resource]) -> bool:
    """Say whether somebody has parental responsibility: what is said of that goes before being mother or father."""
    codes = {c.get("code") for c in codings}
    said = {c.get("code") for c in codings if c.get("system") == _RESPONSIBILITY}
    if said:
        alone = {who for code, who in _PARENTS.items() if code in codes and who}
        return "felles" in said or bool(said & alone)
    return bool(codes & (_PARENTS.keys() | _RESPONSIBLE))
