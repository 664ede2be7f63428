"""Writes terminology: a code system whole or not at all, in the caller's transaction, by COPY in bounded portions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import asyncpg

from akson.base.queries import queries
from akson.fhir import bodies
from akson.fhir.folding import normalise
from akson.registers.terminology.closure import closure
from akson.registers.terminology.model import Json, NewConcept, as_text, is_abstract, is_inactive, value_of
from akson.registers.terminology.packing import packed

SQL = queries(__file__, "store.sql")
PORTION = 20_000  # rows in one COPY
_LONGEST_VALUE = 400
_CONCEPT = ("system", "n", "code", "key", "display", "abstract", "inactive", "body", "words")
_PROPERTY = ("system", "property", "value", "n")
_CLOSURE = ("system", "ancestor", "descendant", "direct")
_MAPPING = ("map", "n", "part", "source_system", "source", "target_system", "target", "equivalence", "body")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where rows belong. scope: 0 for what is kept; source: what brought them."""

    scope: int = 0
    source: str = "load"


@dataclass
class SystemWriter:
    """Takes the concepts of one code system as they come; `finish` writes the hierarchy."""

    connection: asyncpg.Connection
    head: Json
    id: int
    case_sensitive: bool
    places: dict[str, int] = field(default_factory=dict)  # key -> n
    _parents: dict[int, Sequence[str]] = field(default_factory=dict)
    _concepts: list[tuple[Any, ...]] = field(default_factory=list)
    _properties: list[tuple[Any, ...]] = field(default_factory=list)

    async def add(self, concept: NewConcept) -> bool:
        """Take one concept; False when its code has been given before (the first one stands)."""
        key = concept.code if self.case_sensitive else concept.code.lower()
        if key in self.places:
            return False
        n = self.places[key] = len(self.places) + 1
        if concept.parents:
            self._parents[n] = tuple(concept.parents)
        self._concepts.append(_row(self.id, self.head, n, key, concept))
        self._properties += _values(self.id, n, concept.body)
        if len(self._concepts) >= PORTION:
            await self._write()
        return True

    async def finish(self) -> int:
        """Write what is left and the closure; return how many concepts there are. Raises closure.Cyclic."""
        await self._write()
        rows = ((self.id, *pair) for pair in closure(self._resolved()))
        await _copy(self.connection, "terminology_closure", _CLOSURE, rows)
        await self.connection.execute(SQL.count_concepts, self.id, len(self.places))
        return len(self.places)

    def _resolved(self) -> Mapping[int, Sequence[int]]:
        return {n: found for n, codes in self._parents.items() if (found := self._places(codes))}

    def _places(self, codes: Iterable[str]) -> list[int]:
        keys = codes if self.case_sensitive else [code.lower() for code in codes]
        return sorted({self.places[key] for key in keys if key in self.places})

    async def _write(self) -> None:
        await _copy(self.connection, "terminology_concept", _CONCEPT, self._concepts)
        await _copy(self.connection, "terminology_property", _PROPERTY, self._properties)
        self._concepts, self._properties = [], []


def _row(system: int, head: Json, n: int, key: str, concept: NewConcept) -> tuple[Any, ...]:
    body = concept.body
    said = [concept.display, *(str(d.get("value", "")) for d in body.get("designation", ()))]
    words = normalise(" ".join(dict.fromkeys(said)))
    abstract, inactive = is_abstract(head, body), is_inactive(head, body)
    text = bodies.dumps(body).decode().replace("\\u0000", "")
    return system, n, concept.code, key, concept.display, abstract, inactive, text, words


def _values(system: int, n: int, body: Json) -> set[tuple[int, str, str, int]]:
    found = ((str(p.get("code", "")), as_text(value_of(p))[:_LONGEST_VALUE]) for p in body.get("property", ()))
    return {(system, name, value, n) for name, value in found}


async def _copy(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Copy rows in portions, so that neither memory nor one statement's time grows with their number.

    Each portion goes in the order of its keys: the pages of the indexes are filled, half of each would be empty else.
    """
    left = iter(rows)
    while portion := list(islice(left, PORTION)):
        await connection.copy_records_to_table(table, records=sorted(portion, key=tuple), columns=columns)


def digest_of(*parts: bytes) -> bytes:
    """Return the digest by which a later load knows that nothing is new."""
    return hashlib.sha256(b"\x00".join(parts)).digest()


async def is_stored(connection: asyncpg.Connection, head: Json, digest: bytes) -> bool:
    """Tell whether exactly this code system is here already, from an earlier load."""
    row = await connection.fetchrow(SQL.system_known, head["url"], head.get("version", ""), 0)
    return row is not None and row["digest"] == digest


async def begin_system(
    connection: asyncpg.Connection, head: Json, *, digest: bytes = b"", place: Place | None = None, count: int = 0
) -> SystemWriter | None:
    """Replace a code system: from here on it has no concepts until they are added. None: what is loaded stands.

    head   the resource without its concepts; `url` is a must
    count  how many there will be, where that is known: its row is then written once
    """
    place = place or Place()
    sensitive = head.get("caseSensitive") is not False
    row = await connection.fetchrow(
        SQL.put_system, place.scope, head["url"], head.get("version", ""), place.source,
        head.get("content", "complete"), head.get("supplements", "").partition("|")[0], sensitive, count, digest,
        packed(bodies.dumps(head)),
    )  # fmt: skip
    if row is None:
        return None
    if row["stood"]:
        await connection.execute(SQL.drop_concepts, [row["id"]])
    return SystemWriter(connection, head, row["id"], sensitive)


async def put_system(connection: asyncpg.Connection, resource: Json, *, place: Place | None = None) -> int:
    """Store a whole CodeSystem resource; return how many concepts it has. Raises closure.Cyclic."""
    head = {name: value for name, value in resource.items() if name not in ("concept", "text", "meta")}
    concepts = list(concepts_of(resource))
    digest, count = digest_of(bodies.dumps(resource)), len({concept.code for concept in concepts})
    writer = await begin_system(connection, head, digest=digest, place=place, count=count)
    if writer is None:
        return 0
    for concept in concepts:
        await writer.add(concept)
    return await writer.finish()


def concepts_of(resource: Json) -> Iterator[NewConcept]:
    """Yield the concepts of a CodeSystem, parents first, whether nested or told by properties."""
    upward = {p["code"] for p in resource.get("property", ()) if str(p.get("uri", "")).endswith("#parent")} | {"parent"}
    downward = {p["code"] for p in resource.get("property", ()) if str(p.get("uri", "")).endswith("#child")} | {"child"}
    flat = list(_nested(resource.get("concept", ())))
    told: dict[str, list[str]] = {}
    for concept, _ in flat:
        for p in concept.get("property", ()):
            if p.get("code") in downward:
                told.setdefault(str(value_of(p)), []).append(concept["code"])
    for concept, parent in flat:
        above = [str(value_of(p)) for p in concept.get("property", ()) if p.get("code") in upward]
        yield NewConcept(
            code=concept["code"], display=concept.get("display", ""),
            body={name: value for name, value in concept.items() if name not in ("code", "display", "concept")},
            parents=[*([parent] if parent else []), *above, *told.get(concept["code"], ())],
        )  # fmt: skip


def _nested(concepts: Iterable[Json]) -> Iterator[tuple[Json, str]]:
    stack = [(concept, "") for concept in reversed(list(concepts))]
    while stack:
        concept, parent = stack.pop()
        yield concept, parent
        stack += [(child, concept["code"]) for child in reversed(concept.get("concept", ()))]


async def put_value_set(connection: asyncpg.Connection, resource: Json, *, place: Place | None = None) -> None:
    """Store a ValueSet resource."""
    place = place or Place()
    body = bodies.dumps({name: value for name, value in resource.items() if name not in ("text", "meta")})
    await connection.execute(
        SQL.put_value_set, place.scope, resource["url"], resource.get("version", ""), place.source, digest_of(body),
        packed(body),
    )  # fmt: skip


async def put_map(connection: asyncpg.Connection, resource: Json, *, place: Place | None = None) -> int:
    """Store a ConceptMap resource; return how many mappings it has."""
    place = place or Place()
    groups = resource.get("group", ())
    head = {name: value for name, value in resource.items() if name not in ("group", "text", "meta")}
    head["group"] = [{name: value for name, value in group.items() if name != "element"} for group in groups]
    sets = [next((resource[n] for n in (f"{end}Uri", f"{end}Canonical") if n in resource), "")
            for end in ("source", "target")]  # fmt: skip
    id_ = await connection.fetchval(
        SQL.put_map, place.scope, resource["url"], resource.get("version", ""), place.source,
        *(text.partition("|")[0] for text in sets), bodies.dumps(head).decode(),
    )  # fmt: skip
    if id_ is None:
        return 0
    await connection.execute(SQL.drop_mappings, [id_])
    rows = [(id_, n, *row) for n, row in enumerate(_mappings(groups), start=1)]
    await _copy(connection, "terminology_mapping", _MAPPING, rows)
    return len(rows)


def _mappings(groups: Iterable[Json]) -> Iterator[tuple[Any, ...]]:
    for part, group in enumerate(groups):
        for element in group.get("element", ()):
            for target in element.get("target", ()):
                more = {"source": element.get("display")} | {
                    k: target[k] for k in ("display", "comment", "dependsOn", "product") if k in target
                }
                body = bodies.dumps({k: v for k, v in more.items() if v}).decode()
                yield (part, group.get("source", ""), element.get("code", ""), group.get("target", ""),
                       target.get("code", ""), target.get("equivalence", "relatedto"), body)  # fmt: skip


PUT = {"CodeSystem": put_system, "ValueSet": put_value_set, "ConceptMap": put_map}


async def forget(connection: asyncpg.Connection, source: str) -> None:
    """Take away what one resource of the record had brought."""
    systems = [row["id"] for row in await connection.fetch(SQL.systems_from, source)]
    maps = [row["id"] for row in await connection.fetch(SQL.maps_from, source)]
    if systems:
        await connection.execute(SQL.drop_concepts, systems)
        await connection.execute(SQL.drop_systems, systems)
    if maps:
        await connection.execute(SQL.drop_mappings, maps)
        await connection.execute(SQL.drop_maps, maps)
    await connection.execute(SQL.drop_value_sets, source)
