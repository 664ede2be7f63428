"""What Consents say of access: what somebody has closed, and to whom; what staff have opened; who may sign in young;
whom the person lets act for them, and whom no longer.

What a block says and we do not understand makes it wider, never narrower: a reader we do not know makes it hold for
everybody, a part we cannot find makes it hold for what we can, and an exception from it is not heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from akson.access.areas import AREAS
from akson.access.facts import BEREAVED
from akson.access.roles import ROLES
from akson.record.projecting import FactRow, Lookup, Resource, bounds, national, row

OPENING: Final = "https://akson.no/fhir/opening"  # categories: the template of an opening
BLOCKABLE: Final = "https://akson.no/fhir/block"  # policy rules: even-emergency
SIGN_IN: Final = "https://akson.no/fhir/consent"  # categories: youth-sign-in, a parent's consent; proxy
YOUTH: Final = "youth-sign-in"
PROXY: Final = "proxy"  # permit: gives it; deny: takes back what a register tells of
LEARNING: Final = "TRAIN"  # of v3-ActReason
EVEN_EMERGENCY: Final = "even-emergency"
AUTHORED: Final = "authoredby"  # Consent.provision.data.meaning: what somebody wrote
_HEARD: Final = {"id", "type", "period", "actor", "class"}  # of what narrows a proxy
_LOCAL: Final = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]+")
_ROLES: Final = ROLES.keys() | {BEREAVED}
_READERS: Final = {"Practitioner": "persons", "Patient": "persons", "Organization": "units"}


def consent(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Yield what an active Consent closes, and what it opens."""
    if resource.get("status") != "active":
        return
    provision = resource.get("provision") or {}
    policies = (resource.get("policyRule") or {}).get("coding") or []
    if is_proxy(resource):
        yield from _proxies(provision, lookup)
        provision = {"provision": provision.get("provision") or []}  # what more it says is heard as of any other
    even_emergency = any(c.get("system") == BLOCKABLE and c.get("code") == EVEN_EMERGENCY for c in policies)
    for denied in _denied(provision):
        yield row("block", {**_block(resource, denied, lookup), "even_emergency": even_emergency})
    if provision.get("type") == "permit":
        start, end = bounds(provision.get("period"))
        if is_about(resource, YOUTH):
            yield row("youth", {"start": start, "end": end})
        else:
            yield from _opening(provision, lookup, start, end)


def _denied(provision: Resource) -> Iterator[Resource]:
    """Yield every rule of a provision that refuses something, however deep; one holds no longer than what it is in."""
    if provision.get("type") == "deny":
        yield provision
    for inner in provision.get("provision") or []:
        yield from _denied({"period": provision.get("period"), **inner})


def _block(resource: Resource, provision: Resource, lookup: Lookup) -> dict[str, Any]:
    start, end = bounds(provision.get("period"))
    whose = (resource.get("patient") or {}).get("reference")
    return {
        **_readers([one for one in provision.get("actor") or [] if _reference(one) != whose], lookup),
        **_parts(provision, lookup),
        "start": start,
        "end": end,
    }


def _readers(actors: list[Resource], lookup: Lookup) -> dict[str, Any]:
    """Return whom a block is for; nobody named is everybody, and so is anybody we do not know."""
    named: dict[str, list[Any]] = {"persons": [], "units": [], "roles": []}
    known = True
    for actor in actors:
        reference, codes = _reference(actor), (actor.get("role") or {}).get("coding") or []
        kind = _READERS.get(reference.partition("/")[0], "")
        roles = [] if reference else sorted({c.get("code", "") for c in codes} & _ROLES)
        found = [lookup.key(reference)] if kind else roles
        known = known and any(found)
        named[kind or "roles"] += found
    return named if known else {kind: [] for kind in named}


def _parts(provision: Resource, lookup: Lookup) -> dict[str, Any]:
    """Return what a block is about; the whole record when there is a document or an author that we do not know."""
    documents: list[str] = []
    authors: list[int] = []
    for one in provision.get("data") or []:
        reference = _reference(one)
        if one.get("meaning") == AUTHORED or reference.startswith("Organization/"):
            authors.append(lookup.key(reference))
        else:
            documents.append(reference.partition("/_history")[0])
    since, until = bounds(provision.get("dataPeriod"))
    if 0 in authors or not all(_LOCAL.fullmatch(one) for one in documents):
        return {"documents": [], "written_by": [], "labels": [], "dated": None}
    return {
        "documents": documents,
        "written_by": authors,
        "labels": [c.get("code", "") for c in provision.get("securityLabel") or []],
        "dated": {"start": since, "end": until} if since or until else None,
    }


def _opening(provision: Resource, lookup: Lookup, start: str | None, end: str | None) -> Iterator[FactRow]:
    actors = [_reference(one) for one in provision.get("actor") or []]
    purposes = {c.get("code") for c in provision.get("purpose") or []}
    person = next((lookup.key(a) for a in actors if a.startswith("Practitioner/")), 0)
    unit = next((lookup.key(a) for a in actors if a.startswith("Organization/")), 0)
    if person and start and end:
        value = {"person": person, "unit": unit, "emergency": "ETREAT" in purposes, "start": start, "end": end}
        if LEARNING in purposes:
            value["learning"] = True
        yield row("opening", value, person=person)


def is_proxy(resource: Resource) -> bool:
    """Say whether a Consent says who may act for the person, or no longer; one that names nobody is as any other."""
    return is_about(resource, PROXY) and bool(_named(resource.get("provision") or {}))


def _proxies(provision: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Yield whom the person lets act for them, or no longer. An area that we do not know is for nothing."""
    start, end = bounds(provision.get("period"))
    gives = provision["type"] == "permit"
    areas = [c.get("code") if c.get("code") in AREAS else "" for c in provision.get("class") or []] if gives else []
    if gives and provision.keys() - _HEARD:  # narrower in a way that we do not hear
        areas = [""]
    for system, value in sorted(_named(provision)):
        person = lookup.identified(system, value)
        said = {"person": person, "kind": "proxy" if gives else "withdrawn", "start": start, "end": end,
                "named": f"{system}|{value}"}  # fmt: skip
        given = ({"here": True} if gives else {}) | ({"areas": sorted(areas)} if areas else {})
        yield row("representation", said | given, person=person)


def _named(provision: Resource) -> set[tuple[str, str]]:
    """Return the national numbers of whom a provision is about."""
    if provision.get("type") not in ("permit", "deny"):
        return set()
    given = [(actor.get("reference") or {}).get("identifier") for actor in provision.get("actor") or []]
    return national({"identifier": [one for one in given if one]})


def is_about(resource: Resource, code: str) -> bool:
    """Say whether a Consent is of one of the kinds in `SIGN_IN`."""
    codings = [c for category in resource.get("category") or [] for c in category.get("coding") or []]
    return any(c.get("system") == SIGN_IN and c.get("code") == code for c in codings)


def _reference(holder: Resource) -> str:
    """Return what an actor or a piece of data refers to, "" when it refers to nothing."""
    return (holder.get("reference") or {}).get("reference") or ""
