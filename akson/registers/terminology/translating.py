"""$translate: what a code is in another code system, by concept maps; either way.

Source: hl7.org/fhir/R4/conceptmap-operation-translate.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akson.base.queries import queries
from akson.fhir import bodies
from akson.registers.terminology import versions
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.model import Json, not_found, versioned

SQL = queries(__file__, "translating.sql")
NO_MATCH = frozenset({"unmatched", "disjoint"})
_TURNED = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be translated. url: one map, else all that fit; back: from target to source."""

    codings: Sequence[Json]
    url: str = ""
    version: str = ""
    source_set: str = ""
    target_set: str = ""
    source_system: str = ""
    target_system: str = ""
    back: bool = False


@dataclass(frozen=True, kw_only=True)
class Match:
    """One translation. concept: the Coding it is; source: canonical of the map; product: what else it depends on."""

    equivalence: str
    concept: Json
    source: str
    comment: str = ""
    product: Sequence[Json] = ()


async def translate(finder: Finder, asked: Question) -> list[Match]:
    """Return every translation that the maps have. Raises Unanswerable when the named map is not here."""
    rows = await finder.reader.fetch(
        SQL.maps, asked.url or None, asked.version or None, finder.scope, asked.source_set or None,
        asked.target_set or None,
    )  # fmt: skip
    if asked.url and not rows:
        told = versioned(asked.url, asked.version)
        raise not_found(f"A definition for the concept map '{told}' could not be found")
    maps = _newest(rows)
    found: dict[tuple[Any, ...], Match] = {}
    for coding in asked.codings:
        for match in await _of(finder, asked, coding, maps):
            found[match.source, match.concept["system"], match.concept.get("code"), match.equivalence] = match
    return list(found.values())


def _newest(rows: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    by_url: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_url.setdefault(row["url"], []).append(row)
    kept: dict[int, Mapping[str, Any]] = {}
    for same in by_url.values():
        newest = versions.newest(row["version"] for row in same)
        kept |= {row["id"]: row for row in same if row["version"] == newest}
    return kept


async def _of(finder: Finder, asked: Question, coding: Json, maps: Mapping[int, Mapping[str, Any]]) -> list[Match]:
    system = coding.get("system") or (asked.target_system if asked.back else asked.source_system)
    query = SQL.mappings_back if asked.back else SQL.mappings
    rows = [r for r in await finder.reader.fetch(query, coding.get("code", ""), system or None) if r["map"] in maps]
    found = [_match(row, maps[row["map"]], back=asked.back) for row in rows if _wanted(row, asked)]
    if not rows and not asked.back:
        found = [m for row in maps.values() for m in _unmapped(row, asked, coding, system)]
    return found


def _wanted(row: Mapping[str, Any], asked: Question) -> bool:
    far = row["source_system"] if asked.back else row["target_system"]
    wanted = asked.source_system if asked.back else asked.target_system
    return not wanted or far == wanted


def _match(row: Mapping[str, Any], map_: Mapping[str, Any], *, back: bool) -> Match:
    body = bodies.loads(row["body"].encode())
    end = "source" if back else "target"
    concept = {"system": row[f"{end}_system"]} | ({"code": row[end]} if row[end] else {})
    display = body.get("source" if back else "display")
    equivalence = row["equivalence"]
    return Match(
        equivalence=_TURNED.get(equivalence, equivalence) if back else equivalence,
        concept=concept | ({"display": display} if display else {}), source=versioned(map_["url"], map_["version"]),
        comment=body.get("comment", ""), product=body.get("product", ()),
    )  # fmt: skip


def _unmapped(map_: Mapping[str, Any], asked: Question, coding: Json, system: str) -> list[Match]:
    """Return what a map says of codes that it does not list (group.unmapped); other-map is told by name only."""
    found = []
    for group in bodies.loads(map_["head"].encode()).get("group", ()):
        how = group.get("unmapped", {})
        fits = group.get("source", system) == system and asked.target_system in ("", group.get("target", ""))
        if not fits or how.get("mode") not in ("provided", "fixed"):
            continue
        given = {"code": coding.get("code", "")} if how["mode"] == "provided" else {
            k: how[k] for k in ("code", "display") if k in how
        }  # fmt: skip
        concept = {"system": group.get("target", "")} | given
        found.append(Match(equivalence="relatedto", concept=concept, source=versioned(map_["url"], map_["version"])))
    return found
