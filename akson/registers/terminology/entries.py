"""The entries of an expansion: what is told of each concept, and supplements that add to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from akson.fhir import bodies
from akson.fhir.definitions import CORE
from akson.registers.terminology import languages
from akson.registers.terminology.composing import Composed
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.languages import Name
from akson.registers.terminology.model import (
    CONCEPT_PROPERTIES,
    PREFERRED,
    STANDARDS_STATUS,
    Concept,
    Issue,
    Json,
    System,
    Unanswerable,
)
from akson.registers.terminology.statements import SQL
from akson.registers.terminology.wanting import Leaf, Wanted

SUPPLEMENT = "http://hl7.org/fhir/StructureDefinition/valueset-supplement"
_R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion"
PROPERTY = f"{_R5}.property"
OF_ENTRY = f"{_R5}.contains.property"
_AS_PROPERTIES = {  # extension -> property of an entry, and its standard name
    f"{CORE}codesystem-label": ("label", "label"), f"{CORE}valueset-label": ("label", "label"),
    f"{CORE}codesystem-conceptOrder": ("order", "order"), f"{CORE}valueset-conceptOrder": ("order", "order"),
    f"{CORE}itemWeight": ("weight", "itemWeight"),
}  # fmt: skip
_SHOWN = frozenset(
    CORE + name
    for name in (
        "rendering-style", "rendering-xhtml", "valueset-deprecated", "valueset-concept-definition",
        "codesystem-alternate",
    )
)  # fmt: skip
_OF_DESIGNATION = frozenset({f"{CORE}coding-sctdescid", STANDARDS_STATUS})
Told = dict[tuple[int, str], list[Json]]  # (system, key) -> bodies from supplements


async def supplements(finder: Finder, composed: Composed | None, systems: Sequence[System]) -> tuple[System, ...]:
    """Return the supplements that the value set or the request names. Raises Unanswerable when one is not here."""
    named = [*finder.wishes.supplements, *(_named_by(composed) if composed else ())]
    known = [one for system in systems for one in await finder.supplements(system.url)]
    found = []
    for canonical in dict.fromkeys(named):
        url, _, version = canonical.partition("|")
        fitting = [one for one in known if one.url == url and version in ("", one.version)]
        if not fitting:
            text = f"Required supplement not found: {canonical}"
            raise Unanswerable(Issue(severity="error", code="not-found", kind="not-found", text=text), status=404)
        found.append(fitting[-1])
    return tuple(dict.fromkeys(found))


def _named_by(composed: Composed) -> Iterable[str]:
    for one in (composed, *composed.every_set()):
        for extension in one.resource.get("extension", ()):
            if extension.get("url") == SUPPLEMENT:
                yield extension.get("valueCanonical") or extension.get("valueUri", "")


async def additions(finder: Finder, concepts: Sequence[Concept], added: Sequence[System]) -> Told:
    """Return what supplements tell of these concepts."""
    if not added or not concepts:
        return {}
    by_id = {one.id: one for one in added}
    keys = sorted({concept.code for concept in concepts})
    rows = await finder.reader.fetch(SQL.concepts, list(by_id), keys)
    told: Told = {}
    for row in rows:
        for concept in concepts:
            supplement = by_id[row["system"]]
            if concept.system.url == supplement.supplements and concept.code == row["code"]:
                body: Json = bodies.loads(row["body"].encode())
                if row["display"]:
                    name = {"language": supplement.language, "value": row["display"]}
                    body["designation"] = [name, *body.get("designation", ())]
                told.setdefault((concept.system.id, concept.code), []).append(body)
    return told


async def made(
    finder: Finder, found: Sequence[tuple[Leaf, Concept]], added: Sequence[System], wanted: Wanted
) -> list[Json]:
    """Return the entries of these concepts, nested as the hierarchy has them when that is asked for."""
    told = await additions(finder, [concept for _, concept in found], added)
    flat = [_entry(leaf, concept, told.get((concept.system.id, concept.code), ()), wanted) for leaf, concept in found]
    _tell_versions(found, flat)
    plain = all(leaf.listed is None and not leaf.imported for leaf, _ in found)
    if not wanted.nested or wanted.count is not None or wanted.text or not plain:
        return flat
    return await _nested(finder, found, flat)


def _tell_versions(found: Sequence[tuple[Leaf, Concept]], flat: Sequence[Json]) -> None:
    """Name the version where one code system stands there in several."""
    known: dict[str, set[str]] = {}
    for leaf, _ in found:
        known.setdefault(leaf.system.url, set()).add(leaf.system.version)
    for (leaf, _), entry in zip(found, flat, strict=True):
        if len(known[leaf.system.url]) > 1:
            entry["version"] = leaf.system.version


async def _nested(finder: Finder, found: Sequence[tuple[Leaf, Concept]], flat: Sequence[Json]) -> list[Json]:
    parents: dict[tuple[int, int], tuple[int, int]] = {}
    places: dict[int, list[int]] = {}
    for _, concept in found:
        places.setdefault(concept.system.id, []).append(concept.n)
    for system, ns in places.items():
        for row in await finder.reader.fetch(SQL.parents_among, system, ns):
            parents.setdefault((system, row["descendant"]), (system, row["ancestor"]))
    by_place = {(c.system.id, c.n): entry for (_, c), entry in zip(found, flat, strict=True)}
    top: list[Json] = []
    for place, entry in by_place.items():
        parent = by_place.get(parents[place]) if place in parents else None
        (top if parent is None else parent.setdefault("contains", [])).append(entry)
    return top


def _entry(leaf: Leaf, concept: Concept, added: Sequence[Json], wanted: Wanted) -> Json:
    listed = (leaf.listed or {}).get(concept.system.key(concept.code), {})
    bodies_ = (concept.body, *added)
    names = list(languages.names(concept, listed, [d for body in added for d in body.get("designation", ())]))
    display = languages.choose(names, wanted.languages, concept.system.language)
    entry: Json = {"system": concept.system.url, "code": concept.code}
    extensions = [*_shown(listed, *bodies_), *_properties(concept, listed, bodies_, wanted)]
    entry |= {"extension": extensions} if extensions else {}
    entry |= {"abstract": True} if concept.abstract else {}
    entry |= {"inactive": True} if concept.inactive else {}
    entry |= {"display": display} if display else {}
    if wanted.designations or wanted.uses:
        chosen = next((name for name in names if name.text == display and not (name.given or {}).get("use")), None)
        others = (name for name in names if name is not chosen and _asked(name, display, concept, wanted))
        designations = [_designation(name, concept) for name in others]
        entry |= {"designation": designations} if designations else {}
    return entry


def _asked(name: Name, display: str, concept: Concept, wanted: Wanted) -> bool:
    """Tell whether a name stands among the designations of an entry: all but the one that is the display."""
    if name.given is None and (name.text == display or not (name.language or concept.system.language)):
        return False
    if not wanted.uses:
        return True
    use = (name.given or {}).get("use", {})
    known = {name.language, use.get("code", ""), f"{use.get('system', '')}|{use.get('code', '')}",
             f"urn:ietf:bcp:47|{name.language}"}  # fmt: skip
    return bool(known & set(wanted.uses))


def _designation(name: Name, concept: Concept) -> Json:
    if name.given is not None:
        kept = {k: v for k, v in name.given.items() if k != "extension"}
        extensions = [one for one in name.given.get("extension", ()) if one.get("url") in _OF_DESIGNATION]
        return kept | ({"extension": extensions} if extensions else {})
    return {"language": name.language or concept.system.language, "use": PREFERRED, "value": name.text}


def _shown(*told: Mapping[str, Any]) -> list[Json]:
    found = {one["url"]: one for body in reversed(told) for one in body.get("extension", ()) if one["url"] in _SHOWN}
    return list(found.values())


def _properties(concept: Concept, listed: Json, told: Sequence[Json], wanted: Wanted) -> list[Json]:
    """Return what R5 calls contains.property, as the extensions that R4 has for it."""
    values: dict[str, list[Json]] = {}
    for body in (*reversed(told), listed):
        for one in body.get("extension", ()):
            if one["url"] in _AS_PROPERTIES:
                value = next((v for k, v in one.items() if k.startswith("value")), None)
                number = one["url"].endswith(("conceptOrder", "itemWeight"))
                values[_AS_PROPERTIES[one["url"]][0]] = [{"valueDecimal" if number else "valueString": value}]
    status = concept.system.named("status")
    if concept.status and concept.status != "active":
        values["status"] = [{"valueCode": concept.status}]
    if "definition" in wanted.properties:
        definition = next((b["definition"] for b in reversed(told) if b.get("definition")), "")
        values |= {"definition": [{"valueString": definition}]} if definition else {}
    for body in told:
        for one in body.get("property", ()):
            if one.get("code") in wanted.properties and one["code"] != status:
                values.setdefault(one["code"], []).append({k: v for k, v in one.items() if k.startswith("value")})
    return [
        {"url": OF_ENTRY, "extension": [{"url": "code", "valueCode": name}, {"url": "value"} | value]}
        for name, found in values.items()
        for value in found
    ]


def declared(entries: Iterable[Json], systems: Iterable[System]) -> list[Json]:
    """Return what R5 calls expansion.property: the uri of every property that an entry has."""
    used: dict[str, None] = {}
    stack = list(entries)
    while stack:
        entry = stack.pop()
        stack += entry.get("contains", ())
        for one in entry.get("extension", ()):
            if one["url"] == OF_ENTRY:
                used[one["extension"][0]["valueCode"]] = None
    uris = {name: CONCEPT_PROPERTIES + name for name in ("status", "definition", "label", "order")}
    uris["weight"] = f"{CONCEPT_PROPERTIES}itemWeight"
    for system in systems:
        uris |= {p["code"]: p["uri"] for p in system.head.get("property", ()) if p.get("uri")}
    return [
        {"url": PROPERTY, "extension": [{"url": "code", "valueCode": name}]
         + ([{"url": "uri", "valueUri": uris[name]}] if name in uris else [])}
        for name in sorted(used)
    ]  # fmt: skip
